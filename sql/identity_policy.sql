--
-- One login role, many users: the gateway says in each transaction who is
-- calling, and policies see that one's rows only: by an index, from a kept
-- plan, and in parallel workers.
--
SELECT current_user AS superuser \gset
SET client_min_messages = warning;
CREATE ROLE regress_livekit_gateway LOGIN;
CREATE ROLE regress_livekit_user ROLE regress_livekit_gateway;
ALTER ROLE regress_livekit_gateway SET livekit_token.identity = 'postgrest';
ALTER ROLE regress_livekit_gateway SET livekit_token.url = 'wss://livekit.example.com';
GRANT EXECUTE ON FUNCTION livekit_join, livekit_can_join, livekit_token, livekit_verify TO regress_livekit_user;
CREATE TABLE members (room text, identity text, name text, PRIMARY KEY (identity, room));
INSERT INTO members SELECT 'room ' || n, 'user ' || n % 1000 FROM generate_series(1, 20000) AS n;
ANALYZE members;
GRANT SELECT ON members TO regress_livekit_user;
ALTER TABLE members ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON members USING (identity = livekit_identity());
SELECT livekit_register_access('members');

\c - regress_livekit_gateway
PREPARE mine AS SELECT count(*) AS rooms, min(identity) AS first, max(identity) AS last FROM members;
PREPARE door (text) AS SELECT room, identity FROM livekit_join($1);
SET plan_cache_mode = force_generic_plan;

BEGIN;
SET LOCAL ROLE regress_livekit_user;
SET LOCAL request.jwt.claims = '{"sub": "user 7"}';
EXECUTE mine;
EXECUTE door ('room 1007');
SELECT livekit_can_join('room 1008');
SET LOCAL enable_bitmapscan = off;
EXPLAIN (costs off) SELECT name FROM members WHERE room = 'room 7';
SAVEPOINT s;
EXECUTE door ('room 8');
ROLLBACK TO s;
EXECUTE door ('room 7');
COMMIT;

-- the next user on the same connection, by the same plans
BEGIN;
SET LOCAL ROLE regress_livekit_user;
SET LOCAL request.jwt.claims = '{"sub": "user 8"}';
EXECUTE mine;
EXECUTE door ('room 8');
SELECT livekit_can_join('room 7');
-- within a statement, too, each call asks as who is called then
SELECT identity, livekit_can_join('room 7') FROM (VALUES ('user 7'), ('user 8'), ('user 7')) AS v(identity),
	set_config('request.jwt.claims', jsonb_build_object('sub', identity)::text, true);
EXECUTE door ('room 7');
ROLLBACK;

-- one that LiveKit would not take, however many rows there are
BEGIN;
SELECT set_config('request.jwt.claims', jsonb_build_object('sub', repeat('x', 257))::text, true) IS NOT NULL AS set;
\set VERBOSITY sqlstate
SAVEPOINT s;
EXECUTE door ('room 7');
ROLLBACK TO s;
SELECT livekit_can_join('room 7');
ROLLBACK TO s;
SELECT livekit_token(NULL, 'room 7');
ROLLBACK;
\set VERBOSITY default

-- and outside of a user's transaction it is nobody
SET ROLE regress_livekit_user;
EXECUTE mine;
EXECUTE door ('room 7');
SELECT livekit_token(NULL, 'room 7');
SELECT livekit_token('user 7', 'room 7');

-- parallel workers have the same identity
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET enable_indexscan = off;
SET enable_indexonlyscan = off;
SET enable_bitmapscan = off;
SET parallel_leader_participation = off;
SET max_parallel_workers_per_gather = 2;
BEGIN;
SET LOCAL request.jwt.claims = '{"sub": "user 9"}';
EXPLAIN (costs off) SELECT count(*) FROM members;
SELECT count(*) AS rooms, min(identity) AS first, max(identity) AS last FROM members;
SELECT count(*), min(length(livekit_identity())) FROM members;
EXECUTE door ('room 9');
COMMIT;
SELECT count(*) AS rooms FROM members;
-- an identity that the settings lost is lost to workers, too
BEGIN;
SET LOCAL request.jwt.claims = '{"sub": ["user 9"]}';
SELECT count(*) AS rooms FROM members;
COMMIT;

\c - :superuser
SELECT livekit_unregister_access();
DROP TABLE members;
DROP OWNED BY regress_livekit_user;
DROP ROLE regress_livekit_user, regress_livekit_gateway;
