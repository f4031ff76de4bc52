--
-- Who is recorded, and that nobody writes or reads the record: the role that
-- logged in and the role that it acted as; no right on livekit_issued but for
-- its owner, none to set what is recorded, and nothing of the caller's, from
-- search_path to temporary tables, that the record would pass through.
--
SELECT livekit_issue('loaded', 'now') IS NOT NULL AS library;
SET client_min_messages = warning;
SET livekit_token.audit = 'both';
SELECT current_user AS superuser, current_database() AS db \gset
CREATE ROLE regress_livekit_login LOGIN NOINHERIT;
CREATE ROLE regress_livekit_web;
CREATE ROLE regress_livekit_definer;
CREATE ROLE regress_livekit_dba;
CREATE ROLE regress_livekit_pruner;
GRANT regress_livekit_web TO regress_livekit_login;
GRANT EXECUTE ON FUNCTION livekit_issue, livekit_verify TO regress_livekit_login, regress_livekit_web, regress_livekit_definer;
CREATE SCHEMA app;
GRANT ALL ON SCHEMA app TO PUBLIC;
SET ROLE regress_livekit_definer;
CREATE FUNCTION app.definer(who text) RETURNS text SECURITY DEFINER RETURN public.livekit_issue(who, 'standup');
CREATE FUNCTION app.outer_definer(who text) RETURNS text SECURITY DEFINER RETURN app.definer(who);
RESET ROLE;

-- who
SET SESSION AUTHORIZATION regress_livekit_login;
SELECT livekit_issue('1 login', 'standup') IS NOT NULL AS signed;
SELECT app.definer('2 definer') IS NOT NULL AS signed;
BEGIN;
SET LOCAL ROLE regress_livekit_web;
SELECT livekit_issue('3 set local role', 'standup') IS NOT NULL AS signed;
COMMIT;
SELECT livekit_issue('4 afterwards', 'standup') IS NOT NULL AS signed;
SET ROLE regress_livekit_web;
SELECT livekit_issue('5 set role', 'standup') IS NOT NULL AS signed;
RESET SESSION AUTHORIZATION;
SET ROLE regress_livekit_web;
SELECT livekit_issue('6 set role', 'standup') IS NOT NULL AS signed;
RESET ROLE;
ALTER FUNCTION app.outer_definer(text) OWNER TO regress_livekit_web;
SET SESSION AUTHORIZATION regress_livekit_login;
SELECT app.outer_definer('7 two definers') IS NOT NULL AS signed;
RESET SESSION AUTHORIZATION;
SELECT identity, CASE session_role WHEN :'superuser' THEN 'the superuser' ELSE session_role END AS session_role, role
  FROM livekit_issued WHERE identity ~ '^\d' ORDER BY identity;

