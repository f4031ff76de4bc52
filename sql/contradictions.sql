--
-- What LiveKit would take without a word and mean something else by: a grant
-- for no room is one for every room, an empty list of sources allows all of
-- them, and an identity that is missing becomes another's.
--
-- a room grant without a room
SELECT livekit_issue('alice', grants => '{"roomJoin": true}');
SELECT livekit_issue('alice', grants => '{"roomAdmin": true}');
SELECT livekit_issue('alice', '', '{"roomJoin": true}');
SELECT livekit_issue('alice', '');
SELECT livekit_issue('alice', grants => '{"roomAdmin": true, "room": ""}');
SELECT livekit_issue('alice', grants => '{"video": {"room_join": true, "room": null}}');
SELECT livekit_issue('alice', 'standup', '{"room": null, "roomAdmin": true}') IS NOT NULL AS null_is_absent;

-- two rooms
SELECT livekit_issue('alice', 'standup', '{"room": "retro"}');
SELECT livekit_issue('alice', 'standup', '{"video": {"room": "Standup"}}');
SELECT livekit_issue('alice', 'standup', '{"room": "standups"}');
SELECT livekit_issue('alice', 'standup', '{"room": ""}');
SELECT livekit_issue('alice', '', '{"room": "standup"}');
SELECT livekit_issue('alice', NULL, '{"room": "standup", "video": {"room": "retro"}, "roomJoin": true}');

-- nobody
SELECT livekit_issue(NULL, 'standup', '{"roomJoin": true}');
SELECT livekit_issue(NULL, NULL, '{"video": {"roomJoin": true, "room": "standup"}}');
SELECT livekit_issue('', 'standup');
SELECT livekit_issue('', NULL, '{"roomList": true}');
SELECT livekit_issue('', 'standup', '{"roomAdmin": true, "roomJoin": false}');

-- sources to publish, and no publishing
SELECT livekit_issue('alice', 'standup', '{"canPublishSources": ["camera"], "canPublish": false}');
SELECT livekit_issue('alice', 'standup', '{"can_publish_sources": ["camera"], "video": {"canPublish": false}}');
SELECT livekit_issue('alice', 'standup', '{"canPublishSources": []}');
SELECT livekit_issue('alice', 'standup', '{"canPublishSources": [], "canPublish": false}');
SELECT stable_claims(livekit_issue('alice', 'standup', grants)) -> 'video' AS no_contradiction
FROM (VALUES ('{"canPublishSources": ["camera"], "canPublish": true}'::jsonb),
	('{"canPublishSources": ["camera"], "canPublish": null}'),
	('{"canPublishSources": null, "canPublish": false}')) AS v(grants);

-- a token that grants nothing, whatever else it says
SELECT livekit_issue('alice', 'standup', '{"roomJoin": false}');
SELECT livekit_issue('alice', name => 'Alice', metadata => 'm', attributes => '{"a": "1"}');
SELECT livekit_issue('alice', grants => '{"room": "standup"}');
SELECT livekit_issue(NULL, 'standup', '{"canPublish": true, "canSubscribe": true, "hidden": true}');
SELECT livekit_issue('alice', grants => '{"roomCreate": false, "sip": {"call": false}, "agent": {}}');
SELECT livekit_issue('alice', grants => '{"agentThread": {"all": true, "scope": "s", "threadIds": ["t"]}}');
SELECT livekit_issue('alice', grants => '{"agentEndpoint": {"agentName": "helper", "deployment": "d"}}');
SELECT livekit_issue('alice', options => '{"kind": "agent", "roomPreset": "p"}', room_config => '{"name": "standup"}');

-- which grants are enough by themselves
CREATE FUNCTION pg_temp.suffices(grants jsonb) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
	RETURN livekit_issue(NULL, 'standup', grants) IS NOT NULL;
EXCEPTION WHEN invalid_parameter_value THEN
	RETURN SQLERRM = 'grant "roomJoin" needs an identity';
END $$;
SELECT scope, string_agg(name, ' ' ORDER BY n) FILTER (WHERE suffices) AS enough,
	string_agg(name, ' ' ORDER BY n) FILTER (WHERE NOT suffices) AS not_enough
FROM livekit_grant_types() WITH ORDINALITY AS g(name, scope, type, "default", sensitive, description, n),
	pg_temp.suffices(jsonb_build_object(scope, jsonb_build_object(name, true)))
WHERE type = 'boolean' GROUP BY scope ORDER BY min(n);

\set VERBOSITY sqlstate
SELECT livekit_issue('alice', grants => '{"roomAdmin": true}');
SELECT livekit_issue('alice', 'standup', '{"room": "retro"}');
SELECT livekit_issue('alice', 'standup', '{"roomJoin": false}');
