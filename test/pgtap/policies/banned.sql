-- Banned users: out of one room, or of all, whatever else lets them in; and
-- they cannot lift the ban.
\set identity 'app.user_id'
\ir login.psql
SELECT plan(24);
\ir ../../../examples/policies/banned.sql

SELECT is(setconfig, ARRAY['livekit_token.identity=' || :'identity'], 'app_user has the setting that is tested')
  FROM pg_db_role_setting WHERE setrole = 'app_user'::regrole;
INSERT INTO member SELECT room, who FROM unnest('{standup, boardroom}'::text[]) AS room, unnest('{alice, mallory}'::text[]) AS who;
SELECT is(pg_temp.joined('mallory', 'standup'), pg_temp.participant('mallory', 'standup'), 'not banned yet');
SELECT is(pg_temp.joined('trent', 'standup'), '"42501"', 'without a ban one still has to be a member');
SELECT is_empty($$SELECT * FROM pg_temp.asking_for_more('mallory', 'standup')$$, 'more than a participant has');
SELECT is_empty($$SELECT * FROM pg_temp.undermined('mallory', 'standup', 'app_user', 'member')$$,
	'the policies not in force');
SELECT is_empty($$SELECT * FROM pg_temp.look_alikes('mallory', 'standup')$$, 'names like his');

INSERT INTO ban VALUES ('mallory', 'standup');
SELECT is(pg_temp.joined('mallory', 'standup'), '"42501"', 'banned from one room');
SELECT is(pg_temp.minted('mallory', 'NULL, ''standup'', ''{"canPublish": false}'''), '"42501"', 'also to listen');
SELECT is(pg_temp.joined('mallory', 'standup', ', device => ''phone'''), '"42501"', 'or on another device');
SELECT is(pg_temp.minted('mallory', '''alice'', ''standup'''), '"42501"', 'or as somebody else');
SELECT is(pg_temp.joined('mallory', 'boardroom') ->> 'sub', 'mallory', 'not from another');
SELECT is(pg_temp.joined('alice', 'standup') ->> 'sub', 'alice', 'nor is anybody else');

UPDATE ban SET room = NULL;
SELECT is(pg_temp.joined('mallory', room), '"42501"', 'banned everywhere: ' || room)
  FROM unnest('{standup, boardroom}'::text[]) AS room;

SELECT is(pg_temp.outcome('mallory', 'DELETE FROM ban'), '42501', 'he cannot lift it');
SELECT is(pg_temp.outcome('mallory', 'UPDATE ban SET until = now()'), '42501', 'nor shorten it');
SELECT is(pg_temp.outcome('alice', 'INSERT INTO ban VALUES (''trent'')'), '42501', 'nor does anybody ban others');
SELECT is(pg_temp.answer('mallory', 'SELECT count(*) FROM ban'), '1', 'he may see it');
SELECT is(pg_temp.answer('alice', 'SELECT count(*) FROM ban'), '0', 'others may not');

-- One more policy that lets people in does not let him in.
CREATE POLICY everybody ON member FOR SELECT TO app_user USING (true);
SELECT is(pg_temp.joined('mallory', 'boardroom'), '"42501"', 'another policy does not outvote the ban');
SELECT is(pg_temp.joined('alice', 'boardroom') ->> 'sub', 'alice', 'others are not hit by it');

UPDATE ban SET until = statement_timestamp() + interval '1 minute';
SELECT is(pg_temp.joined('mallory', 'boardroom'), '"42501"', 'a ban for a minute');
UPDATE ban SET until = statement_timestamp();
SELECT is(pg_temp.joined('mallory', 'boardroom') ->> 'sub', 'mallory', 'is over after it');
-- why the recipe lets people see their bans
UPDATE ban SET until = DEFAULT;
REVOKE SELECT ON ban FROM app_user;
SELECT is(pg_temp.joined('alice', 'boardroom'), '"42501"', 'where the bans cannot be read nobody gets in');

SELECT * FROM finish();
\ir logout.psql
