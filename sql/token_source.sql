--
-- livekit_token_source takes the body of LiveKit's standard token endpoint, so
-- that a client's one line works.  What the caller may not choose is refused,
-- not passed over: else an application would think that it had been heard.
--
SET client_min_messages = warning;
SET livekit_token.url = 'wss://livekit.example.com';
CREATE ROLE regress_livekit_alice;
GRANT EXECUTE ON FUNCTION livekit_join, livekit_token_source, livekit_verify TO regress_livekit_alice;
CREATE TABLE members (room text PRIMARY KEY, identity text DEFAULT 'regress_livekit_alice', grants jsonb, name text, metadata text, attributes jsonb, room_config jsonb);
CREATE INDEX ON members (identity);
INSERT INTO members (room, grants) VALUES ('standup', '{"canPublish": false}');
INSERT INTO members VALUES ('full', DEFAULT, NULL, 'Alice', 'm', '{"team": "red"}', '{"agents": [{"agent_name": "helper", "metadata": "m"}], "emptyTimeout": 60}');
INSERT INTO members VALUES ('retro', 'regress_livekit_bob', NULL), ('not to join', DEFAULT, '{"roomJoin": false, "roomAdmin": true}'), ('misspelt', DEFAULT, '{"canpublish": true}');
GRANT SELECT ON members TO regress_livekit_alice;
ALTER TABLE members ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON members USING (identity = livekit_identity() OR room = 'standup');

