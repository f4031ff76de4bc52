--
-- livekit_lint: what is dangerous in this database, the worst first, each
-- finding with a mend.  Whoever may run it looks with their own rights, and is
-- told what they could not look at.  It changes nothing, and nothing of the
-- caller's stands before the catalogs.
--
SET client_min_messages = warning;
\pset tuples_only
\pset format unaligned
\pset fieldsep '\n\t'
CREATE ROLE regress_livekit_dba;
ALTER DATABASE :DBNAME SET livekit_token.url = 'wss://live.example';
\c -

-- nothing but the cap, which is six hours unless it is set
SELECT severity, rule, object, finding, replace(mend, quote_ident(current_database()), 'db') FROM livekit_lint() WHERE rule <> 'superuser_login';

-- several findings: the worst first, then by rule and object
SET client_min_messages = warning;
GRANT EXECUTE ON FUNCTION livekit_issue, livekit_key_drop TO PUBLIC;
GRANT EXECUTE ON FUNCTION livekit_key_set TO regress_livekit_dba;
ALTER TABLE livekit_access ENABLE TRIGGER livekit_access_changed;
CREATE TABLE "Deferred" (room text, identity text CONSTRAINT "B" UNIQUE DEFERRABLE, grants jsonb, CONSTRAINT a UNIQUE (room, identity) DEFERRABLE);
ALTER TABLE "Deferred" ENABLE ROW LEVEL SECURITY;
CREATE POLICY open ON "Deferred" USING (true);
SELECT livekit_register_access('"Deferred"');
SELECT severity, rule, object FROM livekit_lint() WHERE rule <> 'superuser_login';
SELECT DISTINCT rule FROM livekit_lint('0.000001 seconds') EXCEPT SELECT rule FROM livekit_lint(max_key_age => '10 years');
SELECT livekit_lint(NULL);
-- each says what it is; none holds a blank
SELECT count(*) FROM livekit_lint() WHERE (rule ~ '^[a-z][a-z_]+$' AND severity IN ('danger', 'warning', 'advice') AND object > '' AND finding ~ '^[A-Z].*[.]$' AND mend > '') IS NOT TRUE;

-- read-only, within a transaction that goes on, with tables and settings of the caller's own
BEGIN READ ONLY;
SELECT count(*) > 5 FROM livekit_lint();
COMMIT;
BEGIN;
CREATE TEMP TABLE pg_settings (name text, setting text, source text, vartype text);
CREATE TEMP TABLE pg_roles (oid oid, rolname name, rolsuper bool, rolbypassrls bool, rolcanlogin bool);
CREATE TEMP TABLE pg_trigger (oid oid);
CREATE TEMP TABLE livekit_keys (signs bool); CREATE TEMP TABLE livekit_lint_facts (fact text, value text);
CREATE FUNCTION pg_temp.format(text, VARIADIC "any") RETURNS text LANGUAGE internal AS 'text_format';
DO $$ BEGIN PERFORM set_config(name, 'off', true) FROM unnest('{escape_string_warning, standard_conforming_strings}'::text[]) AS name;
EXCEPTION WHEN OTHERS THEN NULL; END $$;	-- there is no such way any more from PostgreSQL 19 on
SET LOCAL search_path = pg_temp, pg_catalog, public;
SET LOCAL row_security = off;
SELECT severity, rule, object FROM livekit_lint() WHERE rule <> 'superuser_login';
SHOW search_path;
ROLLBACK;

-- for its owner alone until it is granted
SET ROLE regress_livekit_dba;
SELECT livekit_lint();
SELECT livekit_lint_facts();
RESET ROLE;

-- granted, it looks with the caller's rights
GRANT EXECUTE ON FUNCTION livekit_lint TO regress_livekit_dba;
SET ROLE regress_livekit_dba;
SELECT finding, count(*) > 1 AS several FROM livekit_lint() WHERE severity = 'unknown' GROUP BY finding ORDER BY finding COLLATE "C";
RESET ROLE;
GRANT EXECUTE ON FUNCTION livekit_lint_facts TO regress_livekit_dba;
SET ROLE regress_livekit_dba;
SELECT severity, rule, coalesce(object, finding) FROM livekit_lint() WHERE severity IN ('danger', 'unknown');
RESET ROLE;
GRANT SELECT ON livekit_keys, livekit_access TO regress_livekit_dba;
GRANT EXECUTE ON FUNCTION livekit_keys TO regress_livekit_dba;
SET ROLE regress_livekit_dba;
SELECT rule FROM livekit_lint() WHERE severity = 'unknown';
SELECT count(*) FROM livekit_lint('1 microsecond') WHERE rule = 'key_old';
RESET ROLE;

-- what it found is no more
REVOKE EXECUTE ON FUNCTION livekit_issue, livekit_key_drop FROM PUBLIC;
ALTER TABLE livekit_access ENABLE ALWAYS TRIGGER livekit_access_changed;
SELECT livekit_unregister_access();
DROP TABLE "Deferred";
SELECT severity, rule, object FROM livekit_lint() WHERE rule <> 'superuser_login';

ALTER DATABASE :DBNAME RESET livekit_token.url;
REVOKE EXECUTE ON FUNCTION livekit_lint, livekit_lint_facts, livekit_keys, livekit_key_set FROM regress_livekit_dba;
REVOKE SELECT ON livekit_keys, livekit_access FROM regress_livekit_dba;
DROP ROLE regress_livekit_dba;
