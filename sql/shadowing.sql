--
-- What a caller puts on the search path does not answer in place of what the
-- question means: operators, functions, types, tables of the same names, in
-- a schema of the caller's or among the temporary tables.
--
SET client_min_messages = error;	-- no warnings of leakproofness
SET livekit_token.url = 'wss://live.example';
CREATE ROLE regress_livekit_alice;
CREATE ROLE regress_livekit_eve;
CREATE ROLE regress_livekit_users ROLE regress_livekit_alice, regress_livekit_eve;
GRANT EXECUTE ON FUNCTION livekit_join, livekit_can_join, livekit_token TO regress_livekit_users;
GRANT CREATE, TEMPORARY ON DATABASE :"DBNAME" TO regress_livekit_eve;
CREATE TYPE colour AS ENUM ('red', 'green');
CREATE DOMAIN word AS text CHECK (VALUE ~ '^[a-z]+$');
CREATE TABLE members (room text, identity text, grants jsonb, ttl interval, name text, PRIMARY KEY (room, identity));
INSERT INTO members VALUES ('red', 'regress_livekit_alice', '{"roomAdmin": true}', '1 hour', 'Alice');
ALTER TABLE members ENABLE ROW LEVEL SECURITY;
CREATE POLICY a ON members USING (true);
GRANT SELECT ON members TO regress_livekit_users;

-- the same question of a column of each type
CREATE FUNCTION pg_temp.join(who text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	token pg_catalog.text;
BEGIN
	PERFORM set_config('role', 'regress_livekit_' || who, true);
	SELECT public.livekit_token(NULL, room) INTO token FROM public.livekit_join('red');
	PERFORM set_config('role', 'none', true);
	RETURN public.stable_claims(token) - 'video';
EXCEPTION WHEN OTHERS THEN
	RETURN concat_ws(' | ', SQLSTATE, SQLERRM);
END $$;
CREATE FUNCTION pg_temp.joins() RETURNS TABLE (type text, alice text, eve text) LANGUAGE plpgsql AS $$
BEGIN
	FOREACH type IN ARRAY '{pg_catalog.text, pg_catalog.varchar(9), pg_catalog.bpchar(9), pg_catalog.name, public.word, public.colour}'::pg_catalog.text[] LOOP
		EXECUTE pg_catalog.format('ALTER TABLE public.members ALTER room TYPE %s USING room::pg_catalog.text::%1$s', type);
		PERFORM public.livekit_register_access('public.members');
		alice := pg_temp.join('alice');
		eve := pg_temp.join('eve');
		RETURN NEXT;
	END LOOP;
END $$;
SELECT * FROM pg_temp.joins();
-- eve's schema, first on the path of all
CREATE SCHEMA eve AUTHORIZATION regress_livekit_eve;
GRANT USAGE ON SCHEMA eve TO PUBLIC;
SET ROLE regress_livekit_eve;
SET search_path = eve, pg_catalog, public;
DO $do$
DECLARE
	a text; b text; f text;
BEGIN
	FOREACH a IN ARRAY '{text, name, bpchar, varchar, public.colour, public.word}'::text[] LOOP
		FOREACH b IN ARRAY '{text, name, bpchar, varchar, public.colour, public.word}'::text[] LOOP
			EXECUTE format('CREATE FUNCTION eve.equal(%s, %s) RETURNS bool LANGUAGE plpgsql AS $f$ BEGIN RAISE ''eve was asked by =''; END $f$', a, b);
			EXECUTE format('CREATE OPERATOR eve.= (LEFTARG = %s, RIGHTARG = %s, FUNCTION = eve.equal)', a, b);
		END LOOP;
		EXECUTE format('CREATE FUNCTION eve.text(%s) RETURNS text LANGUAGE plpgsql AS $f$ BEGIN RAISE ''eve was asked by text''; END $f$', a);
	END LOOP;
	FOREACH f IN ARRAY '{livekit_identity(), current_user(), "texteq(text, text)", "btrim(text)", "livekit_issue(text, text)"}'::text[] LOOP
		EXECUTE format('CREATE FUNCTION eve.%s RETURNS text LANGUAGE plpgsql AS $f$ BEGIN RAISE ''eve was asked by %1$s''; END $f$', f);
	END LOOP;
END $do$;
CREATE DOMAIN eve.text AS pg_catalog.varchar(1);
CREATE DOMAIN eve.jsonb AS pg_catalog.text;
CREATE DOMAIN eve.interval AS pg_catalog.text;
CREATE DOMAIN eve.word AS pg_catalog.text;
CREATE TYPE eve.livekit_connection AS (token pg_catalog.text);
CREATE TABLE eve.livekit_access AS SELECT 'eve.members'::pg_catalog.text AS relation, 'room'::name AS room;
CREATE TABLE eve.members (room pg_catalog.text, identity pg_catalog.text, grants pg_catalog.jsonb, ttl pg_catalog.interval, name pg_catalog.text);
INSERT INTO eve.members VALUES ('red', 'regress_livekit_eve', '{"roomAdmin": true, "roomRecord": true}', '1 hour', 'Eve');
ALTER TABLE eve.members ENABLE ROW LEVEL SECURITY;
CREATE POLICY a ON eve.members USING (true);
GRANT SELECT ON ALL TABLES IN SCHEMA eve TO PUBLIC;
RESET ROLE;
SELECT 'red'::pg_catalog.text = 'red'::pg_catalog.text;
SELECT * FROM pg_temp.joins();

-- the same as temporary tables, which come before all schemas
RESET search_path;
SET ROLE regress_livekit_eve;
CREATE TEMP TABLE members AS SELECT * FROM eve.members;
CREATE TEMP TABLE livekit_access AS SELECT * FROM eve.livekit_access;
CREATE TEMP TABLE livekit_connection (token text);
CREATE TEMP TABLE pg_class AS SELECT oid, relname, true AS relrowsecurity FROM pg_catalog.pg_class LIMIT 0;
GRANT SELECT ON members, livekit_access TO PUBLIC;
RESET ROLE;
SELECT * FROM pg_temp.joins();
SET search_path = pg_temp, eve, pg_catalog, public;
SELECT * FROM pg_temp.joins();
-- nor need there be a path at all
SET search_path = '';
SELECT * FROM pg_temp.joins();
RESET search_path;
DROP TABLE pg_temp.members, pg_temp.livekit_access, pg_temp.livekit_connection, pg_temp.pg_class;

SELECT livekit_unregister_access();
DROP TABLE members;
DROP SCHEMA eve CASCADE;
DROP TYPE colour, word;
DROP OWNED BY regress_livekit_users, regress_livekit_eve;
DROP ROLE regress_livekit_alice, regress_livekit_eve, regress_livekit_users;
