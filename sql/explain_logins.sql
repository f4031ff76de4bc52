--
-- Whose identity it is depends on who logs in: what livekit_explain_join says
-- of gateways that have livekit_token.identity, and of those that have not; of
-- what is set where it does not count. And what it must not do: spoil what
-- PostgreSQL keeps of policies, or leave an answer to parallel workers.
--
SET client_min_messages = error;
SET livekit_token.url = 'wss://livekit.example.com';
CREATE ROLE regress_livekit_web;
CREATE ROLE regress_livekit_rest LOGIN NOINHERIT IN ROLE regress_livekit_web;
CREATE ROLE regress_livekit_app LOGIN NOINHERIT IN ROLE regress_livekit_web;
CREATE ROLE regress_livekit_alice LOGIN;
CREATE ROLE regress_livekit_all ROLE regress_livekit_web, regress_livekit_alice;
CREATE TABLE members (id int, room text, identity text, PRIMARY KEY (room, identity));
INSERT INTO members VALUES (1, 'standup', 'alice'), (2, 'standup', 'regress_livekit_web'), (3, 'standup', 'regress_livekit_alice');
CREATE TABLE a (id int, n int);
CREATE TABLE b (id int, note text);
CREATE TABLE big AS SELECT 'standup' AS room, 'alice' AS who FROM generate_series(1, 20000);
GRANT SELECT ON members, a, b, big TO regress_livekit_all;
GRANT EXECUTE ON FUNCTION livekit_join TO regress_livekit_all;
ALTER TABLE members ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON members USING (identity = livekit_identity());
SELECT livekit_register_access('members');
PREPARE explained(name, text) AS SELECT subject, verdict, finding, mend FROM livekit_explain_join($1, 'standup', $2::jsonb) WHERE subject IN ('identity', 'answer');

-- no gateway has it, and the claims are of no use
EXECUTE explained('regress_livekit_web', '{"sub": "alice"}');
EXECUTE explained('regress_livekit_alice', '{"sub": "alice"}');
EXECUTE explained('regress_livekit_web', NULL);
-- what is set for a role that does not log in counts for nobody
ALTER ROLE regress_livekit_web SET livekit_token.identity = 'app.user_id';
EXECUTE explained('regress_livekit_web', '{"app.user_id": "alice"}');
-- one has it, and the other not; then both alike; then each in its own way
ALTER ROLE regress_livekit_rest SET livekit_token.identity = 'postgrest';
EXECUTE explained('regress_livekit_web', '{"sub": "alice"}');
ALTER ROLE regress_livekit_app SET livekit_token.identity = 'postgrest';
EXECUTE explained('regress_livekit_web', '{"sub": "alice"}');
ALTER ROLE regress_livekit_app SET livekit_token.identity = 'app.user_id';
EXECUTE explained('regress_livekit_web', '{"sub": "alice"}');
-- what is not believed counts only where nothing else does
ALTER ROLE regress_livekit_app RESET livekit_token.identity;
ALTER DATABASE :"DBNAME" SET livekit_token.identity = 'postgrest';
EXECUTE explained('regress_livekit_web', '{"sub": "alice"}');
ALTER DATABASE :"DBNAME" RESET livekit_token.identity;
-- set for the database or for all roles, it is believed of nobody, here as there
ALTER ROLE regress_livekit_app RESET livekit_token.identity;
ALTER ROLE regress_livekit_rest RESET livekit_token.identity;
ALTER DATABASE :"DBNAME" SET livekit_token.identity = 'postgrest';
EXECUTE explained('regress_livekit_web', '{"sub": "alice"}');
EXECUTE explained('regress_livekit_alice', NULL);
ALTER ROLE regress_livekit_alice SET livekit_token.identity = 'role';
EXECUTE explained('regress_livekit_alice', NULL);
ALTER ROLE regress_livekit_alice RESET livekit_token.identity;
ALTER DATABASE :"DBNAME" RESET livekit_token.identity;
ALTER ROLE ALL SET livekit_token.identity = 'postgrest';
EXECUTE explained('regress_livekit_alice', NULL);
ALTER ROLE ALL RESET livekit_token.identity;

-- a policy with a JOIN: to show it changes nothing that later queries read
CREATE POLICY joined ON members AS RESTRICTIVE USING (EXISTS (SELECT FROM a JOIN b USING (id) WHERE a.id = members.id) OR true);
CREATE POLICY grouped ON members AS RESTRICTIVE USING (EXISTS (SELECT a.id + 1 FROM a WHERE a.n >= 0 GROUP BY a.id + 1 HAVING count(*) > 0 AND a.id + 1 > 0) OR true);
SELECT count(*) FROM generate_series(1, 3), livekit_explain_join('regress_livekit_alice', 'standup') WHERE subject = 'policy';
SET ROLE regress_livekit_alice;
SELECT length(string_agg(repeat('x', 40 + g % 500), ',')) > 0 AS memory_used FROM generate_series(1, 20000) g;
SELECT identity FROM members WHERE id < 4;
RESET ROLE;
SELECT count(*) FROM livekit_explain_join('regress_livekit_alice', 'standup') WHERE subject = 'policy';
DROP POLICY joined ON members;
DROP POLICY grouped ON members;

-- parallel workers do not know whose identity is assumed; none are used
ALTER ROLE regress_livekit_rest SET livekit_token.identity = 'postgrest';
CREATE FUNCTION my_rooms() RETURNS SETOF text LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
	RETURN QUERY SELECT room FROM big WHERE who = livekit_identity() GROUP BY room;
END $$;
DROP POLICY own ON members;
CREATE POLICY mine ON members USING (identity = livekit_identity() AND room IN (SELECT my_rooms()));
ALTER TABLE big SET (parallel_workers = 2);
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET parallel_leader_participation = off;
EXECUTE explained('regress_livekit_web', '{"sub": "alice"}');
SELECT current_setting('max_parallel_workers') <> '0' AS as_before;

-- livekit_token needs no address
SET livekit_token.url = '';
REVOKE EXECUTE ON FUNCTION livekit_join FROM regress_livekit_all;
GRANT EXECUTE ON FUNCTION livekit_token TO regress_livekit_all;
SELECT subject, verdict, finding FROM livekit_explain_join('regress_livekit_web', 'standup', '{"sub": "alice"}') WHERE subject IN ('privileges', 'url', 'answer');
GRANT EXECUTE ON FUNCTION livekit_join TO regress_livekit_all;
SELECT subject, verdict, finding FROM livekit_explain_join('regress_livekit_web', 'standup', '{"sub": "alice"}') WHERE subject IN ('privileges', 'url', 'answer');

SELECT livekit_unregister_access();
DROP TABLE members, a, b, big;
DROP FUNCTION my_rooms;
DROP OWNED BY regress_livekit_all;
DROP ROLE regress_livekit_web, regress_livekit_rest, regress_livekit_app, regress_livekit_alice, regress_livekit_all;
