--
-- What a participant may do during a call.  LiveKit replaces the whole of it,
-- takes what is absent for no, and drops a source that it does not know, so
-- that the list becomes all sources: so all fields are written, with what a
-- token would have meant, and an unknown word is an error.
--
SET livekit_token.url = 'wss://livekit.example.com';
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
-- a permission, shortly: what it allows, and its sources
CREATE FUNCTION pg_temp.short(permission jsonb) RETURNS text
RETURN coalesce((SELECT string_agg(key, ' ' ORDER BY key COLLATE "C") FILTER (WHERE value = 'true') FROM jsonb_each(permission)) || ' ', '') || (permission ->> 'canPublishSources');
CREATE FUNCTION pg_temp.of_grants(grants text) RETURNS text
RETURN pg_temp.answer(format('SELECT pg_temp.short(livekit_permission(%L))', grants));
CREATE FUNCTION pg_temp.of_body(permission text) RETURNS text
RETURN pg_temp.answer(format('SELECT pg_temp.short(body::jsonb -> ''permission'') FROM livekit_api_request(''UpdateParticipant'', ''{"room": "standup", "identity": "bob"}''::jsonb || jsonb_build_object(''permission'', %L::jsonb))', permission));

-- all the fields, of whatever is given
SELECT jsonb_pretty(livekit_permission(NULL)) AS permission;
SELECT body FROM livekit_api_request('UpdateParticipant', '{"room": "standup", "identity": "bob", "permission": {}}');
SELECT count(*) AS permissions, count(DISTINCT array(SELECT jsonb_object_keys(p) ORDER BY 1)) AS sets_of_fields
  FROM unnest('{null,"{}","{\"canPublish\": false}","{\"roomAdmin\": true}","{\"hidden\": true, \"recorder\": true}"}'::jsonb[]) g, livekit_permission(g) p;

-- LiveKit's defaults: may publish, data as the rest, subscribe; and nothing else
SELECT grants, pg_temp.of_grants(grants) AS of_grants, pg_temp.of_body(grants) AS of_body FROM unnest(ARRAY['{}', '{"canPublish": true}', '{"canPublish": false}', '{"canPublish": null}',
	'{"canPublishData": false}', '{"canPublishData": true}', '{"canPublish": false, "canPublishData": true}', '{"canPublish": true, "canPublishData": false}',
	'{"canPublish": false, "canPublishData": null}', '{"canSubscribe": false}', '{"canSubscribe": true}', '{"can_subscribe": false, "can_publish": false}',
	'{"hidden": true}', '{"recorder": true}', '{"agent": true}', '{"canSubscribeMetrics": true}', '{"can_manage_agent_session": true}', '{"hidden": false}',
	'{"canPublish": true, "canPublishSources": null}']) AS grants;
-- the one whose name differs: a grant here, a permission there, and not the other way round
SELECT name, pg_temp.of_grants(name) AS of_grants, pg_temp.of_body(name) AS of_body
  FROM unnest(ARRAY['{"canUpdateOwnMetadata": true}', '{"can_update_own_metadata": true}', '{"canUpdateMetadata": true}', '{"can_update_metadata": true}']) AS name;
-- every permission is the grant of a token, and what the table says of it without one
SELECT p.key, t.name AS "grant", t."default", p.value FROM jsonb_each(livekit_permission('{}')) p
  LEFT JOIN livekit_grant_types() t ON t.scope = 'video' AND t.name = replace(p.key, 'canUpdateM', 'canUpdateOwnM') ORDER BY p.key COLLATE "C";
SELECT name, pg_temp.of_grants(jsonb_build_object(name, true)::text) ~ ('\m' || replace(name, 'OwnM', 'M') || '\M') AS given, pg_temp.of_grants(jsonb_build_object(name, false)::text) ~ ('\m' || replace(name, 'OwnM', 'M') || '\M') AS denied
  FROM livekit_grant_types() WHERE scope = 'video' AND type = 'boolean' AND livekit_permission('{}') ? replace(name, 'OwnM', 'M') ORDER BY name COLLATE "C";
