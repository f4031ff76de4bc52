-- What the extension consists of, with the attributes that its design asks
-- for.  A new function or view fails here until it is listed.
BEGIN;
\ir outcome.psql
SELECT plan(11);

SELECT bag_eq(
	$$SELECT type, name::text FROM pg_temp.members$$,
	$$VALUES ('function', 'livekit_grant_types'),
			 ('function', 'livekit_inspect'),
			 ('function', 'livekit_issue'),
			 ('function', 'livekit_keys'),
			 ('function', 'livekit_token'),
			 ('function', 'livekit_verify'),
			 ('view', 'livekit_keys')$$,
	'members, and none that the install script needed for itself');

SELECT bag_eq(
	$$SELECT name::text, provolatile, proisstrict, proparallel, proretset, prosecdef, proleakproof
		FROM pg_temp.members JOIN pg_proc ON oid = objid AND classid = 'pg_proc'::regclass$$,
	$$VALUES ('livekit_grant_types', 'i'::"char", true, 's'::"char", true, false, false),
			 ('livekit_inspect', 'v', true, 'r', false, false, false),
			 ('livekit_issue', 'v', false, 'u', false, false, false),
			 ('livekit_keys', 'v', true, 'r', true, false, false),
			 ('livekit_token', 'v', false, 'u', false, false, false),
			 ('livekit_verify', 'v', true, 'r', false, false, false)$$,
	'volatility, strictness, parallel safety; no function runs as its owner');

SELECT is(pg_get_function_arguments('livekit_token'::regproc),
	'identity text, room text DEFAULT NULL::text, grants jsonb DEFAULT ''{}''::jsonb, ttl interval DEFAULT NULL::interval,'
	' name text DEFAULT NULL::text, metadata text DEFAULT NULL::text, attributes jsonb DEFAULT NULL::jsonb,'
	' room_config jsonb DEFAULT NULL::jsonb, project text DEFAULT NULL::text, options jsonb DEFAULT NULL::jsonb',
	'arguments of livekit_token');
SELECT is(pg_get_function_arguments('livekit_issue'::regproc),
	pg_get_function_arguments('livekit_token'::regproc), 'livekit_issue has the same arguments');

SELECT is_empty(
	$$SELECT proname, count(*) FROM pg_proc
	   WHERE proname IN (SELECT name FROM pg_temp.members) GROUP BY 1 HAVING count(*) > 1$$,
	'no function is overloaded');

SELECT is_empty(
	$$SELECT identity FROM pg_temp.members
	   WHERE coalesce(length(obj_description(objid, classid::regclass::name)), 0) < 20$$,
	'every member has a comment');

SELECT columns_are('public', 'livekit_keys',
	ARRAY['project', 'api_key', 'source', 'status', 'signs', 'reason', 'created_at', 'updated_at', 'url']);

SELECT is((SELECT extrelocatable FROM pg_extension WHERE extname = 'livekit_token'), false,
	'the extension is not relocatable');
SELECT throws_ok('ALTER EXTENSION livekit_token SET SCHEMA pg_catalog', '0A000');

-- what the install script needed for itself is of no use afterwards
CREATE FUNCTION pg_temp.revoke_defaults() RETURNS void LANGUAGE c AS '$libdir/livekit_token', 'livekit_token_revoke_defaults';
SELECT throws_ok('SELECT pg_temp.revoke_defaults()', '55000');

-- a schema of its own
DROP EXTENSION livekit_token;
CREATE SCHEMA livekit;
CREATE EXTENSION livekit_token SCHEMA livekit;
SET LOCAL search_path = pg_catalog;
SELECT livekit.livekit_verify(livekit.livekit_token('alice', 'standup')) ->> 'sub' AS identity
  FROM livekit.livekit_keys WHERE signs \gset
SET LOCAL search_path = public;
SELECT is(:'identity'::text, 'alice', 'it works in a schema that is not on the search path');

SELECT * FROM finish();
ROLLBACK;
