-- Meetings: not before the start, not after the end, and no token beyond it.
\set identity 'app.user_id'
\ir login.psql
SELECT plan(22);
\ir ../../../examples/policies/meetings.sql

SELECT is(setconfig, ARRAY['livekit_token.identity=' || :'identity'], 'app_user has the setting that is tested')
  FROM pg_db_role_setting WHERE setrole = 'app_user'::regrole;
INSERT INTO meeting
SELECT room, statement_timestamp() + starts::interval, statement_timestamp() + ends::interval
  FROM (VALUES ('review', '-1 hour', '5 minutes'), ('workshop', '-1 hour', '8 hours'), ('over', '-1 hour', '-1 second'),
			   ('tomorrow', '1 day', '2 days'), ('soon', '1 hour', '2 hours'), ('closing', '-1 hour', '0.9 seconds'),
			   ('uninvited', '-1 hour', '1 hour'), ('never', '1 hour', '-1 hour')) AS m (room, starts, ends);
INSERT INTO member SELECT room, 'alice' FROM meeting WHERE room <> 'uninvited';
INSERT INTO member VALUES ('uninvited', 'bob');

SELECT is(pg_temp.joined('alice', 'workshop'),
	pg_temp.participant('alice', 'workshop'), 'during a meeting, for as long as usual');
SELECT is(pg_temp.joined('alice', 'review') - 'ttl',
	pg_temp.participant('alice', 'review') - 'ttl', 'shortly before its end');
SELECT cmp_ok((pg_temp.joined('alice', 'review') -> 'ttl')::int, '<=', 300, 'no longer than it lasts');
SELECT cmp_ok((pg_temp.joined('alice', 'review') -> 'ttl')::int, '>', 240, 'but that long');
SELECT is((pg_temp.joined('alice', 'review', ', ttl => ''1 minute''') -> 'ttl')::int, 60, 'she may ask for less');
SELECT is(pg_temp.joined('alice', 'review', ', ttl => ''15 minutes'''), '"42501"', 'not for more');
SELECT is(pg_temp.minted('alice', 'NULL, ''review'', ttl => ''6 minutes'''), '"42501"', 'by livekit_token neither');
SELECT is(pg_temp.joined('alice', 'workshop', ', ttl => ''5 hours'''), '"42501"', 'nor in a long meeting');

SELECT is(pg_temp.minted('alice', format('NULL, ''review'', options => ''{"notBefore": "%s"}''', now() + interval '10 minutes')),
	'"22023"', 'nor one that begins after the end');

SELECT is(pg_temp.joined('alice', room), '"42501"', 'the meeting ' || room)
  FROM unnest('{over, tomorrow, soon, closing, uninvited, never}'::text[]) AS room;
SELECT is(pg_temp.outcome('alice', 'UPDATE meeting SET ends_at = ends_at + interval ''1 day'''), '42501',
	'nobody prolongs a meeting by himself');
SELECT is_empty($$SELECT * FROM pg_temp.asking_for_more('alice', 'workshop')$$, 'more than a participant has');
SELECT is_empty($$SELECT * FROM pg_temp.undermined('alice', 'workshop', 'app_user', 'meeting', 'member', 'access')$$,
	'the policies not in force');
SELECT is_empty($$SELECT * FROM pg_temp.look_alikes('alice', 'workshop')$$, 'names like hers');

UPDATE meeting SET starts_at = statement_timestamp() WHERE room = 'workshop';
SELECT is(pg_temp.joined('alice', 'workshop') ->> 'sub', 'alice',
	'begun within a transaction that began before, whose now() lies before the start');
UPDATE meeting SET ends_at = statement_timestamp() WHERE room = 'workshop';
SELECT is(pg_temp.joined('alice', 'workshop'), '"42501"',
	'ended');

SELECT * FROM finish();
\ir logout.psql
