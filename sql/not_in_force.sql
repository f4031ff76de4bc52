--
-- Where row-level security is not in force for the caller, nobody is let in:
-- that is a mistake of the set-up, error 55000, and the client is not told
-- which.  It is asked at each call, whatever was so before.
--
SET client_min_messages = warning;
SET livekit_token.url = 'wss://live.example';
CREATE ROLE regress_livekit_owner;
CREATE ROLE regress_livekit_member IN ROLE regress_livekit_owner;
CREATE ROLE regress_livekit_guest NOINHERIT IN ROLE regress_livekit_owner;
CREATE ROLE regress_livekit_bypass BYPASSRLS;
CREATE ROLE regress_livekit_super SUPERUSER;
CREATE ROLE regress_livekit_alice;
CREATE ROLE regress_livekit_bob;
CREATE ROLE regress_livekit_users ROLE regress_livekit_owner, regress_livekit_guest, regress_livekit_bypass, regress_livekit_alice,
	regress_livekit_bob;
CREATE TABLE members (room text, identity text, PRIMARY KEY (room, identity));
INSERT INTO members SELECT 'standup', rolname FROM pg_roles WHERE rolname ~ '^regress_livekit';
ALTER TABLE members OWNER TO regress_livekit_owner;
ALTER TABLE members ENABLE ROW LEVEL SECURITY;
CREATE POLICY a ON members USING (identity = livekit_identity());
GRANT SELECT ON members TO regress_livekit_users;
GRANT EXECUTE ON FUNCTION livekit_join, livekit_can_join, livekit_token, livekit_token_source, livekit_issue TO regress_livekit_users;
SELECT livekit_register_access('members');

-- the claims that a role gets or how it is refused
CREATE FUNCTION pg_temp.try(who text, statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	result text; detail text; hint text;
BEGIN
	PERFORM set_config('role', CASE who WHEN 'none' THEN who ELSE 'regress_livekit_' || who END, true);
	EXECUTE statement INTO result;
	PERFORM set_config('role', 'none', true);
	RETURN coalesce(CASE WHEN result ~ '^ey' THEN stable_claims(result)::text ELSE result END, 'nothing');
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
	RETURN concat_ws(' | ', SQLSTATE, SQLERRM, nullif(detail, ''), nullif(hint, ''));
END $$;
CREATE FUNCTION pg_temp.join(VARIADIC who text[]) RETURNS TABLE ("join as" text, answer text)
BEGIN ATOMIC
	SELECT w, pg_temp.try(w, 'SELECT participant_token FROM livekit_join(''standup'')') FROM unnest(who) w;
END;

-- who is above them, with every call; livekit_issue alone does not ask
SELECT who, call, pg_temp.try(who, call) AS answer
  FROM unnest('{none, super, owner, member, bypass, alice}'::text[]) WITH ORDINALITY w(who, n),
       unnest(ARRAY['SELECT participant_token FROM livekit_join(''standup'')', 'SELECT livekit_can_join(''standup'')',
              'SELECT livekit_token(NULL, ''standup'')', 'SELECT livekit_token_source(''{"room_name": "standup"}'') ->> ''participant_token''',
              'SELECT livekit_issue(''x'', ''standup'')']) WITH ORDINALITY c(call, m)
 ORDER BY m, n;
-- for a room that is not there, it is the same mistake
SELECT pg_temp.try('owner', 'SELECT participant_token FROM livekit_join(''no such room'')');
-- all that the client sees
\set VERBOSITY default
SET ROLE regress_livekit_bypass;
SELECT livekit_join('standup');
RESET ROLE;
-- the role that counts is the current one
SELECT * FROM pg_temp.join('guest', 'alice', 'bob');
SET SESSION AUTHORIZATION regress_livekit_member;
SET ROLE regress_livekit_owner;
SELECT livekit_can_join('standup');
RESET SESSION AUTHORIZATION;
SET SESSION AUTHORIZATION regress_livekit_alice;
SELECT livekit_can_join('standup');
SELECT room, identity FROM livekit_join('standup');
RESET SESSION AUTHORIZATION;

-- row_security: PostgreSQL itself would say 42501
SET row_security = off;
SELECT * FROM pg_temp.join('alice', 'owner', 'none');
SELECT pg_temp.try('alice', 'SELECT count(*) FROM members');
RESET row_security;
SELECT pg_temp.try('alice', 'SELECT livekit_join(CASE set_config(''row_security'', ''off'', true) WHEN ''off'' THEN ''standup'' END)');
SELECT * FROM pg_temp.join('alice');

-- what changes after registration, and back again
ALTER TABLE members DISABLE ROW LEVEL SECURITY;
SELECT * FROM pg_temp.join('alice', 'bob', 'owner', 'none');
ALTER TABLE members FORCE ROW LEVEL SECURITY;
SELECT 'forced, not enabled' AS now, * FROM pg_temp.join('alice', 'owner');
ALTER TABLE members ENABLE ROW LEVEL SECURITY;
SELECT 'both' AS now, * FROM pg_temp.join('alice', 'owner', 'member', 'bypass', 'none');
ALTER TABLE members NO FORCE ROW LEVEL SECURITY;
ALTER TABLE members OWNER TO regress_livekit_alice;
SELECT 'alice owns it' AS now, * FROM pg_temp.join('alice', 'bob', 'owner', 'member');
ALTER TABLE members OWNER TO regress_livekit_owner;
ALTER ROLE regress_livekit_alice BYPASSRLS;
ALTER ROLE regress_livekit_bypass NOBYPASSRLS;
SELECT 'alice bypasses' AS now, * FROM pg_temp.join('alice', 'bob', 'bypass');
ALTER ROLE regress_livekit_alice NOBYPASSRLS;
ALTER ROLE regress_livekit_bob SUPERUSER;
SELECT 'bob is superuser' AS now, * FROM pg_temp.join('alice', 'bob');
ALTER ROLE regress_livekit_bob NOSUPERUSER;
GRANT regress_livekit_owner TO regress_livekit_bob;
SELECT 'bob is a member of the owner' AS now, * FROM pg_temp.join('alice', 'bob');
REVOKE regress_livekit_owner FROM regress_livekit_bob;
SELECT 'none of it' AS now, * FROM pg_temp.join('alice', 'bob');
-- privileges on the table are PostgreSQL's own matter
REVOKE SELECT ON members FROM regress_livekit_users;
SELECT * FROM pg_temp.join('alice', 'bypass', 'none');
GRANT SELECT (room) ON members TO regress_livekit_users;
SELECT * FROM pg_temp.join('alice');
SELECT pg_temp.try('alice', 'SELECT livekit_can_join(''standup'')');
GRANT SELECT (identity) ON members TO regress_livekit_users;
SELECT * FROM pg_temp.join('alice');

SELECT livekit_unregister_access();
DROP TABLE members;
DROP OWNED BY regress_livekit_users;
DROP ROLE regress_livekit_owner, regress_livekit_member, regress_livekit_guest, regress_livekit_bypass, regress_livekit_super,
	regress_livekit_alice, regress_livekit_bob, regress_livekit_users;
