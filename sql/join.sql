--
-- One call, and the caller is let in or told no: livekit_join and
-- livekit_can_join ask the registered table as their caller.  Who is refused
-- learns nothing by it, not even whether there is such a room.
--
SET client_min_messages = error;
SET livekit_token.url = 'wss://livekit.example.com';
CREATE ROLE regress_livekit_alice;
CREATE ROLE regress_livekit_bob;
CREATE ROLE "regress_livekit_a#b";
CREATE ROLE regress_livekit_members ROLE regress_livekit_alice, regress_livekit_bob, "regress_livekit_a#b";
GRANT EXECUTE ON FUNCTION livekit_join, livekit_can_join, livekit_token, livekit_verify TO regress_livekit_members;

CREATE TABLE members (room text, identity text, grants jsonb, project text);
CREATE INDEX ON members (room);
GRANT SELECT ON members TO regress_livekit_members;
ALTER TABLE members ENABLE ROW LEVEL SECURITY;
-- members of one room see each other
CREATE POLICY own ON members USING (identity = livekit_identity());
CREATE POLICY each_other ON members USING (room = 'standup');
INSERT INTO members VALUES ('standup', 'regress_livekit_alice'), ('standup', 'regress_livekit_bob'),
	('retro', 'regress_livekit_bob'), ('twice', 'regress_livekit_alice'), ('twice', 'regress_livekit_alice'),
	('', 'regress_livekit_alice'), ('nobody', ''), ('nobody', NULL), (NULL, 'regress_livekit_alice'),
	('hash', 'regress_livekit_a#b');
INSERT INTO members VALUES ('elsewhere', 'regress_livekit_alice', NULL, 'not there');

-- a result as one line: what alice got, or all that she is told
CREATE FUNCTION pg_temp.answer(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	result text; detail text; hint text; context text;
BEGIN
	EXECUTE query INTO result;
	RETURN coalesce(result, 'NULL');
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT, context = PG_EXCEPTION_CONTEXT;
	RETURN concat_ws(' | ', SQLSTATE, SQLERRM, nullif(detail, ''), nullif(hint, ''),
		CASE WHEN context ~ 'members' THEN context END);
END $$;

-- nothing registered, nobody joins
SELECT pg_temp.answer('SELECT livekit_join(''standup'')');
SET ROLE regress_livekit_alice;
SELECT * FROM livekit_join('standup');
SELECT livekit_can_join('standup');
SELECT pg_temp.answer('SELECT livekit_join(NULL)');
RESET ROLE;
SELECT livekit_register_access('members');

-- one row: where to, with what, in which room, as whom, how long
SELECT attname AS column, format_type(atttypid, atttypmod) AS type
FROM pg_attribute WHERE attrelid = 'livekit_connection'::regclass AND attnum > 0 ORDER BY attnum;
SET ROLE regress_livekit_alice;
SELECT server_url, room, identity, stable_claims(participant_token) AS claims,
	to_timestamp((livekit_verify(participant_token) ->> 'exp')::int) = expires_at AS expires,
	(claims ->> 'exp')::int - (claims ->> 'iat')::int AS seconds
FROM livekit_join('standup'), livekit_verify(participant_token) AS claims;
SELECT livekit_can_join('standup');
SELECT stable_claims(livekit_token(NULL, 'standup')) = stable_claims(participant_token) AS the_same
FROM livekit_join('standup');
-- a room from a table, as PostgREST and Hasura track it
SELECT m.room, j.identity FROM members AS m, livekit_join(m.room) AS j
WHERE m.room = 'standup' AND m.identity = livekit_identity();
-- no: the room is not there, is not hers, is none; and no more is said
SELECT left(room, 30) AS room, pg_temp.answer(format('SELECT livekit_join(%L)', room)) AS "join",
	pg_temp.answer(format('SELECT livekit_can_join(%L)', room)) AS can_join,
	pg_temp.answer(format('SELECT livekit_token(NULL, %L)', room)) AS token
FROM unnest(ARRAY['no such room', 'retro', 'nobody', 'Standup', 'standup ', ' standup', 'stand', '%', '_tandup',
	'standup'' OR true --', repeat('x', 10000), NULL]) WITH ORDINALITY AS r(room, n) ORDER BY n;
-- an empty room would be every room
SELECT pg_temp.answer('SELECT livekit_join('''')') AS "join", pg_temp.answer('SELECT livekit_can_join('''')') AS can_join,
	pg_temp.answer('SELECT livekit_token(NULL, '''')') AS token;
-- two rows
SELECT pg_temp.answer('SELECT livekit_join(''twice'')') AS "join",
	pg_temp.answer('SELECT livekit_can_join(''twice'')') AS can_join,
	pg_temp.answer('SELECT livekit_token(NULL, ''twice'')') AS token;

-- she sees bob's row in standup, and is not bob
SELECT identity FROM members WHERE room = 'standup' ORDER BY identity;
SELECT identity, pg_temp.answer(format('SELECT stable_claims(livekit_token(%L, ''standup''))', identity)) AS token
FROM unnest(ARRAY['regress_livekit_bob', 'regress_livekit_Alice', 'regress_livekit_alice ', 'regress_livekit_alice#phone',
	'', '%', 'regress_livekit_alice', NULL]) WITH ORDINALITY AS i(identity, n) ORDER BY n;
-- an identity with a device's sign in it could be taken for somebody's device
SET ROLE "regress_livekit_a#b";
SELECT pg_temp.answer('SELECT livekit_join(''hash'')') AS "join", pg_temp.answer('SELECT livekit_can_join(''hash'')') AS can_join,
	pg_temp.answer('SELECT livekit_token(NULL, ''hash'')') AS token;

-- a table without identities: whoever sees a row may join, and still there is
-- to be one
RESET ROLE;
SELECT livekit_register_access('members', identity => '');
SET ROLE regress_livekit_bob;
SELECT pg_temp.answer('SELECT identity FROM livekit_join(''retro'')') AS retro, pg_temp.answer('SELECT livekit_join(''standup'')') AS standup;
RESET ROLE;
SELECT livekit_register_access('members');

-- what is asked first, where two things are wrong
SET ROLE regress_livekit_alice;
\set VERBOSITY sqlstate
SELECT livekit_token('regress_livekit_bob', 'retro', '{"bogus": 1}');	-- who
SELECT livekit_token(NULL, NULL, '{"bogus": 1}');						-- no room
SELECT livekit_token(NULL, 'retro', '{"bogus": 1}');					-- no row
SELECT livekit_token(NULL, 'twice', '{"bogus": 1}');					-- two rows
SELECT livekit_token(NULL, 'standup', '{"bogus": 1, "roomAdmin": true}');	-- no such grant
SELECT livekit_token(NULL, 'elsewhere', '{"roomAdmin": true}');			-- more than the row
SELECT livekit_token(NULL, 'elsewhere', '{"roomAdmin": false}');		-- no key
SELECT livekit_join('retro', ttl => '1 month');
SELECT livekit_join('retro', device => '#');	-- which is part of what policies are asked
RESET ROLE;
SELECT livekit_token('regress_livekit_bob', 'standup');					-- who, before: policies in force
SELECT livekit_join(NULL);
SELECT livekit_join('standup');

-- the type's table stays empty
INSERT INTO livekit_connection DEFAULT VALUES;
SELECT livekit_unregister_access();
\set VERBOSITY default
DROP TABLE members;
DROP OWNED BY regress_livekit_members;
DROP ROLE regress_livekit_alice, regress_livekit_bob, "regress_livekit_a#b", regress_livekit_members;
