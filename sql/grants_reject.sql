--
-- Grants that are refused: unknown names, with what may have been meant; known
-- names in another letter case, which LiveKit's server would take for the
-- known ones; wrong types; the same grant twice.
--
CREATE TEMP VIEW sample AS
SELECT scope, name, type, n, CASE type
		WHEN 'boolean' THEN 'true'::jsonb
		WHEN 'string' THEN '"standup"'
		WHEN 'array of strings' THEN '["one", "two"]'
		WHEN 'array of track sources' THEN '["camera"]'
	END AS value,
	lower(regexp_replace(name, '([A-Z])', '_\1', 'g')) AS snake
FROM livekit_grant_types() WITH ORDINALITY AS g(name, scope, type, "default", sensitive, description, n);

CREATE FUNCTION pg_temp.refusal(grants jsonb, OUT code text, OUT message text, OUT detail text, OUT hint text)
LANGUAGE plpgsql AS $$
BEGIN
	message := 'NOT REFUSED: ' || stable_claims(livekit_issue('alice', 'standup', grants))::text;
EXCEPTION WHEN OTHERS THEN
	code := SQLSTATE;
	GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
END $$;

-- every grant misspelt
SELECT code, message, hint
FROM sample, pg_temp.refusal(jsonb_build_object(scope, jsonb_build_object(left(name, -1), value))) ORDER BY n;
SELECT message, hint
FROM sample, pg_temp.refusal(jsonb_build_object('x' || snake, value))
WHERE scope = 'video' ORDER BY n;

-- every grant in another letter case: capitals, the first letter, and what
-- Go folds to s and k: the long s and the Kelvin sign
SELECT code, message, hint
FROM sample, pg_temp.refusal(jsonb_build_object(scope, jsonb_build_object(upper(name), value))) ORDER BY n;
SELECT message, hint
FROM sample, pg_temp.refusal(jsonb_build_object(upper(left(name, 1)) || substr(name, 2), value))
WHERE scope = 'video' ORDER BY n;
SELECT scope, name, code, message = format('grant "%s.%s" does not exist', scope, folded) AS quoted, hint
FROM sample, translate(name, 'sSkK', U&'\017F\017F\212A\212A') AS folded,
	pg_temp.refusal(jsonb_build_object(scope, jsonb_build_object(folded, value)))
WHERE folded <> name ORDER BY n;

-- every grant of the wrong type
SELECT code, message
FROM sample, pg_temp.refusal(jsonb_build_object(scope,
	jsonb_build_object(name, CASE type WHEN 'boolean' THEN '"true"'::jsonb ELSE 'true' END))) ORDER BY n;
SELECT message
FROM (VALUES ('roomAdmin'), ('destinationRoom'), ('canPublishSources')) AS g(name),
	(VALUES ('true'::jsonb), ('1'), ('"true"'), ('["true"]'), ('{"true": true}')) AS v(value),
	pg_temp.refusal(jsonb_build_object(name, value))
WHERE name || ' ' || jsonb_typeof(value) NOT IN ('roomAdmin boolean', 'destinationRoom string')
ORDER BY message COLLATE "C";

-- elements of arrays
SELECT grants, message, detail, hint
FROM (VALUES ('{"canPublishSources": []}'::jsonb), ('{"canPublishSources": ["webcam"]}'),
	('{"canPublishSources": ["camera", "CAMERA"]}'), ('{"canPublishSources": ["screenShare"]}'),
	('{"canPublishSources": ["camera", null]}'), ('{"canPublishSources": [1]}'),
	('{"canPublishSources": [["camera"]]}'), ('{"canPublishSources": [{"camera": true}]}'),
	('{"canPublishSources": "camera"}'), ('{"agentThread": {"threadIds": [null]}}'),
	('{"agentThread": {"threadIds": ["a", true]}}')) AS v(grants),
	pg_temp.refusal(grants);

-- every grant that has two spellings, in both
SELECT code, message, hint
FROM sample, pg_temp.refusal(jsonb_build_object(scope, jsonb_build_object(name, value, snake, value)))
WHERE snake <> name ORDER BY n;

-- at the top and in "video", with two values
SELECT grants, message, hint
FROM (VALUES ('{"canPublish": true, "video": {"canPublish": false}}'::jsonb),
	('{"can_publish": true, "video": {"can_publish": false}}'),
	('{"destinationRoom": "a", "video": {"destinationRoom": "ab"}}'),
	('{"canPublishSources": ["camera"], "video": {"canPublishSources": ["microphone"]}}'),
	('{"agent": true, "video": {"agent": false}}')) AS v(grants),
	pg_temp.refusal(grants);

-- scopes: misspelt, in another letter case, of the wrong type, twice
SELECT grants, message, hint
FROM (VALUES ('{"vidoe": {}}'::jsonb), ('{"VIDEO": {"roomAdmin": true}}'), ('{"Sip": {"call": true}}'),
	('{"agentendpoint": {}}'), ('{"agent-thread": {}}'), ('{"video": true}'), ('{"sip": "admin"}'),
	('{"agent": "admin"}'), ('{"agent": ["admin"]}'), ('{"agent": 1}'), ('{"inference": [{"perform": true}]}'),
	('{"observability": 1}'), ('{"agent_endpoint": true}'), ('{"agentThread": false}'),
	('{"agentEndpoint": {"call": true}, "agent_endpoint": {"call": true}}'),
	('{"agentThread": {"read": true}, "agent_thread": {}}')) AS v(grants),
	pg_temp.refusal(grants);

-- names that are somebody else's, or nobody's
SELECT message, hint
FROM (VALUES ('{"sip": {"roomAdmin": true}}'::jsonb), ('{"admin": true}'), ('{"video": {"sip": {"call": true}}}'),
	('{"video": {"agent": {"admin": true}}}'), ('{"agent": {"agent": true}}'), ('{"": true}'), ('{"_": true}'),
	('{"room_": "a"}'), ('{"room_Admin": true}'), ('{"canpublish": true}'), ('{"can__publish": true}'),
	('{"metadata": "m"}'), ('{"roomJoin ": true}'), ('{"nothing like it": true}'),
	(jsonb_build_object(repeat('n', 300), true)), (jsonb_build_object(repeat('n', 63) || U&'\20AC', true))) AS v(grants),
	pg_temp.refusal(grants);
