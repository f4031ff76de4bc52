-- Guests by invitation link: a code is good for as many guests as it was made
-- for, until it expires, and for its own room; and whoever has none gets in by
-- no other way.  logins.sql has many come at once.
\set identity 'role'
\ir login.psql
SELECT plan(43);
\ir ../../../examples/policies/invitations.sql

CREATE OR REPLACE FUNCTION pg_temp.become(who text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	PERFORM set_config('role', who, true);
END $$;
-- The claims of the guest's token, or the error's SQLSTATE.
CREATE FUNCTION pg_temp.come(code text, name text DEFAULT NULL) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
	token text;
BEGIN
	PERFORM pg_temp.become('app_guest');
	token := join_as_guest(code, name);
	PERFORM set_config('role', 'none', true);
	RETURN pg_temp.claims(token);
EXCEPTION WHEN OTHERS THEN
	RETURN to_jsonb(SQLSTATE);
END $$;

SELECT invite('standup') AS once, invite('standup', 3) AS thrice, invite('boardroom') AS other,
	   invite('standup', 0) AS never, invite('standup', 5, '-1 second') AS expired \gset
SELECT is(pg_temp.come(:'thrice', 'Zoe') - 'sub',
	'{"ttl": 300, "name": "Zoe (guest)", "video": {"room": "standup", "roomJoin": true}}', 'a guest comes');
SELECT is(pg_temp.come(:'other') - 'sub', '{"ttl": 300, "video": {"room": "boardroom", "roomJoin": true}}',
	'another, without a name, to another room');
CREATE TEMP TABLE guests AS SELECT pg_temp.come(:'thrice', 'Zoe') ->> 'sub' AS identity FROM generate_series(1, 4);
SELECT is(count(DISTINCT identity), 2::bigint, 'two more, each another person')
  FROM guests WHERE identity ~ '^guest:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$';
SELECT is(count(*), 2::bigint, 'and then it is used up') FROM guests WHERE identity IS NULL;
SELECT is(pg_temp.come(:'thrice'), '"42501"', 'for good');

SELECT is(pg_temp.come(:'once') ->> 'sub' ~ '^guest:', true, 'an invitation for one');
SELECT is(pg_temp.come(:'once'), '"42501"', 'used again');
SELECT is(pg_temp.come(:'never'), '"42501"', 'made for nobody');
SELECT is(pg_temp.come(:'expired'), '"42501"', 'expired');
SELECT invite('standup', 9) AS good \gset
SELECT is(pg_temp.come(code), '"42501"', 'guessed: ' || name)
  FROM (VALUES ('NULL', NULL), ('empty', ''), ('another UUID', gen_random_uuid()::text), ('upper case', upper(:'good')),
			   ('without hyphens', replace(:'good', '-', '')), ('a blank at the end', :'good' || ' '), ('its beginning', left(:'good', -1)),
			   ('the hash', encode(sha256(convert_to(:'good', 'UTF8')), 'hex')), ('any', '%'), ('SQL', ''' OR true --'),
			   ('the room', 'standup')) AS guess (name, code);
SELECT is(uses, 9, 'guesses use nothing up') FROM invitation WHERE uses > 5;
SELECT is(pg_temp.come(:'good', repeat('x', 251)), '"54000"', 'a name too long for LiveKit');
SELECT is(uses, 9, 'what was refused does not count') FROM invitation WHERE uses > 5;
SELECT is(pg_temp.come(:'good', '", "video": {"roomAdmin": true}, "x": "') - 'sub' - 'name',
	'{"ttl": 300, "video": {"room": "standup", "roomJoin": true}}', 'a name is nothing but a name');
UPDATE invitation SET expires_at = clock_timestamp() WHERE uses > 5;
SELECT is(pg_temp.come(:'good'), '"42501"', 'expired within a transaction that began before');
SELECT is_empty(format('SELECT * FROM invitation AS i WHERE i::text ~ ANY (%L)', ARRAY[:'once', :'good']), 'the table holds no code');

-- Around the function
SELECT is(pg_temp.outcome('app_guest', statement), '42501', 'a guest: ' || statement)
  FROM unnest(ARRAY['SELECT uses FROM invitation', 'UPDATE invitation SET uses = 99',
					'INSERT INTO invitation VALUES ('''', ''standup'', ''infinity'', 1)', 'SELECT invite(''standup'')',
					'SELECT livekit.livekit_issue(''guest'', ''standup'')', 'SELECT livekit.livekit_token(''guest'', ''standup'')',
					'ALTER FUNCTION join_as_guest SET search_path = pg_temp']) AS statement;
SET LOCAL SESSION AUTHORIZATION app_guest;
SELECT throws_ok('SET ROLE guest_door', '42501', NULL, 'a guest does not become the function''s owner');
RESET SESSION AUTHORIZATION;
SELECT is(pg_temp.outcome('guest_door', statement), '42501', 'the function''s owner: ' || statement)
  FROM unnest(ARRAY['DELETE FROM invitation', 'UPDATE invitation SET expires_at = ''infinity''',
					'UPDATE invitation SET room = ''boardroom''',
					'INSERT INTO invitation VALUES ('''', ''standup'', ''infinity'', 1)']) AS statement;
CREATE ROLE regress_livekit_stranger;
SELECT is(pg_temp.outcome('regress_livekit_stranger', format('SELECT join_as_guest(%L)', invite('standup'))), '42501',
	'nobody but guests may use a code');
SELECT is(proowner, 'guest_door'::regrole::oid, 'it runs as guest_door') FROM pg_proc WHERE oid = 'join_as_guest'::regproc;
SELECT is(rolcanlogin OR rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb, false, 'nobody is the function''s owner')
  FROM pg_roles WHERE rolname = 'guest_door';

-- Look-alikes of what the function calls, earlier on the caller's search path.
CREATE SCHEMA hostile AUTHORIZATION app_guest;
GRANT USAGE ON SCHEMA hostile TO PUBLIC;
GRANT TEMPORARY ON DATABASE :DBNAME TO app_guest;
SET LOCAL ROLE app_guest;
CREATE TABLE pg_temp.invitation AS
	SELECT sha256('stolen') AS code_hash, 'boardroom'::text AS room, 'infinity'::timestamptz AS expires_at, 1 AS uses;
CREATE TABLE hostile.invitation AS SELECT * FROM pg_temp.invitation;
GRANT ALL ON pg_temp.invitation, hostile.invitation TO PUBLIC;
CREATE FUNCTION hostile.clock_timestamp() RETURNS timestamptz RETURN '-infinity'::timestamptz;
SET LOCAL search_path = pg_temp, hostile, public, pg_catalog;
RESET ROLE;
SELECT is(pg_temp.come('stolen'), '"42501"', 'a table of the caller''s own lets nobody in');
SELECT is(pg_temp.come(:'good'), '"42501"', 'nor does a clock of his own');
SET LOCAL search_path = public, livekit;

SELECT * FROM finish();
\ir logout.psql
