--
-- Who may not moderate: livekit_room_request without a row, without roomAdmin
-- in it, with policies that are not in force, for a method that is not for
-- users, or for another room than was asked for.  Nothing is signed then, and
-- the room's existence is not told.
--
SET client_min_messages = error;
SET livekit_token.url = 'wss://livekit.example.com';
CREATE ROLE regress_livekit_alice;
CREATE ROLE regress_livekit_bob BYPASSRLS;
CREATE ROLE "regress_livekit_a#b";
CREATE ROLE regress_livekit_members ROLE regress_livekit_alice, regress_livekit_bob, "regress_livekit_a#b";
GRANT EXECUTE ON FUNCTION livekit_room_request, livekit_verify TO regress_livekit_members;
CREATE TABLE members (room text, identity text DEFAULT 'regress_livekit_alice', grants jsonb DEFAULT '{"roomJoin": true, "roomAdmin": true}', ttl interval);
GRANT SELECT ON members TO regress_livekit_members;
ALTER TABLE members ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON members USING (identity = livekit_identity());
CREATE POLICY each_other ON members USING (room = 'seen');
INSERT INTO members (room) VALUES ('standup'), ('twice'), ('twice'), ('');
INSERT INTO members (room, grants) VALUES ('joins', '{"roomJoin": true}'), ('nothing', NULL), ('empty', '{}'), ('false', '{"roomJoin": true, "roomAdmin": false}'),
	('null', '{"roomJoin": true, "roomAdmin": null}'), ('other', '{"roomJoin": true, "roomCreate": true, "roomList": true, "ingressAdmin": true, "sip": {"admin": true}}'),
	('agent', '{"roomJoin": true, "agent": {"admin": true}}'), ('misspelt', '{"roomJoin": true, "RoomAdmin": true}'), ('text', '{"roomJoin": true, "roomAdmin": "true"}'),
	('another room', '{"roomJoin": true, "roomAdmin": true, "room": "standup"}');
INSERT INTO members (room, ttl) VALUES ('over', '-1 s'), ('zero', '0'), ('month', '1 month');
INSERT INTO members (room, identity) VALUES ('bob''s', 'regress_livekit_bob'), ('seen', 'regress_livekit_bob'), ('hash', 'regress_livekit_a#b');

