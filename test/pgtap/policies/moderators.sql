-- Moderators: roomAdmin for their own room, by row and by nothing else.
\set identity 'app.user_id'
\ir login.psql
SELECT plan(32);
\ir ../../../examples/policies/moderators.sql

SELECT is(setconfig, ARRAY['livekit_token.identity=' || :'identity'], 'app_user has the setting that is tested')
  FROM pg_db_role_setting WHERE setrole = 'app_user'::regrole;
INSERT INTO member VALUES ('standup', 'carol', true), ('standup', 'alice', false), ('boardroom', 'carol', false);

SELECT is(pg_temp.joined('carol', 'standup'), pg_temp.participant('carol', 'standup', 900, '{"roomAdmin": true}'),
	'a moderator joins as one');
SELECT is(pg_temp.joined('alice', 'standup'), pg_temp.participant('alice', 'standup'), 'a member does not');
SELECT is(pg_temp.joined('carol', 'boardroom'), pg_temp.participant('carol', 'boardroom'), 'nor does she elsewhere');
SELECT is(pg_temp.minted('carol', 'NULL, ''standup'', ''{"roomJoin": false}'', ttl => ''1 minute''') #- '{video,roomJoin}',
	pg_temp.participant('carol', 'standup', 60, '{"roomAdmin": true}') #- '{video,roomJoin}', 'a token for LiveKit''s server API');
SELECT isnt(pg_temp.minted('carol', 'NULL, ''standup'', ''{"roomJoin": false}''') #> '{video,roomJoin}', 'true', 'which does not join');
SELECT is(pg_temp.minted('carol', 'NULL, ''standup'', ''{"roomAdmin": false}''') -> 'video' ->> 'roomAdmin' IS DISTINCT FROM 'true',
	true, 'she may leave it');

-- Who is none
SELECT is(pg_temp.minted(who, format('NULL, %L, %L', room, grants)), '"42501"', format('%s asks for %s in %s', who, grants, room))
  FROM (VALUES ('alice', 'standup'), ('carol', 'boardroom'), ('mallory', 'standup')) AS asks (who, room),
	   unnest(ARRAY['{"roomAdmin": true}', '{"room_admin": true, "roomJoin": false}', '{"video": {"roomAdmin": true}}']) AS grants;
SELECT is_empty($$SELECT * FROM pg_temp.asking_for_more('alice', 'standup')$$, 'or for anything else');
SELECT is_empty($$SELECT * FROM pg_temp.undermined('alice', 'standup', 'app_user', 'member')$$,
	'the policies not in force');
SELECT is_empty($$SELECT * FROM pg_temp.look_alikes('carol', 'standup')$$, 'names like a moderator''s');
SELECT is(pg_temp.minted('alice', '''carol'', ''standup'''), '"42501"', 'a member asks as the moderator');

-- Who is one, for more
SELECT is_empty($$SELECT * FROM pg_temp.asking_for_more('carol', 'standup') WHERE arguments !~ '"roomAdmin": true'$$,
	'a moderator asks for more');
SELECT is(pg_temp.minted('carol', 'NULL, NULL, ''{"roomAdmin": true, "roomJoin": false}'''), '"42501"', 'or to moderate every room');

SELECT is(pg_temp.answer('alice', 'SELECT string_agg(room || ''/'' || identity, '','') FROM member'), 'standup/alice',
	'nobody sees who the others are');
SELECT is(pg_temp.outcome(who, statement), '42501', who || ': ' || statement)
  FROM unnest('{alice, carol}'::text[]) AS who,
	   unnest(ARRAY['UPDATE member SET moderator = true', 'DELETE FROM member WHERE identity = ''alice''',
					'INSERT INTO member VALUES (''standup'', ''alice'', true) ON CONFLICT DO NOTHING',
					'INSERT INTO member VALUES (''boardroom'', ''alice'', true)']) AS statement;
UPDATE member SET moderator = false;
SELECT is(pg_temp.minted('carol', 'NULL, ''standup'', ''{"roomAdmin": true}'''), '"42501"', 'a moderator no more');

SELECT * FROM finish();
\ir logout.psql
