-- Members: a row lets its own user into its own room, and nobody else.
\set identity 'app.user_id'
\ir login.psql
SELECT plan(24);
\ir ../../../examples/policies/members.sql

SELECT is(setconfig, ARRAY['livekit_token.identity=' || :'identity'], 'app_user has the setting that is tested')
  FROM pg_db_role_setting WHERE setrole = 'app_user'::regrole;
SELECT is(pg_temp.joined('alice', 'standup'), '"42501"', 'no rows, no members');
INSERT INTO member VALUES ('standup', 'alice'), ('standup', 'bob'), ('boardroom', 'bob'), (U&'caf\00E9', U&'ren\00E9');

SELECT is(pg_temp.joined('alice', 'standup'),
	pg_temp.participant('alice', 'standup'), 'alice joins her room');
SELECT is(pg_temp.joined('bob', 'boardroom') -> 'video' ->> 'room', 'boardroom', 'and bob his other one');
SELECT is(pg_temp.joined('alice', 'standup', ', ttl => ''1 minute'', device => ''phone'''),
	pg_temp.participant('alice#phone', 'standup', 60), 'for a minute, on her phone');
SELECT is(pg_temp.minted('alice', 'NULL, ''standup'', ''{"canPublish": false}'''),
	pg_temp.participant('alice', 'standup', 900, :'watching'), 'she may ask for less');
SELECT is(pg_temp.answer('alice', 'SELECT livekit_can_join(''standup'')'), 'true', 'and may ask whether she could');

SELECT is(pg_temp.joined('alice', 'boardroom'), '"42501"', 'a room of others');
SELECT is(pg_temp.answer('alice', 'SELECT livekit_can_join(''boardroom'')'), 'false', 'which she may ask, too');
SELECT is(pg_temp.minted('alice', '''bob'', ''standup'''), '"42501"', 'as somebody else who is in the same room');
SELECT is_empty($$SELECT * FROM pg_temp.asking_for_more('alice', 'standup')$$, 'more than a participant has');
SELECT is_empty($$SELECT * FROM pg_temp.undermined('alice', 'standup', 'app_user', 'member')$$,
	'the policies not in force');
SELECT is_empty($$SELECT * FROM pg_temp.look_alikes('alice', 'standup')$$, 'names like hers');
SELECT is(pg_temp.joined(U&'ren\00E9', U&'caf\00E9') ->> 'sub', U&'ren\00E9', 'with an accent');
SELECT is(pg_temp.joined(U&'rene\0301', U&'caf\00E9'), '"42501"', 'the same to the eye, in another form: the user');
SELECT is(pg_temp.joined(U&'ren\00E9', U&'cafe\0301'), '"42501"', 'the same to the eye, in another form: the room');

SELECT is(pg_temp.outcome('alice', 'INSERT INTO member VALUES (''boardroom'', ''alice'')'), '42501', 'she cannot let herself in');
SELECT is(pg_temp.outcome('alice', 'UPDATE member SET room = ''boardroom'''), '42501', 'nor move her row');
SELECT is(pg_temp.answer('alice', 'SELECT string_agg(room || identity, '','') FROM member'), 'standupalice',
	'nor see who else is there');
SELECT is(pg_temp.answer('alice', 'SELECT livekit_issue(''alice'', ''boardroom'')'), '42501', 'nor sign without the policies');
-- as its owner, to whom no policy applies
CREATE FUNCTION wrapper(wanted text) RETURNS text LANGUAGE sql SECURITY DEFINER AS
	'SELECT identity FROM livekit.livekit_join(wanted)';
SELECT is(pg_temp.answer('alice', 'SELECT wrapper(''standup'')'), '55000', 'nor through a SECURITY DEFINER function');
SELECT is(pg_temp.outcome('alice', 'SELECT livekit_unregister_access()'), '42501', 'nor take the policies away');

DELETE FROM member WHERE room = 'standup' AND identity = 'alice';
SELECT is(pg_temp.joined('alice', 'standup'), '"42501"', 'without her row she is out at once');
DROP POLICY own ON member;
SELECT is(pg_temp.joined('bob', 'standup'), '"42501"', 'without the policy all are');

SELECT * FROM finish();
\ir logout.psql
