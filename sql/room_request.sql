--
-- What a moderator may do in a room without an administrator's function:
-- livekit_room_request asks the policies as livekit_join does, and signs when
-- their row gives the caller roomAdmin there; for that room, that call, and
-- with nothing else that the row says.
--
SET client_min_messages = warning;
SET livekit_token.url = 'wss://livekit.example.com';
SELECT current_setting('livekit_token.key_file') || '.master' AS file \gset
CREATE ROLE regress_livekit_alice;
CREATE ROLE regress_livekit_bob;
CREATE ROLE regress_livekit_members ROLE regress_livekit_alice, regress_livekit_bob;
GRANT EXECUTE ON FUNCTION livekit_room_request, livekit_join, livekit_can_join, livekit_verify TO regress_livekit_members;
CREATE TABLE members (room text, identity text DEFAULT 'regress_livekit_alice', grants jsonb DEFAULT '{"roomJoin": true, "roomAdmin": true}', ttl interval, name text DEFAULT 'Alice',
	metadata text DEFAULT 'private', attributes jsonb DEFAULT '{"a": "b"}', room_config jsonb DEFAULT '{"name": "c"}', project text, url text, PRIMARY KEY (room, identity));
GRANT SELECT ON members TO regress_livekit_members;
ALTER TABLE members ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON members USING (identity = livekit_identity());
INSERT INTO members (room) VALUES ('standup'), ('Küche "1"'), (' ');
INSERT INTO members (room, identity, grants) VALUES ('standup', 'regress_livekit_bob', '{"roomJoin": true}'), ('retro', 'regress_livekit_bob', '{"roomAdmin": true}');
INSERT INTO members (room, grants) VALUES ('admin only', '{"roomAdmin": true}'), ('much', '{"roomJoin": true, "roomAdmin": true, "roomCreate": true, "roomRecord": true, "ingressAdmin": true, "hidden": true, "sip": {"admin": true}, "canPublish": false}'),
	('snake', '{"video": {"room_admin": true}}'), ('not let in', '{"roomJoin": false, "roomAdmin": true}');
INSERT INTO members (room, ttl) VALUES ('long', '1 day'), ('short', '7 s'), ('minute', '60 s');
INSERT INTO members (room, url) VALUES ('url', 'wss://row.example.com/x/'), ('query', 'wss://row.example.com/?x'), ('password', 'wss://user:password@row.example.com'), ('no url', 'row.example.com');
INSERT INTO members (room, project) VALUES ('project', 'a'), ('absent project', 'absent');
INSERT INTO members (room, project, url) VALUES ('both', 'a', 'http://row.example.com');
SELECT livekit_register_access('members');

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
CREATE FUNCTION pg_temp.remove(room text) RETURNS text
RETURN pg_temp.answer(format($$SELECT concat_ws(' ', url, body, claims - ARRAY['iat', 'nbf', 'exp', 'jti'], (claims -> 'exp')::int - (claims -> 'iat')::int)
	FROM livekit_room_request('RemoveParticipant', %L, '{"identity": "eve"}'), pg_temp.claims(headers) AS claims$$, room));

SET ROLE regress_livekit_alice;
-- one row, with the caller's identity in the token
SELECT method, url, headers - 'Authorization' AS other_headers, headers ->> 'Authorization' ~ '^Bearer [\w-]+\.[\w-]+\.[\w-]+$' AS bearer, body, stable_claims(substr(headers ->> 'Authorization', 8)) AS claims
  FROM livekit_room_request('RemoveParticipant', 'standup', '{"identity": "eve"}');
SELECT array(SELECT jsonb_object_keys(pg_temp.claims(headers)) ORDER BY 1) AS claims FROM livekit_room_request('UpdateRoomMetadata', 'standup');
-- each of the methods, in the room
SELECT url, body, pg_temp.claims(headers) -> 'video' AS video FROM (VALUES
	(1, 'RemoveParticipant', '{"identity": "eve"}'::jsonb), (2, 'MutePublishedTrack', '{"identity": "eve", "track_sid": "TR_x", "muted": true}'),
	(3, 'UpdateParticipant', '{"identity": "eve", "permission": {"canPublish": false}}'), (4, 'SendData', '{"data": "aGVsbG8=", "destination_identities": ["eve"]}'),
	(5, 'UpdateRoomMetadata', '{"metadata": "m"}'), (6, 'UpdateRoomMetadata', '{}'), (7, 'UpdateRoomMetadata', NULL), (8, 'RoomService/SendData', '{}')) v(n, rpc, given),
	livekit_room_request(rpc, 'standup', given) ORDER BY n;
