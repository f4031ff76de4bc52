-- A public lobby: visitors watch, members speak, private rooms are closed.
\set identity 'app.user_id'
\ir login.psql
SELECT plan(23);
\ir ../../../examples/policies/public_lobby.sql

SELECT is(setconfig, ARRAY['livekit_token.identity=' || :'identity'], 'app_user has the setting that is tested')
  FROM pg_db_role_setting WHERE setrole = 'app_user'::regrole;
INSERT INTO room VALUES ('lobby', true), ('backstage', false), ('stage', true);
INSERT INTO member VALUES ('lobby', 'alice'), ('backstage', 'alice');

SELECT is(pg_temp.joined('visitor:1', 'lobby'),
	pg_temp.participant('visitor:1', 'lobby', 900, :'watching'), 'a visitor watches');
SELECT is(pg_temp.joined('alice', 'lobby'),
	pg_temp.participant('alice', 'lobby'), 'a member speaks');
SELECT is(pg_temp.joined('alice', 'stage'),
	pg_temp.participant('alice', 'stage', 900, :'watching'), 'but in a room of others');
SELECT is(pg_temp.joined('alice', 'backstage') ->> 'sub', 'alice', 'a private room has members');
SELECT is(pg_temp.joined('visitor:1', 'backstage'), '"42501"', 'and no visitors');
SELECT is(pg_temp.joined(NULL, 'lobby'), '"42501"', 'nor does a visitor without an identity get in');
SELECT is(pg_temp.joined('', 'lobby'), '"42501"', 'or with an empty one');

SELECT is(pg_temp.minted('visitor:1', format('NULL, ''lobby'', %L', grants)), '"42501"', 'a visitor asks for ' || grants)
  FROM unnest(ARRAY['{"canPublish": true}', '{"canPublishData": true}', '{"canPublishSources": ["camera"]}',
					'{"canPublish": true, "hidden": true}']) AS grants;
SELECT is(pg_temp.minted('visitor:1', '''alice'', ''lobby'''), '"42501"', 'a visitor asks as a member');
SELECT is_empty($$SELECT * FROM pg_temp.asking_for_more('visitor:1', 'lobby')$$, 'or for anything else');
SELECT is_empty($$SELECT * FROM pg_temp.undermined('visitor:1', 'lobby', 'app_user', 'room', 'member', 'access')$$,
	'the policies not in force');
SELECT is_empty(
	$$SELECT name, claims
		FROM unnest(ARRAY['Alice', 'ALICE', 'alice ', U&'alice\0301']) AS name, pg_temp.joined(name, 'lobby') AS claims
	   WHERE claims -> 'video' -> 'canPublish' IS DISTINCT FROM 'false' OR claims ->> 'sub' <> name$$,
	'a visitor with a name like a member''s is still a visitor, under that name');
SELECT is_empty($$SELECT * FROM pg_temp.look_alikes('alice', 'backstage')$$, 'and does not get in where members do');
SELECT is(pg_temp.answer('visitor:1', 'SELECT string_agg(name, '','' ORDER BY name) FROM room'), 'lobby,stage',
	'he sees no private room');
SELECT is(pg_temp.answer('visitor:1', 'SELECT count(*) FROM member'), '0', 'nor who is a member');
SELECT is(pg_temp.outcome('visitor:1', 'UPDATE room SET public = true'), '42501', 'he does not open rooms');
SELECT is(pg_temp.outcome('visitor:1', 'INSERT INTO member VALUES (''lobby'', ''visitor:1'')'), '42501', 'nor becomes a member');

UPDATE room SET public = false WHERE name = 'lobby';
SELECT is(pg_temp.joined('visitor:1', 'lobby'), '"42501"', 'a lobby that was closed');
SELECT is(pg_temp.joined('alice', 'lobby') -> 'video' -> 'canPublish', 'true', 'stays open for its members');

SELECT * FROM finish();
\ir logout.psql
