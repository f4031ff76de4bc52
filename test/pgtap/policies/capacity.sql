-- A fixed number of chairs: never more people than chairs, on one device each,
-- and each for as long as the chair is his.  logins.sql has many come at once.
\set identity 'app.user_id'
\ir login.psql
SELECT plan(34);
\ir ../../../examples/policies/capacity.sql

SELECT is(setconfig, ARRAY['livekit_token.identity=' || :'identity'], 'app_user has the setting that is tested')
  FROM pg_db_role_setting WHERE setrole = 'app_user'::regrole;
INSERT INTO chair (room, number) SELECT 'lecture', generate_series(1, 2);
INSERT INTO chair (room, number) VALUES ('cinema', 1), ('balcony', 1);
\set sit 'SELECT sit(\'lecture\')'

SELECT is(pg_temp.joined('alice', 'lecture'), '"42501"', 'no chair, no entry');
SELECT is(pg_temp.answer('alice', :'sit'), 'true', 'alice sits down');
SELECT is(pg_temp.joined('alice', 'lecture') - 'ttl', pg_temp.participant('alice', 'lecture') - 'ttl', 'and joins');
SELECT cmp_ok((pg_temp.joined('alice', 'lecture') -> 'ttl')::int, '<=', 900, 'for no longer than the chair is hers');
SELECT cmp_ok((pg_temp.joined('alice', 'lecture') -> 'ttl')::int, '>', 840, 'but that long');
SELECT is(pg_temp.answer('alice', :'sit'), 'true', 'she may sit on it again');
SELECT is(count(*), 1::bigint, 'which is one chair') FROM chair WHERE until > now();
SELECT is(pg_temp.answer('bob', :'sit'), 'true', 'bob sits down');
SELECT is(pg_temp.answer('carol', :'sit'), 'false', 'for carol the room is full');
SELECT is(pg_temp.joined('carol', 'lecture'), '"42501"', 'she cannot join');
SELECT is(pg_temp.answer('carol', 'SELECT sit(''cinema'')'), 'true', 'elsewhere she can');
SELECT is(pg_temp.joined('carol', 'cinema') ->> 'sub', 'carol', 'there');
SELECT is(pg_temp.joined('bob', 'cinema'), '"42501"', 'a chair is one of a room');
SELECT is(pg_temp.answer('bob', :'sit'), 'true', 'in a full room one keeps one''s chair');

-- Around it
CREATE ROLE regress_livekit_stranger;
SELECT is(pg_temp.joined('alice', 'lecture', ', device => ''phone'''), '"42501"', 'two participants on one chair');
SELECT is(pg_temp.joined('alice', 'lecture', ', ttl => ''1 hour'''), '"42501"', 'a token that outlasts the chair');
SELECT is(pg_temp.answer(NULL, 'SELECT sit(''balcony'')'), 'false', 'nobody sits down on a free chair');
SELECT is(pg_temp.answer('', 'SELECT sit(''balcony'')'), 'false', 'nor does an empty name');
SELECT is(pg_temp.answer('carol', 'SELECT sit(NULL)'), 'false', 'nor anybody in no room');
SELECT is(pg_temp.outcome('carol', 'UPDATE chair SET identity = ''carol'''), '42501', 'taking a chair away');
SELECT is(pg_temp.outcome('carol', 'INSERT INTO chair VALUES (''lecture'', 3, ''carol'', now() + interval ''1 hour'')'), '42501',
	'bringing a chair');
SELECT is(pg_temp.outcome('alice', 'UPDATE chair SET until = ''infinity'''), '42501', 'keeping a chair');
SELECT is(pg_temp.answer('carol', 'SELECT count(*) FROM chair WHERE room = ''lecture'''), '0', 'seeing who sits there');
SELECT is_empty($$SELECT * FROM pg_temp.asking_for_more('alice', 'lecture')$$, 'more than a participant has');
SELECT is_empty($$SELECT * FROM pg_temp.undermined('alice', 'lecture', 'app_user', 'chair', 'access')$$,
	'the policies not in force');
SELECT is_empty($$SELECT * FROM pg_temp.look_alikes('alice', 'lecture')$$, 'names like hers');

SET LOCAL ROLE regress_livekit_stranger;
SELECT throws_ok('SELECT sit(''balcony'')', '42501', NULL, 'sitting down as a role that the application is not');
RESET ROLE;

-- Time
UPDATE chair SET until = statement_timestamp() + interval '90 seconds' WHERE identity = 'alice';
SELECT cmp_ok((pg_temp.joined('alice', 'lecture') -> 'ttl')::int, '<=', 90, 'what is left of the chair is the token''s ttl');
SELECT is(pg_temp.joined('alice', 'lecture', ', ttl => ''2 minutes'''), '"42501"', 'and no more');
UPDATE chair SET until = statement_timestamp() WHERE identity = 'alice';
SELECT is(pg_temp.joined('alice', 'lecture'), '"42501"', 'its time over, alice is out');
SELECT is(pg_temp.answer('carol', :'sit'), 'true', 'and the chair is free for the next');
SELECT is(pg_temp.joined('carol', 'lecture') ->> 'sub', 'carol', 'who joins');
SELECT is(pg_temp.answer('alice', :'sit'), 'false', 'while alice has to wait');

SELECT * FROM finish();
\ir logout.psql
