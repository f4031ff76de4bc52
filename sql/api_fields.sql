--
-- The body of a request to LiveKit's server API: names in either spelling come
-- out in camelCase, values as they are, nulls not at all.  LiveKit's server
-- would drop a name that it does not know without a word; here it is an error.
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
CREATE FUNCTION pg_temp.sent(rpc text, body text) RETURNS text
RETURN pg_temp.answer(format('SELECT body FROM livekit_api_request(%L, %L)', rpc, body));
CREATE FUNCTION pg_temp.snake(name text) RETURNS text
RETURN lower(regexp_replace(name, '([A-Z])', '_\1', 'g'));

-- all fields of all methods, in both spellings; and in others
CREATE TEMP TABLE fields AS
	SELECT service || '/' || rpc AS method, field, CASE field WHEN 'permission' THEN '{}' ELSE to_jsonb('value of ' || field) END AS value
	  FROM livekit_api_methods(), unnest(fields) AS field;
CREATE TEMP TABLE bodies AS
	SELECT method, jsonb_object_agg(field, value) AS camel, jsonb_object_agg(pg_temp.snake(field), value) AS snake FROM fields GROUP BY method;
SELECT count(*) AS methods, sum((SELECT count(*) FROM jsonb_object_keys(camel))) AS fields, sum((SELECT count(*) FROM jsonb_object_keys(snake || camel))) AS spellings FROM bodies;
SELECT b.method, c.body AS camel, s.body AS snake FROM bodies b, livekit_api_request(b.method, camel) c, livekit_api_request(b.method, snake) s
 WHERE c.body::jsonb - 'permission' <> camel - 'permission' OR s.body::jsonb - 'permission' <> camel - 'permission' OR c.body::jsonb -> 'permission' <> s.body::jsonb -> 'permission';
SELECT spelling, starts_with(pg_temp.sent(b.method, (camel || jsonb_build_object(spelt, value))::text),
		format('22023 | field "%s" of %s does not exist | Did you mean ', spelt, split_part(b.method, '/', 2))) AS refused, count(*)
  FROM bodies b JOIN fields USING (method), LATERAL (VALUES ('A', upper(left(field, 1)) || substr(field, 2)), ('B', upper(field)), ('C', '_' || pg_temp.snake(field)),
	('D', pg_temp.snake(field) || '_'), ('E', field || ' '), ('F', left(field, -1) || upper(right(field, 1)))) v(spelling, spelt) GROUP BY 1, 2 ORDER BY 1, 2;
-- both spellings of one
SELECT replace(replace(pg_temp.sent(b.method, (camel || jsonb_build_object(pg_temp.snake(field), value))::text), format('"%s"', field), '"FIELD"'), split_part(b.method, '/', 2), 'METHOD') AS twice, count(*)
  FROM bodies b JOIN fields USING (method) WHERE field ~ '[A-Z]' GROUP BY 1;

-- a field of another method, a word, a path
SELECT rpc, body, pg_temp.sent(rpc, body) FROM (VALUES
	('DeleteRoom', '{"room": "a", "name": "a"}'), ('CreateRoom', '{"room": "a"}'), ('CreateRoom', '{"name": "a", "maxParticipant": 1}'), ('CreateRoom', '{"name": "a", "emptytimeout": 1}'),
	('CreateRoom', '{"name": "a", "empty__timeout": 1}'), ('CreateRoom', '{"name": "a", "empty_Timeout": 1}'), ('CreateRoom', '{"name": "a", "": 1}'), ('CreateRoom', '{"name": "a", "metadata.x": 1}'),
	('CreateRoom', '{"name": "a", "xyzzy": null}'), ('CreateRoom', '{"nаme": "a"}'), ('CreateRoom', '{"name": "a", "maxPartiсipants": 1}'), ('ListRooms', '{"room": "a"}'),
	('SendData', '{"room": "a", "destinationIdentity": "bob"}'), ('SendData', '{"room": "a", "identity": "bob"}'), ('SendData', '{"room": "a", "\"": 1}'),
	('CreateRoom', '{"name": "a", "this is quite a long name for a field": 1}'), ('CreateSIPParticipant', '{"sip_call_To": "a"}')) v(rpc, body);