-- a grant that is no permission has no effect, but it must be one
SELECT grants, pg_temp.of_grants(grants) AS of_grants, pg_temp.of_body(grants) AS of_body FROM unnest(ARRAY['{"roomAdmin": true, "roomJoin": true, "room": "standup"}', '{"roomCreate": true}',
	'{"agent": {"admin": true}}', '{"sip": {"admin": true, "call": true}}', '{"video": {"canPublish": false}}', '{"roomAdmn": true}', '{"video": {"canPublsh": false}}', '{"ingressAdmin": true}']) AS grants;

-- sources: of a permission in capitals; given in capitals or not
SELECT sources, pg_temp.of_grants(format('{"canPublishSources": %s}', sources)) AS of_grants, pg_temp.of_body(format('{"canPublishSources": %s}', sources)) AS of_body
  FROM unnest(ARRAY['["camera"]', '["CAMERA"]', '["Camera"]', '["camera", "microphone", "screen_share", "screen_share_audio"]', '["SCREEN_SHARE_AUDIO", "screen_share"]', '["camera", "CAMERA"]',
	'[]', '[""]', '["bogus"]', '["BOGUS"]', '["MICROPHONE", "bogus"]', '["camera "]', '["cam"]', '["UNKNOWN"]', '["unknown"]', '[1]', '["1"]', '[2, 1]', '[null]', '[true]', '[["camera"]]', '[{}]',
	'"camera"', '"CAMERA"', '{}', '{"camera": true}', '1', 'true', 'null', '["ſcreen_share"]', '["camera", "microphone\u0001"]']) AS sources;
-- which do not make up for canPublish
SELECT pg_temp.of_grants('{"canPublish": false, "canPublishSources": ["camera"]}') AS of_grants, pg_temp.of_body('{"canPublish": false, "canPublishSources": ["camera"]}') AS of_body;
SELECT permission, pg_temp.of_body(permission) FROM unnest(ARRAY['{"canPublish": false, "canPublishSources": []}', '{"canPublish": true, "canPublishSources": []}', '{"canPublish": false, "canPublishData": true, "canPublishSources": null}']) AS permission;

-- what is no permission, or twice, or of another type
SELECT permission, pg_temp.of_body(permission) FROM unnest(ARRAY['null', '[]', '[{}]', '"canPublish"', 'true', '1', '{"canPublsh": true}', '{"CanPublish": true}', '{"canpublish": true}', '{"CAN_PUBLISH": true}',
	'{"can_Publish": true}', '{"": true}', '{"publish": true}', '{"xyzzy": null}', '{"canPublish": true, "can_publish": true}', '{"canPublish": true, "can_publish": null}', '{"canUpdateMetadata": true, "can_update_metadata": false}',
	'{"canPublish": "true"}', '{"canPublish": 1}', '{"canPublish": []}', '{"hidden": []}', '{"canPublish": {}}', '{"agent": {}}', '{"agent": {"admin": true}}', '{"agent": []}', '{"hidden": {"hidden": true}}', '{"canSubscribe": [true]}', '{"canUpdateMetadata": "yes"}']) AS permission;
SELECT grants, pg_temp.of_grants(grants) FROM unnest(ARRAY['null', '[]', '[{}]', '"canPublish"', 'true', '1', '{"CanPublish": true}', '{"canPublish": true, "can_publish": true}', '{"canPublish": "true"}', '{"canPublish": []}', '{"hidden": 1}', '{"canPublishSources": []}']) AS grants;

-- no other method has a field that is completed
SELECT body FROM livekit_api_request('CreateDispatch', '{"room": "standup", "metadata": "m", "attributes": {"permission": "{}"}}');
SELECT pg_temp.answer($$SELECT body FROM livekit_api_request('RemoveParticipant', '{"room": "standup", "identity": "bob", "permission": {}}')$$);
-- what a token would have said: the same as when its bearer joined with it
SELECT g.grants, pg_temp.short(livekit_permission(g.grants)) AS permission, livekit_verify(livekit_issue('bob', 'standup', g.grants)) -> 'video' AS token
  FROM (VALUES ('{"canPublish": true, "canPublishSources": ["microphone"], "canUpdateOwnMetadata": true}'::jsonb), ('{"video": {"canSubscribe": false}, "hidden": true}')) g(grants);
