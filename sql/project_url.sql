--
-- The access relation's column for the project: its key signs, and its url is
-- where to connect when the row has none; that of the newest active key which
-- has one, before livekit_token.url.
--
SET client_min_messages = warning;
SELECT current_setting('livekit_token.key_file') || '.master' AS file \gset
CREATE ROLE regress_livekit_alice;
GRANT EXECUTE ON FUNCTION livekit_join, livekit_can_join, livekit_token_source, livekit_verify TO regress_livekit_alice;
CREATE TABLE members (room text PRIMARY KEY, identity text, project text, url text);
GRANT SELECT ON members TO regress_livekit_alice;
ALTER TABLE members ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON members USING (identity = livekit_identity());
INSERT INTO members SELECT room, 'regress_livekit_alice', project, url
  FROM (VALUES ('none', NULL, NULL), ('default', 'default', NULL), ('a', 'a', NULL), ('a of the row', 'a', 'wss://row.example.com'),
	('b', 'b', NULL), ('absent', 'absent', NULL), ('empty', '', NULL)) AS v(room, project, url);

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
-- every room, as alice is told
CREATE TEMP VIEW answers WITH (security_invoker) AS
	SELECT room, pg_temp.answer(format($$SELECT server_url || ' ' || (livekit_verify(participant_token) ->> 'iss') FROM livekit_join(%L)$$, room)) AS "join"
	  FROM members ORDER BY room COLLATE "C";
GRANT SELECT ON answers TO regress_livekit_alice;

SELECT write(:'file', convert_to(repeat('fbff', 16), 'UTF8'));
SET livekit_token.master_key_file = :'file';
SET livekit_token.url = 'wss://setting.example.com';
SELECT livekit_register_access('members');

-- no project but the default one
SET ROLE regress_livekit_alice;
SELECT * FROM answers;
RESET ROLE;

-- a has a url, b has none; the default project signs with the key file
SELECT livekit_key_set('APIa', repeat('s', 40), 'a', 'wss://a.example.com');
SELECT livekit_key_set('APIb', repeat('s', 40), 'b');
SET ROLE regress_livekit_alice;
SELECT * FROM answers;
SELECT livekit_token_source('{"room_name": "a"}') ->> 'server_url' AS of_the_project,
	livekit_token_source('{"room_name": "a of the row"}') ->> 'server_url' AS of_the_row;
RESET ROLE;

-- a newer key without a url signs, and leaves it; a newer one has another
SELECT livekit_key_set('APIa2', repeat('s', 40), 'a');
SET ROLE regress_livekit_alice;
SELECT * FROM answers WHERE room ~ '^a';
RESET ROLE;
SELECT livekit_key_set('APIa3', repeat('s', 40), 'a', 'wss://a3.example.com');
SET ROLE regress_livekit_alice;
SELECT * FROM answers WHERE room ~ '^a';
RESET ROLE;

-- a retired key's does not count; nor is anything signed when all are retired
SELECT livekit_key_retire('APIa3');
SET ROLE regress_livekit_alice;
SELECT * FROM answers WHERE room ~ '^a';
RESET ROLE;
SELECT livekit_key_retire('APIa2'), livekit_key_retire('APIa', true);
SET ROLE regress_livekit_alice;
SELECT * FROM answers WHERE room ~ '^a';
RESET ROLE;

-- to rotate leaves it: what has none has that of the newest key that verifies,
-- or that did
SELECT livekit_key_set('APIa4', repeat('s', 40), 'a');
SELECT livekit_key_set('APIa2', repeat('s', 40), 'a') IS NULL AS again, livekit_key_drop('APIa3', true) IS NULL AS dropped;
SELECT livekit_key_set('APIa5', repeat('t', 40), 'a'), livekit_key_set('APIb2', repeat('s', 40), 'b');
SELECT api_key, url FROM livekit_keys WHERE project IN ('a', 'b') ORDER BY api_key;

-- a stored url of the default project counts although its key does not sign
RESET client_min_messages;
SELECT livekit_key_set('APIdefault', repeat('s', 40), url => 'wss://default.example.com');
RESET livekit_token.url;
SET ROLE regress_livekit_alice;
SELECT * FROM answers WHERE room !~ '^a';
RESET ROLE;
SELECT project, api_key, signs, url FROM livekit_keys;

SELECT livekit_unregister_access();
DELETE FROM livekit_sealed_key;
SELECT shell(:'file', 'rm $F');
DROP VIEW answers;
DROP TABLE members;
REVOKE EXECUTE ON FUNCTION livekit_join, livekit_can_join, livekit_token_source, livekit_verify FROM regress_livekit_alice;
DROP ROLE regress_livekit_alice;
