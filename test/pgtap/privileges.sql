-- Who may execute what: by default, and after single grants.
BEGIN;
\ir outcome.psql
SELECT no_plan();

SELECT bag_eq('SELECT grantee::text, privilege, type, name FROM pg_temp.granted',
	$$VALUES ('PUBLIC', 'EXECUTE', 'function', 'livekit_grant_types')$$,
	'by default all hold nothing but EXECUTE on livekit_grant_types');
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
	-- the view calls the function as whoever reads it
	('view livekit_keys', 'livekit_keys', 'SELECT * FROM livekit_keys', '42501', '42501');

SELECT bag_eq($$SELECT CASE type WHEN 'view' THEN 'view ' ELSE '' END || name FROM pg_temp.members$$,
	'SELECT name FROM calls', 'every member is called here');

CREATE ROLE regress_livekit_stranger;
SELECT is(pg_temp.outcome('regress_livekit_stranger', statement), otherwise, 'a stranger: ' || name)
  FROM calls;

SELECT format('CREATE ROLE %I', 'regress_livekit only ' || name) FROM calls \gexec
SELECT format('GRANT %s ON %s TO %I', CASE WHEN name ~ '^view' THEN 'SELECT' ELSE 'EXECUTE' END,
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

-- The settings.
SELECT is(pg_temp.outcome('regress_livekit_operator', format(statement, setting)), '42501',
		  format(statement, setting) || ' by an ordinary role')
  FROM unnest('{SET %s = DEFAULT, RESET %s, ALTER ROLE CURRENT_USER SET %s = 1}'::text[]) AS statement,
	   unnest('{key_file, api_key, url, default_ttl, max_ttl}'::text[]) AS s(name),
	   format('livekit_token.%s', name) AS setting;
SELECT is(pg_temp.outcome('regress_livekit_operator', 'SHOW livekit_token.' || name), expected,
		  'SHOW ' || name || ' by an ordinary role')
  FROM (VALUES ('key_file', '42501'), ('api_key', '42501'), ('url', 'ok'), ('default_ttl', 'ok'), ('max_ttl', 'ok'))
	   AS setting (name, expected);
SELECT throws_ok('SET livekit_token.api_secret = ''x''', '42602', NULL,
	'without preload there is no setting for a secret');

SELECT * FROM finish();
ROLLBACK;
