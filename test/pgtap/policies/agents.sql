-- Agents and recorders: each service is what its login role says, and no user
-- becomes one by calling himself so.
\set identity 'app.user_id'
\ir login.psql
SELECT plan(28);
\ir ../../../examples/policies/agents.sql

SELECT is(setconfig, ARRAY['livekit_token.identity=' || :'identity'], 'app_user has the setting that is tested')
  FROM pg_db_role_setting WHERE setrole = 'app_user'::regrole;
SELECT is_empty($$SELECT * FROM pg_db_role_setting WHERE setrole IN ('recorder'::regrole, 'helper'::regrole, 'service'::regrole)$$,
	'the services'' identity is their role');
-- 'role recorder' acts as one that has logged in as recorder, where the
-- setting is as it is by default.
CREATE OR REPLACE FUNCTION pg_temp.become(who text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	IF who LIKE 'role %' THEN
		PERFORM set_config('livekit_token.identity', 'role', true), set_config('app.user_id', 'alice', true);
		PERFORM set_config('role', substr(who, 6), true);
	ELSE
		PERFORM set_config('app.user_id', coalesce(who, ''), true), set_config('role', 'app_user', true);
	END IF;
END $$;
-- back to what the session began with
CREATE FUNCTION pg_temp.joined_as_role(who text, room text, more text DEFAULT '') RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
	result jsonb;
BEGIN
	result := pg_temp.joined('role ' || who, room, more);
	RESET livekit_token.identity;
	RETURN result;
END $$;

INSERT INTO member VALUES ('standup', 'alice'), ('boardroom', 'alice');
SELECT is(pg_temp.joined('alice', 'standup'), pg_temp.participant('alice', 'standup'), 'users join as users');
SELECT is(pg_temp.joined_as_role('recorder', 'standup'), '"42501"', 'a service is not there uninvited');

INSERT INTO member VALUES ('standup', 'recorder', true), ('standup', 'helper', true);
SELECT is(pg_temp.joined_as_role('recorder', 'standup'),
	pg_temp.participant('recorder', 'standup', 900,
		'{"recorder": true, "hidden": true, "canPublish": false, "canPublishData": false}'), 'the recorder');
SELECT is(pg_temp.joined_as_role('helper', 'standup'),
	pg_temp.participant('helper', 'standup', 900, '{"canUpdateOwnMetadata": true}'), 'the helper');
SELECT is(pg_temp.joined_as_role(who, 'boardroom'), '"42501"', 'no ' || who || ' in another room')
  FROM unnest('{recorder, helper}'::text[]) AS who;
SELECT is(pg_temp.joined_as_role('service', 'standup'), '"42501"', 'the group of services is none');

-- Users
SELECT is(pg_temp.joined(who, 'standup'), '"42501"', 'a user who calls himself ' || who)
  FROM unnest('{recorder, helper, service, app_user, "role"}'::text[]) AS who;
INSERT INTO member VALUES ('standup', 'recorder');
SELECT is(pg_temp.joined('recorder', 'standup'), pg_temp.participant('recorder', 'standup'),
	'one who is a member under that name is a member');
SELECT is(pg_temp.minted('recorder', format('NULL, ''standup'', %L', grants)), '"42501"', 'with no more, be it ' || grants)
  FROM unnest(ARRAY['{"recorder": true}', '{"hidden": true}']) AS grants;
SELECT is(pg_temp.joined_as_role('recorder', 'standup') -> 'video' -> 'hidden', 'true', 'and the recorder remains what it is');
SELECT is_empty($$SELECT * FROM pg_temp.asking_for_more('alice', 'standup')$$, 'more than a participant has');
SELECT is_empty($$SELECT * FROM pg_temp.undermined('alice', 'standup', 'app_user', 'member')$$,
	'the policies not in force');
SELECT is_empty($$SELECT * FROM pg_temp.look_alikes('alice', 'boardroom')$$, 'names like a user''s');

-- Services
SELECT is(pg_temp.joined_as_role('recorder', 'boardroom'), '"42501"', 'a service does not go where a user may, by his setting');
SELECT is(pg_temp.minted('role recorder', 'NULL, ''standup'', ''{"canPublish": true}'''), '"42501"', 'the recorder speaks');
RESET livekit_token.identity;
SELECT is(pg_temp.answer('role helper', 'SELECT string_agg(room || ''/'' || identity, '','') FROM member'), 'standup/helper',
	'the helper sees where it is wanted and nothing else');
RESET livekit_token.identity;
SELECT is(pg_temp.minted('role helper', '''recorder'', ''standup'''), '"42501"', 'the helper asks as the recorder');
RESET livekit_token.identity;
SELECT is(pg_temp.outcome('role helper', 'INSERT INTO member VALUES (''boardroom'', ''helper'', true)'), '42501',
	'or lets itself in');
RESET livekit_token.identity;
SET LOCAL SESSION AUTHORIZATION app_user;
SELECT throws_ok('SET ROLE ' || role, '42501', NULL, 'app_user cannot become ' || role)
  FROM unnest('{recorder, service}'::text[]) AS role;
RESET SESSION AUTHORIZATION;

SELECT * FROM finish();
\ir logout.psql
