-- The owner of a room invites: she decides about her own rooms only, and
-- whom she lets in has no more than a participant has.
\set identity 'app.user_id'
\ir login.psql
SELECT plan(30);
\ir ../../../examples/policies/owner_invites.sql

SELECT is(setconfig, ARRAY['livekit_token.identity=' || :'identity'], 'app_user has the setting that is tested')
  FROM pg_db_role_setting WHERE setrole = 'app_user'::regrole;
SELECT is(pg_temp.outcome('alice', 'INSERT INTO room VALUES (''studio'', ''alice'')'), '1 row', 'alice opens a room');
SELECT is(pg_temp.outcome('bob', 'INSERT INTO room VALUES (''garage'', ''bob'')'), '1 row', 'bob another');
SELECT is(pg_temp.joined('alice', 'studio'), '"42501"', 'which alone lets nobody in');
SELECT is(pg_temp.outcome('alice', 'INSERT INTO member VALUES (''studio'', ''alice''), (''studio'', ''bob'')'), '2 rows',
	'she invites herself and bob');
SELECT is(pg_temp.outcome('alice', 'INSERT INTO member VALUES (''studio'', ''carol'', true)'), '1 row', 'and carol, to listen');

SELECT is(pg_temp.joined('alice', 'studio'),
	pg_temp.participant('alice', 'studio'), 'the owner joins');
SELECT is(pg_temp.joined('bob', 'studio'),
	pg_temp.participant('bob', 'studio'), 'a guest joins');
SELECT is(pg_temp.joined('carol', 'studio'),
	pg_temp.participant('carol', 'studio', 900, :'watching'), 'a listener listens');
SELECT is(pg_temp.minted('carol', 'NULL, ''studio'', ''{"canPublish": true}'''), '"42501"', 'a listener who wants to speak');
SELECT is(pg_temp.minted('carol', 'NULL, ''studio'', ''{"canPublishData": true}'''), '"42501"', 'or to send data');
SELECT is(pg_temp.minted('carol', 'NULL, ''studio'', ''{"canPublishSources": ["microphone"]}'''), '"42501"', 'or a track');
SELECT is_empty($$SELECT * FROM pg_temp.asking_for_more('alice', 'studio')$$, 'the owner asks for more');
SELECT is_empty($$SELECT * FROM pg_temp.undermined('alice', 'studio', 'app_user', 'member')$$,
	'the policies not in force');
SELECT is_empty($$SELECT * FROM pg_temp.look_alikes('carol', 'studio')$$, 'names like a guest''s');

-- Writing
SELECT is(pg_temp.outcome('bob', 'INSERT INTO member VALUES (''studio'', ''dave'')'), '42501', 'a guest does not invite');
SELECT is(pg_temp.outcome('dave', 'INSERT INTO member VALUES (''studio'', ''dave'')'), '42501', 'nor does one invite himself');
SELECT is(pg_temp.outcome('dave', 'INSERT INTO member VALUES (''nowhere'', ''dave'')'), '42501',
	'the same where there is no such room');
SELECT is(pg_temp.outcome('alice', 'INSERT INTO member VALUES (''garage'', ''alice'')'), '42501',
	'nor an owner herself elsewhere');
SELECT is(pg_temp.outcome('alice',
	'INSERT INTO member (room, identity, grants) VALUES (''studio'', ''dave'', ''{"roomAdmin": true}'')'), '428C9',
	'the owner does not write grants');
SELECT is(pg_temp.outcome('alice', 'UPDATE member SET grants = ''{"roomAdmin": true}'''), '428C9', 'nor change them');
SELECT is(pg_temp.outcome('carol', 'UPDATE member SET listener = false'), '42501', 'a listener does not make herself a speaker');
SELECT is(pg_temp.outcome('bob', 'UPDATE room SET owner = ''bob'''), '42501', 'nobody takes a room over');
SELECT is(pg_temp.outcome('bob', 'INSERT INTO room VALUES (''attic'', ''alice'')'), '42501', 'or opens one in another''s name');
SELECT is(pg_temp.outcome(NULL, 'INSERT INTO room VALUES (''attic'', '''')'), '42501', 'or in nobody''s');
SELECT is(pg_temp.outcome('bob', 'DELETE FROM member WHERE identity = ''carol'''), '0 rows', 'nobody removes another''s guests');
SELECT is(pg_temp.outcome('carol', 'DELETE FROM member'), '0 rows', 'and a listener does not remove herself to come back');

SELECT is(pg_temp.outcome('alice', 'DELETE FROM member WHERE identity = ''bob'''), '1 row', 'the owner removes a guest');
SELECT is(pg_temp.joined('bob', 'studio'), '"42501"', 'who is then out');
SELECT is(pg_temp.outcome('alice', 'DELETE FROM room') || ': ' || pg_temp.joined('carol', 'studio'), '1 row: "42501"',
	'with the room all are');

SELECT * FROM finish();
\ir logout.psql
