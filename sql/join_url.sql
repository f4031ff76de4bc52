--
-- Where a participant is sent to: the row's url, else livekit_token.url, else
-- the environment's.  Without any there is no joining, though a token can
-- still be had.
--
SET client_min_messages = warning;
CREATE ROLE regress_livekit_alice;
GRANT EXECUTE ON FUNCTION livekit_join, livekit_can_join, livekit_token, livekit_token_source, livekit_verify
	TO regress_livekit_alice;
CREATE TABLE members (room text PRIMARY KEY, identity text, url text, server varchar(60), "char" char(40));
CREATE INDEX ON members (identity);
GRANT SELECT ON members TO regress_livekit_alice;
ALTER TABLE members ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON members USING (identity = livekit_identity());
INSERT INTO members SELECT 'room ' || n, 'regress_livekit_alice', url, 'wss://other.example.com', url
FROM unnest(ARRAY['wss://row.example.com', 'ws://127.0.0.1:7880', 'HTTPS://row.example.com/path?x=1', NULL, '',
	'row.example.com', 'wss://', 'wss:///path', 'ftp://row.example.com', 'javascript:alert(1)//', ' wss://row.example.com',
	E'wss://row.example.com\n', U&'wss://\00E9.example.com', 'wss://user:password@row.example.com', '${LIVEKIT_URL}'])
	WITH ORDINALITY AS u(url, n);

CREATE FUNCTION pg_temp.answer(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	result text; detail text; hint text;
BEGIN
	EXECUTE query INTO result;
	RETURN coalesce(result, 'NULL');
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
	RETURN concat_ws(' | ', SQLSTATE, SQLERRM, nullif(detail, ''), nullif(hint, ''));
END $$;
-- every row's url, as alice is told
CREATE TEMP VIEW answers WITH (security_invoker) AS
	SELECT url, pg_temp.answer(format('SELECT server_url FROM livekit_join(%L)', room)) AS "join",
		pg_temp.answer(format('SELECT livekit_can_join(%L)', room)) AS can
	FROM members ORDER BY split_part(room, ' ', 2)::int;
GRANT SELECT ON answers TO regress_livekit_alice;

SELECT livekit_register_access('members');
SET livekit_token.url = 'wss://setting.example.com';
SET ROLE regress_livekit_alice;
SELECT * FROM answers;
SELECT livekit_token_source('{"room_name": "room 1"}') ->> 'server_url' AS of_the_row,
	livekit_token_source('{"room_name": "room 4"}') ->> 'server_url' AS of_the_setting;
SELECT pg_temp.answer('SELECT livekit_token_source(''{"room_name": "room 6"}'')') AS not_a_url;
-- nobody says where to but the row and the administrator
SET livekit_token.url = 'wss://mallory.example.com';
SELECT server_url FROM livekit_join('room 4');
RESET ROLE;

-- no address in the settings: the rows with one of their own still work
RESET livekit_token.url;
SET ROLE regress_livekit_alice;
SELECT url, "join" FROM answers LIMIT 4;
SELECT pg_temp.answer('SELECT livekit_token_source(''{"room_name": "room 4"}'')') AS token_source;
SELECT stable_claims(livekit_token(NULL, 'room 4')) AS a_token_needs_none;
SELECT pg_temp.answer('SELECT livekit_join(''no such room'')') AS the_row_comes_first;
RESET ROLE;

-- another column, of another type of string; and none
SET livekit_token.url = 'wss://setting.example.com';
SELECT livekit_register_access('members', url => 'server');
SET ROLE regress_livekit_alice;
SELECT server_url FROM livekit_join('room 1');
RESET ROLE;
SELECT livekit_register_access('members', url => 'char');
SET ROLE regress_livekit_alice;
SELECT server_url || '|' AS server_url FROM livekit_join('room 1');
RESET ROLE;
SELECT livekit_register_access('members', url => '');
SET ROLE regress_livekit_alice;
SELECT server_url FROM livekit_join('room 1');
RESET ROLE;

SELECT livekit_unregister_access();
DROP VIEW answers;
DROP TABLE members;
DROP OWNED BY regress_livekit_alice;
DROP ROLE regress_livekit_alice;