-- nobody writes it, and who may read or prune does no more than that
GRANT SELECT ON livekit_issued TO regress_livekit_dba;
GRANT EXECUTE ON FUNCTION livekit_issued_prune TO regress_livekit_pruner;
CREATE FUNCTION pg_temp.try(who text, statement text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	PERFORM set_config('role', who, true);
	EXECUTE statement;
	PERFORM set_config('role', 'none', true);
	RETURN 'done';
EXCEPTION WHEN OTHERS THEN
	RETURN SQLSTATE;
END $$;
SELECT statement, pg_temp.try('regress_livekit_web', statement) AS web, pg_temp.try('regress_livekit_dba', statement) AS dba,
	pg_temp.try('regress_livekit_pruner', statement) AS pruner
  FROM (VALUES ('SELECT FROM livekit_issued'), ('SELECT jti FROM livekit_issued'), ('TABLE livekit_issued FOR UPDATE'),
	('INSERT INTO livekit_issued DEFAULT VALUES'), ('INSERT INTO livekit_issued SELECT * FROM livekit_issued'),
	('UPDATE livekit_issued SET identity = NULL'), ('UPDATE livekit_issued SET room = DEFAULT WHERE false'), ('DELETE FROM livekit_issued'),
	('DELETE FROM livekit_issued WHERE false'), ('TRUNCATE livekit_issued'), ('LOCK livekit_issued IN EXCLUSIVE MODE'),
	('CREATE TRIGGER t BEFORE INSERT ON livekit_issued FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()'),
	('CREATE RULE r AS ON INSERT TO livekit_issued DO INSTEAD NOTHING'), ('CREATE POLICY p ON livekit_issued'), ('CREATE INDEX ON livekit_issued ((1 / 0))'),
	('ALTER TABLE livekit_issued ADD CHECK (false)'), ('ALTER TABLE livekit_issued ALTER room SET DEFAULT ''x'''), ('ALTER TABLE livekit_issued DISABLE TRIGGER ALL'),
	('CREATE STATISTICS app.s ON room, identity FROM livekit_issued'), ('CREATE TABLE app.f (jti text REFERENCES livekit_issued)'),
	('CREATE TEMP TABLE child () INHERITS (livekit_issued)'), ('DROP TABLE livekit_issued'), ('COMMENT ON TABLE livekit_issued IS ''x'''),
	('SELECT livekit_issued_prune(''-infinity'')'), ('SELECT livekit_counters()')) v(statement);
SELECT count(*) FROM livekit_issued WHERE identity ~ '^\d';

-- nobody sets what is recorded
SET SESSION AUTHORIZATION regress_livekit_login;
SHOW livekit_token.audit;
SHOW livekit_token.audit_refusals;
SELECT statement, pg_temp.try('regress_livekit_web', statement)
  FROM unnest(ARRAY['SET livekit_token.audit = off', 'SET LOCAL livekit_token.audit = log', 'SET livekit_token.audit_refusals = off', 'RESET livekit_token.audit',
	'SELECT set_config(''livekit_token.audit'', ''off'', true)', 'UPDATE pg_settings SET setting = ''off'' WHERE name = ''livekit_token.audit''',
	'ALTER ROLE CURRENT_USER SET livekit_token.audit = off', 'CREATE FUNCTION pg_temp.f() RETURNS int SET livekit_token.audit = off RETURN 1']) statement;
RESET SESSION AUTHORIZATION;
\set VERBOSITY terse
SET livekit_token.audit = 'row';
SET livekit_token.audit = on;
SET livekit_token.audit = '';
SET livekit_token.audit_refusals = 'some';
ALTER DATABASE :"db" SET livekit_token.audit = 'table';

-- nothing of the caller's gets in between
SET SESSION AUTHORIZATION regress_livekit_login;
CREATE TEMP TABLE livekit_issued (issued_at timestamptz, jti text, session_role name, role name, identity text, room text, project text, api_key text, grants jsonb, expires_at timestamptz, via text);
CREATE TEMP VIEW pg_class AS SELECT 1 / 0 AS oid;
CREATE TABLE app.livekit_issued (LIKE pg_temp.livekit_issued);
CREATE FUNCTION app.steal(timestamptz, timestamptz) RETURNS bool LANGUAGE plpgsql AS $$BEGIN RAISE EXCEPTION 'stolen as %', current_user; END$$;
CREATE OPERATOR app.< (LEFTARG = timestamptz, RIGHTARG = timestamptz, FUNCTION = app.steal);
CREATE FUNCTION app.now() RETURNS timestamptz RETURN '-infinity'::timestamptz;
CREATE DOMAIN app.text AS pg_catalog.text CHECK (false);
SET search_path = app, pg_temp, pg_catalog, public;
SELECT public.livekit_issue('8 shadowed', 'standup') IS NOT NULL AS signed;
SET search_path = '';
SELECT public.livekit_issue('9 no path', 'standup') IS NOT NULL AS signed;
SET search_path = app, pg_temp, pg_catalog, public;
RESET SESSION AUTHORIZATION;
SET search_path = app, pg_temp, pg_catalog, public;
SELECT public.livekit_issued_prune('-infinity');
SELECT count(*) AS here, (SELECT count(*) FROM pg_temp.livekit_issued) AS or_here FROM app.livekit_issued;
RESET search_path;
SELECT identity, role FROM public.livekit_issued WHERE identity ~ '^[89]' ORDER BY 1;
SET search_path = app, pg_temp, pg_catalog, public;
SELECT public.livekit_issued_prune('infinity') AS pruned;
RESET search_path;
DROP SCHEMA app CASCADE;
DROP TABLE pg_temp.livekit_issued;
DROP VIEW pg_temp.pg_class;
DROP OWNED BY regress_livekit_login, regress_livekit_web, regress_livekit_definer, regress_livekit_dba, regress_livekit_pruner;
DROP ROLE regress_livekit_login, regress_livekit_web, regress_livekit_definer, regress_livekit_dba, regress_livekit_pruner;
