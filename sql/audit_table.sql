--
-- livekit_issued in a database's life: its row comes and goes with the
-- transaction that signed, and where none can be written nothing is signed;
-- rows leave by livekit_issued_prune alone, up to the time it is told.
--
SELECT livekit_issue('loaded', 'now') IS NOT NULL AS library;
SELECT attname AS column, format_type(atttypid, atttypmod) AS type, attnotnull AS "not null"
  FROM pg_attribute WHERE attrelid = 'livekit_issued'::regclass AND attnum > 0 ORDER BY attnum;
SELECT indisprimary AS primary_key, string_agg(attname, ', ' ORDER BY attnum) AS columns
  FROM pg_index, pg_attribute WHERE indrelid = 'livekit_issued'::regclass AND attrelid = indexrelid
 GROUP BY indexrelid, indisprimary ORDER BY 1 DESC;
-- pg_dump carries its rows
SELECT 'livekit_issued'::regclass = ANY (extconfig) AS dumped, extcondition[array_position(extconfig, 'livekit_issued'::regclass)] AS "where"
  FROM pg_extension WHERE extname = 'livekit_token';

SET client_min_messages = error;
SET livekit_token.audit = 'both';
CREATE TEMP TABLE seen AS SELECT jti FROM livekit_issued;
CREATE FUNCTION pg_temp.news() RETURNS SETOF text BEGIN ATOMIC
	SELECT identity FROM livekit_issued WHERE jti NOT IN (SELECT jti FROM seen) ORDER BY identity COLLATE "C"; END;

-- what is rolled back, and what was refused, has no row
BEGIN;
SELECT livekit_issue('rolled back', 'standup') IS NOT NULL AS signed;
SELECT pg_temp.news();
ROLLBACK;
BEGIN;
SELECT livekit_issue('kept', 'standup') IS NOT NULL AS signed;
SAVEPOINT s;
SELECT livekit_issue('rolled back to', 'standup') IS NOT NULL AS signed;
ROLLBACK TO s;
DO $$
BEGIN
	PERFORM 1 / (length(t) - length(t)) FROM livekit_issue('caught', 'standup') t;
EXCEPTION WHEN division_by_zero THEN
	PERFORM livekit_issue('kept, too', 'standup');
END $$;
COMMIT;
SELECT livekit_issue('refused', 'standup', '{"canPublsh": true}');
SELECT 1 / (length(t) - length(t)) FROM livekit_issue('too late', 'standup') t;
SELECT pg_temp.news();

-- without the row no token
\set VERBOSITY sqlstate
BEGIN READ ONLY;
SELECT livekit_issue('read-only', 'standup');
ROLLBACK;
SET default_transaction_read_only = on;
SELECT livekit_issue('read-only', 'standup');
SELECT livekit_token('read-only', 'standup');
SELECT livekit_issued_prune('infinity');
-- with the log alone, or without, a token
SET livekit_token.audit = log;
SELECT livekit_issue('log', 'standup') IS NOT NULL AS signed;
SET livekit_token.audit = off;
SELECT livekit_issue('off', 'standup') IS NOT NULL AS signed;
SET default_transaction_read_only = off;
SET livekit_token.audit = 'both';
SELECT pg_temp.news();
-- nor where the row is refused
ALTER TABLE livekit_issued ADD CONSTRAINT nobody CHECK (identity <> 'nobody');
SELECT livekit_issue('nobody', 'standup');
ALTER TABLE livekit_issued DROP CONSTRAINT nobody;
SELECT pg_temp.news();
SELECT livekit_issued_prune('infinity');

-- pruning: what was issued before, not at that moment
INSERT INTO livekit_issued (issued_at, jti, session_role, role, project, api_key, grants, expires_at, via)
SELECT t, t::text, 'r', 'r', 'default', 'k', '{}', t, 'livekit_issue'
  FROM unnest('{2026-01-01 00:00:00+00, 2026-01-01 00:00:00.000001+00, 2026-01-02 00:00:00+00, 2026-01-03 00:00:00+00}'::timestamptz[]) t;
SELECT livekit_issued_prune('-infinity');
SELECT livekit_issued_prune('2026-01-01 00:00:00+00');
SELECT livekit_issued_prune('2026-01-01 01:00:00.000001+01');
SELECT count(*) FROM livekit_issued;
SELECT livekit_issued_prune(NULL);
SELECT livekit_issued_prune();
SELECT livekit_issued_prune('some day');
SELECT livekit_issued_prune('2026-01-02 00:00:00+00');
BEGIN;
SELECT livekit_issued_prune('infinity');
SELECT livekit_issued_prune('infinity');
ROLLBACK;
SELECT livekit_issued_prune(issued_at) FROM livekit_issued WHERE issued_at > '2026-01-02 12:00:00+00';
SELECT livekit_issued_prune(before => 'infinity');
SELECT count(*) FROM livekit_issued;

-- publications do not stop it
CREATE PUBLICATION regress_livekit_all FOR ALL TABLES;
CREATE PUBLICATION regress_livekit_issued FOR TABLE livekit_issued;
SELECT livekit_issue('published', 'standup') IS NOT NULL AS signed;
SELECT livekit_issued_prune('infinity');
DROP PUBLICATION regress_livekit_all, regress_livekit_issued;

-- it belongs to the extension; when it is away, nothing is signed
DROP TABLE livekit_issued;
DROP INDEX livekit_issued_pkey;
ALTER TABLE livekit_issued RENAME TO elsewhere;
SELECT livekit_issue('without', 'standup');
SET livekit_token.audit = log;
SELECT livekit_issue('log', 'standup') IS NOT NULL AS signed;
SET livekit_token.audit = 'both';
ALTER TABLE elsewhere RENAME TO livekit_issued;
SELECT livekit_issue('there again', 'standup') IS NOT NULL AS signed;
-- one id has one row
INSERT INTO livekit_issued SELECT * FROM livekit_issued;
SELECT pg_temp.news();
SELECT livekit_issued_prune('infinity');
DROP TABLE seen CASCADE;
