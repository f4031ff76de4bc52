--
-- Whoever can say who is calling can be anyone.  So livekit_token.identity is
-- the administrator's to set, for the role that logs in and nowhere else: not
-- for all roles, not for a database, not in a session, not by a function.
--
SELECT current_user AS superuser, current_database() AS db \gset
CREATE ROLE regress_livekit_login LOGIN;
CREATE ROLE regress_livekit_trusted LOGIN ROLE regress_livekit_login;
ALTER ROLE regress_livekit_trusted SET livekit_token.identity = 'app.user_id';
GRANT CREATE ON SCHEMA public TO regress_livekit_login;
CREATE TABLE members (room text PRIMARY KEY, identity text);
CREATE INDEX ON members (identity);
INSERT INTO members VALUES ('standup', 'alice');
GRANT SELECT ON members TO regress_livekit_login, regress_livekit_trusted;
GRANT EXECUTE ON FUNCTION livekit_join, livekit_can_join TO regress_livekit_login, regress_livekit_trusted;
ALTER TABLE members ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON members USING (livekit_identity() IS NULL OR identity = livekit_identity());
SET client_min_messages = warning;
SELECT livekit_register_access('members');

-- what it may not be, wherever it is set
SELECT livekit_identity() IS NOT NULL AS loaded;
CREATE FUNCTION pg_temp.refusal(value text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE format('ALTER ROLE regress_livekit_login SET livekit_token.identity = %L', value);
	RETURN 'NOT REFUSED';
EXCEPTION WHEN OTHERS THEN
	RETURN SQLSTATE || ' ' || SQLERRM;
END $$;
SELECT value, pg_temp.refusal(value) FROM unnest(ARRAY['', ' ', 'Role', 'role ', 'roles', 'user', 'none', 'session_user', 'PostgREST', 'postgrest:sub', 'role:x',
	'app', '.app', 'app.', 'app..user', 'app.user id', 'app.1', 'app.user:', ':id', 'app.user:{}', 'app.user:{a', 'app.user:{a,}', 'app.user:{,a}', 'app.user:{a}b',
	'app.user:{a}{b}', 'work_mem', 'role:{a}', 'livekit_token.identity', 'livekit_token.url', 'LiveKit_Token.url', 'app-x.user', '"app".user', 'app.user;x']) AS value;

-- in a session, also a superuser's
SET livekit_token.identity = 'app.user_id';
SELECT set_config('livekit_token.identity', 'app.user_id', true);
SET livekit_token.identity = 'role';
-- nor by a function, when it is made or when it is called
CREATE FUNCTION as_alice() RETURNS text LANGUAGE sql SET livekit_token.identity = 'app.user_id' AS 'SELECT livekit_identity()';
CREATE FUNCTION as_alice() RETURNS text LANGUAGE sql SET app.user_id = 'alice' AS 'SELECT livekit_identity()';
ALTER FUNCTION as_alice SET livekit_token.identity = 'app.user_id';
SELECT as_alice();
DROP FUNCTION as_alice;

-- for a database, and for all roles: nobody, not the role
ALTER DATABASE :"db" SET livekit_token.identity = 'app.user_id';
\c - regress_livekit_login
SET app.user_id = 'alice';
SELECT livekit_identity(), current_setting('livekit_token.identity') AS setting;
SELECT * FROM livekit_join('standup');
SELECT livekit_can_join('standup');
\c - :superuser
SELECT livekit_identity();
ALTER DATABASE :"db" RESET livekit_token.identity;
ALTER ROLE ALL SET livekit_token.identity = 'app.user_id';
\c - regress_livekit_login
SET app.user_id = 'alice';
SELECT livekit_identity(), current_setting('livekit_token.identity') AS setting;
SELECT * FROM livekit_join('standup');
\c - :superuser
ALTER ROLE ALL RESET livekit_token.identity;
-- "role" may be said anywhere
ALTER DATABASE :"db" SET livekit_token.identity = 'role';

-- a role without the setting says what it will, before the library is loaded
-- and after
\c - regress_livekit_login
SET client_min_messages = error;
DO $$
BEGIN
	SET livekit_token.identity = 'app.user_id';
EXCEPTION WHEN OTHERS THEN		-- where the library is preloaded
	NULL;
END $$;
SET app.user_id = 'alice';
SELECT coalesce(livekit_identity(), 'nobody') <> 'alice' AS not_alice;
RESET client_min_messages;
\c - regress_livekit_login
SET app.user_id = 'alice';
SELECT livekit_identity();
\set VERBOSITY sqlstate
SET livekit_token.identity = 'app.user_id';
SET livekit_token.identity = 'role';
ALTER ROLE regress_livekit_login SET livekit_token.identity = 'app.user_id';
ALTER FUNCTION livekit_identity() SET livekit_token.identity = 'app.user_id';
CREATE FUNCTION as_alice() RETURNS text LANGUAGE sql SET livekit_token.identity = 'app.user_id' AS 'SELECT livekit_identity()';
\set VERBOSITY default
-- becoming a role that is trusted with it is not logging in as that role
SET ROLE regress_livekit_trusted;
SELECT livekit_identity(), current_setting('livekit_token.identity') AS setting;
RESET ROLE;

-- and the role that logged in keeps it, whatever it becomes and resets
\c - regress_livekit_trusted
SET app.user_id = 'alice';
SELECT livekit_identity(), livekit_can_join('standup');
RESET ALL;
SELECT livekit_identity() AS nobody, current_setting('livekit_token.identity') AS setting;
SET app.user_id = 'alice';
DISCARD ALL;
SELECT livekit_identity() AS nobody, current_setting('livekit_token.identity') AS setting;
SELECT * FROM livekit_join('standup');
SET app.user_id = 'alice';
SELECT livekit_identity();
\set VERBOSITY sqlstate
RESET livekit_token.identity;
SET livekit_token.identity TO DEFAULT;
\set VERBOSITY default
SELECT livekit_identity();

\c - :superuser
ALTER DATABASE :"db" RESET livekit_token.identity;
SELECT livekit_unregister_access();
DROP TABLE members;
DROP OWNED BY regress_livekit_login, regress_livekit_trusted;
DROP ROLE regress_livekit_login, regress_livekit_trusted;
