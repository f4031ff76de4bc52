--
-- Who may sign, and who may be whom, as livekit_lint sees it: functions that
-- the wrong roles may execute, roles whom no policy binds, functions and
-- triggers that sign on others' behalf, identities taken from settings.  Each
-- finding is provoked; then it is mended, and is gone.
--
SET client_min_messages = warning;
\pset tuples_only
\pset format unaligned
\pset fieldsep '\n\t'
CREATE SCHEMA lint;
CREATE ROLE regress_livekit_keeper;
CREATE ROLE regress_livekit_backend LOGIN;
CREATE ROLE "regress_livekit_Web" NOLOGIN;
CREATE ROLE regress_livekit_gateway LOGIN NOINHERIT IN ROLE "regress_livekit_Web";

-- executable by everybody: what signs anything, and what administers
GRANT EXECUTE ON FUNCTION livekit_issue, livekit_key_drop, livekit_unregister_access TO PUBLIC;
GRANT EXECUTE ON FUNCTION livekit_join, livekit_token, livekit_verify, livekit_keys TO PUBLIC;
SELECT * FROM lint_look('granted_to_public');
SELECT lint_mend('granted_to_public');

-- by those who log in as a gateway; a back end may sign, whoever administers is named
ALTER ROLE regress_livekit_gateway SET livekit_token.identity = 'postgrest';
GRANT EXECUTE ON FUNCTION livekit_issue TO regress_livekit_backend, "regress_livekit_Web";
GRANT EXECUTE ON FUNCTION livekit_key_set, livekit_key_retire, livekit_register_access TO regress_livekit_keeper;
GRANT EXECUTE ON FUNCTION livekit_key_set, livekit_api_request TO regress_livekit_gateway;	-- a worker may have the latter
SELECT * FROM lint_look('granted_to_gateway');
SELECT * FROM lint_look('granted_to_others');
ALTER ROLE regress_livekit_gateway SET livekit_token.identity = 'role';
SELECT finding FROM lint_look('granted_to_others');
ALTER ROLE regress_livekit_gateway SET pgrst.db_anon_role = 'regress_livekit_nobody';
GRANT EXECUTE ON FUNCTION livekit_api_request TO "regress_livekit_Web";
SELECT object FROM lint_look('granted_to_gateway');
REVOKE EXECUTE ON FUNCTION livekit_issue, livekit_api_request FROM "regress_livekit_Web";
REVOKE EXECUTE ON FUNCTION livekit_key_set, livekit_key_retire, livekit_register_access FROM regress_livekit_keeper, regress_livekit_gateway;
SELECT object FROM unnest('{granted_to_gateway, granted_to_others}'::text[]) r, lint_look(r);

-- roles whom policies do not bind; one that nobody can be is none
CREATE ROLE regress_livekit_super LOGIN SUPERUSER;
CREATE ROLE regress_livekit_rootless NOLOGIN SUPERUSER;
CREATE ROLE regress_livekit_dump LOGIN BYPASSRLS;
CREATE ROLE regress_livekit_nobody NOLOGIN BYPASSRLS;
REVOKE EXECUTE ON FUNCTION livekit_join, livekit_token FROM PUBLIC;
GRANT EXECUTE ON FUNCTION livekit_issue TO regress_livekit_nobody;
SELECT * FROM lint_look('superuser_login');
SELECT object FROM lint_look('bypassrls_signs');
GRANT regress_livekit_nobody TO "regress_livekit_Web";
GRANT EXECUTE ON FUNCTION livekit_join TO regress_livekit_dump;
SELECT * FROM lint_look('bypassrls_signs');
ALTER ROLE regress_livekit_super NOSUPERUSER; ALTER ROLE regress_livekit_dump NOBYPASSRLS;
REVOKE EXECUTE ON FUNCTION livekit_issue FROM regress_livekit_nobody;
SELECT object FROM unnest('{superuser_login, bypassrls_signs}'::text[]) r, lint_look(r);

