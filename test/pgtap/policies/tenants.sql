-- Tenants: each sees its own rooms, signed with its own project's key.
--
-- As long as the server holds the key of one project alone, 'default', that is
-- the project of one tenant here; the other's is not there.
\set identity 'app.user_id'
\ir login.psql
SELECT plan(22);
\ir ../../../examples/policies/tenants.sql

SELECT is(setconfig, ARRAY['livekit_token.identity=' || :'identity'], 'app_user has the setting that is tested')
  FROM pg_db_role_setting WHERE setrole = 'app_user'::regrole;
INSERT INTO tenant VALUES ('acme', 'default', 'wss://acme.example.com'), ('umbrella', 'umbrella', 'wss://umbrella.example.com');
INSERT INTO member VALUES ('acme', 'standup', 'alice'), ('acme', 'standup', 'carol'), ('umbrella', 'standup', 'bob'),
	('umbrella', 'standup', 'alice'), ('umbrella', 'lab', 'alice');
SELECT throws_ok('INSERT INTO tenant VALUES (''twin'', ''default'', ''wss://twin.example.com'')', '23505', NULL,
	'two tenants with one project would share rooms');

-- 'tenant/user'
CREATE OR REPLACE FUNCTION pg_temp.become(who text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	PERFORM set_config('app.tenant', split_part(who, '/', 1), true), set_config('app.user_id', split_part(who, '/', 2), true),
			set_config('role', 'app_user', true);
END $$;

SELECT is(pg_temp.joined('acme/alice', 'standup'),
	pg_temp.participant('alice', 'standup') || '{"url": "wss://acme.example.com"}',
	'alice of acme joins acme''s standup on acme''s server, though another tenant has the same');
SELECT is(pg_temp.minted('acme/alice', 'NULL, ''standup'', project => ''default''') ->> 'sub', 'alice',
	'she may name her tenant''s project');
SELECT is(pg_temp.joined('acme/alice', 'lab'), '"42501"', 'a room of hers at another tenant');
SELECT is(pg_temp.joined('acme/bob', 'standup'), '"42501"', 'a user of another tenant');
SELECT is(pg_temp.joined('/alice', 'standup'), '"42501"', 'no tenant');
SELECT is(pg_temp.joined('none/alice', 'standup'), '"42501"', 'no such tenant');
SELECT is(pg_temp.joined('ACME/alice', 'standup'), '"42501"', 'a tenant in other letter case');
SELECT is(pg_temp.joined('acme', 'standup'), '"42501"', 'a tenant and no user');
SELECT is_empty($$SELECT * FROM pg_temp.asking_for_more('acme/alice', 'standup')$$, 'more than a participant has');
SELECT is_empty($$SELECT * FROM pg_temp.undermined('acme/alice', 'standup', 'app_user', 'tenant', 'member', 'access')$$,
	'the policies not in force');
SELECT is_empty($$SELECT * FROM pg_temp.look_alikes('acme/alice', 'standup')$$, 'names like hers');

SELECT is(pg_temp.joined('umbrella/bob', 'standup'), '"42704"', 'a project without a key is nobody else''s');
SELECT is(pg_temp.minted('umbrella/bob', 'NULL, ''standup'', project => ''default'''), '"42501"',
	'and another''s project is not to be had');
SELECT is(pg_temp.minted('acme/alice', 'NULL, ''standup'', project => ''umbrella'''), '"42501"',
	'nor is one that exists for another tenant');

SELECT is(pg_temp.answer('acme/alice', 'SELECT string_agg(id, '','') FROM tenant'), 'acme', 'a tenant sees itself only');
SELECT is(pg_temp.answer('acme/alice', 'SELECT string_agg(tenant || ''/'' || room || ''/'' || identity, '','') FROM member'),
	'acme/standup/alice', 'and a user his own rooms');
SELECT is(pg_temp.answer('acme/alice', 'SELECT string_agg(url, '','') FROM access'), 'wss://acme.example.com', 'and server');
SELECT is(pg_temp.outcome('acme/alice', 'UPDATE tenant SET project = ''umbrella'''), '42501', 'it changes neither project');
SELECT is(pg_temp.outcome('acme/alice', 'INSERT INTO member VALUES (''acme'', ''lab'', ''alice'')'), '42501', 'nor members');

DELETE FROM member WHERE tenant = 'acme';
SELECT is(pg_temp.joined('acme/alice', 'standup'), '"42501"', 'without a row there, the row elsewhere does not help');

SELECT * FROM finish();
\ir logout.psql
