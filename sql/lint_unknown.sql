--
-- What livekit_lint cannot look at does not keep it from the rest: policies
-- that cannot be asked, a schema that is closed to the caller, names that are
-- ambiguous, what takes more than the server has, functions too long to read,
-- ages beyond all calendars.
--
SET client_min_messages = warning;
\pset tuples_only
\pset format unaligned
\pset fieldsep '\n\t'
CREATE ROLE regress_livekit_dba LOGIN;
GRANT EXECUTE ON FUNCTION livekit_lint, livekit_lint_facts, livekit_keys TO regress_livekit_dba;
CREATE SCHEMA app;
CREATE TABLE app.members (room text, identity text, PRIMARY KEY (room, identity));
ALTER TABLE app.members ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON app.members FOR SELECT USING (identity = livekit_identity());
CREATE POLICY everybody ON app.members USING (true);
SELECT livekit_register_access('app.members');

-- no USAGE on the relation's schema: only what asks the policies is unknown
SET ROLE regress_livekit_dba;
SELECT rule, finding FROM livekit_lint() WHERE severity = 'unknown' AND rule !~ '^secret';
SELECT rule FROM livekit_lint() WHERE rule ~ '^policy';
SELECT fact, value FROM livekit_lint_facts() WHERE fact ~ '^(access|max_ttl)';
RESET ROLE;
GRANT USAGE ON SCHEMA app TO regress_livekit_dba;
SET ROLE regress_livekit_dba;
SELECT rule, finding FROM livekit_lint() WHERE severity = 'unknown' AND rule !~ '^secret';
RESET ROLE;

-- policies that ask each other
CREATE TABLE app.friends (identity text);
ALTER TABLE app.friends ENABLE ROW LEVEL SECURITY;
CREATE POLICY members ON app.friends USING (EXISTS (SELECT FROM app.members m WHERE m.identity = friends.identity));
CREATE POLICY friends ON app.members FOR SELECT USING (EXISTS (SELECT FROM app.friends f WHERE f.identity = members.identity));
GRANT SELECT ON app.members, app.friends TO regress_livekit_dba;
SET ROLE regress_livekit_dba;
SELECT rule, finding FROM livekit_lint() WHERE severity = 'unknown' AND rule !~ '^secret';
RESET ROLE;
DROP POLICY friends ON app.members;
SET ROLE regress_livekit_dba;
SELECT rule, finding FROM livekit_lint() WHERE severity = 'unknown' AND rule !~ '^secret';
RESET ROLE;

-- a namesake of what tells it, for which a call would be ambiguous
CREATE FUNCTION livekit_lint_facts(n int DEFAULT 1, OUT fact text, OUT value text) RETURNS SETOF record RETURN ('secret_exposed', 'on');
SELECT rule, finding FROM livekit_lint() WHERE severity = 'unknown' OR rule = 'secret_exposed';
DROP FUNCTION livekit_lint_facts(int);

-- above a parallel scan, which has no subtransactions
CREATE TABLE app.numbers WITH (parallel_workers = 2) AS SELECT generate_series(1, 1000) AS n;
BEGIN;
SET LOCAL parallel_setup_cost = 0; SET LOCAL parallel_tuple_cost = 0; SET LOCAL min_parallel_table_scan_size = 0;
SELECT count(*) > 10 FROM (SELECT livekit_lint_facts() FROM app.numbers WHERE n = 1) f;
ROLLBACK;

-- what takes more than the server has
BEGIN;
SET LOCAL temp_file_limit = 0; SET LOCAL work_mem = 64;
SELECT DISTINCT substring(finding, '.*: temporary file size exceeds') FROM livekit_lint() WHERE severity = 'unknown';
SELECT rule FROM livekit_lint() WHERE rule ~ '^policy';
ROLLBACK;

-- functions of which nobody reads the end; up to there, they are read
CREATE TABLE app.rooms (room text);
ALTER TABLE app.rooms OWNER TO regress_livekit_dba;
CREATE FUNCTION app.look(length int, call text) RETURNS TABLE (rule text, object text, finding text) LANGUAGE plpgsql AS $$ BEGIN
	EXECUTE format('CREATE OR REPLACE FUNCTION app.door() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS %L', lpad('BEGIN ' || call || 'RETURN NULL; END', length));
	RETURN QUERY SELECT r, l.object, l.finding FROM unnest('{security_definer, trigger_signs}'::text[]) r, lint_look(r) l; END $$;
SELECT app.look(100000, '');
CREATE TRIGGER door AFTER INSERT ON app.rooms FOR EACH ROW EXECUTE FUNCTION app.door();
SELECT app.look(100000, '');
SELECT * FROM app.look(100000, 'PERFORM livekit_issue(a, b); ');
SELECT * FROM app.look(100001, '');
SELECT octet_length(prosrc) FROM pg_proc WHERE oid = 'app.door'::regproc;

-- ages that no calendar has
SELECT DISTINCT rule FROM livekit_lint('300000 years') WHERE rule ~ '^key_(old|retired)' OR severity = 'unknown';
SELECT DISTINCT rule FROM livekit_lint('-300000 years') WHERE rule ~ '^key_(old|retired)' OR severity = 'unknown';
SELECT DISTINCT rule FROM livekit_lint('178000000 years 2147483647 days') WHERE rule ~ '^key_(old|retired)' OR severity = 'unknown';

SELECT livekit_unregister_access();
SET client_min_messages = error;
DROP SCHEMA app CASCADE;
REVOKE EXECUTE ON FUNCTION livekit_lint, livekit_lint_facts, livekit_keys FROM regress_livekit_dba;
DROP ROLE regress_livekit_dba;
