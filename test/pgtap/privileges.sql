-- Who may execute what: by default, and after single grants.
BEGIN;
\ir outcome.psql
SELECT no_plan();
SET LOCAL livekit_token.url = 'wss://livekit.example.com';

SELECT bag_eq('SELECT grantee::text, privilege, type, name FROM pg_temp.granted',
	$$VALUES ('PUBLIC', 'EXECUTE', 'function', 'livekit_grant_types'),
			 ('PUBLIC', 'EXECUTE', 'function', 'livekit_identity'),
			 ('PUBLIC', 'EXECUTE', 'function', 'livekit_join_request')$$,
	'by default all hold nothing but EXECUTE on what policies need, and on livekit_grant_types');
SELECT is_empty(
	$$SELECT attname FROM pg_attribute JOIN pg_temp.members ON attrelid = objid AND classid = 'pg_class'::regclass
	   WHERE attacl IS NOT NULL$$, 'nor anything on a single column');

-- One role for each member, granted that member alone, by its name alone.
CREATE TEMP TABLE calls (name text, grantable text, statement text, granted text, otherwise text);
INSERT INTO calls VALUES
	('livekit_token', 'FUNCTION livekit_token', $$SELECT livekit_token('alice', 'standup')$$, '55000', '42501'),
	('livekit_issue', 'FUNCTION livekit_issue', $$SELECT livekit_issue('alice', 'standup')$$, 'ok', '42501'),
	('livekit_verify', 'FUNCTION livekit_verify', $$SELECT livekit_verify('a.b.c')$$, '28000', '42501'),
	('livekit_inspect', 'FUNCTION livekit_inspect', $$SELECT livekit_inspect('a.b.c')$$, 'ok', '42501'),
	('livekit_grant_types', 'FUNCTION livekit_grant_types', 'SELECT livekit_grant_types()', 'ok', 'ok'),
	('livekit_keys', 'FUNCTION livekit_keys', 'SELECT livekit_keys()', 'ok', '42501'),
	('livekit_register_access', 'FUNCTION livekit_register_access', 'SELECT livekit_register_access(NULL)', '22004', '42501'),
	('livekit_unregister_access', 'FUNCTION livekit_unregister_access', 'SELECT livekit_unregister_access()', '55000', '42501'),
	('livekit_identity', 'FUNCTION livekit_identity', 'SELECT livekit_identity()', 'ok', 'ok'),
	('livekit_join_request', 'FUNCTION livekit_join_request', 'SELECT livekit_join_request()', 'ok', 'ok'),
	('livekit_join', 'FUNCTION livekit_join', $$SELECT livekit_join('standup')$$, '55000', '42501'),
	('livekit_can_join', 'FUNCTION livekit_can_join', $$SELECT livekit_can_join('standup')$$, '55000', '42501'),
	('livekit_token_source', 'FUNCTION livekit_token_source', $$SELECT livekit_token_source('{"room_name": "standup"}')$$, '55000', '42501'),
	('livekit_table_changed', 'FUNCTION livekit_table_changed', 'SELECT livekit_table_changed()', '39P01', '42501'),
	('livekit_api_request', 'FUNCTION livekit_api_request', 'SELECT livekit_api_request(''ListRooms'')', 'ok', '42501'),
	('livekit_room_request', 'FUNCTION livekit_room_request', $$SELECT livekit_room_request('SendData', 'standup')$$, '55000', '42501'),
	('livekit_api_methods', 'FUNCTION livekit_api_methods', 'SELECT livekit_api_methods()', 'ok', '42501'),
	('livekit_permission', 'FUNCTION livekit_permission', 'SELECT livekit_permission(NULL)', 'ok', '42501'),
	('livekit_room_config', 'FUNCTION livekit_room_config', 'SELECT livekit_room_config()', 'ok', '42501'),
	('livekit_webhook', 'FUNCTION livekit_webhook', $$SELECT livekit_webhook('{}', 'a.b.c')$$, '28000', '42501'),
	('livekit_counters', 'FUNCTION livekit_counters', 'SELECT livekit_counters()', 'ok', '42501'),
	('livekit_explain_join', 'FUNCTION livekit_explain_join', 'SELECT livekit_explain_join(current_user, ''standup'')', 'ok', '42501'),
	('livekit_access_report', 'FUNCTION livekit_access_report', 'SELECT livekit_access_report()', '55000', '42501'),
	('livekit_lint', 'FUNCTION livekit_lint', 'SELECT livekit_lint()', 'ok', '42501'),
	('livekit_lint_facts', 'FUNCTION livekit_lint_facts', 'SELECT livekit_lint_facts()', 'ok', '42501'),
	-- without a test, which would be counted
	('livekit_tap_can_join', 'FUNCTION livekit_tap_can_join', 'SELECT livekit_tap_can_join(NULL, ''standup'')', '22004', '42501'),
	('livekit_tap_cannot_join', 'FUNCTION livekit_tap_cannot_join', 'SELECT livekit_tap_cannot_join(NULL, ''standup'')', '22004', '42501'),
	('livekit_tap_grants', 'FUNCTION livekit_tap_grants', $$SELECT livekit_tap_grants(NULL, 'standup', '{}')$$, '22004', '42501'),
	-- none of them needs a privilege on the table
	('livekit_issued_prune', 'FUNCTION livekit_issued_prune', 'SELECT livekit_issued_prune(''-infinity'')', 'ok', '42501'),
	('livekit_key_set', 'FUNCTION livekit_key_set', $$SELECT livekit_key_set('APIx', repeat('s', 32))$$, '55000', '42501'),
	('livekit_key_generate', 'FUNCTION livekit_key_generate', 'SELECT livekit_key_generate()', '55000', '42501'),
	('livekit_key_retire', 'FUNCTION livekit_key_retire', $$SELECT livekit_key_retire('APIx')$$, '42704', '42501'),
	('livekit_key_drop', 'FUNCTION livekit_key_drop', $$SELECT livekit_key_drop('APIx')$$, '42704', '42501'),
	('livekit_key_import', 'FUNCTION livekit_key_import', 'SELECT livekit_key_import(NULL)', '22004', '42501'),
	('livekit_key_import_file', 'FUNCTION livekit_key_import_file', 'SELECT livekit_key_import_file(''/nonexistent'')', '42501', '42501'),
	('livekit_key_rewrap', 'FUNCTION livekit_key_rewrap', 'SELECT livekit_key_rewrap()', '55000', '42501'),
	('table livekit_sealed_key', 'livekit_sealed_key', 'SELECT * FROM livekit_sealed_key', 'ok', '42501'),
	('table livekit_access', 'livekit_access', 'SELECT * FROM livekit_access', 'ok', '42501'),
	('table livekit_issued', 'livekit_issued', 'SELECT * FROM livekit_issued', 'ok', '42501'),
	('table livekit_connection', 'livekit_connection', 'SELECT * FROM livekit_connection', 'ok', '42501'),
	-- the view calls the function as whoever reads it
	('view livekit_keys', 'livekit_keys', 'SELECT * FROM livekit_keys', '42501', '42501');

