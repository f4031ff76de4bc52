--
-- A row that makes no token is the mistake of whoever wrote it: 55000 to all
-- who ask for it, not 22023, and why is for the log.  Rows may spell grants in
-- each way that callers may.
--
SET client_min_messages = warning;
SET livekit_token.url = 'wss://livekit.example.com';
CREATE ROLE regress_livekit_alice;
GRANT EXECUTE ON FUNCTION livekit_token, livekit_join, livekit_can_join, livekit_verify TO regress_livekit_alice;
CREATE TABLE members (n serial, room text PRIMARY KEY, identity text DEFAULT 'regress_livekit_alice', grants jsonb, ttl interval,
	name text, metadata text, attributes jsonb, room_config jsonb, project text);
CREATE INDEX ON members (identity);
GRANT SELECT ON members TO regress_livekit_alice;
ALTER TABLE members ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON members USING (identity = livekit_identity());
SELECT livekit_register_access('members');

CREATE FUNCTION pg_temp.answer(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	result text; detail text; hint text; context text;
BEGIN
	EXECUTE query INTO result;
	RETURN coalesce(result, 'NULL');
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT, context = PG_EXCEPTION_CONTEXT;
	RETURN concat_ws(' | ', SQLSTATE, SQLERRM, nullif(detail, ''), nullif(hint, ''),
		CASE WHEN context ~ 'members|grant' THEN context END);
END $$;
CREATE FUNCTION pg_temp.asked(room text, asked jsonb DEFAULT NULL, OUT token text, OUT "join" text, OUT can text)
RETURN (pg_temp.answer(format('SELECT stable_claims(livekit_token(NULL, %L, %L)) - ARRAY[''iss'', ''sub''] #- ''{video,room}''',
		room, asked)),
	pg_temp.answer(format('SELECT identity FROM livekit_join(%L)', room)),
	pg_temp.answer(format('SELECT livekit_can_join(%L)', room)));

-- grants that are none
INSERT INTO members (room, grants) SELECT g, g::jsonb FROM unnest(ARRAY[
	'{"roomAdmn": true}', '{"RoomAdmin": true}', '{"canpublish": true}', '{"video": {"roomadmin": true}}', '{"vidoe": {}}',
	'{"roomAdmin": "true"}', '{"canPublish": 1}', '{"destinationRoom": true}', '{"sip": true}', '{"agentThread": {"threadIds": "t"}}',
	'{"canPublishSources": "camera"}', '{"canPublishSources": ["webcam"]}', '[]', '[{"roomAdmin": true}]', '"roomAdmin"', 'true', '0',
	-- two values, or two spellings
	'{"canPublish": true, "can_publish": true}', '{"canPublish": true, "video": {"canPublish": false}}',
	-- contradictions
	'{"canPublishSources": []}', '{"canPublish": false, "canPublishSources": ["camera"]}', '{"room": "retro"}', '{"room": ""}']) AS g;
SET ROLE regress_livekit_alice;
SELECT room AS row, a.* FROM members, pg_temp.asked(room) AS a ORDER BY n;
-- nor does asking for little, or for what is not there, find out more
SELECT asked, a.token FROM (VALUES ('{}'::jsonb), ('{"canPublish": false}'), ('{"roomAdmin": true}'), ('{"roomAdmn": true}'),
	('{"canPublish": true, "can_publish": true}')) AS v(asked), pg_temp.asked('{"roomAdmn": true}', asked) AS a;
SELECT livekit_token(NULL, '{"roomAdmn": true}');
SELECT * FROM livekit_join('{"roomAdmn": true}');
-- another's row of that kind is no row
RESET ROLE;
UPDATE members SET identity = 'regress_livekit_bob' WHERE room = '[]';
SET ROLE regress_livekit_alice;
SELECT * FROM pg_temp.asked('[]');
RESET ROLE;
TRUNCATE members;

-- other values that make no token
INSERT INTO members (room, ttl) VALUES ('a month', '1 month'), ('a year and a day', '1 year 1 day'), ('a month less', '-1 month 60 days');
INSERT INTO members (room, name) VALUES ('long name', repeat('x', 257)), ('long name in bytes', repeat(U&'\20AC', 86));
INSERT INTO members (room, metadata) VALUES ('long metadata', repeat('x', 512 * 1024 + 1));
INSERT INTO members (room, attributes) VALUES ('long attributes', jsonb_build_object('a', repeat('x', 64 * 1024))),
	('attributes of a number', '{"level": 1}'), ('attributes of null', '{"level": null}'), ('attributes in a list', '["level", "1"]'),
	('attributes in a string', '"level"');
INSERT INTO members (room, room_config) VALUES ('misspelt configuration', '{"emptyTimeuot": 1}'),
	('configuration of a wrong type', '{"emptyTimeout": "1"}'), ('configuration in a list', '[{"emptyTimeout": 1}]'),
	('configuration with a secret', '{"egress": {"tracks": {"filepath": "f", "s3": {"bucket": "b", "accessKey": "AKIA"}}}}');
INSERT INTO members (room, project) VALUES ('no such project', 'staging'), ('project in capitals', 'Default'), ('project with a blank', 'default ');
SET ROLE regress_livekit_alice;
SELECT room AS row, a.* FROM members, pg_temp.asked(room) AS a ORDER BY n;
RESET ROLE;
TRUNCATE members;

-- each spelling: rows are read as callers are
INSERT INTO members (room, grants) SELECT g, g::jsonb FROM unnest(ARRAY['{"can_publish": false, "room_admin": true}',
	'{"video": {"canPublish": false, "roomAdmin": true}}', '{"video": {"can_publish": false}, "roomAdmin": true}',
	'{"canPublish": false, "video": {"roomAdmin": true, "canPublish": false}}', '{"agent": true, "sip": {"admin": null}}',
	'{"agent": {"simulation_admin": true}, "agent_endpoint": {"agent_name": "helper", "call": true}}',
	'{"agent_thread": {"thread_ids": ["t"], "read": true}, "sip": null}', '{"video": {}}', '{"video": null, "canPublish": null}']) AS g;
SET ROLE regress_livekit_alice;
SELECT room AS row, a.* FROM members, pg_temp.asked(room) AS a ORDER BY n;
SELECT "row", asked, a.token FROM (VALUES ('{"can_publish": false, "room_admin": true}', '{"video": {"roomAdmin": true}}'::jsonb),
	('{"can_publish": false, "room_admin": true}', '{"canPublish": true}'),
	('{"video": {"canPublish": false, "roomAdmin": true}}', '{"canPublish": true}'),
	('{"video": {"canPublish": false, "roomAdmin": true}}', '{"room_admin": false}'),
	('{"agent": true, "sip": {"admin": null}}', '{"agent": {"admin": true}}'), ('{"agent": true, "sip": {"admin": null}}', '{"agent": false}'),
	('{"agent": {"simulation_admin": true}, "agent_endpoint": {"agent_name": "helper", "call": true}}', '{"agent": true}'),
	('{"agent": {"simulation_admin": true}, "agent_endpoint": {"agent_name": "helper", "call": true}}',
		'{"agentEndpoint": {"agentName": "helper"}, "agent": {"simulationAdmin": false}}')) AS v("row", asked),
	pg_temp.asked("row", asked) AS a;
RESET ROLE;

SELECT livekit_unregister_access();
DROP TABLE members;
DROP OWNED BY regress_livekit_alice;
DROP ROLE regress_livekit_alice;
