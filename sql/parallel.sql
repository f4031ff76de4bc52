--
-- However parallel the plans around it, the policies are asked by the
-- session's own process, which alone knows what is asked and reads what is
-- committed at that moment; a policy may go parallel in a query of its own.
--
SET client_min_messages = warning;
SET livekit_token.url = 'wss://live.example';
CREATE ROLE regress_livekit_alice;
CREATE ROLE regress_livekit_bob;
CREATE ROLE regress_livekit_users ROLE regress_livekit_alice, regress_livekit_bob;
GRANT EXECUTE ON FUNCTION livekit_join, livekit_can_join, livekit_token TO regress_livekit_users;
CREATE TABLE members (room text, identity text) WITH (parallel_workers = 2);
INSERT INTO members VALUES ('standup', 'regress_livekit_alice'), ('standup', 'regress_livekit_bob'), ('retro', 'regress_livekit_alice');
CREATE TABLE teams WITH (parallel_workers = 2) AS SELECT team FROM generate_series(1, 5) team;
ALTER TABLE members ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON members, teams TO regress_livekit_users;
SELECT livekit_register_access('members');
-- its name differs by version
SELECT count(set_config(name, value, false)) AS settings
  FROM pg_settings JOIN (VALUES ('force_parallel_mode', 'on'), ('debug_parallel_query', 'on'), ('parallel_setup_cost', '0'),
	('parallel_tuple_cost', '0'), ('min_parallel_table_scan_size', '0'), ('max_parallel_workers_per_gather', '2')) v(name, value) USING (name);
SET ROLE regress_livekit_alice;
EXPLAIN (COSTS OFF) SELECT count(*) FROM teams;

-- with a policy that goes parallel, as the planner sees it and as it is
RESET ROLE;
CREATE FUNCTION teams() RETURNS bigint LANGUAGE plpgsql STABLE PARALLEL SAFE AS
	$$DECLARE n bigint; BEGIN EXECUTE 'SELECT count(*) FROM teams' INTO n; RETURN n; END$$;
CREATE FUNCTION asked() RETURNS text LANGUAGE plpgsql STABLE PARALLEL RESTRICTED AS
	$$DECLARE r text; BEGIN EXECUTE 'SELECT max(livekit_join_request() ->> ''room'') FROM teams' INTO r; RETURN r; END$$;
CREATE POLICY a ON members USING (identity = livekit_identity() AND teams() = 5 AND asked() = room);
SET ROLE regress_livekit_bob;
SELECT room, identity FROM livekit_join('standup');
SELECT room FROM livekit_join('retro');
SELECT livekit_can_join('standup'), livekit_can_join('retro');
SELECT count(DISTINCT livekit_token(NULL, 'standup')) FROM teams WHERE team < 3;
SELECT count(*) FROM teams WHERE livekit_can_join('standup');
SELECT count(*) FROM members;

-- nor is it asked for a function that lies about it
RESET ROLE;
CREATE FUNCTION lies(room text) RETURNS bool LANGUAGE plpgsql STABLE PARALLEL SAFE AS
	'BEGIN RETURN livekit_can_join(room); END';
CREATE FUNCTION lies_more(room text) RETURNS text LANGUAGE plpgsql STABLE PARALLEL SAFE AS
	'BEGIN RETURN (SELECT participant_token FROM livekit_join(room)); END';
SET ROLE regress_livekit_alice;
\set VERBOSITY terse
SELECT count(*) FROM teams WHERE lies('standup');
SELECT count(lies_more('standup')) FROM teams;
SELECT room FROM livekit_join('standup');
RESET ROLE;

SELECT livekit_unregister_access();
DROP TABLE members, teams;
DROP FUNCTION teams, asked, lies, lies_more;
DROP OWNED BY regress_livekit_users;
DROP ROLE regress_livekit_alice, regress_livekit_bob, regress_livekit_users;
