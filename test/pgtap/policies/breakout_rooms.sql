-- Breakout rooms: each participant joins the meeting and the one room that its
-- host has put him in; the host moderates all rooms of his meeting.
\set identity 'app.user_id'
\ir login.psql
SELECT plan(35);
\ir ../../../examples/policies/breakout_rooms.sql

SELECT is(setconfig, ARRAY['livekit_token.identity=' || :'identity'], 'app_user has the setting that is tested')
  FROM pg_db_role_setting WHERE setrole = 'app_user'::regrole;
INSERT INTO meeting VALUES ('retreat', 'hana'), ('offsite', 'omar');
INSERT INTO room VALUES ('retreat', 'retreat'), ('tables', 'retreat'), ('chairs', 'retreat'),
	('offsite', 'offsite'), ('boats', 'offsite');
INSERT INTO seat VALUES ('offsite', 'omar', NULL), ('offsite', 'bob', 'boats');
SELECT is(pg_temp.outcome('hana', 'INSERT INTO seat VALUES (''retreat'', ''hana'', NULL)'),
	'42501', 'seats are made without a breakout room');
SELECT is(pg_temp.outcome('hana',
	'INSERT INTO seat (meeting, identity) VALUES (''retreat'', ''hana''), (''retreat'', ''bob''), (''retreat'', ''carol'')'),
	'3 rows', 'the host seats herself and others');

SELECT is(pg_temp.joined('bob', 'retreat'), pg_temp.participant('bob', 'retreat'), 'a participant joins the meeting');
SELECT is(pg_temp.joined('bob', 'tables'), '"42501"', 'and no breakout room before he is sent there');
SELECT is(pg_temp.outcome('hana', 'UPDATE seat SET breakout = ''tables'' WHERE meeting = ''retreat'' AND identity = ''bob'''), '1 row',
	'the host sends him there');
SELECT is(pg_temp.joined('bob', 'tables'), pg_temp.participant('bob', 'tables'), 'he joins it');
SELECT is(pg_temp.joined('bob', 'chairs'), '"42501"', 'not the one beside it');
SELECT is(pg_temp.joined('carol', 'tables'), '"42501"', 'nor does somebody else join his');
SELECT is(pg_temp.joined('bob', 'retreat') ->> 'sub', 'bob', 'the way back is open');
SELECT is(pg_temp.joined('bob', 'boats') -> 'video' ->> 'room', 'boats', 'another meeting has a room for him of its own');
SELECT is(pg_temp.joined('hana', room), pg_temp.participant('hana', room, 900, '{"roomAdmin": true}'),
	'the host moderates ' || room)
  FROM unnest('{retreat, tables, chairs}'::text[]) AS room;
SELECT is(pg_temp.joined('hana', room), '"42501"', 'not ' || room || ' of another host')
  FROM unnest('{offsite, boats}'::text[]) AS room;

SELECT is_empty($$SELECT * FROM pg_temp.asking_for_more('bob', 'tables')$$, 'more than a participant has');
SELECT is_empty($$SELECT * FROM pg_temp.undermined('bob', 'tables', 'app_user', 'meeting', 'room', 'seat', 'access')$$,
	'the policies not in force');
SELECT is(pg_temp.minted('omar', 'NULL, ''tables'', ''{"roomAdmin": true}'''), '"42501"', 'a host asks for another''s room');
SELECT is_empty($$SELECT * FROM pg_temp.look_alikes('hana', 'tables')$$, 'names like the host''s');
SELECT is_empty($$SELECT * FROM pg_temp.look_alikes('bob', 'tables')$$, 'names like a participant''s');

SELECT is(pg_temp.outcome('bob', 'UPDATE seat SET breakout = ''chairs'' WHERE meeting = ''retreat'''), '0 rows',
	'nobody moves himself');
SELECT is(pg_temp.outcome('bob', 'INSERT INTO seat (meeting, identity) VALUES (''retreat'', ''dave'')'), '42501', 'or seats others');
SELECT is(pg_temp.outcome('dave', 'INSERT INTO seat (meeting, identity) VALUES (''retreat'', ''dave'')'), '42501', 'or himself');
SELECT is(pg_temp.outcome('hana', 'UPDATE seat SET breakout = ''boats'' WHERE identity = ''carol'''), '23503',
	'a host does not send people into another''s room');
SELECT is(pg_temp.outcome('hana', 'UPDATE seat SET meeting = ''offsite'''), '42501', 'or meeting');
SELECT is(pg_temp.outcome('hana', 'INSERT INTO seat (meeting, identity) VALUES (''offsite'', ''hana'')'), '42501', 'or goes there');
SELECT is(pg_temp.outcome('hana', 'UPDATE seat SET identity = ''dave'' WHERE identity = ''carol'''), '42501',
	'or takes over a seat');
SELECT is(pg_temp.answer('bob', 'SELECT count(*) FROM meeting'), '0', 'only a host sees who is the host');
SELECT is(pg_temp.answer('bob', 'SELECT count(*) FROM seat WHERE identity <> ''bob'''), '0', 'and who else is there');
SELECT is(pg_temp.outcome('bob', 'UPDATE meeting SET host = ''bob'''), '42501', 'nobody makes himself the host');
SELECT is(pg_temp.outcome('hana', 'INSERT INTO room VALUES (''offsite'', ''retreat'')'), '42501', 'nor takes over a room');

SELECT is(pg_temp.outcome('hana', 'UPDATE seat SET breakout = NULL WHERE meeting = ''retreat'''), '3 rows',
	'the host calls all back');
SELECT is(pg_temp.joined('bob', 'tables'), '"42501"', 'and the breakout room is closed');
SELECT is(pg_temp.joined('bob', 'boats') ->> 'sub', 'bob', 'while the other meeting goes on');

SELECT * FROM finish();
\ir logout.psql
