--
-- Every grant as callers may write it: in LiveKit's camelCase or in the
-- snake_case of its Python SDK, video's at the top or in the object "video".
-- Whatever was written, the token has the camelCase name, and only what was
-- given.
--
-- a value for each grant; sha256 is there so that a token may grant nothing
CREATE TEMP VIEW sample AS
SELECT scope, name, type, n, CASE type
		WHEN 'boolean' THEN 'true'::jsonb
		WHEN 'string' THEN '"standup"'
		WHEN 'array of strings' THEN '["one", "", "one"]'
		WHEN 'array of track sources' THEN '["camera", "microphone", "screen_share", "screen_share_audio"]'
	END AS value,
	lower(regexp_replace(name, '([A-Z])', '_\1', 'g')) AS snake,
	lower(regexp_replace(scope, '([A-Z])', '_\1', 'g')) AS snake_scope
FROM livekit_grant_types() WITH ORDINALITY AS g(name, scope, type, "default", sensitive, description, n);

CREATE FUNCTION pg_temp.granted(grants jsonb) RETURNS jsonb
RETURN stable_claims(livekit_issue('alice', grants => '{"room": "standup"}'::jsonb || grants,
	options => '{"sha256": "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="}'))
	- ARRAY['iss', 'sub', 'sha256'];

-- in the object of its scope
SELECT scope || '.' || name AS written,
	pg_temp.granted(jsonb_build_object(scope, jsonb_build_object(name, value))) -> scope AS claim
FROM sample ORDER BY n;
SELECT snake_scope || '.' || snake AS written,
	pg_temp.granted(jsonb_build_object(snake_scope, jsonb_build_object(snake, value))) -> scope AS claim
FROM sample WHERE snake <> name OR snake_scope <> scope ORDER BY n;

-- video's at the top
SELECT name AS written,
	pg_temp.granted(jsonb_build_object(name, value)) AS claims
FROM sample WHERE scope = 'video' ORDER BY n;
SELECT snake AS written, pg_temp.granted(jsonb_build_object(snake, value)) AS claims
FROM sample WHERE scope = 'video' AND snake <> name ORDER BY n;

-- false and the empty string are values
SELECT scope, pg_temp.granted(jsonb_build_object(scope, jsonb_object_agg(name, false))) -> scope AS claim
FROM sample WHERE type = 'boolean'
GROUP BY scope ORDER BY min(n);
SELECT pg_temp.granted('{"destinationRoom": "", "agentEndpoint": {"agentName": "", "deployment": ""},
	"agentThread": {"scope": "", "threadIds": []}}') AS claims;

-- null is as if absent: the same claims for all grants together
SELECT pg_temp.granted(jsonb_object_agg(scope, members)) AS claims
FROM (SELECT scope, jsonb_object_agg(name, NULL) AS members FROM sample GROUP BY scope) AS s
UNION ALL SELECT pg_temp.granted(jsonb_object_agg(scope, NULL)) FROM sample
UNION ALL SELECT pg_temp.granted(jsonb_object_agg(scope, '{}'::jsonb)) FROM sample
UNION ALL SELECT pg_temp.granted(jsonb_object_agg(name, NULL) - 'room') FROM sample WHERE scope = 'video';
-- nor does a null in one spelling contradict a value in the other
SELECT pg_temp.granted('{"can_publish": null, "canPublish": true, "agent_endpoint": null,
	"agentEndpoint": {"call": true}, "agentThread": {"thread_ids": ["a"], "threadIds": null}}') AS claims;

-- "agent" is a grant of video's and the name of a scope
SELECT given, pg_temp.granted(given) AS claims
FROM (VALUES ('{"agent": true}'::jsonb), ('{"agent": false}'), ('{"agent": null}'), ('{"agent": {}}'),
	('{"agent": {"admin": true}}'), ('{"video": {"agent": true}, "agent": {"admin": true}}'),
	('{"video": {"agent": true}, "agent": true}')) AS v(given);

-- the top and the object "video" are merged; the same value twice is no harm
SELECT given, pg_temp.granted(given) -> 'video' AS video
FROM (VALUES ('{"canPublish": true, "video": {"canSubscribe": false}}'::jsonb),
	('{"canPublish": true, "video": {"canPublish": true}}'),
	('{"can_publish": false, "video": {"canPublish": false}}'),
	('{"destinationRoom": "a", "video": {"destination_room": "a"}}'),
	('{"canPublishSources": ["camera"], "video": {"can_publish_sources": ["camera"]}}')) AS v(given);

-- identity and room imply roomJoin; {"roomJoin": false} turns that off
SELECT stable_claims(livekit_issue('alice', 'standup', '{"roomAdmin": true}')) -> 'video' AS video
UNION ALL SELECT stable_claims(livekit_issue('alice', 'standup', '{"roomAdmin": true, "roomJoin": true}')) -> 'video'
UNION ALL SELECT stable_claims(livekit_issue('alice', 'standup', '{"roomAdmin": true, "room_join": false}')) -> 'video'
UNION ALL SELECT stable_claims(livekit_issue('alice', 'standup', '{"roomAdmin": true, "roomJoin": null}')) -> 'video'
UNION ALL SELECT stable_claims(livekit_issue(NULL, 'standup', '{"roomAdmin": true}')) -> 'video'
-- a room among the grants is the room, but implies nothing
UNION ALL SELECT stable_claims(livekit_issue('alice', grants => '{"room": "standup", "roomJoin": true}')) -> 'video'
UNION ALL SELECT stable_claims(livekit_issue('alice', grants => '{"video": {"room": "standup"}, "roomAdmin": true}')) -> 'video'
UNION ALL SELECT stable_claims(livekit_issue('alice', 'standup', '{"room": "standup"}')) -> 'video'
-- and what needs no room does without
UNION ALL SELECT stable_claims(livekit_issue('ops', grants => '{"roomCreate": true, "roomList": true}')) -> 'video';
