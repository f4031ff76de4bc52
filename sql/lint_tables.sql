--
-- The tables that policies read, as livekit_lint sees them: who writes there
-- says who joins, too.  One is read by a policy, one by a view that a policy
-- reads, one by the policy of another; one that none of these reads is free.
--
SET client_min_messages = warning;
\pset tuples_only
\pset format unaligned
\pset fieldsep '\n\t'
CREATE ROLE regress_livekit_alice LOGIN;
CREATE SCHEMA app;
CREATE FUNCTION written() RETURNS SETOF text LANGUAGE sql AS $$
	SELECT concat_ws(E'\n\t', rule, object, finding, mend) FROM livekit_lint() WHERE rule ~ '^access_writ' OR severity = 'unknown' ORDER BY rule COLLATE "C", object COLLATE "C" $$;
CREATE TABLE app.rooms (room text, identity text, PRIMARY KEY (room, identity));
CREATE TABLE app.members (g text, who text, seen timestamptz);
CREATE TABLE app.admins (who text);
CREATE TABLE app.banned (who text);
CREATE TABLE app.log (who text);
ALTER TABLE app.rooms ENABLE ROW LEVEL SECURITY;
CREATE VIEW app.bans WITH (security_invoker) AS SELECT who FROM app.banned;
CREATE POLICY members ON app.rooms FOR SELECT USING (EXISTS (SELECT FROM app.members m WHERE m.g = room AND m.who = livekit_identity()));
CREATE POLICY banned ON app.rooms AS RESTRICTIVE USING (livekit_identity() NOT IN (SELECT who FROM app.bans));
SELECT livekit_register_access('app.rooms');
GRANT SELECT, DELETE, REFERENCES ON ALL TABLES IN SCHEMA app TO regress_livekit_alice;
GRANT UPDATE (seen) ON app.members TO regress_livekit_alice;
GRANT INSERT, UPDATE ON app.admins, app.log TO regress_livekit_alice;
SELECT written();

-- a table that a policy reads, without row-level security of its own
GRANT INSERT, UPDATE ON app.members TO regress_livekit_alice;
SELECT written();
REVOKE INSERT, UPDATE ON app.members FROM regress_livekit_alice;
GRANT UPDATE (who) ON app.members TO regress_livekit_alice;
SELECT written();
-- with a check of its own; what that reads decides, too, and so on round a circle
GRANT INSERT, UPDATE ON app.members TO regress_livekit_alice;
ALTER TABLE app.members ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON app.members FOR SELECT USING (who = livekit_identity());
SELECT written();
CREATE POLICY admins ON app.members FOR INSERT WITH CHECK (EXISTS (SELECT FROM app.admins a WHERE a.who = livekit_identity()));
SELECT written();
REVOKE INSERT, UPDATE ON app.admins FROM regress_livekit_alice;
SELECT written();
ALTER TABLE app.admins ENABLE ROW LEVEL SECURITY;
CREATE POLICY rooms ON app.admins USING (EXISTS (SELECT FROM app.rooms WHERE identity = who));
SELECT written();
REVOKE INSERT, UPDATE ON app.members FROM regress_livekit_alice;
SELECT written();

-- a policy's view
GRANT INSERT ON app.banned TO PUBLIC;
SELECT written();
ALTER POLICY banned ON app.rooms USING (true);
SELECT written();

SELECT livekit_unregister_access();
SET client_min_messages = error;
DROP FUNCTION written;
DROP SCHEMA app CASCADE;
DROP ROLE regress_livekit_alice;