-- functions that sign or forget as their owner, by either kind of body
CREATE FUNCTION lint.door(room text) RETURNS text LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN RETURN public.LiveKit_Issue ('guest', room); END $$;
CREATE FUNCTION lint.atomic(room text) RETURNS boolean SECURITY DEFINER RETURN (SELECT count(*) > 0 FROM livekit_join(room));
CREATE PROCEDURE lint."Rotate"() LANGUAGE sql SECURITY DEFINER AS 'SELECT "livekit_key_retire"(''APIa'')';
CREATE FUNCTION lint.forget() RETURNS bigint SECURITY DEFINER RETURN livekit_issued_prune(now() - interval '90 days');
CREATE FUNCTION lint.invoker(room text) RETURNS text RETURN livekit_issue('guest', room);
CREATE FUNCTION lint.harmless() RETURNS text SECURITY DEFINER RETURN livekit_identity();
CREATE FUNCTION lint.other() RETURNS text LANGUAGE sql SECURITY DEFINER AS $$ SELECT current_setting('livekit_token.url') || 'my_livekit_issue(' $$;
SELECT * FROM lint_look('security_definer');
ALTER ROUTINE lint.atomic SECURITY INVOKER; ALTER ROUTINE lint."Rotate" SECURITY INVOKER; ALTER ROUTINE lint.forget SECURITY INVOKER;
-- a door is none: its owner is a role that nobody can be, search_path is its own, and few may execute it
CREATE FUNCTION lint.door_if(owner text, setting text, whom text) RETURNS SETOF text LANGUAGE plpgsql AS $$ BEGIN
	EXECUTE format('ALTER FUNCTION lint.door OWNER TO %I; ALTER FUNCTION lint.door RESET ALL; ALTER FUNCTION lint.door SET %s;
		REVOKE EXECUTE ON FUNCTION lint.door FROM PUBLIC; GRANT EXECUTE ON FUNCTION lint.door TO %s', owner, setting, whom);
	RETURN QUERY SELECT concat_ws(', ', object, owner, setting, whom) FROM lint_look('security_definer'); END $$;
SELECT lint.door_if(owner, setting, whom) FROM (VALUES ('regress_livekit_Web', 'search_path = pg_catalog, pg_temp', 'regress_livekit_backend'), ('regress_livekit_Web', 'search_path = lint', 'PUBLIC'),
	('regress_livekit_Web', 'work_mem = 64', 'regress_livekit_backend'), ('regress_livekit_backend', 'search_path = lint', 'regress_livekit_backend'), ('regress_livekit_rootless', 'search_path = lint', 'regress_livekit_backend')) v(owner, setting, whom);

-- a trap: a trigger that signs with the rights of an administrator who writes
CREATE FUNCTION lint.sign() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.token := livekit_issue('me', 'boardroom'); RETURN NEW; END $$;
CREATE TABLE lint.trap (token text);
CREATE TABLE lint.own (token text);
CREATE TRIGGER "Trap" BEFORE INSERT ON lint.trap FOR EACH ROW EXECUTE FUNCTION lint.sign();
CREATE TRIGGER own BEFORE INSERT ON lint.own FOR EACH ROW EXECUTE FUNCTION lint.sign();
SELECT object FROM lint_look('trigger_signs');
ALTER TABLE lint.trap OWNER TO regress_livekit_keeper;
SELECT * FROM lint_look('trigger_signs');
DROP TRIGGER "Trap" ON lint.trap;
SELECT object FROM lint_look('trigger_signs');
ALTER FUNCTION lint.sign OWNER TO regress_livekit_keeper;
SELECT object FROM lint_look('trigger_signs');

-- identities from settings: where nobody logs in, and where somebody does
ALTER ROLE "regress_livekit_Web" SET livekit_token.identity = 'postgrest';
ALTER DATABASE :DBNAME SET livekit_token.identity = 'hasura';
ALTER ROLE regress_livekit_backend IN DATABASE :DBNAME SET livekit_token.identity = 'app.user_id';
SELECT * FROM lint_look('identity_ignored');
SELECT * FROM lint_look('identity_of_login');
-- of a login that can neither sign nor join here it is none; one that can be another role that may, can
ALTER ROLE regress_livekit_super NOINHERIT; ALTER ROLE regress_livekit_super SET livekit_token.identity = 'app.user_id';
SELECT object FROM lint_look('identity_of_login');
GRANT regress_livekit_backend TO regress_livekit_super;
SELECT object FROM lint_look('identity_of_login');
SELECT lint_mend('identity_ignored');

-- row_security off is no way to join; of a role that joins nothing, it is its own affair
ALTER ROLE regress_livekit_keeper SET row_security = 'OFF';
ALTER ROLE regress_livekit_dump SET row_security = 0;
ALTER ROLE regress_livekit_backend SET row_security = on;
SELECT * FROM lint_look('row_security_off');
SELECT lint_mend('row_security_off');

-- a schema that PostgREST exposes
ALTER ROLE regress_livekit_gateway SET pgrst.db_schemas = 'api , "public",lint';
SELECT * FROM lint_look('schema_exposed');
ALTER ROLE regress_livekit_gateway SET pgrst.db_schemas = ' public ';
SELECT object FROM lint_look('schema_exposed');
ALTER ROLE regress_livekit_gateway SET pgrst.db_schemas = 'api, pub lic, "a,public,b", " public"';
SELECT object FROM lint_look('schema_exposed');

SET client_min_messages = error;
DROP SCHEMA lint CASCADE;
REVOKE EXECUTE ON FUNCTION livekit_verify, livekit_keys FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION livekit_issue, livekit_join, livekit_api_request FROM regress_livekit_backend, regress_livekit_dump, regress_livekit_nobody, regress_livekit_gateway;
DROP ROLE regress_livekit_keeper, regress_livekit_backend, "regress_livekit_Web", regress_livekit_gateway,
	regress_livekit_super, regress_livekit_rootless, regress_livekit_dump, regress_livekit_nobody;
