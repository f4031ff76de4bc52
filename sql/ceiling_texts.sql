--
-- What a token says beside its grants is the row's: name, metadata,
-- attributes, the room's configuration, the project that signs.  A caller may
-- repeat it, and choose nothing.  What could forge a webhook, pass for an agent
-- or move to another room is never the caller's.
--
SET client_min_messages = warning;
CREATE ROLE regress_livekit_alice;
GRANT EXECUTE ON FUNCTION livekit_token, livekit_verify TO regress_livekit_alice;
CREATE TABLE members (room text PRIMARY KEY, identity text DEFAULT 'regress_livekit_alice', grants jsonb, ttl interval,
	name text, metadata text, attributes jsonb, room_config jsonb, project text);
CREATE INDEX ON members (identity);
GRANT SELECT ON members TO regress_livekit_alice;
ALTER TABLE members ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON members USING (identity = livekit_identity());
INSERT INTO members (room) VALUES ('bare');
INSERT INTO members VALUES ('full', DEFAULT, '{"destinationRoom": "after", "agentEndpoint": {"call": true, "agentName": "helper"}}', NULL,
	'Alice', '{"a":1}', '{"team": "red", "seat": "1"}',
	'{"empty_timeout": 60, "agents": [{"agentName": "helper"}, {"agentName": "scribe"}], "tags": {"a_b": "t"}}', 'default');
INSERT INTO members VALUES ('empty', DEFAULT, '{}', NULL, '', '', '{}', '{}', NULL),
	('null', DEFAULT, 'null', NULL, NULL, NULL, 'null', 'null', NULL);
SELECT livekit_register_access('members');

