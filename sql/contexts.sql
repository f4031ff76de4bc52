--
-- From wherever SQL runs, the question is asked as the role of that moment,
-- of the rows of that moment: in cursors, triggers and procedures, after
-- savepoints and errors.
--
SET client_min_messages = warning;
SET livekit_token.url = 'wss://live.example';
CREATE ROLE regress_livekit_alice;
CREATE ROLE regress_livekit_bob;
CREATE ROLE regress_livekit_users ROLE regress_livekit_alice, regress_livekit_bob;
GRANT EXECUTE ON FUNCTION livekit_join, livekit_can_join, livekit_verify TO regress_livekit_users;
CREATE TABLE members (room text, identity text, PRIMARY KEY (room, identity));
INSERT INTO members VALUES ('standup', 'regress_livekit_alice'), ('standup', 'regress_livekit_bob'),
	('retro', 'regress_livekit_alice');
ALTER TABLE members ENABLE ROW LEVEL SECURITY;
CREATE POLICY a ON members USING (identity = current_user);
GRANT SELECT ON members TO regress_livekit_users;
SELECT livekit_register_access('members');
CREATE SCHEMA app;
GRANT ALL ON SCHEMA app TO regress_livekit_users;
SET search_path = app, public;
SET SESSION AUTHORIZATION regress_livekit_alice;
\set VERBOSITY terse

-- whom the token of a room names
CREATE FUNCTION sub(room text) RETURNS text LANGUAGE plpgsql AS
	$$BEGIN RETURN (SELECT public.livekit_verify(participant_token) ->> 'sub' FROM public.livekit_join(sub.room)); END$$;
-- alice's plan, for bob to find
SELECT sub('standup'), sub('retro');
RESET SESSION AUTHORIZATION;

-- cursors: the role of the first FETCH; held over COMMIT, that of the COMMIT
BEGIN;
SET LOCAL ROLE regress_livekit_alice;
DECLARE c CURSOR FOR SELECT identity FROM unnest('{standup, standup, retro}'::text[]) r, livekit_join(r);
DECLARE e CURSOR FOR SELECT sub('retro');
FETCH c;
SET LOCAL ROLE regress_livekit_bob;
FETCH c;
SAVEPOINT a;
FETCH c;
ROLLBACK TO a;
FETCH e;
ROLLBACK;
BEGIN;
SET LOCAL ROLE regress_livekit_bob;
DECLARE d CURSOR WITH HOLD FOR SELECT identity FROM livekit_join('standup');
COMMIT;
FETCH d;
CLOSE ALL;

-- savepoints and swallowed errors leave nothing open
SET ROLE regress_livekit_bob;
BEGIN;
SAVEPOINT a;
SELECT sub('standup');
ROLLBACK TO a;
SELECT sub('retro');
ROLLBACK TO a;
SELECT sub('standup'), livekit_can_join('retro'), livekit_join_request();
COMMIT;
DO $$
DECLARE
	result text;
BEGIN
	FOREACH result IN ARRAY '{standup, retro, standup}'::text[] LOOP
		BEGIN
			RAISE WARNING '%', sub(result);
		EXCEPTION WHEN insufficient_privilege THEN
			RAISE WARNING 'not in %', result;
		END;
	END LOOP;
END $$;
-- procedures, after COMMIT, ROLLBACK and SET ROLE
CREATE PROCEDURE pg_temp.proc() LANGUAGE plpgsql AS $$
BEGIN
	RAISE WARNING 'bob: %', sub('standup');
	COMMIT;
	RAISE WARNING 'after COMMIT: %', sub('standup');
	SET ROLE regress_livekit_alice;
	RAISE WARNING 'SET ROLE: %', sub('retro');
	ROLLBACK;
	RAISE WARNING 'after ROLLBACK: %', livekit_can_join('retro');
END $$;
CALL pg_temp.proc();
-- read-only, serializable
BEGIN ISOLATION LEVEL SERIALIZABLE, READ ONLY, DEFERRABLE;
SELECT sub('standup');
ROLLBACK;
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT sub('standup');
COMMIT;

-- a trigger and a default are the caller's
CREATE TABLE visits (id int, room text, who text DEFAULT sub('standup'));
GRANT ALL ON visits TO PUBLIC;
CREATE FUNCTION visit() RETURNS trigger LANGUAGE plpgsql AS
	$$BEGIN NEW.who := NEW.who || ' ' || sub(NEW.room); RETURN NEW; END$$;
CREATE TRIGGER visit BEFORE INSERT ON visits FOR EACH ROW EXECUTE FUNCTION visit();
CREATE CONSTRAINT TRIGGER late AFTER INSERT ON visits DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION visit();
INSERT INTO visits VALUES (1, 'standup');
INSERT INTO visits VALUES (2, 'retro');
BEGIN;
SET LOCAL ROLE regress_livekit_alice;
INSERT INTO visits VALUES (3, 'retro');
COMMIT;
BEGIN;
INSERT INTO visits VALUES (4, 'standup');
RESET ROLE;
DELETE FROM members WHERE identity = 'regress_livekit_bob';
SET ROLE regress_livekit_bob;
COMMIT;
SELECT id, who FROM visits ORDER BY id;
RESET ROLE;

SELECT livekit_unregister_access();
DROP TABLE members;
DROP SCHEMA app CASCADE;
DROP OWNED BY regress_livekit_users, regress_livekit_bob;
DROP ROLE regress_livekit_alice, regress_livekit_bob, regress_livekit_users;
