--
-- livekit_identity(): the role, or what a setting of the session says, where an
-- administrator said of the login role that it may.  Each form of
-- livekit_token.identity, with what it makes of each value: no identity where
-- that is in doubt, never an error, and never the login role.
--
SELECT current_user AS superuser, current_database() AS db \gset
CREATE ROLE regress_livekit_role LOGIN;
CREATE ROLE regress_livekit_postgrest LOGIN;
CREATE ROLE regress_livekit_hasura LOGIN;
CREATE ROLE regress_livekit_text LOGIN;
CREATE ROLE regress_livekit_key LOGIN;
CREATE ROLE regress_livekit_path LOGIN;
CREATE ROLE regress_livekit_group ROLE regress_livekit_role, regress_livekit_postgrest;
ALTER ROLE regress_livekit_postgrest SET livekit_token.identity = 'postgrest';
ALTER ROLE regress_livekit_hasura SET livekit_token.identity = 'hasura';
ALTER ROLE regress_livekit_text SET livekit_token.identity = 'app.user_id';
ALTER ROLE regress_livekit_key IN DATABASE :"db" SET livekit_token.identity = 'app.user:id';
ALTER ROLE regress_livekit_path SET livekit_token.identity = 'my.own.app:{user,id of it}';
-- the role's own in the database goes first
ALTER ROLE regress_livekit_key SET livekit_token.identity = 'app.other';

