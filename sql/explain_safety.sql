--
-- Whoever explains for a role acts as that role, so must be able to; and runs
-- policies that others wrote.  These get no more from it than from the role
-- itself, nothing that they do stays, and the session is afterwards what it
-- was before, however it ended.
--
SELECT current_user AS superuser \gset
SET client_min_messages = warning;
SET livekit_token.url = 'wss://livekit.example.com';
CREATE ROLE regress_livekit_owner;
CREATE ROLE regress_livekit_alice;
CREATE ROLE regress_livekit_bob;
CREATE ROLE regress_livekit_users ROLE regress_livekit_alice, regress_livekit_bob;
CREATE ROLE regress_livekit_helper IN ROLE regress_livekit_alice;
CREATE ROLE regress_livekit_noinherit NOINHERIT IN ROLE regress_livekit_alice;
CREATE ROLE regress_livekit_noset;
DO $$BEGIN IF current_setting('server_version_num')::int >= 160000 THEN EXECUTE 'GRANT regress_livekit_bob TO regress_livekit_noset WITH SET FALSE, INHERIT TRUE'; END IF; END$$;
CREATE ROLE regress_livekit_askers ROLE regress_livekit_helper, regress_livekit_noinherit, regress_livekit_noset, regress_livekit_bob;
GRANT EXECUTE ON FUNCTION livekit_explain_join TO regress_livekit_askers, regress_livekit_noinherit;
GRANT EXECUTE ON FUNCTION livekit_join, livekit_can_join, livekit_issue TO regress_livekit_users;
CREATE TABLE members (room text, identity text, PRIMARY KEY (room, identity));
INSERT INTO members VALUES ('standup', 'regress_livekit_alice'), ('standup', 'regress_livekit_bob');
ALTER TABLE members OWNER TO regress_livekit_owner;
ALTER TABLE members ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON members USING (identity = livekit_identity());
GRANT SELECT ON members TO regress_livekit_users;
GRANT CREATE ON SCHEMA public TO regress_livekit_owner, regress_livekit_helper;
SELECT livekit_register_access('members');
-- what comes of a statement: a value, or the error
CREATE FUNCTION pg_temp.try(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	result text; detail text; hint text;
BEGIN
	EXECUTE statement INTO result;
	RETURN result;
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
	RETURN concat_ws(' | ', SQLSTATE, replace(SQLERRM, (SELECT rolname FROM pg_roles WHERE oid = 10), 'superuser'), nullif(detail, ''), nullif(hint, ''));
END $$;
CREATE FUNCTION pg_temp.answer(role text, room text DEFAULT 'standup') RETURNS text
RETURN pg_temp.try(format('SELECT finding FROM livekit_explain_join(%L, %L) WHERE subject = ''answer''', role, room));

-- who may: the session's user and the current one
SELECT format($f$SET SESSION AUTHORIZATION %1$I; SELECT session_user AS asks, pg_temp.answer('regress_livekit_alice') AS alice, pg_temp.answer('regress_livekit_bob') AS bob, pg_temp.answer('regress_livekit_owner') AS owner$f$, who)
  FROM unnest('{regress_livekit_helper,regress_livekit_noinherit,regress_livekit_noset,regress_livekit_bob,regress_livekit_alice}'::text[]) who \gexec
RESET SESSION AUTHORIZATION;
SET ROLE regress_livekit_bob;
SELECT pg_temp.answer('regress_livekit_bob') AS bob, pg_temp.answer('regress_livekit_alice') AS alice, pg_temp.answer(:'superuser') AS superuser;
RESET ROLE;
-- lent rights are not one's own
CREATE FUNCTION lent(role text) RETURNS text LANGUAGE sql SECURITY DEFINER AS 'SELECT finding FROM livekit_explain_join(role, ''standup'') WHERE subject = ''answer''';
SELECT pg_temp.try('SELECT lent(''regress_livekit_alice'')') AS alice, pg_temp.try('SELECT lent(current_user)') AS superuser;
SET SESSION AUTHORIZATION regress_livekit_bob;
SELECT pg_temp.try('SELECT lent(''regress_livekit_bob'')') AS bob, pg_temp.try('SELECT lent(''regress_livekit_alice'')') AS alice;
SET SESSION AUTHORIZATION regress_livekit_helper;
CREATE FUNCTION immutable(role text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS
	'BEGIN RETURN (SELECT finding FROM public.livekit_explain_join(role, ''standup'') WHERE subject = ''answer''); END';
CREATE TABLE roles AS SELECT 'regress_livekit_alice' AS role;
\set VERBOSITY terse
CREATE INDEX ON roles (public.immutable(role));
CREATE MATERIALIZED VIEW answers AS SELECT public.immutable('regress_livekit_alice');
RESET SESSION AUTHORIZATION;
CREATE FUNCTION lies(role text) RETURNS text LANGUAGE plpgsql STABLE PARALLEL SAFE AS
	'BEGIN RETURN (SELECT finding FROM livekit_explain_join(role, ''standup'') WHERE subject = ''answer''); END';
SELECT count(set_config(name, 'on', false)) FROM pg_settings WHERE name IN ('force_parallel_mode', 'debug_parallel_query');
SELECT pg_temp.answer(role) FROM roles;
\set VERBOSITY sqlstate
SELECT lies(role) FROM roles;
\set VERBOSITY terse
RESET ALL;
SET livekit_token.url = 'wss://livekit.example.com';
-- what policies do is undone, and so is what they could do to the session
CREATE TABLE written (what text);
CREATE SEQUENCE asked;		-- what a rollback leaves
GRANT INSERT, SELECT ON written TO PUBLIC;
CREATE FUNCTION writes() RETURNS bool LANGUAGE plpgsql AS $$BEGIN INSERT INTO written VALUES ('in a policy'); RETURN true; END$$;
CREATE FUNCTION sets(name text, value text, is_local bool) RETURNS bool LANGUAGE plpgsql AS $$BEGIN PERFORM set_config(name, value, is_local); RETURN true; END$$;
CREATE FUNCTION fails(code text) RETURNS bool LANGUAGE plpgsql AS $$BEGIN RAISE 'no room for you' USING ERRCODE = code, HINT = 'a hint'; END$$;
CREATE FUNCTION succeeds(call text) RETURNS bool LANGUAGE plpgsql AS $$BEGIN EXECUTE call; RETURN true; EXCEPTION WHEN OTHERS THEN RETURN false; END$$;
CREATE FUNCTION stays(call text) RETURNS bool LANGUAGE plpgsql AS $$BEGIN RETURN NOT succeeds(call) AND current_user = 'regress_livekit_bob'; END$$;
GRANT EXECUTE ON FUNCTION livekit_explain_join TO regress_livekit_users;
SET app.user_id = 'mine';
CREATE FUNCTION pg_temp.state() RETURNS text
RETURN concat_ws(',', current_user, session_user, current_setting('role'), current_setting('search_path'), current_setting('row_security'), current_setting('livekit_token.identity'),
	current_setting('app.user_id'), nullif(current_setting('app.other', true), ''), current_setting('work_mem'), current_setting('transaction_read_only'), livekit_join_request(), (SELECT count(*) FROM written),
	(SELECT sum(count) FROM livekit_counters() WHERE event = 'issued'), (SELECT count(*) FROM livekit_issued));
CREATE FUNCTION pg_temp.under(policy text, OUT answer text, OUT changed text) LANGUAGE plpgsql AS $$
DECLARE
	before text;
BEGIN
	EXECUTE format('ALTER POLICY own ON members USING (%s)', policy);
	before := pg_temp.state();
	answer := pg_temp.answer('regress_livekit_bob');
	changed := nullif(pg_temp.state(), before);
END $$;
SET livekit_token.audit = 'both';
\pset null '-'
SELECT policy, u.answer, u.changed
  FROM unnest(ARRAY['identity = livekit_identity()', 'writes() AND identity = livekit_identity()', 'writes() AND false', 'writes() AND fails(''P0001'')', 'fails(''P0001'')', 'fails(''42501'')', 'fails(''55000'')', 'fails(''22023'')',
	'1 / (length(room) - 7) = 0', 'livekit_can_join(''standup'')', '(SELECT true FROM livekit_join(''standup''))', 'livekit_issue(''bob'', ''standup'') IS NOT NULL',
	'(SELECT true FROM livekit_explain_join(''regress_livekit_bob'', ''standup'') LIMIT 1)', 'succeeds(''SELECT livekit_issue($$bob$$, $$x$$)'')',
	'room IN (SELECT m.room FROM members m)', 'sets(''app.user_id'', ''yours'', false) AND sets(''app.other'', ''x'', false) AND identity = livekit_identity()',
	'sets(''search_path'', ''pg_catalog'', false) AND identity = livekit_identity()', 'sets(''search_path'', ''pg_catalog'', false) AND fails(''P0001'')', 'sets(''row_security'', ''off'', false) AND identity = livekit_identity()', 'sets(''work_mem'', ''64kB'', true) AND false',
	'sets(''livekit_token.url'', ''wss://evil'', false)', 'succeeds(''CREATE TEMP TABLE t (a int)'') AND identity = livekit_identity()']) policy, pg_temp.under(policy) u;
-- nor do they become who asks; nor does a view, where the row is looked for that the role does not see
SELECT call, u.answer, u.changed FROM unnest(ARRAY['SELECT set_config(''role'', ''none'', false)', 'RESET ROLE', 'RESET SESSION AUTHORIZATION', 'SET ROLE regress_livekit_owner', 'SET SESSION AUTHORIZATION regress_livekit_owner']) call, pg_temp.under(format('stays(%L) AND identity = livekit_identity()', call)) u;
CREATE VIEW seen WITH (security_invoker) AS SELECT room, identity FROM members WHERE CASE WHEN current_user = session_user THEN nextval('asked') > 0 ELSE stays('RESET ROLE') END;
ALTER VIEW seen OWNER TO regress_livekit_owner;
GRANT SELECT ON seen TO regress_livekit_users;
SELECT livekit_register_access('seen'), count(*) FROM written;
SELECT u.* FROM unnest('{false,true}'::text[]) policy, pg_temp.under(policy) u;
SELECT is_called AS as_who_asks FROM asked;

SELECT livekit_unregister_access();
DROP FUNCTION pg_temp.state;
DROP SEQUENCE asked CASCADE;
DROP TABLE members, written, roles;
DROP FUNCTION lent, immutable, lies, writes, sets, fails, succeeds, stays;
DROP OWNED BY regress_livekit_owner, regress_livekit_users, regress_livekit_askers, regress_livekit_helper, regress_livekit_noinherit;
DROP ROLE regress_livekit_owner, regress_livekit_alice, regress_livekit_bob, regress_livekit_users, regress_livekit_helper, regress_livekit_noinherit, regress_livekit_noset, regress_livekit_askers;
