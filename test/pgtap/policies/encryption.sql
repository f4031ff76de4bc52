-- The passphrase of a room is for those who may join it, for as long as they
-- may, and is no part of any token.
\set identity 'app.user_id'
\ir login.psql
SELECT plan(23);
\ir ../../../examples/policies/encryption.sql

SELECT is(setconfig, ARRAY['livekit_token.identity=' || :'identity'], 'app_user has the setting that is tested')
  FROM pg_db_role_setting WHERE setrole = 'app_user'::regrole;
INSERT INTO member VALUES ('standup', 'alice'), ('standup', 'bob'), ('boardroom', 'bob');
INSERT INTO passphrase VALUES ('standup'), ('boardroom'), ('attic');
SELECT is(count(DISTINCT passphrase), 3::bigint, 'each room has one of its own') FROM passphrase
 WHERE passphrase ~ '^[0-9a-f]{64}$';
CREATE TEMP TABLE before AS SELECT * FROM passphrase;
CREATE FUNCTION pg_temp.passphrase(wanted text) RETURNS text RETURN (SELECT passphrase FROM passphrase WHERE room = wanted);
\set both 'SELECT passphrase FROM livekit_join(\'standup\') JOIN passphrase USING (room)'
\set other 'SELECT passphrase FROM livekit_join(\'boardroom\') JOIN passphrase USING (room)'

SELECT is(pg_temp.joined('alice', 'standup'), pg_temp.participant('alice', 'standup'),
	'alice joins, and no passphrase is in her token');
SELECT is(pg_temp.answer('alice', :'both'), pg_temp.passphrase('standup'), 'a token and the passphrase by one query');
SELECT is(pg_temp.answer('alice', :'other'), '42501', 'in another room neither');
SELECT is(pg_temp.answer('alice', 'SELECT string_agg(room, '','') FROM passphrase'), 'standup', 'she sees no other passphrase');
SELECT is_empty(
	$$SELECT who, room, can, sees
		FROM unnest('{alice, bob, stranger, Alice, "alice ", alice#phone, "", NULL}'::text[]) AS who, passphrase AS p,
			 pg_temp.answer(who, format('SELECT livekit_can_join(%L)', room)) AS can,
			 pg_temp.answer(who, format('SELECT count(*) = 1 FROM passphrase WHERE room = %L', room)) AS sees
	   WHERE can NOT IN ('true', 'false') OR (can, sees) NOT IN (('true', 'true'), ('false', 'false'))$$,
	'who may read a passphrase may join, and the reverse');
SELECT is(pg_temp.answer(who, 'SELECT count(*) FROM passphrase'), '0', format('nothing for %L', who))
  FROM unnest('{stranger, Alice, "alice ", alice#phone, "", NULL}'::text[]) AS who;
SELECT is(pg_temp.answer('alice', 'SELECT string_agg(room || ''/'' || identity, '','') FROM member'), 'standup/alice',
	'nor who else has it');
SELECT is(pg_temp.outcome('alice', 'UPDATE passphrase SET passphrase = ''known'''), '42501', 'nobody sets one');
SELECT is(pg_temp.outcome('alice', 'INSERT INTO passphrase VALUES (''cellar'', ''known'')'), '42501', 'or makes one');
SELECT is(pg_temp.outcome('alice', 'INSERT INTO member VALUES (''boardroom'', ''alice'')'), '42501', 'or lets himself in');
SELECT is_empty($$SELECT * FROM pg_temp.asking_for_more('alice', 'standup')$$, 'more than a participant has');
SELECT is_empty($$SELECT * FROM pg_temp.undermined('alice', 'standup', 'app_user', 'member')$$,
	'the policies not in force');
SELECT is_empty($$SELECT * FROM pg_temp.look_alikes('alice', 'standup')$$, 'names like hers');

DELETE FROM member WHERE identity = 'alice';
SELECT is(pg_temp.answer('alice', :'both'), '42501', 'who was removed gets neither');
SELECT isnt(pg_temp.answer('bob', :'both'), (SELECT passphrase FROM before WHERE room = 'standup'),
	'and those who stay have another than she knows');
SELECT is(pg_temp.passphrase('boardroom'), (SELECT passphrase FROM before WHERE room = 'boardroom'), 'the other rooms keep theirs');

SELECT * FROM finish();
\ir logout.psql