-- the identity when a setting has a value; nobody is ''
CREATE FUNCTION who(setting text, value text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	PERFORM set_config(setting, value, false);
	RETURN coalesce('<' || livekit_identity() || '>', 'nobody');
END $$;
GRANT EXECUTE ON FUNCTION who TO PUBLIC;

-- by default the role: the current one
\c - regress_livekit_role
SELECT livekit_identity(), current_setting('livekit_token.identity') AS setting;
SELECT who('request.jwt.claims', '{"sub": "alice"}'), who('app.user_id', 'alice');
SET ROLE regress_livekit_group;
SELECT livekit_identity();

-- a whole setting
\c - regress_livekit_text
SELECT livekit_identity() AS not_set_yet;
SELECT value, who('app.user_id', value)
FROM (VALUES ('alice'), ('42'), ('Alice B.'), (' '), (' alice '), (''), ('{"id": "alice"}'), ('null'), ('alice#phone'), (U&'\00C4lice')) AS v(value);
SELECT length(who('app.user_id', repeat('x', 100000))) AS length;
-- of a transaction, and nobody behind it
SELECT set_config('app.user_id', '', false) AS emptied;
BEGIN;
SET LOCAL app.user_id = 'alice';
SELECT livekit_identity();
SAVEPOINT s;
SET LOCAL app.user_id = 'bob';
SELECT livekit_identity();
ROLLBACK TO s;
SELECT livekit_identity();
COMMIT;
SELECT livekit_identity(), current_setting('app.user_id') = '' AS empty;
SET app.user_id = 'alice';
RESET app.user_id;
SELECT livekit_identity();

-- PostgREST's
\c - regress_livekit_postgrest
SELECT livekit_identity() AS not_set_yet;
SET ROLE regress_livekit_group;
SELECT who('request.jwt.claims', '{"sub": "alice", "role": "regress_livekit_group"}');
RESET ROLE;
SELECT value, who('request.jwt.claims', value)
FROM (VALUES
	-- a string or a number
	('{"sub": "alice"}'), ('{"aud": [{"sub": "x"}], "sub": "alice", "exp": 1e9}'), (' { "sub" : "alice" } '), ('{"sub": 42}'), ('{"sub": -1.50}'),
	('{"sub": 12345678901234567890}'), ('{"sub": "42"}'), ('{"sub": " "}'), ('{"sub": "\u00c4lice"}'), ('{"\u0073ub": "alice"}'), ('{"sub": "\ud83c\udf89"}'),
	('{"sub": "null"}'), ('{"sub": "{\"sub\": \"alice\"}"}'), ('{"sub": "a\"b\\c"}'),
	-- nothing else
	('{"sub": ""}'), ('{"sub": null}'), ('{"sub": true}'), ('{"sub": false}'), ('{"sub": ["alice"]}'), ('{"sub": []}'), ('{"sub": {"sub": "alice"}}'),
	('{"sub": {}}'), ('{}'), ('{"Sub": "alice"}'), ('{"sub ": "alice"}'), ('{"user": {"sub": "alice"}}'), (''), (' '), ('null'), ('"alice"'), ('alice'), ('42'),
	('true'), ('[]'), ('[{"sub": "alice"}]'), ('["sub", "alice"]'),
	-- what is no JSON, or could be read in two ways
	('{'), ('{"sub": "alice"'), ('{"sub": "alice",}'), ('{"sub": alice}'), ('{''sub'': ''alice''}'), ('{"sub": "alice"} {"sub": "bob"}'), ('{"sub": "alice"}x'),
	('{"sub": "alice", "sub": "bob"}'), ('{"sub": "alice", "sub": "alice"}'), ('{"sub": "alice", "\u0073ub": "bob"}'), ('{"sub": null, "sub": "bob"}'),
	('{"sub": "alice", "x": 1, "x": 2}'), ('{"sub": "alice", "x": {"y": 1, "y": 1}}'), ('{"sub": "a\u0000b"}'), ('{"sub": "alice", "x": "\u0000"}'), ('{"sub": "\ud83c"}'), ('{"sub": "\u00"}'),
	('{"sub": NaN}'), ('{"sub": 0x2a}'), ('{"sub": 042}'), ('{"sub": 1e999999}'), ('{"sub": "alice", "x": 1e999999}'), (E'{"sub": "a\nb"}')) AS v(value);
-- deep, and long
SELECT what, left(who('request.jwt.claims', value), 10) AS who
FROM (VALUES ('arrays', '{"sub": "alice", "x": ' || repeat('[', 100000)), ('arrays in sub', '{"sub": ' || repeat('[', 100000) || repeat(']', 100000) || '}'),
	('objects', repeat('{"sub": ', 100000)), ('digits', '{"sub": ' || repeat('9', 200000) || '}'), ('a megabyte', format('{"x": "%s", "sub": "alice"}', repeat('x', 1000000))))
	AS v(what, value);

-- Hasura's, a key and a path; names within the object are exact
\c - regress_livekit_hasura
SELECT value, who('hasura.user', value) FROM (VALUES ('{"x-hasura-role": "user", "x-hasura-user-id": "7"}'), ('{"x-hasura-user-id": 7}'),
	('{"X-Hasura-User-Id": "7"}'), ('{"x-hasura-role": "user"}'), ('{"sub": "alice"}')) AS v(value);
\c - regress_livekit_key
SELECT value, who('app.user', value) FROM (VALUES ('{"id": "alice"}'), ('{"ID": "alice"}'), ('{"user": {"id": "alice"}}'), ('alice')) AS v(value);
SELECT who('app.other', 'mallory');
\c - regress_livekit_path
SELECT value, who('my.own.app', value) FROM (VALUES ('{"user": {"id of it": "alice"}}'), ('{"user": {"id of it": 42, "x": 1}}'), ('{"user": {"id of it": null}}'),
	('{"user": {"id of it": {"x": "alice"}}}'), ('{"user": {"id": "alice"}}'), ('{"user": "alice"}'), ('{"user": ["id of it", "alice"]}'), ('{"user": null}'),
	('{"id of it": "alice"}'), ('{"user,id of it": "alice"}'), ('{"user": {"id of it": "alice"}, "user": {"id of it": "bob"}}'), ('{}')) AS v(value);

\c - :superuser
DROP FUNCTION who;
DROP ROLE regress_livekit_group, regress_livekit_role, regress_livekit_postgrest, regress_livekit_hasura, regress_livekit_text,
	regress_livekit_key, regress_livekit_path;