CREATE FUNCTION pg_temp.asked(body jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	hint text; detail text;
BEGIN
	RETURN stable_claims(livekit_token_source(body) ->> 'participant_token') - 'iss' #- '{video,canSubscribe}' #- '{video,canPublishData}';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
	RETURN concat_ws(' | ', SQLSTATE, SQLERRM, nullif(detail, ''), nullif(hint, ''));
END $$;
SELECT pg_temp.asked('{"room_name": "standup"}') AS nothing_registered;
SELECT livekit_register_access('members');
SELECT pg_temp.asked('{"room_name": "standup"}') AS no_policies_for_the_owner;

SET ROLE regress_livekit_alice;
-- the answer: just as the endpoint's
SELECT jsonb_object_keys(answer) AS key, answer ->> 'server_url' AS server_url FROM livekit_token_source('{"room_name": "standup"}') AS answer;
SELECT stable_claims(livekit_token_source('{"room_name": "full"}') ->> 'participant_token') = stable_claims(participant_token) AS as_of_join
FROM livekit_join('full');

-- every key in both spellings; and as protobuf's JSON has absent ones
SELECT body, pg_temp.asked(body)
FROM (VALUES ('{"room_name": "full", "participant_identity": "regress_livekit_alice", "participant_name": "Alice", "participant_metadata": "m", "participant_attributes": {"team": "red"}, "room_config": {"emptyTimeout": 60, "agents": [{"agentName": "helper", "metadata": "m"}]}}'::jsonb),
	('{"roomName": "full", "participantIdentity": "regress_livekit_alice", "participantName": "Alice", "participantMetadata": "m", "participantAttributes": {"team": "red"}, "roomConfig": {"empty_timeout": 60, "agents": [{"agent_name": "helper", "metadata": "m"}]}}'),
	('{"roomName": "standup", "participantIdentity": "", "participantName": "", "participantMetadata": "", "participantAttributes": {}, "roomConfig": {}}'),
	('{"room_name": "standup", "participant_identity": null, "participant_name": null, "participant_metadata": null, "participant_attributes": null, "room_config": null}'),
	('{"room_name": "full", "participant_name": "", "participant_metadata": "", "participant_attributes": {}, "room_config": {}}'),
	('{"room_name": "standup", "participant_identity": {}, "participant_name": {}, "participant_attributes": "", "room_config": ""}'),
	('{"room_name": "standup", "roomName": null}'), ('{"room_name": "standup", "roomName": ""}')) AS v(body);

-- which room
SELECT body, pg_temp.asked(body)
FROM (VALUES ('{"room_name": "retro"}'::jsonb), ('{"room_name": "no such room"}'), ('{"room_name": "not to join"}'), ('{"room_name": "misspelt"}'), ('{}'), ('{"room_name": ""}'), ('{"room_name": null}'), ('{"room_name": {}}'),
	('{"participant_identity": "regress_livekit_alice"}'), ('{"room_name": "standup", "roomName": "full"}'), ('{"room_name": "standup", "roomName": "standup"}'),
	('{"room_name": "standup "}'), ('{"room_name": "%"}')) AS v(body);
SELECT pg_temp.asked(NULL) AS null;

-- who: oneself, on a device or not
SELECT left(who, 30) AS who, pg_temp.asked(jsonb_build_object('room_name', 'standup', 'participant_identity', who)) AS answer
FROM unnest(ARRAY['regress_livekit_alice', 'regress_livekit_alice#phone', 'regress_livekit_bob', 'regress_livekit_bob#phone', 'regress_livekit_alice#', 'regress_livekit_alice##',
	'regress_livekit_alice#a#b', '#', '#phone', 'regress_livekit_Alice', 'regress_livekit_alice ', 'regress_livekit_alic', 'regress_livekit_alicephone',
	'regress_livekit_alice#' || repeat('x', 235)]) AS who;

-- as what: only as the row says
SELECT asked, pg_temp.asked('{"room_name": "standup"}' || asked) AS standup, pg_temp.asked('{"room_name": "full"}' || asked) AS "full"
FROM (VALUES ('{"participant_name": "Mallory"}'::jsonb), ('{"participantName": "alice"}'), ('{"participant_metadata": "x"}'), ('{"participant_attributes": {"role": "host"}}'),
	('{"participantAttributes": {"team": "red", "role": "host"}}'), ('{"room_config": {"agents": [{"agent_name": "scribe"}]}}'), ('{"roomConfig": {"agents": [{"agentName": "helper"}]}}'),
	('{"room_config": {"agents": []}}'), ('{"room_config": {"emptyTimeout": 61, "agents": [{"agentName": "helper", "metadata": "m"}]}}'), ('{"room_config": {"maxParticipants": 2}}')) AS v(asked);

-- what is no such body
SELECT body, pg_temp.asked(body)
FROM (VALUES ('{"room": "standup"}'::jsonb), ('{"room_name": "standup", "roomname": "standup"}'), ('{"Room_Name": "standup"}'), ('{"room_name": "standup", "identity": "x"}'),
	('{"room_name": "standup", "participant_identitty": "x"}'), ('{"room_name": "standup", "participant_grants": {}}'), ('{"room_name": "standup", "ttl": null}'), ('{"room_name": "standup", "": ""}'),
	('{"room_name": 1}'), ('{"room_name": ["standup"]}'), ('{"room_name": true}'), ('{"room_name": {"x": "standup"}}'), ('{"room_name": "standup", "participant_identity": 1}'),
	('{"room_name": "standup", "participant_name": ["Alice"]}'), ('{"room_name": "standup", "participant_metadata": {"a": 1}}'), ('{"room_name": "standup", "participant_attributes": []}'),
	('{"room_name": "standup", "participant_attributes": "x"}'), ('{"room_name": "standup", "participant_attributes": {"level": 1}}'), ('{"room_name": "standup", "room_config": "x"}'), ('{"room_name": "standup", "room_config": []}'),
	('{"room_name": "standup", "room_config": {"agents": [{"agent_nam": "x"}]}}'), ('[]'), ('[{"room_name": "standup"}]'), ('"standup"'), ('1'), ('null')) AS v(body);

RESET ROLE;
SELECT livekit_unregister_access();
DROP TABLE members;
DROP OWNED BY regress_livekit_alice;
DROP ROLE regress_livekit_alice;
