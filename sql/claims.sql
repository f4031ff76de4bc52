--
-- The payload as it is signed: every claim in its place, nothing that was not
-- given, no null and no empty object.
--
-- the payload's text, with times and id masked, a line for each object's end
CREATE FUNCTION pg_temp.payload(token text) RETURNS text
LANGUAGE sql AS $$
	SELECT replace(regexp_replace(regexp_replace(
		convert_from(decode(part || repeat('=', -length(part) & 3), 'base64'), 'UTF8'),
		'"(iat|nbf|exp)":\d{10}', '"\1":9999999999', 'g'),
		'"jti":"[0-9a-f]{32}"', '"jti":"0f..."'), '},', E'},\n')
	FROM translate(split_part(token, '.', 2), '-_', '+/') AS part
$$;
\pset format unaligned
\pset tuples_only on

-- the least
SELECT pg_temp.payload(livekit_issue('alice', 'standup'));
SELECT pg_temp.payload(livekit_issue(NULL, grants => '{"roomList": true}'));
SELECT pg_temp.payload(livekit_issue(NULL, options =>
	'{"sha256": "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="}'));

-- everything, given in another order
SELECT pg_temp.payload(livekit_issue(
	options => '{"sha256": "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
		"roomPreset": "large", "kind": "agent", "notBefore": "2026-01-01T00:00:00Z"}',
	room_config => '{"tags": {"team": "blue"}, "syncStreams": true, "name": "standup",
		"agents": [{"metadata": "hi", "agentName": "helper"}, {"agentName": "scribe"}], "emptyTimeout": 60}',
	attributes => '{"role": "host", "hand": "up"}',
	metadata => '{"colour": "blue"}',
	name => 'Alice',
	ttl => '1 hour',
	grants => g.everything,
	room => 'standup',
	identity => 'alice'))
FROM (SELECT jsonb_object_agg(scope, members) AS everything
	FROM (SELECT scope, jsonb_object_agg(name, CASE type
			WHEN 'boolean' THEN 'true'::jsonb
			WHEN 'string' THEN '"standup"'
			WHEN 'array of strings' THEN '["one", "two"]'
			WHEN 'array of track sources' THEN '["microphone", "camera"]' END) AS members
		FROM livekit_grant_types() GROUP BY scope) AS s) AS g;

-- within the scopes the order is that of the table, however grants were written
SELECT pg_temp.payload(livekit_issue('alice', 'standup',
	'{"can_subscribe": false, "sip": {"call": true}, "canPublish": true, "video": {"roomAdmin": true}, "agent": true}'));

-- false is something given, as are the empty string and zero
SELECT pg_temp.payload(livekit_issue('alice', 'standup', name => '', metadata => '', attributes => '{"a": ""}',
	grants => '{"canPublish": false, "hidden": false, "destinationRoom": "", "sip": {"admin": false}}',
	room_config => '{"emptyTimeout": 0, "metadata": "", "syncStreams": false}', options => '{"roomPreset": ""}'));

-- null and empty objects are nothing, at any depth
SELECT pg_temp.payload(livekit_issue('alice', 'standup',
	'{"canPublish": null, "video": {}, "sip": {"admin": null}, "agent": {}, "inference": null, "agentThread": {}}',
	attributes => '{}', options => '{"kind": null, "notBefore": null, "sha256": null, "roomPreset": null}',
	room_config => '{"name": null, "egress": {"room": {"advanced": {}, "fileOutputs": []}, "tracks": null},
		"agents": [], "tags": {}}'));

-- numbers as they were given, text in UTF-8 and no more escaped than must be
SELECT pg_temp.payload(livekit_issue('alice', 'standup', room_config =>
	'{"maxParticipants": 4294967295, "egress": {"room": {"advanced": {"keyFrameInterval": 2.50}}}}'));
SELECT pg_temp.payload(livekit_issue(E'a"b\\c/d\n<&>''', 'standup', metadata => E'\b\f\r\t\x01\x1f'));
