--
-- livekit_counters: what was signed, by which function, and what was refused,
-- and why, as numbers for a monitor.  They count whatever is logged, they are
-- all there from the beginning, and a ROLLBACK does not take them back.
--
SELECT livekit_issue('loaded', 'now') IS NOT NULL AS library;
SET client_min_messages = warning;
SET livekit_token.url = 'wss://livekit.example.com';
SELECT event, string_agg(coalesce(reason, 'NULL'), ' ' ORDER BY reason COLLATE "C") AS reasons, min(count) >= 0 AS numbers
  FROM livekit_counters() GROUP BY event ORDER BY event COLLATE "C";
SELECT count(*) - count(DISTINCT (event, reason)) AS twice, count(*) FILTER (WHERE event IS NULL OR count IS NULL) AS nulls
  FROM livekit_counters();

CREATE ROLE regress_livekit_alice;
GRANT EXECUTE ON FUNCTION livekit_join, livekit_can_join, livekit_token, livekit_token_source, livekit_verify, livekit_counters TO regress_livekit_alice;
CREATE TABLE members (room text PRIMARY KEY, identity text);
CREATE INDEX ON members (identity);
INSERT INTO members VALUES ('standup', 'regress_livekit_alice');
GRANT SELECT ON members TO regress_livekit_alice;
ALTER TABLE members ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON members USING (identity = livekit_identity());
SELECT livekit_register_access('members');

-- what a statement adds, with what came of it
CREATE FUNCTION pg_temp.adds(statement text, OUT outcome text, OUT adds text) LANGUAGE plpgsql AS $$
DECLARE
	before jsonb;
	error text;
BEGIN
	SELECT jsonb_object_agg(concat_ws(' ', event, reason), count) INTO before FROM public.livekit_counters();
	BEGIN
		EXECUTE statement;
		outcome := 'done';
	EXCEPTION WHEN OTHERS THEN
		outcome := SQLSTATE;
	END;
	SELECT string_agg(format('%s %s', concat_ws(' ', event, reason), count - (before ->> concat_ws(' ', event, reason))::bigint), ', ' ORDER BY event, reason COLLATE "C")
	  INTO adds FROM public.livekit_counters()
	 WHERE count <> (before ->> concat_ws(' ', event, reason))::bigint;
END $$;

-- each function that signs is counted as what was called
SET ROLE regress_livekit_alice;
SELECT s.*, a.* FROM unnest(ARRAY['SELECT livekit_join(''standup'')', 'SELECT livekit_token(NULL, ''standup'')',
	'SELECT livekit_token_source(''{"room_name": "standup"}'')', 'SELECT livekit_can_join(''standup'')',
	'SELECT livekit_join(r) FROM unnest(ARRAY[''standup'', ''standup'']) r',
	'SELECT livekit_verify(participant_token) FROM livekit_join(''standup'')']) s, pg_temp.adds(s) a;
SELECT s.*, a.* FROM unnest(ARRAY['SELECT livekit_join(''retro'')', 'SELECT livekit_token(NULL, ''retro'')',
	'SELECT livekit_token_source(''{"room_name": "retro"}'')', 'SELECT livekit_can_join(''retro'')',
	'SELECT livekit_verify(''x'')', 'SELECT livekit_verify(NULL)']) s, pg_temp.adds(s) a;
RESET ROLE;
SELECT s.*, a.* FROM unnest(ARRAY['SELECT livekit_issue(''alice'', ''standup'')',
	'SELECT livekit_issue(''a'' || n, ''standup'') FROM generate_series(1, 5) n',
	'SELECT 1 / (length(t) - length(t)) FROM livekit_issue(''alice'', ''standup'') t', 'SELECT livekit_issue(''alice'', NULL)',
	'SELECT livekit_inspect(''x'')', 'SELECT livekit_keys()', 'SELECT livekit_grant_types()', 'SELECT livekit_counters()']) s, pg_temp.adds(s) a;

-- what a policy raises of its own is no refusal, but for one that denies
CREATE FUNCTION fails() RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE current_setting('app.fails');
	RETURN true;
END $$;
CREATE POLICY fails ON members AS RESTRICTIVE USING (fails());
SET ROLE regress_livekit_alice;
SELECT fails, a.* FROM unnest(ARRAY['SELECT 1', 'SELECT 1 / 0', 'SELECT current_setting(''app.none'')', 'DO $do$BEGIN RAISE no_data_found; END$do$', 'DO $do$BEGIN RAISE program_limit_exceeded; END$do$',
	'DO $do$BEGIN RAISE cardinality_violation; END$do$', 'DO $do$BEGIN RAISE insufficient_privilege; END$do$', 'TABLE livekit_access', 'SELECT livekit_join(''standup'')']) fails, set_config('app.fails', fails, false) c,
	pg_temp.adds('SELECT livekit_join(''standup'')' || left(c, 0)) a;
SELECT s.*, a.* FROM unnest(ARRAY['SELECT livekit_join(NULL)', 'SELECT livekit_issue(''a'', ''b'')']) s, pg_temp.adds(s) a;
RESET ROLE;
DROP POLICY fails ON members;
DROP FUNCTION fails;
-- also when the planner meets it first
CREATE POLICY fails ON members AS RESTRICTIVE USING (identity = current_setting('app.none'));
SET ROLE regress_livekit_alice;
SELECT a.* FROM pg_temp.adds('SELECT livekit_join(''standup'')') a;
RESET ROLE;
DROP POLICY fails ON members;

-- whatever is written of it
SELECT mode, a.* FROM unnest('{off, log, both}'::text[]) mode, set_config('livekit_token.audit', mode, false) m,
	pg_temp.adds('SELECT livekit_issue(''alice'', ''standup'')') a;
SELECT mode, a.* FROM unnest('{off, log, both}'::text[]) mode, set_config('livekit_token.audit', mode, false) m,
	pg_temp.adds('SELECT livekit_issue(''alice'', NULL)') a;
SET livekit_token.audit = 'both';
SELECT a.* FROM set_config('transaction_read_only', 'on', true), pg_temp.adds('SELECT livekit_issue(''alice'', ''standup'')') a;
SET livekit_token.audit_refusals = off;
SELECT a.* FROM pg_temp.adds('SELECT livekit_issue(''alice'', NULL)') a;
RESET livekit_token.audit;
RESET livekit_token.audit_refusals;

-- no ROLLBACK takes it back
CREATE TEMP TABLE before AS SELECT * FROM livekit_counters();
BEGIN;
SELECT livekit_issue('alice', 'standup') IS NOT NULL AS signed;
SAVEPOINT s;
SELECT livekit_issue('alice', NULL);
ROLLBACK TO s;
ROLLBACK;
SELECT c.event, c.reason, c.count - b.count AS more FROM livekit_counters() c, before b
 WHERE c.event = b.event AND c.reason IS NOT DISTINCT FROM b.reason AND c.count <> b.count ORDER BY 1, 2;

-- a monitor's role needs EXECUTE and nothing else; others have none
SET ROLE regress_livekit_alice;
SELECT count(*) > 20 AS rows FROM livekit_counters();
RESET ROLE;
REVOKE EXECUTE ON FUNCTION livekit_counters FROM regress_livekit_alice;
SET ROLE regress_livekit_alice;
SELECT count(*) FROM livekit_counters();
RESET ROLE;

SELECT livekit_issued_prune('infinity');
SELECT livekit_unregister_access();
DROP TABLE members, before;
DROP OWNED BY regress_livekit_alice;
DROP ROLE regress_livekit_alice;
