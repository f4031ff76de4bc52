--
-- Settings as livekit_lint sees them: no address, no cap or a high one, no
-- audit, and what the server would log of statements.  Mends set the
-- database's settings, which count in new sessions; there, a finding is gone.
--
SET client_min_messages = warning;
\pset tuples_only
\pset format unaligned
\pset fieldsep '\n\t'
CREATE SCHEMA lint;
CREATE FUNCTION lint.settings() RETURNS SETOF text LANGUAGE sql AS $$
	SELECT concat_ws(' ', rule, object) FROM livekit_lint()
	 WHERE rule ~ '^(secret_(ex|in_role)|bound|audit|refusals|max_ttl|default_ttl|no_url|setting|clock)' ORDER BY rule COLLATE "C", object COLLATE "C" $$;
CREATE ROLE regress_livekit_loud LOGIN;
CREATE ROLE regress_livekit_quiet LOGIN;

-- as the first test left it: no address is set, and the cap is six hours
SELECT * FROM lint_look('no_url');
SELECT * FROM lint_look('max_ttl_long');
ALTER DATABASE :DBNAME SET livekit_token.url = 'wss://live.example';
ALTER DATABASE :DBNAME SET livekit_token.max_ttl = '1h';
\c -
SELECT lint.settings();

-- an address may be the access relation's, too
ALTER DATABASE :DBNAME RESET livekit_token.url;
\c -
SELECT lint.settings();
CREATE TABLE lint.members (room text PRIMARY KEY, url text);
ALTER TABLE lint.members ENABLE ROW LEVEL SECURITY;
SET client_min_messages = warning;
SELECT livekit_register_access('lint.members');
SELECT lint.settings();
SELECT livekit_unregister_access();
SET livekit_token.url = 'wss://live.example';

-- the cap: none, a second above an hour, an hour
SET livekit_token.max_ttl = 0;
SELECT * FROM lint_look('max_ttl_none');
SELECT object FROM lint_look('max_ttl_long');
SET livekit_token.max_ttl = 3601;
SELECT lint.settings();
SET livekit_token.max_ttl = 3600;
SELECT lint.settings();

-- what is given without a ttl: as long as the cap, above it, with no cap
SET livekit_token.default_ttl = 3600;
SELECT lint.settings();
SET livekit_token.default_ttl = 3601;
SELECT * FROM lint_look('default_ttl_above_max');
SELECT count(*) FROM lint_mend('default_ttl_above_max');
SET livekit_token.max_ttl = 0;
SELECT lint.settings();

-- audit: none; lines that are not written; refusals that are not
ALTER DATABASE :DBNAME SET livekit_token.url = 'wss://live.example';
ALTER DATABASE :DBNAME SET livekit_token.audit = off;
ALTER DATABASE :DBNAME SET livekit_token.audit_refusals = off;
ALTER DATABASE :DBNAME SET log_min_messages = fatal;
\c -
SHOW livekit_token.default_ttl;
SELECT * FROM lint_look('audit_off');
SELECT object FROM lint_look('refusals_not_logged');
SELECT count(*) FROM lint_mend('audit_off');
\c -
SELECT * FROM lint_look('refusals_not_logged');
SELECT count(*) FROM lint_mend('refusals_not_logged');
\c -
SELECT lint.settings();

-- its table, when nobody prunes it
UPDATE pg_class SET reltuples = 1e7 WHERE oid = 'livekit_issued'::regclass;
SELECT object FROM lint_look('audit_large');
UPDATE pg_class SET reltuples = 12345678 WHERE oid = 'livekit_issued'::regclass;
SELECT * FROM lint_look('audit_large');
ANALYZE livekit_issued;
SELECT object FROM lint_look('audit_large');

-- what the server logs of statements
ALTER DATABASE :DBNAME SET log_statement = 'mod';
ALTER DATABASE :DBNAME SET log_min_duration_statement = '1 h';
ALTER DATABASE :DBNAME SET log_parameter_max_length_on_error = 100;
ALTER ROLE regress_livekit_loud SET log_statement = 'all';
ALTER ROLE regress_livekit_loud SET log_parameter_max_length_on_error = -1;
ALTER ROLE regress_livekit_quiet SET log_statement = 'ddl';
\c -
SELECT * FROM lint_look('bound_values_logged');
SELECT * FROM lint_look('bound_values_logged_on_error');
SELECT count(*) FROM lint_mend('bound_values_logged');
SELECT count(*) FROM lint_mend('bound_values_logged_on_error');
\c -
SELECT lint.settings();
SELECT setconfig FROM pg_db_role_setting WHERE setrole IN ('regress_livekit_loud'::regrole, 'regress_livekit_quiet'::regrole) ORDER BY setconfig;
ALTER DATABASE :DBNAME RESET log_statement;
ALTER DATABASE :DBNAME RESET log_min_duration_statement;
ALTER DATABASE :DBNAME RESET log_parameter_max_length;
ALTER DATABASE :DBNAME RESET log_parameter_max_length_on_error;
ALTER DATABASE :DBNAME RESET log_min_messages;

ALTER DATABASE :DBNAME RESET livekit_token.url;
ALTER DATABASE :DBNAME RESET livekit_token.max_ttl;
ALTER DATABASE :DBNAME RESET livekit_token.default_ttl;
ALTER DATABASE :DBNAME RESET livekit_token.audit;
ALTER DATABASE :DBNAME RESET livekit_token.audit_refusals;
SET client_min_messages = error;
DROP SCHEMA lint CASCADE;
DROP ROLE regress_livekit_loud, regress_livekit_quiet;
