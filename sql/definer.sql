--
-- A SECURITY DEFINER function lends its owner's rights to whoever calls it.
-- It does not lend them the owner's rooms: from within one, at any depth and
-- whoever owns it, no policy is asked.  livekit_issue never asks one.
--
SET client_min_messages = warning;
SET livekit_token.url = 'wss://live.example';
CREATE ROLE regress_livekit_owner;
CREATE ROLE regress_livekit_plain;
CREATE ROLE regress_livekit_alice;
CREATE ROLE regress_livekit_users ROLE regress_livekit_owner, regress_livekit_plain, regress_livekit_alice;
GRANT EXECUTE ON FUNCTION livekit_join, livekit_can_join, livekit_token, livekit_token_source TO regress_livekit_users;
CREATE TABLE members (room text, identity text, PRIMARY KEY (room, identity));
INSERT INTO members SELECT 'standup', rolname FROM pg_roles WHERE rolname ~ '^regress_livekit' OR rolname = current_user;
ALTER TABLE members OWNER TO regress_livekit_owner;
ALTER TABLE members ENABLE ROW LEVEL SECURITY;
CREATE POLICY a ON members USING (identity = livekit_identity());
GRANT SELECT ON members TO regress_livekit_users;
SELECT livekit_register_access('members');

-- the claims that alice gets or how she is refused
CREATE FUNCTION pg_temp.try(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	result text; detail text; hint text;
BEGIN
	PERFORM set_config('role', 'regress_livekit_alice', true);
	EXECUTE statement INTO result;
	PERFORM set_config('role', 'none', true);
	RETURN coalesce(CASE WHEN result ~ '^ey' THEN stable_claims(result)::text ELSE result END, 'nothing');
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
	RETURN concat_ws(' | ', SQLSTATE, SQLERRM, nullif(detail, ''), nullif(hint, ''));
END $$;

-- each call in a wrapper of each owner
CREATE FUNCTION join_standup() RETURNS text LANGUAGE sql AS 'SELECT participant_token FROM livekit_join(''standup'')';
CREATE FUNCTION can_join() RETURNS text LANGUAGE plpgsql AS 'BEGIN RETURN livekit_can_join(''standup''); END';
CREATE FUNCTION token() RETURNS text LANGUAGE sql RETURN livekit_token(NULL, 'standup');
CREATE FUNCTION token_of(who text) RETURNS text LANGUAGE plpgsql AS 'BEGIN RETURN livekit_token(who, ''standup''); END';
CREATE FUNCTION source() RETURNS text LANGUAGE plpgsql AS
	$$BEGIN RETURN livekit_token_source('{"room_name": "standup"}') ->> 'participant_token'; END$$;
SELECT call, pg_temp.try('SELECT ' || call) AS invoker
  FROM unnest('{join_standup(), can_join(), token(), source()}'::text[]) call;
SELECT format('ALTER FUNCTION %s SECURITY DEFINER', f)
  FROM unnest('{join_standup(), can_join(), token(), token_of(text), source()}'::text[]) f \gexec
CREATE FUNCTION pg_temp.owned_by(who text) RETURNS TABLE ("owned by" text, call text, answer text) LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE format('ALTER FUNCTION join_standup() OWNER TO %1$I; ALTER FUNCTION can_join() OWNER TO %1$I; ALTER FUNCTION token() OWNER TO %1$I;'
		'ALTER FUNCTION token_of(text) OWNER TO %1$I; ALTER FUNCTION source() OWNER TO %1$I', who);
	RETURN QUERY SELECT who, c, pg_temp.try('SELECT ' || c)
	  FROM unnest('{join_standup(), can_join(), token(), token_of(''regress_livekit_alice''), token_of(current_user), source()}'::text[]) c;
END $$;
SELECT o.* FROM unnest('{regress_livekit_plain, regress_livekit_owner, regress_livekit_alice}'::text[]) who, pg_temp.owned_by(who) o;
SELECT current_user AS super \gset
SELECT call, answer FROM pg_temp.owned_by(:'super');
-- nor where the policies bind the table's owner too
ALTER TABLE members FORCE ROW LEVEL SECURITY;
SELECT call, answer FROM pg_temp.owned_by('regress_livekit_owner');
ALTER TABLE members NO FORCE ROW LEVEL SECURITY;

-- nested: a definer calls an invoker that asks, an invoker calls a definer
ALTER FUNCTION join_standup() OWNER TO regress_livekit_plain;
CREATE FUNCTION outer_invoker() RETURNS text LANGUAGE plpgsql AS 'BEGIN RETURN join_standup(); END';
CREATE FUNCTION inner_invoker() RETURNS text LANGUAGE plpgsql AS
	'DECLARE t text; BEGIN SELECT participant_token INTO t FROM livekit_join(''standup''); RETURN t; END';
CREATE FUNCTION outer_definer() RETURNS text LANGUAGE plpgsql SECURITY DEFINER AS 'BEGIN RETURN inner_invoker(); END';
ALTER FUNCTION outer_definer() OWNER TO regress_livekit_plain;
CREATE FUNCTION deep() RETURNS text LANGUAGE plpgsql AS 'BEGIN RETURN outer_definer(); END';
CREATE FUNCTION dynamic() RETURNS text LANGUAGE plpgsql SECURITY DEFINER AS
	$$DECLARE t text; BEGIN EXECUTE 'SELECT participant_token FROM livekit_join($1)' INTO t USING 'standup'; RETURN t; END$$;
CREATE FUNCTION swallows() RETURNS text LANGUAGE plpgsql SECURITY DEFINER AS
	$$BEGIN RETURN inner_invoker(); EXCEPTION WHEN OTHERS THEN RETURN SQLSTATE; END$$;
CREATE FUNCTION settles() RETURNS text LANGUAGE plpgsql SET search_path = pg_catalog, public SET work_mem = '1MB' AS 'BEGIN RETURN inner_invoker(); END';
CREATE PROCEDURE proc(INOUT t text) LANGUAGE plpgsql SECURITY DEFINER AS 'BEGIN t := inner_invoker(); END';
CREATE VIEW tokens AS SELECT join_standup() AS token;
GRANT SELECT ON tokens TO regress_livekit_alice;
CREATE VIEW own_tokens AS SELECT participant_token AS token FROM livekit_join('standup');
GRANT SELECT ON own_tokens TO regress_livekit_alice;
SELECT statement, pg_temp.try(statement) AS answer
  FROM unnest(ARRAY['SELECT outer_invoker()', 'SELECT outer_definer()', 'SELECT deep()', 'SELECT dynamic()', 'SELECT swallows()',
	'SELECT inner_invoker()', 'SELECT settles()', 'CALL proc(NULL)', 'SELECT token FROM tokens', 'SELECT token FROM own_tokens']) statement;
-- a definer in between is over when it has returned, also by an error
SELECT pg_temp.try('SELECT CASE WHEN swallows() = ''55000'' THEN inner_invoker() END');
-- nor does SET ROLE help in one
CREATE FUNCTION sets_role() RETURNS text LANGUAGE plpgsql SECURITY DEFINER AS
	$$BEGIN PERFORM set_config('role', 'regress_livekit_alice', true); RETURN inner_invoker(); END$$;
SELECT pg_temp.try('SELECT sets_role()');
-- a cursor that a definer opens is fetched by alice
CREATE FUNCTION opens(c refcursor) RETURNS refcursor LANGUAGE plpgsql SECURITY DEFINER AS
	$$BEGIN OPEN c FOR SELECT identity FROM livekit_join('standup'); RETURN c; END$$;
BEGIN;
SET LOCAL ROLE regress_livekit_alice;
SELECT opens('c');
FETCH c;
ROLLBACK;
-- livekit_issue signs what it is asked, by the owner's EXECUTE
CREATE FUNCTION issue() RETURNS text LANGUAGE sql SECURITY DEFINER RETURN livekit_issue('anybody', 'anywhere');
SELECT pg_temp.try('SELECT issue()');
SELECT pg_temp.try('SELECT livekit_issue(''anybody'', ''anywhere'')');
-- livekit_join itself made one
ALTER FUNCTION livekit_join SECURITY DEFINER;
SELECT pg_temp.try('SELECT inner_invoker()');
ALTER FUNCTION livekit_join SECURITY INVOKER SET search_path = pg_catalog;
SELECT pg_temp.try('SELECT inner_invoker()');
ALTER FUNCTION livekit_join RESET ALL;
-- all that the client is told
SET ROLE regress_livekit_alice;
SELECT join_standup();
RESET ROLE;
SELECT livekit_unregister_access();
DROP VIEW tokens, own_tokens;
DROP FUNCTION join_standup, can_join, token, token_of, source, outer_invoker, inner_invoker, outer_definer, deep, dynamic, swallows, settles, sets_role, opens, issue;
DROP PROCEDURE proc;
DROP TABLE members;
DROP OWNED BY regress_livekit_users;
DROP ROLE regress_livekit_owner, regress_livekit_plain, regress_livekit_alice, regress_livekit_users;
