--
-- A policy that is being asked signs nothing and asks nothing itself, in any
-- disguise.  It may read what is asked, and an error of its own is an error
-- of the question, after which all is as before.
--
SET client_min_messages = warning;
SET livekit_token.url = 'wss://live.example';
CREATE ROLE regress_livekit_alice;
GRANT EXECUTE ON FUNCTION livekit_join, livekit_can_join, livekit_token, livekit_issue, livekit_token_source, livekit_verify
	TO regress_livekit_alice;
CREATE TABLE members (room text, identity text, PRIMARY KEY (room, identity));
INSERT INTO members VALUES ('standup', 'regress_livekit_alice'), ('retro', 'regress_livekit_alice'), ('standup', 'bob');
ALTER TABLE members ENABLE ROW LEVEL SECURITY;
CREATE POLICY a ON members USING (true);
GRANT SELECT ON members TO regress_livekit_alice;
SELECT livekit_register_access('members');

-- what alice gets under a policy: whom the token names, or the error; and
-- whether livekit_join_request is empty again
CREATE FUNCTION pg_temp.under(policy text, statement text DEFAULT 'SELECT participant_token FROM livekit_join(''standup'')') RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
	result text; detail text; hint text;
BEGIN
	EXECUTE format('ALTER POLICY a ON members USING (%s)', policy);
	BEGIN
		PERFORM set_config('role', 'regress_livekit_alice', true);
		EXECUTE statement INTO result;
		PERFORM set_config('role', 'none', true);
		result := CASE WHEN result ~ '^ey' THEN livekit_verify(result) ->> 'sub' ELSE result END;
	EXCEPTION WHEN OTHERS THEN
		GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
		result := concat_ws(' | ', SQLSTATE, SQLERRM, nullif(detail, ''), nullif(hint, ''));
	END;
	RETURN concat_ws(' | ', result, livekit_join_request());
END $$;

-- it calls what signs or asks; also as another, and also where nobody sees the error
CREATE TABLE calls (name text, call text);
INSERT INTO calls VALUES ('join', '(SELECT true FROM livekit_join(''retro''))'), ('join its own', '(SELECT true FROM livekit_join(members.room))'),
	('can_join', 'livekit_can_join(''retro'')'), ('token', 'livekit_token(NULL, ''retro'') IS NOT NULL'),
	('token without a room', 'livekit_token(''alice'', grants => ''{"roomList": true}'') IS NOT NULL'),
	('issue', 'livekit_issue(''alice'', ''retro'') IS NOT NULL'),
	('token_source', 'livekit_token_source(''{"room_name": "retro"}'') IS NOT NULL');
SELECT name, pg_temp.under(call) FROM calls;
SELECT format($f$CREATE FUNCTION %1$I() RETURNS bool LANGUAGE plpgsql AS 'BEGIN RETURN %2$s; END';
	CREATE FUNCTION %3$I() RETURNS bool LANGUAGE plpgsql STABLE SECURITY DEFINER AS 'BEGIN RETURN %2$s; END';
	CREATE FUNCTION %4$I() RETURNS bool LANGUAGE plpgsql AS 'BEGIN RETURN %2$s; EXCEPTION WHEN OTHERS THEN RETURN SQLSTATE <> ''55000''; END';$f$,
	name, replace(call, '''', ''''''), name || ' as superuser', name || ' swallowed')
  FROM calls WHERE name <> 'join its own' \gexec
SELECT name || way AS call, pg_temp.under(format('%I()', name || way))
  FROM calls, unnest('{"", " as superuser", " swallowed"}'::text[]) WITH ORDINALITY w(way, n)
 WHERE name <> 'join its own' ORDER BY n, name;
-- swallowed, it has still signed nothing, and the policy's word counts
CREATE FUNCTION tries() RETURNS text LANGUAGE plpgsql AS
	$$BEGIN RETURN livekit_issue('alice', 'retro'); EXCEPTION WHEN OTHERS THEN RETURN SQLSTATE; END$$;
SELECT pg_temp.under('tries() = ''55000'''), pg_temp.under('tries() <> ''55000''');
-- asked by the others: can_join, token, token_source
SELECT statement, pg_temp.under('livekit_issue(''alice'', ''retro'') IS NOT NULL', statement)
  FROM unnest(ARRAY['SELECT livekit_can_join(''standup'')', 'SELECT livekit_token(NULL, ''standup'')',
	'SELECT livekit_token_source(''{"room_name": "standup"}'') ->> ''participant_token''']) statement;
-- livekit_issue asks nothing, so that nothing is being asked
SELECT pg_temp.under('livekit_issue(''alice'', ''retro'') IS NOT NULL', 'SELECT livekit_issue(''alice'', ''standup'')');
SELECT pg_temp.under('livekit_issue(''alice'', ''retro'') IS NOT NULL', 'SELECT count(*) FROM members');
-- alice reads the table herself: the policy asks once, and is asked
SELECT pg_temp.under('livekit_can_join(''retro'')', 'SELECT count(*) FROM members');
-- a definer between the policy and the call: the policy asks for nobody
SELECT pg_temp.under('"can_join as superuser"()', 'SELECT count(*) FROM members');

-- what is asked can be read, also after a swallowed error, at any depth
CREATE FUNCTION asked() RETURNS jsonb LANGUAGE plpgsql STABLE AS 'BEGIN RETURN livekit_join_request(); END';
SELECT pg_temp.under('(livekit_join_request() ->> ''room'') = room AND livekit_join_request() ->> ''identity'' = ''regress_livekit_alice''');
SELECT pg_temp.under('asked() ->> ''room'' = ''standup''');
SELECT pg_temp.under('"join swallowed"() OR livekit_join_request() ->> ''room'' = ''standup''');
SELECT pg_temp.under('asked() IS NOT NULL', 'SELECT count(*) FROM members');

-- errors of its own
CREATE FUNCTION fails() RETURNS bool LANGUAGE plpgsql AS $$BEGIN RAISE 'no room for you' USING ERRCODE = 'LK001', DETAIL = 'a detail', HINT = 'a hint'; END$$;
SELECT pg_temp.under('1 / (length(room) - length(room)) = 0');
SELECT pg_temp.under('fails()');
SELECT pg_temp.under('room IN (SELECT m.room FROM members m)');
-- after an error, also within a savepoint, the next call is answered
ALTER POLICY a ON members USING (CASE WHEN livekit_join_request() ->> 'room' = 'retro' THEN fails() ELSE true END);
\set VERBOSITY terse
BEGIN;
SET LOCAL ROLE regress_livekit_alice;
SELECT room FROM livekit_join('standup');
SAVEPOINT a;
SELECT room FROM livekit_join('retro');
ROLLBACK TO a;
SELECT livekit_join_request(), room FROM livekit_join('standup');
SELECT room FROM livekit_join('retro');
ROLLBACK;
SELECT livekit_join_request();

SELECT livekit_unregister_access();
DROP TABLE members;
SELECT format('DROP FUNCTION %I, %I, %I', name, name || ' as superuser', name || ' swallowed') FROM calls WHERE name <> 'join its own' \gexec
DROP FUNCTION tries, asked, fails;
DROP TABLE calls;
DROP OWNED BY regress_livekit_alice;
DROP ROLE regress_livekit_alice;
