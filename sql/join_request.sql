--
-- livekit_join_request() tells a policy what it is being asked, so that it can
-- depend on more than who and where.  It holds while we ask and at no other
-- time, and nobody can put words into it.
--
\set SHOW_CONTEXT never
SET livekit_token.url = 'wss://livekit.example.com';
SET client_min_messages = warning;
CREATE ROLE regress_livekit_alice;
GRANT EXECUTE ON FUNCTION livekit_join, livekit_can_join, livekit_token, livekit_token_source, livekit_issue, livekit_verify TO regress_livekit_alice;
CREATE TABLE members (room text PRIMARY KEY, identity text DEFAULT 'regress_livekit_alice', grants jsonb DEFAULT '{"roomAdmin": true, "sip": {"call": true}}');
CREATE INDEX ON members (identity);
INSERT INTO members VALUES ('standup'), ('retro'), ('error'), ('nested'), ('mint'), ('issue'), ('join'), ('can'), ('source');
INSERT INTO members VALUES ('row', 'regress_livekit_bob');
CREATE TABLE attic (room text);
INSERT INTO attic VALUES ('standup');
GRANT SELECT ON members, attic TO regress_livekit_alice;
ALTER TABLE members ENABLE ROW LEVEL SECURITY;
ALTER TABLE attic ENABLE ROW LEVEL SECURITY;

-- a policy that says what it is asked, and does what it should not
CREATE FUNCTION tell(room text) RETURNS bool STABLE LANGUAGE plpgsql AS $$
BEGIN
	RAISE NOTICE '%: %', room, coalesce(livekit_join_request()::text, 'not asked');
	CASE room
		WHEN 'error' THEN RAISE EXCEPTION 'policy fails';
		WHEN 'nested' THEN RAISE NOTICE 'in the attic: %', (SELECT count(*) FROM attic);
		WHEN 'mint' THEN PERFORM livekit_token(NULL, 'standup');
		WHEN 'issue' THEN PERFORM livekit_issue('alice', 'standup');
		WHEN 'join' THEN PERFORM livekit_join('standup');
		WHEN 'can' THEN PERFORM livekit_can_join('standup');
		WHEN 'source' THEN PERFORM livekit_token_source('{"room_name": "standup"}');
		ELSE
	END CASE;
	RETURN true;
END $$;
CREATE POLICY own ON members USING (identity = livekit_identity() AND tell(room));
CREATE POLICY own ON attic USING (room = 'standup' AND livekit_join_request() ->> 'room' = 'nested' AND tell('attic'));
SELECT livekit_register_access('members');
RESET client_min_messages;
SET ROLE regress_livekit_alice;

-- each way to ask
SELECT livekit_join_request() AS outside;
SELECT identity FROM livekit_join('standup');
SELECT identity FROM livekit_join('standup', '1 min', 'phone');
SELECT livekit_can_join('standup');
SELECT livekit_token(NULL, 'standup') IS NOT NULL AS token;
SELECT livekit_token_source('{"roomName": "standup", "participantIdentity": "regress_livekit_alice#tv"}') IS NOT NULL AS source;
SELECT livekit_join_request() AS outside;

-- what is asked, as a token would have it, however it is spelled
SELECT asked, livekit_token('regress_livekit_alice', 'standup', asked) IS NOT NULL AS token
FROM (VALUES ('{"roomAdmin": true, "canPublish": false}'::jsonb), ('{"room_admin": true, "can_publish": false}'), ('{"video": {"roomAdmin": true, "can_publish": false}}'),
	('{"canPublish": false, "video": {"roomAdmin": true, "canPublish": false}}'), ('{"can_publish_sources": ["camera"], "sip": {"call": false}}'), ('{"roomAdmin": null, "sip": null}'),
	('{}'), ('null'), (NULL)) AS v(asked);
-- a policy is asked before we look whether the row gives that much
SELECT livekit_token(NULL, 'standup', '{"recorder": true}');
SELECT livekit_token(NULL, 'standup', '{"recordr": true}');
-- nobody is asked where there is nothing to ask
SELECT livekit_join(NULL);
SELECT livekit_token('regress_livekit_bob', 'standup');
SELECT livekit_token(NULL, 'no such room', '{"recordr": true}');
SELECT livekit_can_join('row'), livekit_can_join('no such room');

-- an ordinary query of the same table is none of ours
SELECT room FROM members WHERE room = 'standup';
-- between two calls of one statement, and after them
SELECT livekit_can_join('standup'), livekit_join_request() AS outside, livekit_can_join('retro'), livekit_join_request() AS outside;
-- a policy beneath the policy is asked the same
SELECT livekit_can_join('nested');
SELECT count(*) FROM attic;

-- after an error, too
SELECT livekit_join('error');
SELECT livekit_join_request() AS outside;
BEGIN;
SAVEPOINT s;
SELECT livekit_can_join('error');
ROLLBACK TO s;
SELECT livekit_join_request() AS outside;
SELECT room FROM members WHERE room = 'retro';
SELECT livekit_can_join('retro');
COMMIT;
DO $$
BEGIN
	PERFORM livekit_join('error');
EXCEPTION WHEN raise_exception THEN
	RAISE NOTICE 'outside: %', livekit_join_request();
END $$;

-- a policy that would sign, or ask, answers itself
SELECT livekit_join('mint');
SELECT livekit_join('issue');
SELECT livekit_can_join('join');
SELECT livekit_token(NULL, 'can');
SELECT livekit_join('source');
SELECT livekit_join_request() AS outside;

-- it is no setting, and there is nothing to set
SET livekit_token.join_request = '{"room": "standup"}';
SELECT set_config('livekit_token.request', '{"room": "standup"}', false);
RESET ROLE;
SELECT provolatile, proparallel, proisstrict, pronargs FROM pg_proc WHERE oid = 'livekit_join_request'::regproc;

SELECT livekit_unregister_access();
DROP TABLE members, attic;
DROP FUNCTION tell;
DROP OWNED BY regress_livekit_alice;
DROP ROLE regress_livekit_alice;
