--
-- Room configurations that are refused: LiveKit's server ignores a field that
-- it does not know, and answers a wrong type only when somebody joins.  And
-- credentials: whoever holds a token can read them.
--
CREATE TEMP TABLE full_config AS SELECT '{
	"name": "n", "emptyTimeout": 1, "departureTimeout": 1, "maxParticipants": 1, "metadata": "m", "minPlayoutDelay": 1,
	"maxPlayoutDelay": 1, "syncStreams": true, "tags": {"a tag": "t"}, "agents": [{"agentName": "n", "metadata": "m",
		"restartPolicy": "p", "deployment": "d", "attributes": {"an attribute": "a"}, "threadId": "t"}],
	"egress": {
		"room": {"roomName": "n", "layout": "l", "audioOnly": true, "audioMixing": "m", "videoOnly": true, "customBaseUrl": "u",
			"preset": "p", "streamOutputs": [],
			"advanced": {"width": 1, "height": 1, "depth": 1, "framerate": 1, "audioCodec": "c", "audioBitrate": 1, "audioQuality": 1,
				"audioFrequency": 1, "videoCodec": "c", "videoBitrate": 1, "videoQuality": 1, "keyFrameInterval": 1},
			"fileOutputs": [{"fileType": "t", "filepath": "f", "disableManifest": true, "s3": {"accessKey": "", "secret": "",
				"sessionToken": "", "assumeRoleArn": "a", "assumeRoleExternalId": "", "region": "r", "endpoint": "e", "bucket": "b",
				"forcePathStyle": true, "metadata": {"a name": "a"}, "tagging": "t", "contentDisposition": "c",
				"proxy": {"url": "u", "username": "", "password": ""}}}],
			"segmentOutputs": [{"protocol": "p", "filenamePrefix": "p", "playlistName": "n", "livePlaylistName": "n", "segmentDuration": 1,
				"filenameSuffix": "s", "disableManifest": true, "gcp": {"credentials": "", "bucket": "b", "proxy": {"url": "u"}}}],
			"imageOutputs": [{"captureInterval": 1, "width": 1, "height": 1, "filenamePrefix": "p", "filenameSuffix": "s", "imageCodec": "c",
				"disableManifest": true, "azure": {"accountName": "n", "accountKey": "", "containerName": "n"}}],
			"webhooks": [{"url": "u", "signingKey": "k", "filterParams": {"includeEvents": ["e"], "excludeEvents": ["e"]}}]},
		"participant": {"preset": "p", "advanced": {"width": 1}, "fileOutputs": [{"fileType": "t"}], "segmentOutputs": [{"protocol": "p"}]},
		"tracks": {"filepath": "f", "disableManifest": true, "aliOSS": {"accessKey": "", "secret": "", "region": "r", "endpoint": "e", "bucket": "b"}}}
}'::jsonb AS config;

CREATE FUNCTION pg_temp.refusal(config jsonb, OUT code text, OUT message text, OUT detail text, OUT hint text)
LANGUAGE plpgsql AS $$
BEGIN
	message := 'NOT REFUSED: ' || stable_claims(livekit_issue('alice', 'standup', room_config => config))::text;
EXCEPTION WHEN OTHERS THEN
	code := SQLSTATE;
	GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
	message := replace(message, 'room configuration field ', '');
END $$;

-- every field of it: where it stands and what it holds
CREATE TEMP VIEW field AS
WITH RECURSIVE place(path, value) AS (
	SELECT ARRAY[]::text[], config FROM full_config
	UNION ALL
	SELECT path || m.key, m.value FROM place, LATERAL (
		SELECT key, value FROM jsonb_each(CASE jsonb_typeof(value) WHEN 'object' THEN value END)
		UNION ALL
		SELECT (n - 1)::text, e FROM jsonb_array_elements(CASE jsonb_typeof(value) WHEN 'array' THEN value END)
			WITH ORDINALITY AS a(e, n)) AS m(key, value))
SELECT path[1:cardinality(path) - 1] AS parent, path[cardinality(path)] AS name, value, path, config,
	lower(regexp_replace(path[cardinality(path)], '([A-Z])', '_\1', 'g')) AS snake
FROM place, full_config WHERE path[cardinality(path)] !~ '^\d+$| ';

