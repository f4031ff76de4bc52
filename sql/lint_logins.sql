--
-- What livekit_lint says of settings that a role or a database brings to its
-- sessions: they count as if the caller's session had them.  A role that does
-- not log in brings none; what a role has goes before what all have.
--
SET client_min_messages = warning;
\pset tuples_only
\pset format unaligned
\pset fieldsep '\n\t'
CREATE ROLE regress_livekit_alice LOGIN;
CREATE ROLE regress_livekit_bob LOGIN;
CREATE ROLE regress_livekit_group;
CREATE SCHEMA lint;
CREATE FUNCTION lint.settings() RETURNS SETOF text LANGUAGE sql AS $$
	SELECT concat_ws(' ', rule, replace(object, quote_ident(current_database()), 'db'), substring(finding, '^[a-z_]+ = [^ ]+')) FROM livekit_lint()
	 WHERE rule ~ '^(bound|audit_off|refusals|max_ttl)' ORDER BY rule COLLATE "C", object COLLATE "C" $$;
-- these settings of a role: what is found, and what is left of it by the mends
CREATE FUNCTION lint.alter(whom text, VARIADIC settings text[]) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	setting text;
	statement text;
BEGIN
	EXECUTE format('ALTER %s RESET ALL', whom);
	FOREACH setting IN ARRAY settings LOOP
		EXECUTE format('ALTER %s SET %s', whom, setting);
	END LOOP;
	RETURN QUERY SELECT '+ ' || s FROM lint.settings() s;
	FOR statement IN SELECT mend FROM livekit_lint() WHERE mend ~ 'ROLE regress_livekit.*;$' LOOP
		EXECUTE statement;
	END LOOP;
	RETURN QUERY SELECT '- ' || s FROM lint.settings() s;
END $$;
ALTER DATABASE :DBNAME SET livekit_token.max_ttl = '1h';
\set alice 'ROLE regress_livekit_alice'
SELECT format('ROLE regress_livekit_alice IN DATABASE %I', current_database()) AS alice_here \gset
SELECT lint.settings();

-- no audit, no cap
SELECT lint.alter(:'alice', 'livekit_token.audit = off', 'livekit_token.audit_refusals = off', 'livekit_token.max_ttl = 0');
SELECT lint.alter(:'alice', 'livekit_token.audit = ''OFF''');
SELECT lint.alter(:'alice', 'livekit_token.audit_refusals = ''FAL''', 'livekit_token.max_ttl = ''61 min''', 'log_min_messages = ''Panic''');
SELECT lint.alter(:'alice', 'livekit_token.audit = ''both''', 'livekit_token.audit_refusals = yes', 'livekit_token.max_ttl = ''1h''', 'log_min_messages = log');
SELECT lint.alter(:'alice', 'livekit_token.max_ttl = ''100ms''');
SELECT lint.alter(:'alice_here', 'livekit_token.max_ttl = ''0h''');
ALTER ROLE regress_livekit_alice IN DATABASE :DBNAME SET livekit_token.max_ttl = '0.0';
SELECT * FROM lint_look('max_ttl_none');
ALTER ROLE regress_livekit_alice SET livekit_token.max_ttl = 0; ALTER ROLE regress_livekit_alice IN DATABASE :DBNAME SET livekit_token.max_ttl = '30min';
SELECT lint.settings();
ALTER ROLE regress_livekit_alice IN DATABASE :DBNAME RESET ALL; ALTER ROLE regress_livekit_alice RESET ALL;

-- where nobody logs in, and elsewhere
SELECT lint.alter('ROLE regress_livekit_group', 'livekit_token.audit = off', 'livekit_token.audit_refusals = off', 'livekit_token.max_ttl = 0', 'log_min_messages = fatal', 'log_statement = ''all''');
SELECT lint.alter('ROLE regress_livekit_bob IN DATABASE template1', 'livekit_token.audit = off', 'livekit_token.max_ttl = 0', 'log_min_messages = fatal', 'log_statement = ''all''');

-- a list of levels, as PostgreSQL 19 has them: a back end's own, or the one for all
CREATE FUNCTION lint.level(level text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN
	UPDATE pg_db_role_setting SET setconfig = ARRAY['log_min_messages=' || level] WHERE setrole = 'regress_livekit_bob'::regrole;
	RETURN concat_ws(' -> ', level, (SELECT object FROM lint_look('audit_off'))); END $$;
ALTER ROLE regress_livekit_bob SET log_min_messages = log;
SELECT lint.level(l) FROM unnest('{"warning, backend:fatal", "Backend : PANIC,log", "backend:debug1, fatal", "fatal, autovacuum:log", "checkpointer:fatal, warning", "walwriter:panic,error,backend:log"}'::text[]) l;
ALTER ROLE regress_livekit_bob RESET ALL;

-- statements and their bound values
SELECT lint.alter(:'alice', 'log_statement = ''MOD''', 'log_parameter_max_length_on_error = ''1kB''');
SELECT lint.alter(:'alice', 'log_statement = ''DDL''', 'log_transaction_sample_rate = ''0.0''', 'log_min_duration_statement = ''-1ms''', 'log_min_duration_sample = -1', 'log_parameter_max_length_on_error = ''0B''');
SELECT lint.alter(:'alice', 'log_transaction_sample_rate = ''1e-3''', 'log_min_duration_statement = 0', 'log_min_duration_sample = ''2 min''');
SELECT lint.alter(:'alice', 'log_statement = ''all''', 'log_parameter_max_length = ''0B''');
-- what all have logs them, but not of who has no bound values logged; and the other way round
ALTER DATABASE :DBNAME SET log_statement = 'mod'; ALTER DATABASE :DBNAME SET log_parameter_max_length = 0;
SELECT lint.alter(:'alice', 'log_parameter_max_length = 100');
SELECT lint.alter(:'alice', 'log_parameter_max_length = 100', 'log_statement = none');
SELECT lint.alter(:'alice', 'log_statement = ''all''');
ALTER DATABASE :DBNAME RESET log_parameter_max_length;
SELECT lint.settings();
ALTER DATABASE :DBNAME RESET log_statement; ALTER ROLE regress_livekit_alice RESET ALL;

-- of the database, whatever this session has; what a database has goes before what all have
ALTER ROLE ALL SET livekit_token.audit_refusals = off; ALTER DATABASE :DBNAME SET livekit_token.audit_refusals = on;
SELECT lint.settings();
SET livekit_token.audit = 'log';
ALTER DATABASE :DBNAME SET livekit_token.audit = 'off';
ALTER ROLE regress_livekit_bob SET livekit_token.audit = 'log';
SELECT object, mend FROM lint_look('audit_off');
SELECT lint_mend('audit_off');

ALTER ROLE ALL RESET livekit_token.audit_refusals;
ALTER DATABASE :DBNAME RESET livekit_token.audit_refusals;
ALTER DATABASE :DBNAME RESET livekit_token.audit;
ALTER DATABASE :DBNAME RESET livekit_token.max_ttl;
SET client_min_messages = error;
DROP SCHEMA lint CASCADE;
DROP ROLE regress_livekit_alice, regress_livekit_bob, regress_livekit_group;
