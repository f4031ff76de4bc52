--
-- Policies as livekit_lint sees them: those that show more than a reader's own
-- rows, or let everybody in, whose functions may see what is no longer so, or
-- by which users write.  What else they ask, or another one, tells them apart.
--
SET client_min_messages = warning;
\pset tuples_only
\pset format unaligned
\pset fieldsep '\n\t'
CREATE SCHEMA lint;
CREATE ROLE regress_livekit_keeper; CREATE ROLE regress_livekit_alice LOGIN;
CREATE SCHEMA app;
CREATE FUNCTION lint.access() RETURNS SETOF text LANGUAGE sql AS $$
	SELECT concat_ws(' ', rule, object) FROM livekit_lint() WHERE rule ~ '^(access|policy)_' ORDER BY rule COLLATE "C", object COLLATE "C" $$;
CREATE TABLE app.rooms (room text PRIMARY KEY);
CREATE TABLE app."Members" (room text, "Who" varchar(20), grants jsonb, PRIMARY KEY (room, "Who"));
ALTER TABLE app."Members" ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON app."Members" USING ("Who" = livekit_identity());
SELECT livekit_register_access('app."Members"', identity => 'Who');
SELECT lint.access();

-- policies that do not ask who reads
CREATE POLICY everybody ON app."Members" FOR SELECT TO regress_livekit_alice USING (1 = 1 OR false);
CREATE POLICY colleagues ON app."Members" USING (room LIKE 'staff%');
CREATE POLICY writers ON app."Members" FOR UPDATE USING (true);
CREATE POLICY "only role" ON app."Members" USING (current_user = 'regress_livekit_alice');
CREATE POLICY set ON app."Members" USING (current_setting('app.staff', true) = 'yes');
CREATE POLICY open ON app."Members" USING (NOT EXISTS (SELECT FROM app.rooms));
SELECT lint.access();
SELECT * FROM lint_look('policy_shows_all');
SELECT * FROM lint_look('policy_several_identities');
ALTER POLICY everybody ON app."Members" USING ("Who" = livekit_identity());
DROP POLICY open ON app."Members"; DROP POLICY "only role" ON app."Members"; DROP POLICY set ON app."Members";
ALTER POLICY colleagues ON app."Members" USING (room LIKE 'staff%' AND "Who" = livekit_identity());
SELECT lint.access();
ALTER POLICY everybody ON app."Members" USING (true);
CREATE POLICY banned ON app."Members" AS RESTRICTIVE TO regress_livekit_keeper USING (room <> 'closed');
CREATE POLICY frozen ON app."Members" AS RESTRICTIVE FOR UPDATE USING (room <> 'closed');
SELECT lint.access();
ALTER POLICY banned ON app."Members" TO regress_livekit_keeper, regress_livekit_alice;
SELECT lint.access();
ALTER POLICY banned ON app."Members" TO PUBLIC;
SELECT lint.access();

-- functions that may see what is no longer so
CREATE FUNCTION app.is_open(room text) RETURNS boolean LANGUAGE sql AS 'SELECT true';
CREATE FUNCTION app.is_known(room text) RETURNS boolean LANGUAGE sql STABLE AS 'SELECT true';
CREATE POLICY callers ON app."Members" USING ("Who" = livekit_identity() AND app.is_open(room) AND app.is_known(room));
SELECT * FROM lint_look('policy_volatile');
ALTER FUNCTION app.is_open STABLE;
SELECT lint.access();
-- PostgreSQL's own, an operator's, one in a query; what is only written by, and what is fixed in a statement, is none
CREATE FUNCTION app.like(text, text) RETURNS boolean LANGUAGE sql AS 'SELECT true';
CREATE OPERATOR app.~~~ (FUNCTION = app.like, LEFTARG = text, RIGHTARG = text);
ALTER POLICY callers ON app."Members" USING ("Who" = livekit_identity() AND room OPERATOR(app.~~~) 'a' AND statement_timestamp() > '2000-01-01' AND (SELECT random() < 1 AND random() > 0))
	WITH CHECK (clock_timestamp() > '2000-01-01');
SELECT object, finding FROM lint_look('policy_volatile');
ALTER POLICY callers ON app."Members" USING ("Who" = livekit_identity()) WITH CHECK (random() < 2);
SELECT lint.access();
CREATE FUNCTION app.is_late(room text) RETURNS boolean LANGUAGE sql AS 'SELECT true';