-- the room may stand in the body as well, if it is the same
SELECT given, body FROM unnest(ARRAY['{"identity": "eve", "room": "standup"}', '{"identity": "eve", "room": null}', '{"identity": "eve", "room": ""}']::jsonb[]) AS given, livekit_room_request('RemoveParticipant', 'standup', given);
-- whatever else the row says: no more than roomAdmin for this room
SELECT room, pg_temp.remove(room) FROM unnest(ARRAY['Küche "1"', ' ', 'admin only', 'much', 'snake']) WITH ORDINALITY AS r(room, n) ORDER BY n;
-- no longer than the row says, or a minute
SELECT room, (claims -> 'exp')::int - (claims -> 'iat')::int AS seconds, claims -> 'nbf' = claims -> 'iat' AS at_once
  FROM unnest(ARRAY['long', 'short', 'minute']) WITH ORDINALITY AS r(room, n), livekit_room_request('SendData', room), pg_temp.claims(headers) AS claims ORDER BY n;
-- the row's url; the row's project is not there yet
SELECT room, pg_temp.remove(room) FROM unnest(ARRAY['url', 'query', 'password', 'no url', 'project', 'absent project', 'both']) WITH ORDINALITY AS r(room, n) ORDER BY n;
RESET ROLE;
SELECT write(:'file', convert_to(repeat('fbff', 16), 'UTF8'));
SET livekit_token.master_key_file = :'file';
SELECT livekit_key_set('APIa', repeat('s', 40), 'a', 'wss://a.example.com');
SET ROLE regress_livekit_alice;
SELECT room, pg_temp.remove(room) FROM unnest(ARRAY['project', 'both', 'standup']) WITH ORDINALITY AS r(room, n) ORDER BY n;
RESET ROLE;

-- tokens that last less than a minute by the setting
SET livekit_token.max_ttl = '9s';
SET ROLE regress_livekit_alice;
SELECT room, (claims -> 'exp')::int - (claims -> 'iat')::int AS seconds FROM unnest(ARRAY['standup', 'long', 'short']) WITH ORDINALITY AS r(room, n), livekit_room_request('SendData', room), pg_temp.claims(headers) AS claims ORDER BY n;
RESET ROLE;
RESET livekit_token.max_ttl;

-- each decides for its own room: bob moderates another, and only joins this one
SET ROLE regress_livekit_bob;
SELECT pg_temp.remove('retro') AS retro, pg_temp.remove('standup') AS standup;
RESET ROLE;
-- who moderates need not be let in
SET ROLE regress_livekit_alice;
SELECT livekit_can_join('not let in') AS joins, pg_temp.remove('not let in') AS moderates;
RESET ROLE;

-- a policy is asked for just that
CREATE FUNCTION tell() RETURNS bool STABLE LANGUAGE plpgsql AS $$ BEGIN RAISE WARNING '%', livekit_join_request(); RETURN true; END $$;
CREATE POLICY tell ON members AS RESTRICTIVE USING (identity = livekit_identity() AND tell());
SET ROLE regress_livekit_bob;
SELECT body FROM livekit_room_request('SendData', 'retro');
RESET ROLE;
DROP POLICY tell ON members;

-- audited under the caller's name, and as what it was
SET livekit_token.audit = 'both';
DELETE FROM livekit_issued;
SET ROLE regress_livekit_alice;
SELECT pg_temp.claims(headers) ->> 'jti' AS jti FROM livekit_room_request('UpdateParticipant', 'standup', '{"identity": "eve", "metadata": "secret"}') \gset
SELECT pg_temp.remove('project') ~ '^https';
RESET ROLE;
SELECT via, role, identity, room, project, api_key, grants, jti = :'jti' AS the_first, livekit_issued::text ~ 'eve|secret|private' AS tells FROM livekit_issued ORDER BY room COLLATE "C";
DELETE FROM livekit_issued;
RESET livekit_token.audit;

SELECT livekit_unregister_access();
DELETE FROM livekit_sealed_key;
SELECT shell(:'file', 'rm $F');
DROP TABLE members;
DROP FUNCTION tell;
DROP OWNED BY regress_livekit_members;
DROP ROLE regress_livekit_alice, regress_livekit_bob, regress_livekit_members;
