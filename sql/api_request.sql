--
-- livekit_api_request: one row with all that whoever sends it must know; its
-- token lasts a minute or less, comes from the project's key, and is audited
-- as any other.  Which method, and who may: a name that is none is refused.
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
CREATE FUNCTION pg_temp.claims(headers jsonb) RETURNS jsonb RETURN livekit_verify(substr(headers ->> 'Authorization', 8));

-- the row
SELECT method, url, headers - 'Authorization' AS other_headers, headers ->> 'Authorization' ~ '^Bearer [\w-]+\.[\w-]+\.[\w-]+$' AS bearer,
	body, pg_typeof(headers) AS headers, pg_typeof(body) AS body
  FROM livekit_api_request('RemoveParticipant', '{"room": "standup", "identity": "bob"}');
SELECT convert_from(decode(split_part(substr(headers ->> 'Authorization', 8), '.', 1), 'base64'), 'UTF8') AS header
  FROM livekit_api_request('ListRooms');
-- without a body, or with null, as with an empty one
SELECT body FROM livekit_api_request('ListRooms') UNION ALL SELECT body FROM livekit_api_request('ListRooms', '{}')
	UNION ALL SELECT body FROM livekit_api_request('ListRooms', NULL) UNION ALL SELECT body FROM livekit_api_request('ListRooms', 'null');
-- by name; one for each row of a table
SELECT url, r.body FROM (VALUES (1, 'DeleteRoom', '{"room": "a"}'::jsonb), (2, 'DeleteRoom', '{"room": "b"}')) v(n, rpc, body),
	livekit_api_request(project => NULL, body => v.body, rpc => v.rpc) r ORDER BY n;

-- which method
SELECT rpc, pg_temp.answer(format('SELECT url FROM livekit_api_request(%L, %L)', rpc, '{"name": "x"}'))
  FROM unnest(ARRAY['CreateRoom', 'RoomService/CreateRoom', NULL, '', '/', 'CreateRoom/', '/CreateRoom', 'RoomService/', 'RoomService', 'RoomService//CreateRoom',
	'createRoom', 'createroom', 'create_room', 'CREATEROOM', 'CreateRoom ', ' CreateRoom', E'CreateRoom\n', 'CreateRoomX', 'CreateRoo', 'CreatRoom', 'Room/CreateRoom',
	'roomservice/CreateRoom', 'RoomService/createRoom', 'RoomService.CreateRoom', 'Egress/CreateRoom', 'SIP/CreateRoom', '../RoomService/CreateRoom',
	'CreateRoom?x', 'CreateSIPTrunk', 'DialWhatsAppCall', repeat('CreateRoom', 7), 'ＣreateRoom']) WITH ORDINALITY AS m(rpc, n) ORDER BY n;
SELECT rpc, pg_temp.answer(format('SELECT livekit_api_request(%L, %L)', rpc, '{"name": "x"}'))
  FROM unnest(ARRAY['RoomService/CreateRoms', 'Egress/StopEgres', 'livekit.RoomService/CreateRoom']) WITH ORDINALITY AS m(rpc, n) ORDER BY n;
-- a body that is no object
SELECT body, pg_temp.answer(format('SELECT livekit_api_request(''ListRooms'', %L)', body))
  FROM unnest('{[],"[{}]",1,true,"\"{}\""}'::jsonb[]) AS body;

-- a minute, unless tokens last less; whatever tokens last
SELECT max_ttl, (claims -> 'exp')::int - (claims -> 'iat')::int AS seconds
  FROM (VALUES (1, '6h'), (2, '0'), (3, '61s'), (4, '60s'), (5, '59s'), (6, '1s')) v(n, max_ttl), set_config('livekit_token.max_ttl', max_ttl, false) s,
	livekit_api_request(left('ListRooms' || s, 9)) r, pg_temp.claims(headers) claims ORDER BY n;
RESET livekit_token.max_ttl;
SELECT default_ttl, (claims -> 'exp')::int - (claims -> 'iat')::int AS seconds
  FROM (VALUES (1, '1d'), (2, '60s'), (3, '5s')) v(n, default_ttl), set_config('livekit_token.default_ttl', default_ttl, false) s,
	livekit_api_request(left('ListRooms' || s, 9)) r, pg_temp.claims(headers) claims ORDER BY n;
RESET livekit_token.default_ttl;
SELECT abs(extract(epoch FROM clock_timestamp()) - (pg_temp.claims(headers) ->> 'iat')::numeric) < 60 AS now FROM livekit_api_request('ListRooms');
-- each has a token of its own
SELECT count(DISTINCT headers ->> 'Authorization') FROM generate_series(1, 10) n, livekit_api_request(left('ListRooms' || n, 9));