-- without an identity column, whoever sees a row may join
CREATE TABLE app.lobby (room text PRIMARY KEY, is_public boolean);
ALTER TABLE app.lobby ENABLE ROW LEVEL SECURITY;
CREATE POLICY "open to all" ON app.lobby USING (true);
CREATE POLICY lobby ON app.lobby USING (is_public);
SELECT livekit_register_access('app.lobby');
SELECT * FROM lint_look('policy_open');
SELECT lint.access();
ALTER POLICY "open to all" ON app.lobby USING (room = 'lobby');
SELECT lint.access();

-- who may write the rows: with the owner's rights, beyond policies, or what has no part in joining, it is no finding
CREATE ROLE regress_livekit_dump BYPASSRLS; CREATE ROLE regress_livekit_web IN ROLE regress_livekit_keeper;
CREATE TABLE app.seats (room text, person text, rights jsonb, is_mute boolean, seen timestamptz DEFAULT now(), ttl interval GENERATED ALWAYS AS (CASE WHEN is_mute THEN interval '1h' END) STORED);
CREATE INDEX ON app.seats (room, person, seen); ALTER TABLE app.seats ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON app.seats USING (person = livekit_identity());
SELECT livekit_register_access('app.seats', identity => 'person', grants => 'rights');
GRANT ALL ON app.seats TO regress_livekit_dump;
GRANT SELECT, DELETE, UPDATE (seen) ON app.seats TO regress_livekit_keeper, PUBLIC;
SELECT lint.access();
GRANT ALL ON app.seats TO regress_livekit_keeper; GRANT UPDATE (is_mute) ON app.seats TO PUBLIC;
GRANT INSERT (room), UPDATE (rights) ON app.seats TO regress_livekit_web;
SELECT * FROM lint_look('access_writable');
REVOKE INSERT, UPDATE ON app.seats FROM regress_livekit_keeper, regress_livekit_web, PUBLIC;
SELECT lint.access();
GRANT INSERT, UPDATE ON app.seats TO regress_livekit_keeper;
-- a check of its own, or of another policy, is as good as what it says
CREATE FUNCTION lint.writes(policy text) RETURNS SETOF text LANGUAGE plpgsql AS $$ BEGIN
	EXECUTE 'DROP POLICY IF EXISTS p ON app.seats; CREATE POLICY p ON app.seats ' || policy;
	RETURN QUERY SELECT format('%s: %s %s', policy, rule, finding) FROM livekit_lint() WHERE rule ~ '^access_writ' ORDER BY rule COLLATE "C"; END $$;
ALTER POLICY own ON app.seats TO regress_livekit_alice USING (person = livekit_identity());
SELECT lint.writes(p) FROM unnest(ARRAY['WITH CHECK (true)', 'FOR INSERT WITH CHECK (1 = 1)', 'FOR UPDATE USING (true)', 'FOR UPDATE USING (person = livekit_identity())', 'USING (is_mute)',
	'FOR UPDATE USING (is_mute)', 'USING (is_mute) WITH CHECK (rights IS NULL)', 'USING (is_mute) WITH CHECK (is_mute)', 'TO regress_livekit_web USING (is_mute)',
	'FOR INSERT WITH CHECK (false)', 'FOR INSERT', 'FOR SELECT USING (true)', 'FOR DELETE USING (true)', 'TO regress_livekit_alice USING (is_mute)', 'AS RESTRICTIVE USING (true)']) p;
CREATE POLICY narrow ON app.seats AS RESTRICTIVE WITH CHECK (rights IS NULL);
SELECT lint.writes('USING (is_mute)');
ALTER POLICY narrow ON app.seats WITH CHECK (true);
SELECT lint.writes('USING (is_mute)');
SELECT object, severity, mend FROM lint_look('access_written_by_users');

-- beneath a view, one table's policies are enough
CREATE POLICY names ON app.rooms USING (true);
ALTER TABLE app.rooms ENABLE ROW LEVEL SECURITY;
CREATE VIEW app.front WITH (security_invoker) AS SELECT m.room, "Who" AS identity FROM app."Members" m JOIN app.rooms USING (room);
SELECT livekit_register_access('app.front');
SELECT lint.access();
GRANT UPDATE ON app.rooms, app."Members" TO regress_livekit_web;
SELECT finding FROM lint_look('access_writable');
DROP POLICY banned ON app."Members";
ALTER POLICY callers ON app."Members" USING (app.is_late(room));
SELECT lint.access();

SELECT livekit_unregister_access();
SET client_min_messages = error;
DROP SCHEMA lint, app CASCADE;
DROP ROLE regress_livekit_keeper, regress_livekit_alice, regress_livekit_dump, regress_livekit_web;