-- required: neither absent nor null nor empty; and what is both wrong and missing
SELECT rpc, body, pg_temp.sent(rpc, body) FROM (VALUES
	('RemoveParticipant', '{}'), ('RemoveParticipant', '{"room": "a"}'), ('RemoveParticipant', '{"identity": "bob"}'), ('RemoveParticipant', '{"room": "a", "identity": null}'),
	('RemoveParticipant', '{"room": "a", "identity": ""}'), ('RemoveParticipant', '{"room": "", "identity": "bob"}'), ('RemoveParticipant', '{"room": null, "identity": "bob"}'),
	('RemoveParticipant', '{"room": " ", "identity": " "}'), ('RemoveParticipant', '{"identty": "bob"}'), ('TransferSIPParticipant', '{"room_name": "", "participant_identity": "bob", "transfer_to": "tel:1"}'),
	('CreateRoom', '{"name": ""}'), ('MoveParticipant', '{"room": "a", "identity": "bob"}'), ('MoveParticipant', '{"room": "a", "identity": "bob", "destination_room": ""}'),
	('DeleteRoom', '{"room": ""}'), ('DeleteRoom', '{}'), ('CreateDispatch', '{"agentName": "helper"}'), ('UpdateRoomMetadata', '{"metadata": ""}')) v(rpc, body);
-- rooms that a grant is bound to are strings; other values are LiveKit's to judge
SELECT rpc, body, pg_temp.sent(rpc, body) FROM (VALUES
	('ListParticipants', '{"room": 5}'), ('ListParticipants', '{"room": true}'), ('ListParticipants', '{"room": ["a"]}'), ('ListParticipants', '{"room": {"name": "a"}}'), ('ListParticipants', '{"room": []}'),
	('TransferSIPParticipant', '{"roomName": 5, "participantIdentity": "bob", "transferTo": "tel:1"}'), ('MoveParticipant', '{"room": "a", "identity": "bob", "destinationRoom": ["b"]}'),
	('MoveParticipant', '{"room": "a", "identity": "bob", "destinationRoom": 1}'), ('MoveParticipant', '{"room": ["a"], "identity": "bob", "destinationRoom": "b"}'),
	('MutePublishedTrack', '{"room": "a", "identity": "bob", "trackSid": 1, "muted": "yes"}')) v(rpc, body);
-- null is absent
SELECT rpc, body, pg_temp.sent(rpc, body) FROM (VALUES
	('CreateRoom', '{"name": "a", "metadata": null, "max_participants": null}'), ('UpdateParticipant', '{"room": "a", "identity": "bob", "permission": null, "name": "", "attributes": {"x": null, "y": ""}}'),
	('ListRooms', '{"names": null}'), ('ListRooms', '{"names": [null]}'), ('StartTrackCompositeEgress', '{"roomName": "a", "room_name": null}'),
	('StartTrackCompositeEgress', '{"roomName": null, "room_name": "a"}'), ('StartTrackCompositeEgress', '{"roomName": null, "room_name": null}')) v(rpc, body);

-- values stay as they are: nested names, numbers, texts that JSON escapes
SELECT what, body::jsonb = given AS same, body FROM (VALUES
	(1, 'nested', 'StartWebEgress', '{"url": "https://example.com", "fileOutputs": [{"file_type": 1, "fileType": 2, "S3": {"access_key": null}}, [], {}], "advanced": {"video_Codec": [[1], {"a_b": [true, false, null]}]}}'::jsonb),
	(2, 'numbers', 'CreateRoom', '{"name": "a", "emptyTimeout": 1e3, "maxParticipants": -1.50, "nodeId": 12345678901234567890.0123456789, "minPlayoutDelay": 0}'),
	(3, 'texts', 'SendData', '{"room": "\"{room}\\", "topic": "</script>\n\t\u0001", "data": "a+/=", "nonce": "''$1 %s"}'),
	(4, 'beyond ASCII', 'UpdateParticipant', '{"room": "Küche", "identity": "زينب", "name": "\ud83c\udf89", "attributes": {"ключ_x": "值"}}')) v(n, what, rpc, given), livekit_api_request(rpc, given) ORDER BY n;
-- the grant has the very room that the body has
SELECT livekit_verify(substr(headers ->> 'Authorization', 8)) #>> '{video,room}' = given ->> 'room' AND body::jsonb ->> 'room' = given ->> 'room' AS same, count(*)
  FROM unnest(ARRAY['"{room}\', ' standup ', E'a\nb', 'Küche', U&'Ku\0308che', chr(127881), '*', '%', repeat('é', 128)]) AS room, jsonb_build_object('room', room) AS given, livekit_api_request('ListParticipants', given) GROUP BY 1;
-- and one that no room can have is refused
SELECT pg_temp.answer($$SELECT livekit_api_request('ListParticipants', jsonb_build_object('room', repeat('é', 129)))$$) AS room,
	pg_temp.answer($$SELECT livekit_api_request('MoveParticipant', jsonb_build_object('room', 'a', 'identity', 'b', 'destinationRoom', repeat('r', 257)))$$) AS destination;
-- an object, once: what jsonb does with a name that is given twice, it has done
SELECT body FROM livekit_api_request('DeleteRoom', '{"room": "a", "room": "b"}');
