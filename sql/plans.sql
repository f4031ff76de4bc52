--
-- A session keeps the plan of its question, and prepared statements keep
-- theirs.  Whoever runs them, and whatever has changed since: the answer is
-- that of the current role and the current policies.
--
SET client_min_messages = warning;
SET livekit_token.url = 'wss://live.example';
CREATE ROLE regress_livekit_owner;
CREATE ROLE regress_livekit_alice;
CREATE ROLE regress_livekit_bob;
CREATE ROLE regress_livekit_eve;
CREATE ROLE regress_livekit_users ROLE regress_livekit_owner, regress_livekit_alice, regress_livekit_bob, regress_livekit_eve;
GRANT EXECUTE ON FUNCTION livekit_join, livekit_verify TO regress_livekit_users;
CREATE TABLE members (room text, identity text, until date DEFAULT 'infinity', PRIMARY KEY (room, identity));
INSERT INTO members SELECT 'standup', rolname FROM pg_roles WHERE rolname ~ '^regress_livekit' AND rolname !~ 'eve$';
ALTER TABLE members OWNER TO regress_livekit_owner;
ALTER TABLE members ENABLE ROW LEVEL SECURITY;
CREATE POLICY a ON members USING (identity = current_user);
GRANT SELECT ON members TO regress_livekit_users;
SELECT livekit_register_access('members');

-- what each role gets of the prepared statement, one after the other: whom the
-- token names, or SQLSTATE
PREPARE mint AS SELECT livekit_verify(participant_token) ->> 'sub' AS sub FROM livekit_join('standup');
CREATE FUNCTION pg_temp.mint(who text, times int DEFAULT 1) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	result text;
BEGIN
	PERFORM set_config('role', who, true);
	FOR i IN 1 .. times LOOP
		EXECUTE 'EXECUTE mint' INTO STRICT result;
	END LOOP;
	PERFORM set_config('role', 'none', true);
	RETURN replace(result, 'regress_livekit_', '');
EXCEPTION WHEN insufficient_privilege OR object_not_in_prerequisite_state THEN
	RETURN concat_ws(' ', SQLSTATE, CASE WHEN SQLERRM ~ '^permission denied' THEN SQLERRM END);
END $$;
CREATE FUNCTION pg_temp.all(times int DEFAULT 1, OUT alice text, OUT bob text, OUT eve text, OUT owner text, OUT super text, OUT alice_again text)
BEGIN ATOMIC
	SELECT pg_temp.mint('regress_livekit_alice', times), pg_temp.mint('regress_livekit_bob', times), pg_temp.mint('regress_livekit_eve', times),
		   pg_temp.mint('regress_livekit_owner', times), pg_temp.mint('none', times), pg_temp.mint('regress_livekit_alice', times);
END;
-- SET ROLE after PREPARE; the superuser first
SELECT pg_temp.mint('none');
SELECT 'at first' AS now, * FROM pg_temp.all();
SELECT 'often, so that plans get generic' AS now, * FROM pg_temp.all(12);
SET plan_cache_mode = force_generic_plan;
SELECT 'generic' AS now, * FROM pg_temp.all(2);
SET plan_cache_mode = force_custom_plan;
SELECT 'custom' AS now, * FROM pg_temp.all(2);
RESET plan_cache_mode;
-- SET SESSION AUTHORIZATION
SET SESSION AUTHORIZATION regress_livekit_bob;
EXECUTE mint;
SET SESSION AUTHORIZATION regress_livekit_eve;
EXECUTE mint;
RESET SESSION AUTHORIZATION;

-- privileges and attributes, while plans are kept
REVOKE SELECT ON members FROM regress_livekit_users;
GRANT SELECT ON members TO regress_livekit_alice;
SELECT 'REVOKE SELECT' AS now, * FROM pg_temp.all();
GRANT SELECT ON members TO regress_livekit_users;
REVOKE EXECUTE ON FUNCTION livekit_join FROM regress_livekit_users;
GRANT EXECUTE ON FUNCTION livekit_join TO regress_livekit_bob;
SELECT 'REVOKE EXECUTE' AS now, * FROM pg_temp.all();
GRANT EXECUTE ON FUNCTION livekit_join TO regress_livekit_users;
ALTER ROLE regress_livekit_alice BYPASSRLS;
SELECT 'alice BYPASSRLS' AS now, * FROM pg_temp.all();
ALTER ROLE regress_livekit_alice NOBYPASSRLS;
SELECT 'NOBYPASSRLS' AS now, * FROM pg_temp.all();
ALTER ROLE regress_livekit_alice BYPASSRLS;
SELECT pg_temp.mint('regress_livekit_alice', 3) AS "alice alone BYPASSRLS";
ALTER ROLE regress_livekit_alice NOBYPASSRLS;
SELECT pg_temp.mint('regress_livekit_alice', 3) AS "NOBYPASSRLS";
GRANT regress_livekit_owner TO regress_livekit_alice;
SELECT pg_temp.mint('regress_livekit_alice', 3) AS "alice a member of the owner";
REVOKE regress_livekit_owner FROM regress_livekit_alice;
SELECT pg_temp.mint('regress_livekit_alice', 3) AS "no longer";
ALTER TABLE members OWNER TO regress_livekit_alice;
SELECT 'alice the owner' AS now, * FROM pg_temp.all();
ALTER TABLE members OWNER TO regress_livekit_owner;
SELECT 'owner the owner' AS now, * FROM pg_temp.all();
-- within one call
CREATE FUNCTION pg_temp.bypassing() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	result text;
BEGIN
	FOR i IN 1 .. 4 LOOP
		result := concat_ws(', ', result, pg_temp.mint('regress_livekit_alice'));
		EXECUTE 'ALTER ROLE regress_livekit_alice ' || CASE i % 2 WHEN 1 THEN 'BYPASSRLS' ELSE 'NOBYPASSRLS' END;
	END LOOP;
	RETURN result;
END $$;
SELECT pg_temp.bypassing();

-- policies and rows, while plans are kept
ALTER POLICY a ON members USING (until > current_date);
SELECT 'other policy' AS now, * FROM pg_temp.all();
UPDATE members SET until = '-infinity' WHERE identity = 'regress_livekit_bob';
SELECT 'bob''s row expired' AS now, * FROM pg_temp.all();
CREATE POLICY r ON members AS RESTRICTIVE TO regress_livekit_alice USING (false);
SELECT 'restricted' AS now, * FROM pg_temp.all();
DROP POLICY r ON members;
ALTER TABLE members DISABLE ROW LEVEL SECURITY;
SELECT 'disabled' AS now, * FROM pg_temp.all();
ALTER TABLE members ENABLE ROW LEVEL SECURITY;
DROP POLICY a ON members;
SELECT 'no policy' AS now, * FROM pg_temp.all();
CREATE POLICY a ON members USING (identity = current_user);
SELECT 'its policy again' AS now, * FROM pg_temp.all();
ALTER TABLE members DROP CONSTRAINT members_pkey;
SELECT 'no index' AS now, * FROM pg_temp.all();
DISCARD PLANS;
SELECT 'planned anew' AS now, * FROM pg_temp.all();

SELECT livekit_unregister_access();
DROP TABLE members;
DROP OWNED BY regress_livekit_users, regress_livekit_alice, regress_livekit_bob;
DROP ROLE regress_livekit_owner, regress_livekit_alice, regress_livekit_bob, regress_livekit_eve, regress_livekit_users;
