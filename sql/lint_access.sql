--
-- The access relation as livekit_lint sees it: one that is gone, that policies
-- do not guard, that is slow to ask, whose owner joins, whose constraints can
-- wait; the same of a view, whose tables count; and what of the extension's own
-- was granted to others.  Each goes when it is mended.
--
SET client_min_messages = warning;
\pset tuples_only
\pset format unaligned
\pset fieldsep '\n\t'
CREATE SCHEMA lint;
CREATE ROLE regress_livekit_owner;
CREATE ROLE regress_livekit_keeper LOGIN IN ROLE regress_livekit_owner;
CREATE ROLE regress_livekit_alice LOGIN NOINHERIT IN ROLE regress_livekit_owner;
CREATE ROLE regress_livekit_idle NOLOGIN IN ROLE regress_livekit_owner;
CREATE SCHEMA app;
GRANT EXECUTE ON FUNCTION livekit_join TO regress_livekit_owner, regress_livekit_alice;
CREATE FUNCTION lint.access() RETURNS SETOF text LANGUAGE sql AS $$
	SELECT concat_ws(' ', rule, object) FROM livekit_lint() WHERE rule ~ '^(access|policy)_' ORDER BY rule COLLATE "C", object COLLATE "C" $$;
CREATE TABLE app."Members" (room text, "Who" varchar(20), grants jsonb, PRIMARY KEY (room, "Who"));
ALTER TABLE app."Members" ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON app."Members" USING ("Who" = livekit_identity());
SELECT lint.access();
SELECT livekit_register_access('app."Members"', identity => 'Who');
SELECT lint.access();

-- no policy lets anybody see a row
DROP POLICY own ON app."Members";
CREATE POLICY own ON app."Members" AS RESTRICTIVE USING ("Who" = livekit_identity()); CREATE POLICY writers ON app."Members" FOR INSERT WITH CHECK (true);
SELECT * FROM lint_look('access_no_policy');
CREATE POLICY members ON app."Members" FOR SELECT USING ("Who" = livekit_identity());
SELECT lint.access();

-- policies do not guard it
ALTER TABLE app."Members" DISABLE ROW LEVEL SECURITY;
SELECT * FROM lint_look('access_not_in_force');
ALTER TABLE app."Members" ENABLE ROW LEVEL SECURITY;
SELECT lint.access();

-- no index, or none that can be used; a unique one sees to it that no two rows answer
ALTER TABLE app."Members" DROP CONSTRAINT "Members_pkey";
SELECT * FROM lint_look('access_slow');
CREATE UNIQUE INDEX "Members_pkey" ON app."Members" ("Who", room);
SELECT lint.access();
CREATE TYPE app.colour AS ENUM ('red');
CREATE TABLE app.colours (room app.colour, "Who" text PRIMARY KEY);
ALTER TABLE app.colours ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON app.colours USING ("Who" = livekit_identity());
SELECT livekit_register_access('app.colours', identity => 'Who');
SELECT * FROM lint_look('access_slow');
ALTER TABLE app.colours DROP CONSTRAINT colours_pkey;
CREATE UNIQUE INDEX ON app.colours ("Who", room, (1)); CREATE UNIQUE INDEX ON app.colours (room) WHERE "Who" = ''; CREATE INDEX ON app.colours ("Who", room);
SELECT finding FROM lint_look('access_slow');
SELECT livekit_register_access('app."Members"', identity => 'Who');

-- its owner joins, and who has the owner's rights
ALTER TABLE app."Members" OWNER TO regress_livekit_owner;
GRANT ALL ON app."Members" TO regress_livekit_keeper, regress_livekit_alice;	-- who can be the owner may write anyhow
SELECT * FROM lint_look('access_owner_joins');
ALTER TABLE app."Members" FORCE ROW LEVEL SECURITY;
SELECT lint.access();

