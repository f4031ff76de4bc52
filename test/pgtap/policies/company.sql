-- A company with a role for each of its people, and one for each department.
\set identity 'role'
\ir login.psql
SELECT plan(25);
\ir ../../../examples/policies/company.sql

SELECT is_empty($$SELECT * FROM pg_db_role_setting WHERE setrole::regrole::text IN ('staff', 'finance', 'alice', 'bob')$$,
	'nobody has a setting of his own');
CREATE OR REPLACE FUNCTION pg_temp.become(who text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	PERFORM set_config('role', who, true);
END $$;

CREATE ROLE regress_livekit_sales NOLOGIN;
CREATE ROLE "Alice" LOGIN IN ROLE staff;
CREATE ROLE "alice#phone" LOGIN IN ROLE staff, finance;
CREATE ROLE regress_livekit_stranger LOGIN IN ROLE finance;
INSERT INTO channel VALUES ('payroll', 'finance'), ('deals', 'regress_livekit_sales'), ('canteen', 'staff');

SELECT is(pg_temp.joined('alice', 'payroll'), pg_temp.participant('alice', 'payroll'), 'alice joins a room of her department');
SELECT is(pg_temp.joined('alice', 'canteen'), pg_temp.participant('alice', 'canteen'), 'and one for all');
SELECT is(pg_temp.joined('bob', 'canteen'), pg_temp.participant('bob', 'canteen'), 'as does bob');
SELECT is(pg_temp.joined('bob', 'payroll'), '"42501"', 'who is in no department');
SELECT is(pg_temp.joined('alice', 'deals'), '"42501"', 'hers is another one');
SELECT is(pg_temp.joined('"Alice"', 'payroll'), '"22023"', 'no such role at all');
SELECT is(pg_temp.joined('Alice', 'payroll'), '"42501"', 'a role with a name like hers');
SELECT is(pg_temp.joined('alice#phone', 'payroll'), '"42501"', 'or with the name of her phone');
SELECT is(pg_temp.joined('regress_livekit_stranger', 'payroll'), '"42501"', 'a department is not enough to ask');
SELECT is(pg_temp.joined('alice', room), '"42501"', format('the room as %L', room))
  FROM unnest('{Payroll, "payroll ", pay, ""}'::text[]) AS room;
SELECT is(pg_temp.minted('alice', '''bob'', ''canteen'''), '"42501"', 'as somebody else who may join');
SELECT is_empty($$SELECT * FROM pg_temp.asking_for_more('alice', 'payroll')$$, 'more than a participant has');
SELECT is_empty($$SELECT * FROM pg_temp.undermined('alice', 'payroll', 'alice', 'channel')$$,
	'the policies not in force');

-- Who says who is asking: the role, and no setting.
SET LOCAL app.user_id = 'alice';
SET LOCAL request.jwt.claims = '{"sub": "alice"}';
SELECT is(pg_temp.joined('bob', 'payroll'), '"42501"', 'a setting does not make bob alice');
SELECT is(pg_temp.outcome('bob', 'SET livekit_token.identity = ''app.user_id'''), '42501', 'nor can he choose one that would');
SELECT is(pg_temp.outcome('bob', 'SELECT set_config(''livekit_token.identity'', ''role'', false)'), '42501', 'or any');
SET LOCAL SESSION AUTHORIZATION bob;
SELECT throws_ok('SET ROLE alice', '42501', NULL, 'he cannot take her role');
SELECT throws_ok('SET ROLE finance', '42501', NULL, 'nor that of her department');
RESET SESSION AUTHORIZATION;
SELECT is(pg_temp.outcome('bob', 'UPDATE channel SET department = ''staff'''), '42501', 'nor open a room');

GRANT finance TO bob;
SELECT is(pg_temp.joined('bob', 'payroll') ->> 'sub', 'bob', 'GRANT lets him in');
REVOKE finance FROM bob;
SELECT is(pg_temp.joined('bob', 'payroll'), '"42501"', 'REVOKE puts him out');

SELECT * FROM finish();
\ir logout.psql
