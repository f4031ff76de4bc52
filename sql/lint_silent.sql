--
-- What livekit_lint does not find: the set-up that the README recommends, for
-- roles that log in and for a gateway; and things that only look like trouble.
-- All that it says of these is advice, and true.
--
SET client_min_messages = warning;
CREATE VIEW findings AS
	SELECT severity, rule, object FROM livekit_lint() WHERE rule <> 'superuser_login' OR object ~ 'regress_livekit';
ALTER DATABASE :DBNAME SET livekit_token.url = 'wss://livekit.example.com';
\c -
SET client_min_messages = warning;
SELECT * FROM findings;

-- the quick start
CREATE TABLE members (room text, identity text, grants jsonb, PRIMARY KEY (room, identity));
ALTER TABLE members ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON members FOR SELECT USING (identity = livekit_identity());
CREATE POLICY none ON members USING (false);
GRANT SELECT, DELETE, REFERENCES ON members TO PUBLIC;
INSERT INTO members VALUES ('standup', 'regress_livekit_alice', NULL), ('standup', 'bob', '{"canPublish": false}');
SELECT livekit_register_access('members');
CREATE ROLE regress_livekit_alice LOGIN;
GRANT SELECT ON members TO regress_livekit_alice;
GRANT EXECUTE ON FUNCTION livekit_join, livekit_can_join, livekit_token_source TO regress_livekit_alice;
SELECT * FROM findings;

-- a gateway, and its schema
CREATE ROLE regress_livekit_anon NOLOGIN;
CREATE ROLE regress_livekit_web NOLOGIN;
CREATE ROLE regress_livekit_gateway LOGIN NOINHERIT IN ROLE regress_livekit_anon, regress_livekit_web;
ALTER ROLE regress_livekit_gateway SET livekit_token.identity = 'postgrest';
ALTER ROLE regress_livekit_gateway SET pgrst.db_schemas = 'api, publicity, pub lic';
CREATE SCHEMA api;
CREATE FUNCTION api.livekit_join(room text, device text DEFAULT NULL) RETURNS SETOF livekit_connection LANGUAGE sql VOLATILE
BEGIN ATOMIC SELECT * FROM public.livekit_join(room, device => device); END;
CREATE FUNCTION api.livekit_issue(jsonb) RETURNS jsonb LANGUAGE sql VOLATILE
BEGIN ATOMIC SELECT public.livekit_token_source($1); END;
GRANT EXECUTE ON FUNCTION livekit_join, livekit_token_source TO regress_livekit_web;
GRANT SELECT ON members TO regress_livekit_web;
SELECT * FROM findings;

-- a back end that may sign, an auditor, a verifier, an owner who does not join
CREATE ROLE regress_livekit_backend LOGIN;
CREATE ROLE regress_livekit_owner LOGIN;
GRANT EXECUTE ON FUNCTION livekit_issue, livekit_verify, livekit_inspect TO regress_livekit_backend;
GRANT SELECT ON livekit_keys, livekit_issued TO regress_livekit_backend;
GRANT EXECUTE ON FUNCTION livekit_keys, livekit_access_report, livekit_lint TO regress_livekit_backend;
GRANT EXECUTE ON FUNCTION livekit_verify TO PUBLIC;
ALTER TABLE members OWNER TO regress_livekit_owner;
SELECT * FROM findings;

-- roles beyond the policies that nobody can be, or that may sign nothing; who has no part in joining here
CREATE ROLE regress_livekit_dump LOGIN BYPASSRLS;
CREATE ROLE regress_livekit_service NOLOGIN BYPASSRLS;
GRANT EXECUTE ON FUNCTION livekit_issue TO regress_livekit_service;
CREATE ROLE regress_livekit_root NOLOGIN SUPERUSER;
ALTER ROLE regress_livekit_dump SET livekit_token.identity = 'app.user_id';
ALTER ROLE regress_livekit_dump SET row_security = off;
ALTER ROLE regress_livekit_web SET livekit_token.identity = 'role';
ALTER ROLE regress_livekit_web IN DATABASE template1 SET livekit_token.identity = 'postgrest';
ALTER ROLE regress_livekit_alice IN DATABASE template1 SET row_security = off;
SELECT * FROM findings;

-- functions and triggers of others, and policies that ask who reads
CREATE FUNCTION api.is_member(room text) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
RETURN EXISTS (SELECT FROM public.members m WHERE m.room = is_member.room AND m.identity = public.livekit_identity());
CREATE FUNCTION api.helper() RETURNS text LANGUAGE sql SECURITY DEFINER AS $$ SELECT 'not_livekit_issue(), livekit_issues(), livekit_issue of livekit_token' $$;
CREATE FUNCTION api.remember() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS 'BEGIN NEW.identity := livekit_identity(); RETURN NEW; END';
CREATE TRIGGER remember BEFORE INSERT ON members FOR EACH ROW EXECUTE FUNCTION api.remember();
CREATE TABLE rooms (room text PRIMARY KEY, other text UNIQUE DEFERRABLE INITIALLY DEFERRED);
ALTER TABLE members ADD FOREIGN KEY (room) REFERENCES rooms NOT VALID;
CREATE POLICY moderators ON members FOR SELECT USING (identity = livekit_identity() OR api.is_member(room));
CREATE FUNCTION api.is_new(room text) RETURNS boolean LANGUAGE sql VOLATILE AS 'SELECT true';
CREATE POLICY writers ON members FOR INSERT TO regress_livekit_owner WITH CHECK (api.is_new(room));
CREATE POLICY nobody ON members AS RESTRICTIVE FOR SELECT USING (true);
CREATE POLICY everybody ON rooms USING (true);
CREATE FUNCTION api.door(room text) RETURNS text SECURITY DEFINER SET search_path = pg_catalog, pg_temp RETURN livekit_issue('guest', room);
ALTER FUNCTION api.door OWNER TO regress_livekit_service;
REVOKE EXECUTE ON FUNCTION api.door FROM PUBLIC;
SELECT * FROM findings;

-- a setting that would show secrets, when another one keeps them back
ALTER DATABASE :DBNAME SET log_statement = 'all';
ALTER DATABASE :DBNAME SET log_parameter_max_length = 0;
ALTER DATABASE :DBNAME SET livekit_token.max_ttl = '1h';
ALTER DATABASE :DBNAME SET livekit_token.audit = 'both';
\c -
SELECT * FROM findings;

SET client_min_messages = error;
ALTER DATABASE :DBNAME RESET log_statement;
ALTER DATABASE :DBNAME RESET log_parameter_max_length;
ALTER DATABASE :DBNAME RESET livekit_token.url;
ALTER DATABASE :DBNAME RESET livekit_token.max_ttl;
ALTER DATABASE :DBNAME RESET livekit_token.audit;
SELECT livekit_unregister_access();
DROP VIEW findings;
DROP TABLE members, rooms CASCADE;
DROP SCHEMA api CASCADE;
REVOKE EXECUTE ON FUNCTION livekit_verify FROM PUBLIC;
DROP OWNED BY regress_livekit_alice, regress_livekit_web, regress_livekit_backend, regress_livekit_service, regress_livekit_owner;
DROP ROLE regress_livekit_alice, regress_livekit_anon, regress_livekit_web, regress_livekit_gateway, regress_livekit_backend, regress_livekit_owner,
	regress_livekit_dump, regress_livekit_service, regress_livekit_root;