-- in no GET, which is answered from caches
SELECT set_config('request.method', 'GET', false) AS method, pg_temp.answer('SELECT livekit_api_request(''ListRooms'')') AS answer
	UNION ALL SELECT set_config('request.method', 'HEAD', false), pg_temp.answer('SELECT livekit_api_request(''ListRooms'')')
	UNION ALL SELECT set_config('request.method', 'POST', false), pg_temp.answer('SELECT url FROM livekit_api_request(''ListRooms'')');
SET request.method = '';

-- audited: who, by what, which grants, and never the body
SET livekit_token.audit = 'both';
DELETE FROM livekit_issued;
SELECT rpc, method FROM (VALUES ('UpdateParticipant', '{"room": "standup", "identity": "bob", "metadata": "private"}'::jsonb),
	('TransferSIPParticipant', '{"room_name": "standup", "participant_identity": "bob", "transfer_to": "tel:+123"}'),
	('DeleteRoom', '{"room": "standup"}'), ('MoveParticipant', '{"room": "a", "identity": "b", "destination_room": "c"}')) v(rpc, body),
	livekit_api_request(rpc, v.body);
SELECT via, role = current_user AS by_me, identity, room, project, api_key, grants, expires_at - issued_at BETWEEN '59 s' AND '60 s' AS a_minute
  FROM livekit_issued ORDER BY grants;
SELECT jti, project, livekit_issued::text ~ 'private' AS tells FROM livekit_issued WHERE jti !~ '^[0-9a-f]{32}$' OR livekit_issued::text ~ 'private|tel:|eyJ';
DELETE FROM livekit_issued;
SELECT pg_temp.claims(headers) ->> 'jti' AS jti FROM livekit_api_request('ListRooms') \gset
SELECT jti = :'jti' AS the_same FROM livekit_issued;
DELETE FROM livekit_issued;
-- what is refused is not; and is counted
CREATE FUNCTION pg_temp.adds(statement text, OUT outcome text, OUT adds text) LANGUAGE plpgsql AS $$
DECLARE
	before jsonb;
BEGIN
	SELECT jsonb_object_agg(concat_ws(' ', event, reason), count) INTO before FROM public.livekit_counters();
	outcome := left(pg_temp.answer(statement), 5);
	SELECT string_agg(format('%s %s', concat_ws(' ', event, reason), count - (before ->> concat_ws(' ', event, reason))::bigint), ', ' ORDER BY event, reason COLLATE "C")
	  INTO adds FROM public.livekit_counters()
	 WHERE event <> 'suppressed' AND count <> (before ->> concat_ws(' ', event, reason))::bigint;
END $$;
SELECT s.*, a.* FROM unnest(ARRAY['SELECT method FROM livekit_api_request(''ListRooms'')', 'SELECT livekit_api_request(''CreateRoom'')', 'SELECT livekit_api_request(''CreateRom'')',
	'SELECT livekit_api_request(NULL)', 'SELECT livekit_api_request(''ListRooms'', ''[]'')', 'SELECT livekit_api_request(''ListRooms'', ''{"x": 1}'')',
	'SELECT livekit_api_request(''ListRooms'', project => ''nowhere'')', 'SELECT livekit_api_methods()', 'SELECT livekit_permission(''{"x": 1}'')']) s, pg_temp.adds(s) a;
SELECT via, grants FROM livekit_issued;
SET livekit_token.audit = 'log';
DELETE FROM livekit_issued;

-- who may: nobody but the extension's owner, until it is granted; being granted another function is no way around
CREATE ROLE regress_livekit_alice;
GRANT EXECUTE ON FUNCTION livekit_issue, livekit_token, livekit_room_request, livekit_verify TO regress_livekit_alice;
SET ROLE regress_livekit_alice;
SELECT pg_temp.answer('SELECT livekit_api_request(''ListRooms'')') AS api_request, pg_temp.answer('SELECT livekit_api_methods()') AS api_methods,
	pg_temp.answer('SELECT livekit_permission(NULL)') AS permission, pg_temp.answer('SELECT livekit_webhook(NULL, NULL)') AS webhook;
RESET ROLE;
GRANT EXECUTE ON FUNCTION livekit_api_request TO regress_livekit_alice;
SET ROLE regress_livekit_alice;
SELECT url, pg_temp.claims(headers) -> 'video' AS video FROM livekit_api_request('DeleteRoom', '{"room": "standup"}');
RESET ROLE;
DROP OWNED BY regress_livekit_alice;
DROP ROLE regress_livekit_alice;
