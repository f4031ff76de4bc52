--
-- Where the policies decide, they alone decide: each arrangement in which
-- row-level security is in force for the caller lets in whom the policies let
-- in, and tells everybody else the same.
--
SET client_min_messages = error;	-- no warnings of missing indexes
SET livekit_token.url = 'wss://live.example';
CREATE ROLE regress_livekit_owner;
CREATE ROLE regress_livekit_alice;
CREATE ROLE regress_livekit_bob;
CREATE ROLE regress_livekit_guest NOINHERIT IN ROLE regress_livekit_owner;
CREATE SCHEMA app AUTHORIZATION regress_livekit_owner;
GRANT USAGE ON SCHEMA app TO PUBLIC;
GRANT EXECUTE ON FUNCTION livekit_join, livekit_can_join TO regress_livekit_owner, regress_livekit_alice, regress_livekit_bob, regress_livekit_guest;

-- the claims that a role gets or how it is refused, and what can_join says
CREATE FUNCTION pg_temp.ask(who text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	token text; can text; detail text; hint text;
BEGIN
	PERFORM set_config('role', 'regress_livekit_' || who, true);
	can := livekit_can_join('standup');
	SELECT participant_token INTO token FROM livekit_join('standup');
	PERFORM set_config('role', 'none', true);
	RETURN concat_ws(' ', can, stable_claims(token));
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
	RETURN concat_ws(' | ', can, SQLSTATE, SQLERRM, nullif(detail, ''), nullif(hint, ''));
END $$;
CREATE FUNCTION pg_temp.ask() RETURNS TABLE (who text, answer text)
BEGIN ATOMIC
	SELECT w, pg_temp.ask(w) FROM unnest('{alice, bob}'::text[]) w;
END;

-- a table, and the kinds of policies on it
SET ROLE regress_livekit_owner;
CREATE TABLE app.members (room text, identity text, banned bool DEFAULT false, PRIMARY KEY (room, identity));
INSERT INTO app.members VALUES ('standup', 'regress_livekit_alice'), ('standup', 'regress_livekit_bob'),
	('standup', 'regress_livekit_owner'), ('standup', 'regress_livekit_guest');
ALTER TABLE app.members ENABLE ROW LEVEL SECURITY;
GRANT SELECT (room, identity) ON app.members TO regress_livekit_alice, regress_livekit_bob, regress_livekit_guest;
RESET ROLE;
SELECT livekit_register_access('app.members');
SELECT 'no policy' AS policies, * FROM pg_temp.ask();
CREATE POLICY a ON app.members TO regress_livekit_alice USING (true);
SELECT 'for alice: true' AS policies, * FROM pg_temp.ask();
DROP POLICY a ON app.members;
CREATE POLICY a ON app.members USING (identity = 'regress_livekit_alice');
SELECT 'all see alice' AS policies, * FROM pg_temp.ask();
ALTER POLICY a ON app.members USING (identity = current_user AND random() >= 0);
SELECT 'their own, and volatile' AS policies, * FROM pg_temp.ask();
SELECT pg_temp.ask('guest') AS "a member of the owner who does not inherit";
CREATE POLICY r ON app.members AS RESTRICTIVE USING (identity <> 'regress_livekit_bob');
SELECT 'restrictive' AS policies, * FROM pg_temp.ask();
DROP POLICY a ON app.members;
SELECT 'restrictive alone' AS policies, * FROM pg_temp.ask();
DROP POLICY r ON app.members;
CREATE POLICY a ON app.members FOR UPDATE USING (true);
CREATE POLICY i ON app.members FOR INSERT WITH CHECK (true);
SELECT 'for other commands' AS policies, * FROM pg_temp.ask();
DROP POLICY a ON app.members;
CREATE POLICY a ON app.members USING (NULL);
SELECT 'null' AS policies, * FROM pg_temp.ask();
ALTER POLICY a ON app.members USING (NOT banned);
UPDATE app.members SET banned = true WHERE identity = 'regress_livekit_bob';
SELECT 'by a column not granted' AS policies, * FROM pg_temp.ask();
-- tables in the policy need none of their own
CREATE TABLE app.teams (member name, room text);
GRANT SELECT ON app.teams TO PUBLIC;
INSERT INTO app.teams VALUES ('regress_livekit_bob', 'standup');
ALTER POLICY a ON app.members USING (room IN (SELECT t.room FROM app.teams t WHERE member = current_user));
SELECT 'by another table' AS policies, * FROM pg_temp.ask();
REVOKE SELECT ON app.teams FROM PUBLIC;
SELECT 'by one that they may not read' AS policies, * FROM pg_temp.ask();
CREATE FUNCTION app.in_team(who name, room text) RETURNS bool LANGUAGE sql STABLE SECURITY DEFINER AS
	'SELECT EXISTS (SELECT FROM app.teams t WHERE t.member = $1 AND t.room = $2)';
ALTER POLICY a ON app.members USING (app.in_team(current_user, room));
SELECT 'by a definer function' AS policies, * FROM pg_temp.ask();
ALTER POLICY a ON app.members USING (identity = livekit_identity());
-- the owner, when it is forced
SELECT pg_temp.ask('owner');
ALTER TABLE app.members FORCE ROW LEVEL SECURITY;
SELECT pg_temp.ask('owner');
ALTER TABLE app.members NO FORCE ROW LEVEL SECURITY;
SELECT pg_temp.ask('owner');

-- partitions and children through their parent
CREATE TABLE app.parted (room text, identity text, PRIMARY KEY (room, identity)) PARTITION BY LIST (room);
CREATE TABLE app.part PARTITION OF app.parted FOR VALUES IN ('standup');
INSERT INTO app.parted SELECT room, identity FROM app.members;
ALTER TABLE app.parted ENABLE ROW LEVEL SECURITY;
CREATE POLICY a ON app.parted USING (identity = 'regress_livekit_alice');
GRANT SELECT ON app.parted, app.part TO PUBLIC;
SELECT livekit_register_access('app.parted');
SELECT 'partition' AS row_in, * FROM pg_temp.ask();
-- a partition of its own, by its own policies
ALTER TABLE app.part ENABLE ROW LEVEL SECURITY;
CREATE POLICY b ON app.part USING (identity = 'regress_livekit_bob');
SELECT livekit_register_access('app.part');
SELECT 'partition, asked itself' AS row_in, * FROM pg_temp.ask();
CREATE TABLE app.child () INHERITS (app.members);
INSERT INTO app.child SELECT * FROM app.members;
DELETE FROM ONLY app.members;
SELECT livekit_register_access('app.members');
SELECT 'child' AS row_in, * FROM pg_temp.ask();

SELECT livekit_unregister_access();
DROP TABLE app.members, app.child, app.teams, app.parted CASCADE;
DROP OWNED BY regress_livekit_owner, regress_livekit_alice, regress_livekit_bob, regress_livekit_guest CASCADE;
DROP ROLE regress_livekit_owner, regress_livekit_alice, regress_livekit_bob, regress_livekit_guest;
