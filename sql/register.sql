--
-- The owner of a table or view registers it as the access relation; a NOTICE
-- tells which columns count.  Nobody else registers it, replaces it or
-- unregisters it, and what is rolled back never counted.
--
SET livekit_token.url = 'wss://live.example';
CREATE ROLE regress_livekit_owner;
CREATE ROLE regress_livekit_other;
CREATE ROLE regress_livekit_member IN ROLE regress_livekit_owner;
CREATE ROLE regress_livekit_guest NOINHERIT IN ROLE regress_livekit_owner;
CREATE ROLE regress_livekit_alice;
CREATE SCHEMA app AUTHORIZATION regress_livekit_owner;
GRANT USAGE ON SCHEMA app TO regress_livekit_alice, regress_livekit_other, regress_livekit_guest;
GRANT EXECUTE ON FUNCTION livekit_join TO regress_livekit_alice;
CREATE TABLE app.members (room text, identity text, grants jsonb, ttl interval, name text, metadata text,
	attributes jsonb, room_config jsonb, project text, url text, PRIMARY KEY (room, identity));
CREATE TABLE app."Odd ""names" ("select" text PRIMARY KEY, room text, "Who is it?" text, ttl text);
CREATE TABLE app.others (room text PRIMARY KEY);
ALTER TABLE app.members OWNER TO regress_livekit_owner;
ALTER TABLE app."Odd ""names" OWNER TO regress_livekit_owner;
ALTER TABLE app.others OWNER TO regress_livekit_other;
ALTER TABLE app.members ENABLE ROW LEVEL SECURITY;
ALTER TABLE app."Odd ""names" ENABLE ROW LEVEL SECURITY;
ALTER TABLE app.others ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON app.members USING (identity = current_user);
GRANT SELECT ON app.members TO regress_livekit_alice;
INSERT INTO app.members VALUES ('standup', 'regress_livekit_alice');

-- what comes of a statement when a role runs it
CREATE FUNCTION pg_temp.try(who text, statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	result text; detail text; hint text;
BEGIN
	PERFORM set_config('role', who, true);
	EXECUTE statement INTO result;
	PERFORM set_config('role', 'none', true);
	RETURN coalesce(CASE WHEN result ~ '^ey' THEN stable_claims(result)::text ELSE result END, 'nothing');
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
	RETURN concat_ws(' | ', SQLSTATE, SQLERRM, nullif(detail, ''), nullif(hint, ''));
END $$;
CREATE FUNCTION pg_temp.join() RETURNS text
RETURN pg_temp.try('regress_livekit_alice', 'SELECT participant_token FROM livekit_join(''standup'')');

-- the owner needs EXECUTE, and is asked for no more
SELECT pg_temp.try('regress_livekit_owner', 'SELECT livekit_register_access(''app.members'')');
SELECT pg_temp.try('regress_livekit_owner', 'SELECT livekit_unregister_access()');
GRANT EXECUTE ON FUNCTION livekit_register_access, livekit_unregister_access TO regress_livekit_owner, regress_livekit_other, regress_livekit_guest;
GRANT EXECUTE ON FUNCTION livekit_unregister_access TO regress_livekit_alice;
SELECT pg_temp.try('regress_livekit_owner', 'SELECT livekit_unregister_access()');
SELECT pg_temp.join();
SELECT pg_temp.try('regress_livekit_owner', 'SELECT livekit_register_access(''app.members'')');
SELECT * FROM livekit_access \gx
SELECT pg_temp.join();

-- its columns by default, by name, left out by '' and by NULL
SELECT livekit_register_access('app.members', grants => '', ttl => NULL, name => 'metadata', metadata => 'name', project => 'url', url => '');
SELECT livekit_register_access('app."Odd ""names"', 'select', 'Who is it?', ttl => '');
SELECT livekit_register_access('app."Odd ""names"', 'select', NULL, ttl => '', name => 'room');
SELECT * FROM livekit_access \gx

-- who may: by the right of the owner, not by privileges on the table
GRANT ALL ON app.members TO regress_livekit_other;
SELECT who, pg_temp.try(who, 'SELECT livekit_register_access(''app.members'')') AS register,
       pg_temp.try(who, 'SELECT livekit_unregister_access()') AS unregister
  FROM unnest('{regress_livekit_other, regress_livekit_guest, regress_livekit_alice, regress_livekit_member}'::text[]) who;
SET client_min_messages = warning;
-- an owner does not replace what belongs to another
SELECT livekit_register_access('app.members');
SELECT pg_temp.try('regress_livekit_other', 'SELECT livekit_register_access(''app.others'')');
SELECT relation FROM livekit_access;
-- who owns it now may, whoever registered it
ALTER TABLE app.members OWNER TO regress_livekit_other;
SELECT pg_temp.try('regress_livekit_owner', 'SELECT livekit_unregister_access()');
SELECT pg_temp.try('regress_livekit_owner', 'SELECT livekit_register_access(''app."Odd ""names"'', ''room'', ttl => '''')');
SELECT pg_temp.try('regress_livekit_other', 'SELECT livekit_unregister_access()');
SELECT pg_temp.join();
ALTER TABLE app.members OWNER TO regress_livekit_owner;

-- what is rolled back never counted
BEGIN;
SELECT livekit_register_access('app.members');
SELECT left(pg_temp.join(), 5) AS within;
ROLLBACK;
SELECT pg_temp.join();
BEGIN;
SELECT livekit_register_access('app.members');
SAVEPOINT a;
SELECT livekit_unregister_access();
SELECT left(pg_temp.join(), 5) AS within;
SAVEPOINT b;
SELECT livekit_register_access('app.others');
SELECT left(pg_temp.join(), 5) AS within;
ROLLBACK TO b;
SELECT left(pg_temp.join(), 5) AS within;
ROLLBACK TO a;
COMMIT;
SELECT pg_temp.join();
DO $$ BEGIN PERFORM livekit_unregister_access(); RAISE division_by_zero; EXCEPTION WHEN division_by_zero THEN END $$;
SELECT count(*) FROM livekit_access;

SELECT livekit_unregister_access();
DROP SCHEMA app CASCADE;
DROP OWNED BY regress_livekit_owner, regress_livekit_other, regress_livekit_guest, regress_livekit_alice;
DROP ROLE regress_livekit_owner, regress_livekit_other, regress_livekit_member, regress_livekit_guest, regress_livekit_alice;