CREATE FUNCTION pg_temp.token(arguments text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	token text; hint text;
BEGIN
	EXECUTE 'SELECT livekit_token(NULL, ' || arguments || ')' INTO token;
	RETURN CASE WHEN arguments ~ '^''full'', ' AND stable_claims(token) = stable_claims(livekit_token(NULL, 'full'))
		THEN 'as of the row' ELSE (stable_claims(token) - ARRAY['iss', 'sub'])::text END;
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
	RETURN concat_ws(' | ', SQLSTATE, SQLERRM, nullif(hint, ''));
END $$;
SET ROLE regress_livekit_alice;

-- who asks for nothing has the row's
SELECT room, jsonb_pretty(stable_claims(livekit_token(NULL, room)) - 'iss') AS token FROM members ORDER BY room COLLATE "C";

-- who asks for it by name: the row has none, has another, has the same
SELECT asked, pg_temp.token('''bare'', ' || asked) AS bare, pg_temp.token('''full'', ' || asked) AS "full"
FROM unnest(ARRAY['name => ''Mallory''', 'name => ''alice''', 'name => ''Alice ''', 'name => ''Alice''', 'name => NULL',
	'metadata => ''x''', 'metadata => ''{"a": 1}''', 'metadata => ''{"a":1}''', 'metadata => NULL',
	'attributes => ''{"role": "host"}''', 'attributes => ''{"team": "red"}''', 'attributes => ''{"team": "red", "seat": "2"}''',
	'attributes => ''{"team": "red", "seat": "1", "role": "host"}''', 'attributes => ''{"seat": "1", "team": "red"}''',
	'attributes => ''{}''', 'attributes => ''null''',
	'room_config => ''{"emptyTimeout": 60}''', 'room_config => ''{"agents": [{"agentName": "helper"}]}''',
	'room_config => ''{"emptyTimeout": 60, "agents": [{"agentName": "scribe"}, {"agentName": "helper"}], "tags": {"a_b": "t"}}''',
	'room_config => ''{"emptyTimeout": 60, "agents": [{"agentName": "helper"}, {"agentName": "scribe"}], "tags": {"aB": "t"}}''',
	'room_config => ''{"emptyTimeout": 60, "agents": [{"agentName": "helper"}, {"agentName": "scribe"}], "tags": {"a_b": "t"}, "name": "x"}''',
	'room_config => ''{"emptyTimeout": 60, "agents": [{"agentName": "helper"}, {"agent_name": "scribe"}], "tags": {"a_b": "t"}}''',
	'room_config => ''{"tags": {"a_b": "t"}, "empty_timeout": 60, "egress": {}, "name": null, "agents": [{"agent_name": "helper"}, {"agentName": "scribe"}]}''',
	'room_config => ''{}''', 'project => ''staging''', 'project => ''default''', 'project => NULL']) WITH ORDINALITY AS a(asked, n) ORDER BY n;
SELECT asked, pg_temp.token('''empty'', ' || asked) AS "empty", pg_temp.token('''null'', ' || asked) AS "null"
FROM unnest(ARRAY['name => ''x''', 'metadata => ''x''', 'attributes => ''{"a": ""}''', 'attributes => ''{}''',
	'room_config => ''{"name": "x"}''', 'room_config => ''{}''']) WITH ORDINALITY AS a(asked, n) ORDER BY n;

-- options: but to start later, none is a participant's
SELECT asked, pg_temp.token('''bare'', options => ' || quote_literal(asked)) AS bare, pg_temp.token('''full'', options => ' || quote_literal(asked)) AS "full"
FROM unnest(ARRAY['{"kind": "agent"}', '{"kind": "standard"}', '{"kind": "sip"}', '{"roomPreset": "large"}', '{"room_preset": ""}',
	'{"sha256": "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="}', '{"kind": null, "sha256": null, "roomPreset": null}', '{}'])
	WITH ORDINALITY AS a(asked, n) ORDER BY n;
-- a webhook's token needs no grant, and is nobody's to ask for either
SELECT pg_temp.token('''bare'', ''{"roomJoin": false}'', options => ''{"sha256": "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="}''') AS token;

-- the texts among the grants
SELECT asked, pg_temp.token('''bare'', ' || quote_literal(asked)) AS bare, pg_temp.token('''full'', ' || quote_literal(asked)) AS "full"
FROM unnest(ARRAY['{"destinationRoom": "before"}', '{"destination_room": "After"}', '{"destinationRoom": ""}', '{"destinationRoom": "after"}',
	'{"destination_room": "after"}', '{"destinationRoom": null}', '{"agentEndpoint": {"agentName": "scribe"}}', '{"agentEndpoint": {"deployment": "d"}}',
	'{"agent_endpoint": {"agent_name": "helper"}}']) WITH ORDINALITY AS a(asked, n) ORDER BY n;

-- what is no argument at all is told apart from what is more than the row
SELECT asked, pg_temp.token('''full'', ' || asked) AS token
FROM unnest(ARRAY['attributes => ''{"team": 1}''', 'attributes => ''[]''', 'room_config => ''{"emptyTimeuot": 1}''', 'room_config => ''"x"''',
	'name => repeat(''x'', 257)', 'options => ''{"kind": "agnet"}''', 'options => ''{"sha256": "x"}''', 'options => ''{"ttl": 1}''',
	'options => ''[]''']) WITH ORDINALITY AS a(asked, n) ORDER BY n;

-- metadata of the types of JSON: its text
RESET ROLE;
ALTER TABLE members ALTER metadata TYPE jsonb USING nullif(metadata, '')::jsonb, ALTER name TYPE varchar(20);
SELECT livekit_register_access('members');
SET ROLE regress_livekit_alice;
SELECT asked, pg_temp.token('''full'', metadata => ' || quote_literal(asked)) AS jsonb
FROM unnest(ARRAY['{"a": 1}', '{"a":1}', '{"a": 2}']) AS asked;
SELECT stable_claims(livekit_token(NULL, 'full')) -> 'metadata' AS metadata, stable_claims(livekit_token(NULL, 'full', name => 'Alice')) -> 'name' AS name;

RESET ROLE;
SELECT livekit_unregister_access();
DROP TABLE members;
DROP OWNED BY regress_livekit_alice;
DROP ROLE regress_livekit_alice;