CREATE FUNCTION pg_temp.answer(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	result text; detail text; hint text; context text;
BEGIN
	EXECUTE query INTO result;
	RETURN coalesce(result, 'NULL');
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT, context = PG_EXCEPTION_CONTEXT;
	RETURN concat_ws(' | ', SQLSTATE, SQLERRM, nullif(detail, ''), nullif(hint, ''), CASE WHEN context ~ 'members' THEN context END);
END $$;
CREATE FUNCTION pg_temp.remove(room text, body text DEFAULT '{"identity": "eve"}', rpc text DEFAULT 'RemoveParticipant') RETURNS text
RETURN pg_temp.answer(format('SELECT url || '' '' || body FROM livekit_room_request(%L, %L, %L)', rpc, room, body));
SELECT sum(count) AS signed FROM livekit_counters() WHERE event = 'issued' \gset

-- nothing registered; an owner of everything is nobody's moderator
SELECT pg_temp.remove('standup') AS superuser;
SET ROLE regress_livekit_alice;
SELECT pg_temp.remove('standup') AS alice, pg_temp.remove('standup', '{}') AS wrong, pg_temp.remove('standup', rpc => 'DeleteRoom') AS not_for_users, pg_temp.remove(NULL) AS "null";
RESET ROLE;
SELECT livekit_register_access('members');

SET ROLE regress_livekit_alice;
-- no row: which is the same for a room that is not there
SELECT left(room, 20) AS room, pg_temp.remove(room) FROM unnest(ARRAY['no such room', 'bob''s', 'Standup', 'standup ', ' standup', '%', 'standup'' OR true --', 'hash', 'seen', 'over', 'zero', repeat('x', 256)]) WITH ORDINALITY AS r(room, n) ORDER BY n;
-- a row without roomAdmin: other grants are no moderator's
SELECT room, pg_temp.remove(room) FROM unnest(ARRAY['joins', 'nothing', 'empty', 'false', 'null', 'other', 'agent']) WITH ORDINALITY AS r(room, n) ORDER BY n;
-- a row that cannot be used, or two of them
SELECT room, pg_temp.remove(room) FROM unnest(ARRAY['misspelt', 'text', 'another room', 'month', 'twice']) WITH ORDINALITY AS r(room, n) ORDER BY n;
-- no room, or too long a one
SELECT left(room, 20) AS room, pg_temp.remove(room) FROM unnest(ARRAY[NULL, '', repeat('x', 257)]) WITH ORDINALITY AS r(room, n) ORDER BY n;
SELECT body, pg_temp.remove(NULL, body) FROM unnest(ARRAY['{"identity": "eve", "room": "standup"}', '{"identity": "eve", "room": "no such room"}', '{"identity": "eve", "room": ""}', '{"identity": "eve"}']) AS body;

-- another room in the body than the one that was asked for
SELECT body, pg_temp.remove('standup', body) FROM unnest(ARRAY['{"identity": "eve", "room": "retro"}', '{"identity": "eve", "room": "Standup"}', '{"identity": "eve", "room": "standup "}', '{"identity": "eve", "room": 5}',
	'{"identity": "eve", "room": ["standup"]}', '{"identity": "eve", "Room": "retro"}', '{"identity": "eve", "ROOM": "standup"}', '{"identity": "eve", "room_name": "retro"}', '{"identity": "eve", "destinationRoom": "retro"}']) AS body;
SELECT pg_temp.remove('no such room', '{"identity": "eve", "room": "standup"}') AS no_such_room, pg_temp.remove('joins', '{"identity": "eve", "room": "standup"}') AS joins;
-- a body that livekit_api_request would refuse
SELECT rpc, body, pg_temp.remove('standup', body, rpc) FROM (VALUES ('RemoveParticipant', '{}'), ('RemoveParticipant', NULL), ('RemoveParticipant', '{"identity": ""}'), ('RemoveParticipant', '{"identty": "eve"}'), ('RemoveParticipant', '[]'),
	('RemoveParticipant', '"eve"'), ('UpdateParticipant', '{"identity": "eve", "permission": {"canUpdateOwnMetadata": true}}'), ('UpdateParticipant', '{"identity": "eve", "permission": {"canPublishSources": ["bogus"]}}'), ('SendData', '{"Data": ""}')) v(rpc, body);

-- methods that reach further than a moderator, and names that are none
RESET ROLE;
GRANT EXECUTE ON FUNCTION livekit_api_methods TO regress_livekit_alice;
SET ROLE regress_livekit_alice;
SELECT outcome, count(*), string_agg(rpc, ' ' ORDER BY rpc COLLATE "C") AS methods
  FROM livekit_api_methods(), LATERAL (SELECT jsonb_object_agg(field, 'x') AS given FROM unnest(required) AS field WHERE field <> 'room') g,
	LATERAL (SELECT replace(pg_temp.remove('standup', coalesce(given, '{}')::text, rpc), '"' || rpc || '"', 'METHOD') AS outcome) o
 WHERE rpc NOT IN ('RemoveParticipant', 'MutePublishedTrack', 'UpdateParticipant', 'SendData', 'UpdateRoomMetadata') GROUP BY 1;
SELECT rpc, pg_temp.remove('standup', rpc => rpc) FROM unnest(ARRAY[NULL, '', 'removeparticipant', 'RemoveParticipants', 'Egress/RemoveParticipant', 'livekit_join']) WITH ORDINALITY AS r(rpc, n) ORDER BY n;

-- not by GET; no identity; an identity that could be taken for a device's
SET request.method = 'GET';
SELECT pg_temp.remove('standup');
RESET request.method;
SET ROLE "regress_livekit_a#b";
SELECT pg_temp.remove('hash');
-- policies that are not in force
SET ROLE regress_livekit_bob;
SELECT pg_temp.remove('bob''s') AS bypasses;
RESET ROLE;
SELECT pg_temp.remove('standup') AS superuser;
SET row_security = off;
SET ROLE regress_livekit_alice;
SELECT pg_temp.remove('standup') AS row_security_off;
RESET ROLE;
RESET row_security;
CREATE FUNCTION definer() RETURNS text LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN RETURN (SELECT body FROM livekit_room_request('SendData', 'standup')); END $$;
SET ROLE regress_livekit_alice;
SELECT pg_temp.answer('SELECT definer()') AS definer;
RESET ROLE;
ALTER TABLE members DISABLE ROW LEVEL SECURITY;
SET ROLE regress_livekit_alice;
SELECT pg_temp.remove('standup') AS disabled;
RESET ROLE;
ALTER TABLE members ENABLE ROW LEVEL SECURITY;
REVOKE EXECUTE ON FUNCTION livekit_room_request FROM regress_livekit_members;
SET ROLE regress_livekit_alice;
SELECT pg_temp.remove('standup') AS not_granted;
RESET ROLE;
SELECT sum(count) - :signed AS signed FROM livekit_counters() WHERE event = 'issued';

SELECT livekit_unregister_access();
DROP FUNCTION definer;
DROP TABLE members;
DROP OWNED BY regress_livekit_members, regress_livekit_alice;
DROP ROLE regress_livekit_alice, regress_livekit_bob, "regress_livekit_a#b", regress_livekit_members;