SELECT bag_eq($$SELECT CASE type WHEN 'function' THEN '' ELSE type || ' ' END || name FROM pg_temp.members$$,
	'SELECT name FROM calls', 'every member is called here');

CREATE ROLE regress_livekit_stranger;
SELECT is(pg_temp.outcome('regress_livekit_stranger', statement), otherwise, 'a stranger: ' || name)
  FROM calls;

SELECT format('CREATE ROLE %I', 'regress_livekit only ' || name) FROM calls \gexec
SELECT format('GRANT %s ON %s TO %I', CASE WHEN name ~ ' ' THEN 'SELECT' ELSE 'EXECUTE' END,
			  grantable, 'regress_livekit only ' || name) FROM calls \gexec
SELECT is(pg_temp.outcome('regress_livekit only ' || holder.name, call.statement),
		  CASE WHEN holder.name = call.name THEN call.granted ELSE call.otherwise END,
		  format('granted only %s: %s', holder.name, call.name))
  FROM calls AS holder, calls AS call;

-- A view needs both grants.
CREATE ROLE regress_livekit_operator;
GRANT SELECT ON livekit_keys TO regress_livekit_operator;
GRANT EXECUTE ON FUNCTION livekit_keys TO regress_livekit_operator;
SELECT is(pg_temp.outcome('regress_livekit_operator', 'SELECT * FROM livekit_keys'), 'ok',
	'SELECT on the view and EXECUTE on the function show the keys');

-- Nor does SELECT let anybody write, or EXECUTE see, what is registered.
GRANT SELECT ON livekit_access, livekit_connection, livekit_issued, livekit_sealed_key TO regress_livekit_operator;
GRANT EXECUTE ON FUNCTION livekit_register_access, livekit_unregister_access TO regress_livekit_operator;
SELECT is(pg_temp.outcome('regress_livekit_operator', format(statement, name)), '42501', format(statement, name) || ' by who may read it')
  FROM unnest('{INSERT INTO %s DEFAULT VALUES, DELETE FROM %s, TRUNCATE %s, ALTER TABLE %s DISABLE TRIGGER ALL, DROP TABLE %s}'::text[]) AS statement,
	   unnest('{livekit_access, livekit_connection, livekit_issued, livekit_sealed_key}'::text[]) AS name;
SELECT is(pg_temp.outcome('regress_livekit only livekit_register_access', 'SELECT * FROM livekit_access'), '42501',
	'EXECUTE on livekit_register_access does not show the table');
SELECT is(pg_temp.outcome('regress_livekit_operator', 'SELECT livekit_register_access(''pg_class'', ''relname'')'), '42501',
	'nor register what belongs to another');

-- The settings.
SELECT is(pg_temp.outcome('regress_livekit_operator', format(statement, setting)), '42501',
		  format(statement, setting) || ' by an ordinary role')
  FROM unnest('{SET %s = DEFAULT, RESET %s, ALTER ROLE CURRENT_USER SET %s = 1}'::text[]) AS statement,
	   unnest('{key_file, master_key_file, api_key, url, identity, default_ttl, max_ttl, audit, audit_refusals}'::text[]) AS s(name),
	   format('livekit_token.%s', name) AS setting;
SELECT is(pg_temp.outcome('regress_livekit_operator', 'SHOW livekit_token.' || name), expected,
		  'SHOW ' || name || ' by an ordinary role')
  FROM (VALUES ('key_file', '42501'), ('master_key_file', '42501'), ('api_key', '42501'), ('url', 'ok'), ('identity', 'ok'), ('default_ttl', 'ok'), ('max_ttl', 'ok'),
			   ('audit', 'ok'), ('audit_refusals', 'ok'))
	   AS setting (name, expected);
SELECT throws_ok('SET livekit_token.api_secret = ''x''', '42602', NULL,
	'without preload there is no setting for a secret');

SELECT * FROM finish();
ROLLBACK;
