--
-- Why nothing was signed: each refusal has one reason, whichever function
-- raises it, and is counted.  What only happens to a statement, a cancel, a
-- lock, an error of a policy's own, is no refusal.
--
SELECT livekit_issue('loaded', 'now') IS NOT NULL AS library;
SET client_min_messages = error;
SET livekit_token.url = 'wss://livekit.example.com';
CREATE ROLE regress_livekit_alice;
GRANT EXECUTE ON FUNCTION livekit_join, livekit_can_join, livekit_token, livekit_token_source, livekit_room_request, livekit_verify TO regress_livekit_alice;
CREATE TABLE members (room text, identity text DEFAULT 'regress_livekit_alice', grants jsonb, project text, url text);
CREATE INDEX ON members (room, identity);
INSERT INTO members (room) VALUES ('standup'), ('twice'), ('twice'), ('stop'), ('zero'), ('wait'), ('mint'), ('deep'), ('out'), ('busy');
INSERT INTO members (room, grants, project, url) VALUES ('misspelt', '{"canpublish": true}', NULL, NULL), ('elsewhere', NULL, 'staging', NULL),
	('watch', '{"canPublish": false}', NULL, NULL), ('lobby', '{"roomJoin": false, "roomAdmin": true}', NULL, NULL), ('nowhere', NULL, NULL, 'nonsense');
CREATE TABLE others (room text);
CREATE FUNCTION deep(n int) RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN deep(n + 1); END';
CREATE FUNCTION trouble(room text) RETURNS bool LANGUAGE plpgsql AS $$
BEGIN
	CASE room
		WHEN 'stop' THEN RAISE EXCEPTION 'stop';
		WHEN 'wait' THEN PERFORM pg_sleep(3600);
		WHEN 'mint' THEN PERFORM livekit_token(NULL, 'standup');
		WHEN 'deep' THEN PERFORM deep(1);
		WHEN 'out' THEN PERFORM * FROM others;
		WHEN 'busy' THEN RAISE lock_not_available;
		ELSE NULL;
	END CASE;
	RETURN true;
END $$;
GRANT SELECT ON members TO regress_livekit_alice;
ALTER TABLE members ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON members USING (identity = livekit_identity() AND trouble(room));

-- a statement, what comes of it and what that counts for
CREATE TEMP TABLE statements (n serial, who text, statement text);
CREATE FUNCTION pg_temp.refused() RETURNS jsonb STABLE
RETURN (SELECT jsonb_object_agg(reason, count) FROM public.livekit_counters() WHERE event = 'refused');
CREATE FUNCTION pg_temp.counted(who text, statement text, OUT outcome text, OUT reason text) LANGUAGE plpgsql AS $$
DECLARE
	before jsonb := pg_temp.refused();
BEGIN
	BEGIN
		PERFORM set_config('role', who, true);
		EXECUTE statement;
		outcome := 'done';
	EXCEPTION WHEN OTHERS OR query_canceled THEN
		outcome := SQLSTATE;
	END;
	PERFORM set_config('role', 'none', true);
	SELECT string_agg(concat_ws(' ', key, nullif(value::int - (before ->> key)::int, 1)), ', ')
	  INTO counted.reason FROM jsonb_each_text(pg_temp.refused()) WHERE value <> before ->> key;
END $$;
CREATE FUNCTION pg_temp.all_counted(OUT who text, OUT statement text, OUT outcome text, OUT reason text) RETURNS SETOF record LANGUAGE plpgsql AS $$
BEGIN
	FOR who, statement IN SELECT s.who, s.statement FROM pg_temp.statements s ORDER BY n LOOP
		SELECT * INTO outcome, reason FROM pg_temp.counted(CASE who WHEN 'alice' THEN 'regress_livekit_alice' ELSE 'none' END, statement);
		RETURN NEXT;
	END LOOP;
	DELETE FROM pg_temp.statements;
END $$;

-- before anything is registered
INSERT INTO statements (who, statement) VALUES ('alice', $$SELECT livekit_join('standup')$$), ('alice', $$SELECT livekit_token(NULL, 'standup')$$),
	('alice', $$SELECT livekit_token_source('{"room_name": "standup"}')$$), ('alice', $$SELECT livekit_can_join('standup')$$);