-- constraints that can wait until a token has been signed
CREATE TABLE app.rooms (room text PRIMARY KEY);
CREATE FUNCTION app.check() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE CONSTRAINT TRIGGER late AFTER INSERT ON app."Members" DEFERRABLE FOR EACH ROW EXECUTE FUNCTION app.check();
ALTER TABLE app."Members" ADD CONSTRAINT "One" UNIQUE (room, "Who") DEFERRABLE INITIALLY DEFERRED,
	ADD FOREIGN KEY (room) REFERENCES app.rooms ON DELETE CASCADE DEFERRABLE NOT VALID, ADD CONSTRAINT now UNIQUE ("Who", room);
SELECT * FROM lint_look('access_deferrable');
DROP TRIGGER late ON app."Members";
ALTER TABLE app."Members" DROP CONSTRAINT "One", ALTER CONSTRAINT "Members_room_fkey" NOT DEFERRABLE;
SELECT lint.access();

-- a view: what is beneath it counts, and one table's policy is enough
CREATE VIEW app.front WITH (security_invoker) AS SELECT m.room, "Who" AS identity FROM app."Members" m JOIN app.rooms USING (room);
CREATE POLICY names ON app.rooms USING (true);
ALTER TABLE app.rooms ENABLE ROW LEVEL SECURITY;
ALTER TABLE app."Members" ALTER CONSTRAINT "Members_room_fkey" DEFERRABLE;
SELECT livekit_register_access('app.front');
SELECT lint.access();
ALTER VIEW app.front RESET (security_invoker);
ALTER TABLE app.rooms DISABLE ROW LEVEL SECURITY;
SELECT mend FROM lint_look('access_not_in_force');
ALTER TABLE app.rooms ENABLE ROW LEVEL SECURITY; ALTER VIEW app.front SET (security_invoker);
SELECT lint.access();

-- gone
DROP VIEW app.front;
SELECT lint.access();
SELECT * FROM lint_look('access_gone');
SELECT lint_mend('access_gone');

-- the extension's own tables are for its owner to write, and its sealed keys to read
GRANT SELECT ON livekit_access, livekit_issued, livekit_keys, livekit_connection TO regress_livekit_idle;
GRANT SELECT (project, url), REFERENCES ON livekit_sealed_key TO regress_livekit_idle;
GRANT SELECT, DELETE, TRUNCATE ON livekit_issued TO regress_livekit_keeper;
GRANT ALL ON livekit_access TO regress_livekit_alice;
GRANT UPDATE (relation, room), INSERT (room), TRIGGER ON livekit_access TO PUBLIC;
SELECT object, severity, finding, mend FROM lint_look('own_table_granted');
SELECT lint_mend('own_table_granted');
REVOKE SELECT (project, url) ON livekit_sealed_key FROM regress_livekit_idle;
SELECT object FROM lint_look('own_table_granted');

-- what tells administrators; others than all is as they decided
GRANT EXECUTE ON FUNCTION livekit_explain_join, livekit_access_report, livekit_lint, livekit_lint_facts, livekit_counters,
	livekit_tap_can_join, livekit_tap_cannot_join, livekit_tap_grants TO regress_livekit_idle;
SELECT object FROM lint_look('told_to_public');
GRANT EXECUTE ON FUNCTION livekit_explain_join, livekit_access_report, livekit_lint, livekit_lint_facts, livekit_counters,
	livekit_tap_can_join, livekit_tap_cannot_join, livekit_tap_grants, livekit_inspect TO PUBLIC;
SELECT object FROM lint_look('told_to_public');
SELECT severity, finding, mend FROM lint_look('told_to_public') WHERE object ~ 'counters';
SELECT lint_mend('told_to_public');

SET client_min_messages = error;
DROP SCHEMA lint, app CASCADE;
REVOKE EXECUTE ON FUNCTION livekit_join, livekit_inspect FROM regress_livekit_owner, regress_livekit_alice, PUBLIC;
DROP OWNED BY regress_livekit_idle, regress_livekit_keeper, regress_livekit_alice;
DROP ROLE regress_livekit_owner, regress_livekit_keeper, regress_livekit_alice, regress_livekit_idle;
