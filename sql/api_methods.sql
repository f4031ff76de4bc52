--
-- Every method of LiveKit's server API: a request for it has a token for one
-- minute, with exactly the grants that LiveKit's server demands, and bound to
-- the room where LiveKit looks at that.  What is wanted is written down here,
-- as livekit-server's own checks have it, and the code's table must agree.
--
SET livekit_token.url = 'wss://livekit.example.com';
-- bodies have the fields that are required, and no other
CREATE TEMP TABLE wanted (n int GENERATED ALWAYS AS IDENTITY, method text, body jsonb, grants jsonb);
INSERT INTO wanted (method, body, grants) VALUES
	('RoomService/CreateRoom', '{"name": "standup"}', '{"video": {"roomCreate": true}}'),
	('RoomService/ListRooms', '{}', '{"video": {"roomList": true}}'),
	('RoomService/DeleteRoom', '{"room": "standup"}', '{"video": {"roomCreate": true}}'),
	('RoomService/ListParticipants', '{"room": "standup"}', '{"video": {"roomAdmin": true, "room": "standup"}}'),
	('RoomService/GetParticipant', '{"room": "standup", "identity": "bob"}', '{"video": {"roomAdmin": true, "room": "standup"}}'),
	('RoomService/RemoveParticipant', '{"room": "standup", "identity": "bob"}', '{"video": {"roomAdmin": true, "room": "standup"}}'),
	('RoomService/MutePublishedTrack', '{"room": "standup", "identity": "bob"}', '{"video": {"roomAdmin": true, "room": "standup"}}'),
	('RoomService/UpdateParticipant', '{"room": "standup", "identity": "bob"}', '{"video": {"roomAdmin": true, "room": "standup"}}'),
	('RoomService/UpdateSubscriptions', '{"room": "standup", "identity": "bob"}', '{"video": {"roomAdmin": true, "room": "standup"}}'),
	('RoomService/SendData', '{"room": "standup"}', '{"video": {"roomAdmin": true, "room": "standup"}}'),
	('RoomService/UpdateRoomMetadata', '{"room": "standup"}', '{"video": {"roomAdmin": true, "room": "standup"}}'),
	('RoomService/ForwardParticipant', '{"room": "standup", "identity": "bob", "destinationRoom": "retro"}',
		'{"video": {"roomAdmin": true, "room": "standup", "destinationRoom": "retro"}}'),
	('RoomService/MoveParticipant', '{"room": "standup", "identity": "bob", "destinationRoom": "retro"}',
		'{"video": {"roomAdmin": true, "room": "standup", "destinationRoom": "retro"}}'),
	('RoomService/PerformRpc', '{"room": "standup", "destinationIdentity": "bob"}', '{"video": {"roomAdmin": true, "room": "standup"}}'),
	('Egress/StartEgress', '{"outputs": [{}]}', '{"video": {"roomRecord": true}}'),
	('Egress/UpdateLayout', '{"egressId": "EG_x"}', '{"video": {"roomRecord": true}}'),
	('Egress/UpdateStream', '{"egressId": "EG_x"}', '{"video": {"roomRecord": true}}'),
	('Egress/ListEgress', '{}', '{"video": {"roomRecord": true}}'),
	('Egress/StopEgress', '{"egressId": "EG_x"}', '{"video": {"roomRecord": true}}'),
	('Egress/StartRoomCompositeEgress', '{"roomName": "standup"}', '{"video": {"roomRecord": true}}'),
	('Egress/StartWebEgress', '{"url": "https://example.com/"}', '{"video": {"roomRecord": true}}'),
	('Egress/StartParticipantEgress', '{"roomName": "standup", "identity": "bob"}', '{"video": {"roomRecord": true}}'),
	('Egress/StartTrackCompositeEgress', '{"roomName": "standup"}', '{"video": {"roomRecord": true}}'),
	('Egress/StartTrackEgress', '{"roomName": "standup", "trackId": "TR_x"}', '{"video": {"roomRecord": true}}'),
	('Ingress/CreateIngress', '{"participantIdentity": "bob"}', '{"video": {"ingressAdmin": true}}'),
	('Ingress/UpdateIngress', '{"ingressId": "IN_x"}', '{"video": {"ingressAdmin": true}}'),
	('Ingress/ListIngress', '{}', '{"video": {"ingressAdmin": true}}'),
	('Ingress/DeleteIngress', '{"ingressId": "IN_x"}', '{"video": {"ingressAdmin": true}}'),
	('SIP/ListSIPTrunk', '{}', '{"sip": {"admin": true}}'),
	('SIP/CreateSIPInboundTrunk', '{"trunk": {}}', '{"sip": {"admin": true}}'),
	('SIP/CreateSIPOutboundTrunk', '{"trunk": {}}', '{"sip": {"admin": true}}'),
	('SIP/UpdateSIPInboundTrunk', '{"sipTrunkId": "ST_x"}', '{"sip": {"admin": true}}'),
	('SIP/UpdateSIPOutboundTrunk', '{"sipTrunkId": "ST_x"}', '{"sip": {"admin": true}}'),
	('SIP/GetSIPInboundTrunk', '{"sipTrunkId": "ST_x"}', '{"sip": {"admin": true}}'),
	('SIP/GetSIPOutboundTrunk', '{"sipTrunkId": "ST_x"}', '{"sip": {"admin": true}}'),
	('SIP/ListSIPInboundTrunk', '{}', '{"sip": {"admin": true}}'),
	('SIP/ListSIPOutboundTrunk', '{}', '{"sip": {"admin": true}}'),
	('SIP/DeleteSIPTrunk', '{"sipTrunkId": "ST_x"}', '{"sip": {"admin": true}}'),
	('SIP/CreateSIPDispatchRule', '{}', '{"sip": {"admin": true}}'),
	('SIP/UpdateSIPDispatchRule', '{"sipDispatchRuleId": "SDR_x"}', '{"sip": {"admin": true}}'),
	('SIP/ListSIPDispatchRule', '{}', '{"sip": {"admin": true}}'),
	('SIP/DeleteSIPDispatchRule', '{"sipDispatchRuleId": "SDR_x"}', '{"sip": {"admin": true}}'),
	('SIP/CreateSIPParticipant', '{"sipCallTo": "+123", "roomName": "standup"}', '{"sip": {"call": true}}'),
	('SIP/TransferSIPParticipant', '{"roomName": "standup", "participantIdentity": "bob", "transferTo": "tel:+123"}',
		'{"video": {"roomAdmin": true, "room": "standup"}, "sip": {"call": true}}'),
	('AgentDispatchService/CreateDispatch', '{"room": "standup"}', '{"video": {"roomAdmin": true, "room": "standup"}}'),
	('AgentDispatchService/DeleteDispatch', '{"room": "standup", "dispatchId": "AD_x"}', '{"video": {"roomAdmin": true, "room": "standup"}}'),
	('AgentDispatchService/ListDispatch', '{"room": "standup"}', '{"video": {"roomAdmin": true, "room": "standup"}}');