SELECT * FROM pg_temp.all_counted();
SELECT livekit_register_access('members');
-- the policies' answers, and what is more than the row
INSERT INTO statements (who, statement) VALUES ('alice', $$SELECT livekit_join('retro')$$), ('alice', 'SELECT livekit_join(NULL)'), ('alice', $$SELECT livekit_join('lobby')$$),
	('alice', $$SELECT livekit_token('bob', 'standup')$$), ('alice', $$SELECT livekit_token(NULL, 'watch', '{"canPublish": true}')$$),
	('alice', $$SELECT livekit_token_source('{"room_name": "standup", "participant_name": "Al"}')$$), ('alice', $$SELECT livekit_can_join('retro')$$),
	('alice', $$SELECT livekit_join('twice')$$), ('alice', $$SELECT livekit_join('misspelt')$$), ('alice', $$SELECT livekit_join('nowhere')$$),
	('alice', $$SELECT livekit_join('elsewhere')$$), ('alice', $$SELECT livekit_join('standup', device => '')$$),
	('alice', $$SELECT livekit_join('standup', device => repeat('x', 256))$$), ('alice', $$SELECT livekit_token_source('{"room": "standup"}')$$),
	('alice', $$SELECT livekit_token_source('{"room_name": "standup", "participant_identity": "bob"}')$$), ('alice', $$SELECT livekit_token_source('[]')$$),
	('alice', $$SELECT livekit_room_request('RemoveParticipant', 'standup', '{"identity": "bob"}')$$), ('alice', $$SELECT livekit_room_request('DeleteRoom', 'lobby')$$),
	('alice', $$SELECT livekit_room_request('RemoveParticipant', 'lobby')$$), ('superuser', $$SELECT livekit_join('standup')$$), ('superuser', $$SELECT livekit_token('alice', 'standup')$$);
SELECT * FROM pg_temp.all_counted();

-- livekit_issue and livekit_api_request, which ask nobody
INSERT INTO statements (who, statement) SELECT 'superuser', 'SELECT livekit_issue(' || arguments || ')' FROM (VALUES
	($$'alice', NULL$$), ($$'alice', 'standup', '{"canPublsh": true}'$$), ($$'alice', 'standup', '[]'$$), ($$'alice', 'standup', ttl => '1 month'$$),
	($$repeat('x', 257), 'standup'$$), ($$'alice', repeat('x', 257)$$), ($$'alice', 'standup', metadata => repeat('x', 600000)$$),
	($$'alice', 'standup', project => 'staging'$$),
	($$'alice', 'standup') FROM set_config('livekit_token.key_file', '/nonexistent/keys', true) s WHERE (s <> ''$$),
	($$'alice', 'standup') FROM set_config('livekit_token.key_file', '', true) s WHERE (s IS NOT NULL$$)) v(arguments);
INSERT INTO statements (who, statement) VALUES ('superuser', $$SELECT livekit_api_request('RemoveParticipnt')$$), ('superuser', $$SELECT livekit_api_request('RemoveParticipant', '{"room": "standup"}')$$),
	('superuser', $$SELECT livekit_api_request('ListRooms', project => 'staging')$$), ('superuser', $$SELECT livekit_api_request('ListRooms', '[]')$$);
SELECT * FROM pg_temp.all_counted();
SET request.method = 'GET';
SELECT * FROM pg_temp.counted('none', $$SELECT livekit_issue('alice', 'standup')$$);
RESET request.method;
BEGIN READ ONLY;
SET LOCAL livekit_token.audit = 'both';
SELECT * FROM pg_temp.counted('none', $$SELECT livekit_issue('alice', 'standup')$$);
COMMIT;

-- no refusals
INSERT INTO statements (who, statement) VALUES ('alice', $$SELECT livekit_join('stop')$$), ('alice', $$SELECT livekit_join('busy')$$), ('alice', $$SELECT livekit_join('deep')$$),
	('alice', $$SELECT livekit_issue('alice', 'standup')$$), ('alice', 'SELECT livekit_verify(NULL)'), ('alice', $$SELECT 1 / (length(room) - length(room)) FROM livekit_join('standup')$$),
	('superuser', $$SELECT livekit_inspect('x')$$), ('superuser', 'SELECT livekit_issued_prune(NULL)');
SELECT * FROM pg_temp.all_counted();
-- a question that goes on for an hour, but for the timeout
SELECT pg_temp.refused() AS before \gset
SET ROLE regress_livekit_alice;
SET statement_timeout = 20;
\set VERBOSITY sqlstate
SELECT livekit_join('wait');
RESET statement_timeout;
RESET ROLE;
SELECT pg_temp.refused() = :'before' AS none;
-- a policy that signs is refused, and the question that it was to answer
SELECT * FROM pg_temp.counted('regress_livekit_alice', $$SELECT livekit_join('mint')$$);
-- so is one whose table the caller may not read
SELECT * FROM pg_temp.counted('regress_livekit_alice', $$SELECT livekit_join('out')$$);
SELECT livekit_unregister_access();
DROP TABLE members, others;
DROP FUNCTION trouble, deep;
DROP OWNED BY regress_livekit_alice;
DROP ROLE regress_livekit_alice;
