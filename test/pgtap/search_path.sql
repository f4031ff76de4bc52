-- The extension created, and used, where somebody's look-alikes of what it
-- calls come first on the search path.
BEGIN;
\ir outcome.psql
SELECT plan(9);

CREATE ROLE anon;
CREATE ROLE regress_livekit_hostile;
CREATE TEMP TABLE usual AS SELECT grantee::text, privilege, type, name FROM pg_temp.granted;
DROP EXTENSION livekit_token;
ALTER DEFAULT PRIVILEGES GRANT ALL ON FUNCTIONS TO anon;
ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO anon;

-- Each look-alike records that it was called.
CREATE SCHEMA hostile AUTHORIZATION regress_livekit_hostile;
GRANT USAGE ON SCHEMA hostile TO PUBLIC;
SET LOCAL ROLE regress_livekit_hostile;
CREATE SEQUENCE hostile.calls;
GRANT ALL ON SEQUENCE hostile.calls TO PUBLIC;
CREATE FUNCTION hostile.format(text, VARIADIC text[]) RETURNS text RETURN nextval('hostile.calls')::text;
CREATE FUNCTION hostile.format(text, text, text, text) RETURNS text RETURN nextval('hostile.calls')::text;
CREATE FUNCTION hostile.quote_ident(name) RETURNS text RETURN nextval('hostile.calls')::text;
CREATE FUNCTION hostile.pg_get_userbyid(oid) RETURNS name RETURN nextval('hostile.calls')::text;
CREATE FUNCTION hostile.acldefault("char", oid) RETURNS aclitem[] RETURN CASE WHEN nextval('hostile.calls') > 0 THEN '{}'::aclitem[] END;
CREATE FUNCTION hostile.aclexplode(aclitem[], OUT grantor oid, OUT grantee oid, OUT privilege_type text, OUT is_grantable bool)
	RETURNS SETOF record LANGUAGE sql AS $$SELECT nextval('hostile.calls')::oid, 0::oid, '', false WHERE false$$;
CREATE FUNCTION hostile.pg_identify_object(oid, oid, int, OUT type text, OUT schema text, OUT name text, OUT identity text)
	LANGUAGE sql AS $$SELECT nextval('hostile.calls')::text, '', '', ''$$;
CREATE FUNCTION hostile.differs(oid, oid) RETURNS bool RETURN nextval('hostile.calls') < 0;
CREATE OPERATOR hostile.= (LEFTARG = oid, RIGHTARG = oid, FUNCTION = hostile.differs);
CREATE OPERATOR hostile.<> (LEFTARG = oid, RIGHTARG = oid, FUNCTION = hostile.differs);
CREATE TABLE hostile.pg_depend (LIKE pg_catalog.pg_depend);
CREATE TABLE hostile.pg_proc (LIKE pg_catalog.pg_proc);
-- of the names that the install script itself uses, with other arguments
CREATE FUNCTION hostile.livekit_token_revoke_defaults(VARIADIC int[]) RETURNS bigint RETURN nextval('hostile.calls');
CREATE FUNCTION hostile.livekit_keys(int DEFAULT 1) RETURNS SETOF bigint LANGUAGE sql AS $$SELECT nextval('hostile.calls')$$;
CREATE DOMAIN hostile.text AS pg_catalog.text CHECK (nextval('hostile.calls') > 0);
CREATE DOMAIN hostile.bool AS pg_catalog.bool CHECK (nextval('hostile.calls') > 0);
RESET ROLE;
-- an operator that fits better than PostgreSQL's own, for what is compared
SELECT is(1::oid OPERATOR(hostile.=) 1::oid, false, 'the look-alikes work') FROM nextval('hostile.calls');

CREATE FUNCTION pg_temp.creation(path text, place text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	before bigint := (SELECT last_value FROM hostile.calls);
	statement text := format('CREATE EXTENSION livekit_token SCHEMA %I', place);
BEGIN
	PERFORM set_config('search_path', path, true);
	EXECUTE statement;
	SET LOCAL search_path = public;
	IF before <> (SELECT last_value FROM hostile.calls) THEN
		RETURN 'a look-alike was called';
	END IF;
	RETURN 'ok';
EXCEPTION WHEN OTHERS THEN
	RETURN SQLSTATE;
END $$;

SELECT is(pg_temp.creation('hostile, pg_catalog, public', 'public'), 'ok', 'created with a hostile search_path');
SELECT bag_eq('SELECT grantee::text, privilege, type, name FROM pg_temp.granted', 'SELECT * FROM usual',
	'nothing is given away');
SET LOCAL search_path = hostile, pg_catalog, public;
SELECT last_value AS before FROM hostile.calls \gset
SELECT livekit_verify(livekit_token('alice', 'standup')) ->> 'sub' AS identity,
	   (SELECT count(*) FROM public.livekit_keys) AS keys \gset
SELECT last_value AS after FROM hostile.calls \gset
SET LOCAL search_path = public;
SELECT is(ARRAY[:'identity', :'keys'], '{alice, 1}', 'it works with a hostile search_path');
SELECT is(:after, :before, 'and calls no look-alike');
DROP EXTENSION livekit_token;

-- In the hostile schema itself names are ambiguous, so it is not created ...
SELECT is(pg_temp.creation('public', 'hostile'), '42725', 'ambiguous names in its own schema stop the creation');
DROP FUNCTION hostile.livekit_keys(int);
DROP FUNCTION hostile.livekit_token_revoke_defaults(int[]);
-- ... or, where nothing stands in the way, created rightly.
SELECT is(pg_temp.creation('public', 'hostile'), 'ok', 'created in the hostile schema');
SELECT bag_eq('SELECT grantee::text, privilege, type, name FROM pg_temp.granted', 'SELECT * FROM usual',
	'nothing is given away there');
SELECT bag_eq($$SELECT DISTINCT format_type(atttypid, NULL) FROM pg_attribute
				 WHERE attrelid = 'hostile.livekit_keys'::regclass AND attnum > 0$$,
	$$VALUES ('text'), ('boolean'), ('timestamp with time zone')$$, 'with PostgreSQL''s own types');

SELECT * FROM finish();
ROLLBACK;