-- each misspelt, in another letter case, of the wrong type
SELECT DISTINCT ON (message COLLATE "C") code, message, hint
FROM field, pg_temp.refusal(jsonb_set(config #- path, parent || ('x' || name), value));
SELECT DISTINCT ON (message COLLATE "C") code, message, hint
FROM field, pg_temp.refusal(jsonb_set(config #- path, parent || upper(name), value));
SELECT DISTINCT ON (message COLLATE "C") code, message, detail
FROM field, pg_temp.refusal(jsonb_set(config, path, CASE jsonb_typeof(value) WHEN 'string' THEN 'true'::jsonb WHEN 'array' THEN '{}' ELSE '"1"' END));
-- each in both spellings
SELECT DISTINCT ON (message COLLATE "C") code, message
FROM field, pg_temp.refusal(jsonb_set(config, parent || snake, value)) WHERE snake <> name;

-- numbers that are no uint32, and elements of the wrong type
SELECT config, code, message, detail
FROM (VALUES ('{"emptyTimeout": -1}'::jsonb), ('{"emptyTimeout": 1.5}'), ('{"emptyTimeout": 60.0}'), ('{"emptyTimeout": 4294967296}'),
	('{"emptyTimeout": 99999999999999999999}'), ('{"emptyTimeout": "60"}'), ('{"maxParticipants": [1]}'), ('{"syncStreams": 1}'),
	('{"tags": {"a": 1}}'), ('{"tags": {"a": null}}'), ('{"tags": ["a"]}'), ('{"tags": {"a": {"b": "c"}}}'), ('{"agents": ["helper"]}'),
	('{"agents": [null]}'), ('{"agents": {"agentName": "helper"}}'), ('{"agents": [{"agentName": "a"}, [{}]]}'),
	('{"agents": [{"restartPolicy": true}]}'), ('{"agents": [{"restartPolicy": -1}]}'), ('{"agents": [{"attributes": {"a": true}}]}'),
	('{"egress": {"room": {"webhooks": [{"filterParams": {"includeEvents": ["a", 1]}}]}}}'), ('{"egress": {"room": []}}'),
	('{"egress": {"room": {"advanced": {"keyFrameInterval": 1e40}}}}'), ('{"egress": {"room": {"advanced": {"keyFrameInterval": 1e-40}}}}'))
	AS v(config), pg_temp.refusal(config);

-- names that are another message's, or nobody's
SELECT code, message, hint
FROM (VALUES ('{"agentName": "helper"}'::jsonb), ('{"agents": [{"name": "helper"}]}'), ('{"max_participant": 1}'), ('{"emptytimeout": 1}'),
	('{"": null}'), ('{"version": 1}'), ('{"egress": {"rooms": null}}'), ('{"egress": {"tracks": {"ali_oss": {}}}}'),
	('{"egress": {"participant": {"webhooks": []}}}'), ('{"egress": {"tracks": {"s3": {"assume_role": "a"}}}}'),
	(jsonb_build_object(repeat('n', 300), 1))) AS v(config), pg_temp.refusal(config);

-- each credential, and URLs that hold one
SELECT message, code, detail, hint
FROM unnest(ARRAY['s3.accessKey', 's3.secret', 's3.sessionToken', 's3.assumeRoleExternalId', 's3.proxy.username', 's3.proxy.password',
		'gcp.credentials', 'gcp.proxy.password', 'azure.accountKey', 'azure.account_key', 'aliOSS.accessKey', 'aliOSS.secret']) AS field,
	string_to_array(field, '.') AS path, pg_temp.refusal(jsonb_build_object('egress', jsonb_build_object('tracks',
		CASE cardinality(path) WHEN 2 THEN jsonb_build_object(path[1], jsonb_build_object(path[2], 'k3y'))
		ELSE jsonb_build_object(path[1], jsonb_build_object(path[2], jsonb_build_object(path[3], 'k3y'))) END)));
SELECT code, message
FROM (VALUES ('{"room": {"streamOutputs": [{"urls": ["rtmp://live/k3y"]}]}}'::jsonb), ('{"room": {"stream_outputs": {}}}'),
	('{"tracks": {"s3": {"secret": 1}}}'), ('{"tracks": {"s3": {"secret": false}}}'), ('{"tracks": {"s3": {"secret": {}}}}'),
	('{"room": {"customBaseUrl": "https://user:k3y@example.com/"}}'), ('{"room": {"webhooks": [{"url": "https://k3y@example.com"}]}}'),
	('{"tracks": {"s3": {"proxy": {"url": "http://user:k3y@proxy:3128"}}}}'), ('{"tracks": {"s3": {"endpoint": "//k3y@minio"}}}'),
	('{"tracks": {"aliOSS": {"endpoint": "https://a:k3y@oss"}}}')) AS v(egress),
	pg_temp.refusal(jsonb_build_object('egress', egress));
