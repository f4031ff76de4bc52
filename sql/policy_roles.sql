--
-- A policy that is for a role is for its members of that moment.  The plan of
-- the question is kept with the policies that were the caller's when it was
-- made; membership given or taken since counts all the same.
--
SET client_min_messages = warning;
SET livekit_token.url = 'wss://live.example';
CREATE ROLE regress_livekit_owner;
CREATE ROLE regress_livekit_staff;
CREATE ROLE regress_livekit_doctors;
CREATE ROLE regress_livekit_banned;
CREATE ROLE regress_livekit_alice;
CREATE ROLE regress_livekit_bob;
GRANT EXECUTE ON FUNCTION livekit_join, livekit_verify TO regress_livekit_alice, regress_livekit_bob, regress_livekit_staff;
CREATE TABLE rooms (room text PRIMARY KEY);
INSERT INTO rooms VALUES ('ward'), ('theatre'), ('canteen');
ALTER TABLE rooms OWNER TO regress_livekit_owner;
ALTER TABLE rooms ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON rooms TO PUBLIC;
CREATE POLICY everybody ON rooms USING (room = 'canteen');
CREATE POLICY staff ON rooms TO regress_livekit_staff USING (room = 'ward');
CREATE POLICY doctors ON rooms TO regress_livekit_doctors USING (true);
CREATE POLICY banned ON rooms AS RESTRICTIVE TO regress_livekit_banned USING (room <> 'canteen');
SELECT livekit_register_access('rooms');

-- which rooms a role gets into; every token names that role and that room
CREATE FUNCTION pg_temp.rooms(who text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	name text; claims jsonb; result text;
BEGIN
	FOREACH name IN ARRAY '{canteen, ward, theatre}'::text[] LOOP
		BEGIN
			PERFORM set_config('role', 'regress_livekit_' || who, true);
			SELECT livekit_verify(participant_token) INTO STRICT claims FROM livekit_join(name);
			PERFORM set_config('role', 'none', true);
			result := concat_ws(', ', nullif(result, ''), CASE WHEN claims ->> 'sub' = 'regress_livekit_' || who THEN claims #>> '{video,room}' END);
		EXCEPTION WHEN insufficient_privilege OR object_not_in_prerequisite_state THEN
			result := concat_ws(', ', nullif(result, ''), CASE WHEN SQLERRM <> 'permission denied for this room' THEN SQLSTATE || ' ' || SQLERRM END);
		END;
	END LOOP;
	RETURN coalesce(nullif(result, ''), 'none');
END $$;
SELECT pg_temp.rooms('alice') AS alice, pg_temp.rooms('bob') AS bob, pg_temp.rooms('alice') AS "alice again";

-- alice alone asks from here on, so that it is her plan that is kept
GRANT regress_livekit_staff TO regress_livekit_alice;
SELECT pg_temp.rooms('alice') AS staff;
GRANT regress_livekit_doctors TO regress_livekit_staff;
SELECT pg_temp.rooms('alice') AS "staff are doctors";
GRANT regress_livekit_banned TO regress_livekit_doctors;
SELECT pg_temp.rooms('alice') AS "doctors are banned";
REVOKE regress_livekit_banned FROM regress_livekit_doctors;
SELECT pg_temp.rooms('alice') AS "no longer";
REVOKE regress_livekit_doctors FROM regress_livekit_staff;
SELECT pg_temp.rooms('alice') AS "staff are no doctors";
REVOKE regress_livekit_staff FROM regress_livekit_alice;
SELECT pg_temp.rooms('alice') AS "no staff";
SELECT pg_temp.rooms('alice') AS alice, pg_temp.rooms('bob') AS bob, pg_temp.rooms('staff') AS staff, pg_temp.rooms('alice') AS "alice again";

-- what is rolled back, within one transaction and one statement
BEGIN;
GRANT regress_livekit_doctors TO regress_livekit_alice;
SELECT pg_temp.rooms('alice') AS granted;
ROLLBACK;
SELECT pg_temp.rooms('alice') AS "rolled back";
GRANT regress_livekit_doctors TO regress_livekit_alice;
BEGIN;
SAVEPOINT a;
REVOKE regress_livekit_doctors FROM regress_livekit_alice;
SELECT pg_temp.rooms('alice') AS revoked;
ROLLBACK TO a;
SELECT pg_temp.rooms('alice') AS "rolled back";
COMMIT;
DO $$
BEGIN
	RAISE WARNING 'a doctor: %', pg_temp.rooms('alice');
	REVOKE regress_livekit_doctors FROM regress_livekit_alice;
	RAISE WARNING 'no doctor: %', pg_temp.rooms('alice');
END $$;
-- the policy turns to other roles
ALTER POLICY staff ON rooms TO regress_livekit_alice;
SELECT pg_temp.rooms('alice') AS alice, pg_temp.rooms('bob') AS bob;
ALTER POLICY staff ON rooms TO regress_livekit_bob;
SELECT pg_temp.rooms('alice') AS alice, pg_temp.rooms('bob') AS bob;
ALTER POLICY doctors ON rooms TO regress_livekit_owner;
GRANT regress_livekit_owner TO regress_livekit_bob;
SELECT pg_temp.rooms('alice') AS alice, pg_temp.rooms('bob') AS bob;
REVOKE regress_livekit_owner FROM regress_livekit_bob;
SELECT pg_temp.rooms('alice') AS alice, pg_temp.rooms('bob') AS bob;

SELECT livekit_unregister_access();
DROP TABLE rooms;
DROP OWNED BY regress_livekit_alice, regress_livekit_bob, regress_livekit_staff;
DROP ROLE regress_livekit_owner, regress_livekit_staff, regress_livekit_doctors, regress_livekit_banned, regress_livekit_alice, regress_livekit_bob;
