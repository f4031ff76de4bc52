--
-- A registration means one relation, whatever it is called, and its columns
-- by name.  What is dropped or renamed from under it lets nobody in until it
-- is registered again; another relation of its old name does not count.
--
SET client_min_messages = error;	-- no warnings of missing indexes
SET livekit_token.url = 'wss://live.example';
CREATE ROLE regress_livekit_owner;
CREATE ROLE regress_livekit_other;
CREATE ROLE regress_livekit_alice;
CREATE SCHEMA app AUTHORIZATION regress_livekit_owner;
GRANT ALL ON SCHEMA app TO regress_livekit_other;
GRANT USAGE ON SCHEMA app TO regress_livekit_alice;
GRANT EXECUTE ON FUNCTION livekit_join TO regress_livekit_alice;
GRANT EXECUTE ON FUNCTION livekit_register_access, livekit_unregister_access TO regress_livekit_owner, regress_livekit_other;

-- the claims that alice gets or how she is refused
CREATE FUNCTION pg_temp.try(who text, statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	result text; detail text; hint text;
BEGIN
	PERFORM set_config('role', 'regress_livekit_' || who, true);
	EXECUTE statement INTO result;
	PERFORM set_config('role', 'none', true);
	RETURN coalesce(CASE WHEN result ~ '^ey' THEN stable_claims(result)::text ELSE result END, 'nothing');
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
	RETURN concat_ws(' | ', SQLSTATE, SQLERRM, nullif(detail, ''), nullif(hint, ''));
END $$;
CREATE FUNCTION pg_temp.join() RETURNS text
RETURN pg_temp.try('alice', 'SELECT participant_token FROM livekit_join(''standup'')');

-- a new table of that name, whose only member is alice
CREATE PROCEDURE pg_temp.make(owner text DEFAULT 'regress_livekit_owner') LANGUAGE plpgsql AS $$
BEGIN
	CREATE TABLE app.members (room text, identity text, grants jsonb, ttl interval, name text, PRIMARY KEY (room, identity));
	INSERT INTO app.members VALUES ('standup', 'regress_livekit_alice', '{"canPublish": false}', '1 hour', 'Alice');
	ALTER TABLE app.members ENABLE ROW LEVEL SECURITY;
	CREATE POLICY a ON app.members USING (identity = current_user);
	GRANT SELECT ON app.members TO regress_livekit_alice;
	EXECUTE format('ALTER TABLE app.members OWNER TO %I', owner);
END $$;
CALL pg_temp.make();
SELECT pg_temp.try('owner', 'SELECT livekit_register_access(''app.members'')');

-- renamed, moved, and its schema renamed: it is the same relation
SELECT pg_temp.join() AS "at first";
ALTER TABLE app.members RENAME TO "Mem""bers";
SELECT pg_temp.join() AS "renamed";
ALTER SCHEMA app RENAME TO "ap.p";
SELECT pg_temp.join() AS "its schema renamed";
ALTER SCHEMA "ap.p" RENAME TO app;
CREATE SCHEMA elsewhere AUTHORIZATION regress_livekit_owner;
ALTER TABLE app."Mem""bers" SET SCHEMA elsewhere;
SELECT pg_temp.join() AS "in a schema without USAGE";
GRANT USAGE ON SCHEMA elsewhere TO regress_livekit_alice;
SELECT pg_temp.join() AS "moved";
-- another takes its old name
CREATE TABLE app.open AS SELECT * FROM elsewhere."Mem""bers";
UPDATE app.open SET name = 'from the open table';
GRANT SELECT ON app.open TO PUBLIC;
ALTER TABLE app.open RENAME TO members;
SELECT pg_temp.join() AS "another in its place";
DROP TABLE app.members;
ALTER TABLE elsewhere."Mem""bers" SET SCHEMA app;
ALTER TABLE app."Mem""bers" RENAME TO members;

-- its columns; the change is taken back each time
CREATE FUNCTION pg_temp.after(change text, OUT changed text, OUT again text, OUT after text) LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE change;
	changed := pg_temp.join();
	again := pg_temp.try('owner', 'SELECT livekit_register_access(''app.members'')');
	IF again = '' THEN
		again := pg_temp.join();
	END IF;
	RAISE division_by_zero;
EXCEPTION WHEN division_by_zero THEN
	after := left(pg_temp.join(), 6);
END $$;
\pset tuples_only
\pset format unaligned
\pset fieldsep '\n\t'
SELECT change, a.*
  FROM unnest(ARRAY['ALTER TABLE app.members RENAME room TO rooms', 'ALTER TABLE app.members RENAME identity TO who',
	'ALTER TABLE app.members RENAME name TO called', 'ALTER TABLE app.members DROP room', 'ALTER TABLE app.members DROP identity CASCADE',
	'ALTER TABLE app.members DROP grants',
	'ALTER TABLE app.members ALTER grants TYPE text', 'ALTER TABLE app.members ALTER grants TYPE json', 'ALTER TABLE app.members ALTER ttl TYPE int USING 60',
	'ALTER TABLE app.members ALTER name TYPE bytea USING name::bytea', 'ALTER TABLE app.members DROP CONSTRAINT members_pkey, ALTER room TYPE json USING to_json(room)',
	'ALTER TABLE app.members ADD metadata text DEFAULT ''new''', 'ALTER TABLE app.members ADD other text, DROP CONSTRAINT members_pkey',
	'ALTER TABLE app.members RENAME name TO n; ALTER TABLE app.members RENAME ttl TO name; ALTER TABLE app.members RENAME n TO ttl',
	'ALTER TABLE app.members RENAME room TO r; ALTER TABLE app.members RENAME identity TO room; ALTER TABLE app.members RENAME r TO identity']) WITH ORDINALITY c(change, n),
	pg_temp.after(change) a
 ORDER BY n;
\pset tuples_only off
\pset format aligned

-- dropped, and made again
DROP TABLE app.members;
SELECT pg_temp.join() AS "dropped";
SELECT pg_temp.try('owner', 'SELECT livekit_unregister_access()') AS "unregistered by who was its owner";
CALL pg_temp.make();
SELECT pg_temp.join() AS "made again";
DROP TABLE app.members;
CALL pg_temp.make('regress_livekit_other');
SELECT pg_temp.join() AS "by another";
SELECT pg_temp.try('other', 'SELECT livekit_register_access(''app.members'')') AS "takes the place of what is gone";
SELECT pg_temp.join();
SELECT pg_temp.try('owner', 'SELECT livekit_unregister_access()') AS "is now another's";
BEGIN;
DROP SCHEMA app CASCADE;
SELECT pg_temp.join() AS "its schema dropped";
ROLLBACK;
SELECT pg_temp.join() AS "rolled back";
DROP SCHEMA app CASCADE;
SELECT livekit_unregister_access();
SELECT pg_temp.join() AS "unregistered";

DROP OWNED BY regress_livekit_owner, regress_livekit_other, regress_livekit_alice CASCADE;
DROP ROLE regress_livekit_owner, regress_livekit_other, regress_livekit_alice;