-- all that there are
SELECT count(*), count(DISTINCT method) FROM wanted;
SELECT method, service, rpc FROM wanted FULL JOIN livekit_api_methods() ON method = service || '/' || rpc
 WHERE method IS NULL OR rpc IS NULL;

CREATE TEMP TABLE signed AS
	SELECT w.*, r.url, r.body AS sent, substr(r.headers ->> 'Authorization', 8) AS token
	  FROM wanted w, livekit_api_request(w.method, w.body) r;
-- the grants, and nothing else: nobody in particular, and no more than a minute
SELECT n, url, stable_claims(token) - 'iss' AS grants FROM signed ORDER BY n;
SELECT n, method FROM signed WHERE stable_claims(token) IS DISTINCT FROM grants || '{"iss": "APIregress"}' OR sent::jsonb <> body;
SELECT array(SELECT jsonb_object_keys(livekit_verify(token) - ARRAY['video', 'sip']) ORDER BY 1) AS beside_them,
	(claims -> 'exp')::int - (claims -> 'iat')::int AS seconds, claims -> 'nbf' = claims -> 'iat' AS at_once, count(*)
  FROM signed, livekit_verify(token) AS claims GROUP BY 1, 2, 3;
SELECT count(DISTINCT livekit_verify(token) ->> 'jti') AS tokens FROM signed;
-- a method's name is enough
SELECT w.method FROM wanted w, livekit_api_request(split_part(w.method, '/', 2), w.body) r
 WHERE url <> 'https://livekit.example.com/twirp/livekit.' || w.method OR r.body::jsonb <> w.body
	OR stable_claims(substr(headers ->> 'Authorization', 8)) - 'iss' <> grants;

-- each required field absent, null, empty
CREATE FUNCTION pg_temp.outcome(method text, body jsonb) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	PERFORM livekit_api_request(method, body);
	RETURN 'signed';
EXCEPTION WHEN OTHERS THEN
	RETURN SQLSTATE || ' ' || SQLERRM;
END $$;
SELECT what, replace(replace(pg_temp.outcome(method, changed), format('"%s"', field), '"FIELD"'), split_part(method, '/', 2), 'METHOD') AS outcome, count(*)
  FROM wanted, jsonb_object_keys(body) AS field,
	LATERAL (VALUES ('absent', body - field), ('null', body || jsonb_build_object(field, NULL)), ('empty', body || jsonb_build_object(field, ''))) v(what, changed)
 GROUP BY 1, 2 ORDER BY 1, 2;
-- the table as it is shown
SELECT method, array(SELECT jsonb_object_keys(body) ORDER BY 1) AS here, required FROM wanted JOIN livekit_api_methods() ON method = service || '/' || rpc
 WHERE array(SELECT jsonb_object_keys(body) ORDER BY 1) <> array(SELECT unnest(required) ORDER BY 1);
\pset format unaligned
SELECT rpc, grants, room_field, array_to_string(fields, ' ') AS fields FROM livekit_api_methods();
