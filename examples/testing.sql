-- Unit tests of who may join: policies are code, and a change to them is
-- tested like one.  Copy this file beside your migrations and change it.
--
-- In a database for tests, with your migrations in it (here
-- policies/moderators.sql), a key file and livekit_token.url, as the README's
-- quick start says:
--     psql -d app_test -c 'CREATE EXTENSION IF NOT EXISTS pgtap'
--     pg_prove -d app_test testing.sql
--
-- As a superuser, or as a role that can SET ROLE to those asked about, may
-- execute the functions and write the rows.  Nothing is signed, and all of it
-- is taken back at the end.
BEGIN;
SET LOCAL search_path = public, livekit;
SELECT plan(19);

-- The people of these tests, and their rooms
INSERT INTO member (room, identity, moderator) VALUES
    ('standup',   'alice', true),
    ('standup',   'bob',   false),
    ('boardroom', 'carol', false);

-- Who may join: role of the database, room, claims.  With
-- livekit_token.identity = 'app.user_id' the claims are the user's name; with
-- 'postgrest' they would be '{"sub": "alice"}', with 'role' none at all.
SELECT livekit_tap_can_join('app_user', 'standup', '"alice"', 'the moderator joins');
SELECT livekit_tap_can_join('app_user', 'standup', '"bob"', 'so does a member');
SELECT livekit_tap_can_join('app_user', 'boardroom', '"carol"');

-- Who may not: begin with these when you write a policy.  A mistake in the
-- set-up, after which nobody can join, does not pass for a refusal.
SELECT livekit_tap_cannot_join('app_user', 'boardroom', '"alice"', 'a room of others');
SELECT livekit_tap_cannot_join('app_user', 'standup', '"mallory"', 'a stranger');
SELECT livekit_tap_cannot_join('app_user', 'standup', '"Alice"', 'somebody with a name like hers');
SELECT livekit_tap_cannot_join('app_user', 'no such room', '"alice"', 'a room that is not there');
SELECT livekit_tap_cannot_join('app_user', 'standup', '""', 'nobody');
SELECT livekit_tap_cannot_join('app_user', 'standup', NULL, 'a request that does not say who asks');

-- What they may do there.  Grants that the row does not name are LiveKit's
-- defaults: who may publish unless told otherwise can, and nobody moderates.
SELECT livekit_tap_grants('app_user', 'standup', '{"roomAdmin": true, "canPublish": true}', '"alice"', 'alice moderates');
SELECT livekit_tap_grants('app_user', 'standup',
    '{"roomAdmin": false, "canPublish": true, "canSubscribe": true, "hidden": false, "roomRecord": false}',
    '"bob"', 'bob takes part, and no more');

-- It follows the rows at once
DELETE FROM member WHERE identity = 'bob';
SELECT livekit_tap_cannot_join('app_user', 'standup', '"bob"', 'bob has left');
UPDATE member SET moderator = false WHERE identity = 'alice';
SELECT livekit_tap_grants('app_user', 'standup', '{"roomAdmin": false}', '"alice"', 'alice has handed it over');

-- What must stay as it is around the policies
SELECT is(relrowsecurity, true, 'row-level security on ' || oid::regclass)
  FROM pg_class WHERE oid = 'member'::regclass;
SELECT policies_are('public', 'member', ARRAY['own']);
SELECT table_privs_are('public', 'member', 'app_user', ARRAY['SELECT'], 'users do not write memberships');
SELECT ok(NOT has_function_privilege('app_user', oid, 'EXECUTE'), 'users cannot sign without the policies')
  FROM pg_proc WHERE proname = 'livekit_issue';
SELECT is(livekit_access.relation, 'member'::regclass, 'this is the table that decides') FROM livekit_access;
INSERT INTO member (room, identity, moderator) VALUES ('standup', 'dora', true);
SELECT results_eq(
    $$SELECT identity, notable FROM livekit_access_report() WHERE notable IS NOT NULL$$,
    $$VALUES ('dora', ARRAY['roomAdmin'])$$, 'nobody else has anything above a participant''s');

SELECT * FROM finish();
ROLLBACK;
