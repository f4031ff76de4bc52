--
-- The configuration of a room that a join creates: every field of every
-- message, in LiveKit's camelCase or its protocol files' snake_case, comes out
-- in camelCase; what is null or empty is left out.
--
-- all fields but credentials; the names within maps are those with a blank
CREATE TEMP TABLE full_config AS SELECT '{
	"name": "standup", "emptyTimeout": 300, "departureTimeout": 20, "maxParticipants": 4294967295,
	"metadata": "{\"topic\": 1}", "minPlayoutDelay": 0, "maxPlayoutDelay": 100, "syncStreams": true,
	"agents": [{"agentName": "helper", "metadata": "m", "restartPolicy": "JRP_NEVER", "deployment": "d",
			"attributes": {"a Name": "a"}, "threadId": "t"}, {"agentName": "scribe", "restartPolicy": 1}],
	"tags": {"a Tag": "t", "b b": ""},
	"egress": {
		"room": {
			"roomName": "standup", "layout": "speaker", "audioOnly": false, "audioMixing": "DUAL_CHANNEL_AGENT",
			"videoOnly": true, "customBaseUrl": "https://example.com/?user=a@b", "preset": 2,
			"advanced": {"width": 1, "height": 2, "depth": 3, "framerate": 4, "audioCodec": "OPUS", "audioBitrate": 5,
				"audioQuality": 6, "audioFrequency": 7, "videoCodec": 3, "videoBitrate": 8, "videoQuality": 9, "keyFrameInterval": 2.5},
			"fileOutputs": [{"fileType": "MP4", "filepath": "a.mp4", "disableManifest": true, "s3": {
				"assumeRoleArn": "arn", "region": "r", "endpoint": "e", "bucket": "b", "forcePathStyle": true,
				"metadata": {"a Name": "a"}, "tagging": "t", "contentDisposition": "inline", "proxy": {"url": "http://proxy:3128/"}}}],
			"segmentOutputs": [{"protocol": "HLS_PROTOCOL", "filenamePrefix": "p", "playlistName": "n", "livePlaylistName": "l",
				"segmentDuration": 6, "filenameSuffix": "INDEX", "disableManifest": false, "gcp": {"bucket": "b", "proxy": {}}}],
			"imageOutputs": [{"captureInterval": 1, "width": 2, "height": 3, "filenamePrefix": "p", "filenameSuffix": "TIMESTAMP",
				"imageCodec": "IC_JPEG", "disableManifest": true, "azure": {"accountName": "n", "containerName": "c"}}],
			"webhooks": [{"url": "https://example.com/hook", "signingKey": "APIregress",
				"filterParams": {"includeEvents": ["egress_ended"], "excludeEvents": ["a", "b"]}}]},
		"participant": {"preset": "PORTRAIT_H264_720P_30", "advanced": {"width": 1}, "fileOutputs": [{"filepath": "b"}],
			"segmentOutputs": [{"filenamePrefix": "c"}]},
		"tracks": {"filepath": "d", "disableManifest": true, "aliOSS": {"region": "r", "endpoint": "e", "bucket": "b"}}}
}'::jsonb AS config;

CREATE FUNCTION pg_temp.room_config(config jsonb) RETURNS jsonb
RETURN stable_claims(livekit_issue('alice', 'standup', room_config => config)) -> 'roomConfig';
SELECT jsonb_pretty(pg_temp.room_config(config)) AS full_config FROM full_config;

-- the same in snake_case: nothing is missing, nothing else is there
CREATE FUNCTION pg_temp.snake(j jsonb) RETURNS jsonb
LANGUAGE plpgsql AS $$
BEGIN
	RETURN CASE jsonb_typeof(j)
		WHEN 'object' THEN (SELECT jsonb_object_agg(CASE WHEN k LIKE '% %' OR k = 'aliOSS' THEN k
				ELSE lower(regexp_replace(k, '([A-Z])', '_\1', 'g')) END, pg_temp.snake(v)) FROM jsonb_each(j) AS m(k, v))
		WHEN 'array' THEN (SELECT jsonb_agg(pg_temp.snake(e) ORDER BY n) FROM jsonb_array_elements(j) WITH ORDINALITY AS a(e, n))
		ELSE j END;
END $$;
SELECT pg_temp.snake(config) #> '{egress,room,file_outputs}' AS written FROM full_config;
CREATE TEMP VIEW snake_case AS SELECT pg_temp.room_config(pg_temp.snake(config)) AS given,
	pg_temp.room_config(config) AS wanted FROM full_config;
SELECT (SELECT count(*) FROM jsonb_path_query(given, 'strict $.**')) AS given,
	(SELECT count(*) FROM jsonb_path_query(wanted, 'strict $.**')) AS wanted FROM snake_case;
SELECT w.key, g.value AS given, w.value AS wanted
FROM snake_case, jsonb_each(wanted) AS w LEFT JOIN jsonb_each(given) AS g USING (key)
WHERE g.value IS DISTINCT FROM w.value;

-- null and the empty are left out, an element of a list stays in its place
SELECT given, pg_temp.room_config(given) AS written
FROM (VALUES ('{"name": null}'::jsonb), ('{"egress": {}}'), ('{"egress": {"room": {"advanced": {"width": null}}}}'),
	('{"agents": [], "tags": {}}'), ('{"name": "", "tags": {"": ""}}'), ('{"agents": [{"agentName": null}, {"agent_name": ""}]}'),
	('{"emptyTimeout": null, "empty_timeout": 5}'),
	('{"egress": {"room": {"fileOutputs": [{"s3": {"metadata": {}, "proxy": {"url": null}}}], "webhooks": []}}}'),
	('{"egress": {"room": {"webhooks": [{"filterParams": {"includeEvents": []}}, {"url": "u"}]}}}'),
	('{"syncStreams": false, "minPlayoutDelay": 0, "name": "{"}'), ('{"tags": {"[": "[", "{": "{"}}')) AS v(given);

-- a credential that is empty, as some SDKs write it, is none
SELECT pg_temp.room_config('{"name": "standup", "egress": {"tracks": {"filepath": "f",
	"s3": {"accessKey": "", "secret": "", "sessionToken": "", "assumeRoleExternalId": "", "bucket": "b",
		"proxy": {"username": "", "password": ""}},
	"gcp": {"credentials": ""}, "azure": {"account_key": ""}, "aliOSS": {"access_key": "", "secret": null}},
	"room": {"streamOutputs": [], "custom_base_url": ""}}}') AS written;

-- numbers: whole ones as LiveKit's uint32 holds, others with up to 40 digits
SELECT pg_temp.room_config(jsonb_build_object('egress', jsonb_build_object('room', jsonb_build_object('advanced', jsonb_build_object(
	'keyFrameInterval', number::jsonb))))) #> '{egress,room,advanced}' AS advanced
FROM unnest(ARRAY['0', '-1', '2.50', '1e3', '1.5e-3', '12345678901234567890.1234567890123456789']) AS number;
