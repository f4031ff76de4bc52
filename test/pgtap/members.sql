-- What the extension consists of, with the attributes that its design asks
-- for.  A new function or view fails here until it is listed.
BEGIN;
\ir outcome.psql
SELECT plan(21);

SELECT bag_eq(
	$$SELECT type, name::text FROM pg_temp.members$$,
	$$VALUES ('function', 'livekit_access_report'),
			 ('function', 'livekit_api_methods'),
			 ('function', 'livekit_api_request'),
			 ('function', 'livekit_can_join'),
			 ('function', 'livekit_counters'),
			 ('function', 'livekit_explain_join'),
			 ('function', 'livekit_grant_types'),
			 ('function', 'livekit_identity'),
			 ('function', 'livekit_inspect'),
			 ('function', 'livekit_issue'),
			 ('function', 'livekit_issued_prune'),
			 ('function', 'livekit_join'),
			 ('function', 'livekit_join_request'),
			 ('function', 'livekit_key_drop'),
			 ('function', 'livekit_key_generate'),
			 ('function', 'livekit_key_import'),
			 ('function', 'livekit_key_import_file'),
			 ('function', 'livekit_key_retire'),
			 ('function', 'livekit_key_rewrap'),
			 ('function', 'livekit_key_set'),
			 ('function', 'livekit_keys'),
			 ('function', 'livekit_lint'),
			 ('function', 'livekit_lint_facts'),
			 ('function', 'livekit_permission'),
			 ('function', 'livekit_register_access'),
			 ('function', 'livekit_room_config'),
			 ('function', 'livekit_room_request'),
			 ('function', 'livekit_table_changed'),
			 ('function', 'livekit_tap_can_join'),
			 ('function', 'livekit_tap_cannot_join'),
			 ('function', 'livekit_tap_grants'),
			 ('function', 'livekit_token'),
			 ('function', 'livekit_token_source'),
			 ('function', 'livekit_unregister_access'),
			 ('function', 'livekit_verify'),
			 ('function', 'livekit_webhook'),
			 ('table', 'livekit_access'),
			 ('table', 'livekit_connection'),
			 ('table', 'livekit_issued'),
			 ('table', 'livekit_sealed_key'),
			 ('view', 'livekit_keys')$$,
	'members, and none that the install script needed for itself');

SELECT bag_eq(
	$$SELECT name::text, provolatile, proisstrict, proparallel, proretset, prosecdef, proleakproof
		FROM pg_temp.members JOIN pg_proc ON oid = objid AND classid = 'pg_proc'::regclass$$,
	$$VALUES ('livekit_access_report', 'v'::"char", false, 'u'::"char", true, false, false),
			 ('livekit_api_methods', 'i', true, 's', true, false, false),
			 ('livekit_api_request', 'v', false, 'u', false, false, false),
			 ('livekit_can_join', 'v', false, 'u', false, false, false),
			 ('livekit_counters', 'v', true, 'r', true, false, false),
			 ('livekit_explain_join', 'v', false, 'u', true, false, false),
			 ('livekit_grant_types', 'i', true, 's', true, false, false),
			 ('livekit_identity', 's', false, 's', false, false, false),
			 ('livekit_inspect', 'v', true, 'r', false, false, false),
			 ('livekit_issue', 'v', false, 'u', false, false, false),
			 ('livekit_issued_prune', 'v', false, 'u', false, false, false),
			 ('livekit_join', 'v', false, 'u', true, false, false),
			 ('livekit_join_request', 's', false, 'r', false, false, false),
			 ('livekit_key_drop', 'v', false, 'u', false, false, false),
			 ('livekit_key_generate', 'v', false, 'u', false, false, false),
			 ('livekit_key_import', 'v', false, 'u', false, false, false),
			 ('livekit_key_import_file', 'v', false, 'u', false, false, false),
			 ('livekit_key_retire', 'v', false, 'u', false, false, false),
			 ('livekit_key_rewrap', 'v', false, 'u', false, false, false),
			 ('livekit_key_set', 'v', false, 'u', false, false, false),
			 ('livekit_keys', 'v', true, 'r', true, false, false),
			 ('livekit_lint', 'v', false, 'u', true, false, false),
			 ('livekit_lint_facts', 'v', true, 'r', true, false, false),
			 ('livekit_permission', 'i', false, 's', false, false, false),
			 ('livekit_register_access', 'v', false, 'u', false, false, false),
			 ('livekit_room_config', 'i', false, 's', false, false, false),
			 ('livekit_room_request', 'v', false, 'u', false, false, false),
			 ('livekit_table_changed', 'v', false, 'u', false, false, false),
			 ('livekit_tap_can_join', 'v', false, 'u', false, false, false),
			 ('livekit_tap_cannot_join', 'v', false, 'u', false, false, false),
			 ('livekit_tap_grants', 'v', false, 'u', false, false, false),
			 ('livekit_token', 'v', false, 'u', false, false, false),
			 ('livekit_token_source', 'v', false, 'u', false, false, false),
			 ('livekit_unregister_access', 'v', false, 'u', false, false, false),
			 ('livekit_verify', 'v', true, 'r', false, false, false),
			 ('livekit_webhook', 'v', false, 'r', false, false, false)$$,
	'volatility, strictness, parallel safety; no function runs as its owner');

SELECT is(pg_get_function_arguments('livekit_token'::regproc),
	'identity text, room text DEFAULT NULL::text, grants jsonb DEFAULT ''{}''::jsonb, ttl interval DEFAULT NULL::interval,'
	' name text DEFAULT NULL::text, metadata text DEFAULT NULL::text, attributes jsonb DEFAULT NULL::jsonb,'
	' room_config jsonb DEFAULT NULL::jsonb, project text DEFAULT NULL::text, options jsonb DEFAULT NULL::jsonb',
	'arguments of livekit_token');
SELECT is(pg_get_function_arguments('livekit_issue'::regproc),
	pg_get_function_arguments('livekit_token'::regproc), 'livekit_issue has the same arguments');

SELECT results_eq(
	$$SELECT p.oid::regproc::text, pg_get_function_arguments(p.oid), pg_get_function_result(p.oid)
		FROM pg_temp.members JOIN pg_proc p ON p.oid = objid AND classid = 'pg_proc'::regclass
	   WHERE name ~ '^livekit_(can_)?join|source|access$|identity' ORDER BY 1$$,
	$$VALUES ('livekit_can_join', 'room text', 'boolean'),
			 ('livekit_identity', '', 'text'),
			 ('livekit_join', 'room text, ttl interval DEFAULT NULL::interval, device text DEFAULT NULL::text', 'SETOF livekit_connection'),
			 ('livekit_join_request', '', 'jsonb'),
			 ('livekit_register_access', 'relation regclass, room name DEFAULT ''room''::name, identity name DEFAULT ''identity''::name,'
			  ' grants name DEFAULT ''grants''::name, ttl name DEFAULT ''ttl''::name, name name DEFAULT ''name''::name,'
			  ' metadata name DEFAULT ''metadata''::name, attributes name DEFAULT ''attributes''::name,'
			  ' room_config name DEFAULT ''room_config''::name, project name DEFAULT ''project''::name, url name DEFAULT ''url''::name', 'void'),
			 ('livekit_token_source', 'jsonb', 'jsonb'),
			 ('livekit_unregister_access', '', 'void')$$,
	'arguments and results of what joins and registers');

SELECT results_eq(
	$$SELECT p.oid::regproc::text, pg_get_function_arguments(p.oid), pg_get_function_result(p.oid)
		FROM pg_temp.members JOIN pg_proc p ON p.oid = objid AND classid = 'pg_proc'::regclass
	   WHERE name ~ '_key_' ORDER BY 1$$,
	$$VALUES ('livekit_key_drop', 'api_key text, force boolean DEFAULT false', 'void'),
			 ('livekit_key_generate', 'project text DEFAULT ''default''::text, url text DEFAULT NULL::text, OUT api_key text, OUT api_secret text', 'record'),
			 ('livekit_key_import', 'env text, project text DEFAULT NULL::text, overwrite boolean DEFAULT false', 'integer'),
			 ('livekit_key_import_file', 'path text, project text DEFAULT NULL::text, overwrite boolean DEFAULT false', 'integer'),
			 ('livekit_key_retire', 'api_key text, force boolean DEFAULT false', 'void'),
			 ('livekit_key_rewrap', '', 'integer'),
			 ('livekit_key_set', 'api_key text, api_secret text, project text DEFAULT ''default''::text, url text DEFAULT NULL::text', 'void')$$,
	'arguments and results of what keeps the keys');

SELECT results_eq(
	$$SELECT p.oid::regproc::text, pg_get_function_arguments(p.oid), pg_get_function_result(p.oid)
		FROM pg_temp.members JOIN pg_proc p ON p.oid = objid AND classid = 'pg_proc'::regclass
	   WHERE name ~ 'request|api|permission|config|webhook' AND name <> 'livekit_join_request' ORDER BY 1$$,
	$$VALUES ('livekit_api_methods', 'OUT service text, OUT rpc text, OUT grants text[], OUT room_field text, OUT required text[], OUT fields text[]', 'SETOF record'),
			 ('livekit_api_request', 'rpc text, body jsonb DEFAULT ''{}''::jsonb, project text DEFAULT NULL::text,'
			  ' OUT method text, OUT url text, OUT headers jsonb, OUT body text', 'record'),
			 ('livekit_permission', 'grants jsonb', 'jsonb'),
			 ('livekit_room_config', 'name text DEFAULT NULL::text, empty_timeout interval DEFAULT NULL::interval, departure_timeout interval DEFAULT NULL::interval,'
			  ' max_participants integer DEFAULT NULL::integer, agents text[] DEFAULT NULL::text[], agent_dispatch jsonb DEFAULT NULL::jsonb,'
			  ' metadata text DEFAULT NULL::text', 'jsonb'),
			 ('livekit_room_request', 'rpc text, room text, body jsonb DEFAULT ''{}''::jsonb,'
			  ' OUT method text, OUT url text, OUT headers jsonb, OUT body text', 'record'),
			 ('livekit_webhook', 'body bytea, "authorization" text, project text DEFAULT NULL::text', 'jsonb')$$,
	'arguments and results of what talks to LiveKit''s server');

SELECT results_eq(
	$$SELECT p.oid::regproc::text, pg_get_function_arguments(p.oid), pg_get_function_result(p.oid)
		FROM pg_temp.members JOIN pg_proc p ON p.oid = objid AND classid = 'pg_proc'::regclass
	   WHERE name ~ 'issued|counters|explain|report|lint|tap_' ORDER BY 1$$,
	$$VALUES ('livekit_access_report', 'room text DEFAULT NULL::text, identity text DEFAULT NULL::text, OUT room text, OUT identity text,'
			  ' OUT grants jsonb, OUT ttl interval, OUT project text, OUT notable text[], OUT problem text', 'SETOF record'),
			 ('livekit_counters', 'OUT event text, OUT reason text, OUT count bigint', 'SETOF record'),
			 ('livekit_explain_join', 'role name, room text, claims jsonb DEFAULT NULL::jsonb',
			  'TABLE(step integer, subject text, verdict text, finding text, mend text)'),
			 ('livekit_issued_prune', 'before timestamp with time zone', 'bigint'),
			 ('livekit_lint', 'max_key_age interval DEFAULT ''90 days''::interval', 'TABLE(rule text, severity text, object text, finding text, mend text)'),
			 ('livekit_lint_facts', 'OUT fact text, OUT value text', 'SETOF record'),
			 ('livekit_tap_can_join', 'role name, room text, claims jsonb DEFAULT NULL::jsonb, description text DEFAULT NULL::text', 'text'),
			 ('livekit_tap_cannot_join', 'role name, room text, claims jsonb DEFAULT NULL::jsonb, description text DEFAULT NULL::text', 'text'),
			 ('livekit_tap_grants', 'role name, room text, grants jsonb, claims jsonb DEFAULT NULL::jsonb, description text DEFAULT NULL::text', 'text')$$,
	'arguments and results of what tells, and tests');

SELECT is_empty(
	$$SELECT proname, count(*) FROM pg_proc
	   WHERE proname IN (SELECT name FROM pg_temp.members) GROUP BY 1 HAVING count(*) > 1$$,
	'no function is overloaded');

SELECT is_empty(
	$$SELECT identity FROM pg_temp.members
	   WHERE coalesce(length(obj_description(objid, classid::regclass::name)), 0) < 20$$,
	'every member has a comment');

SELECT columns_are('public', 'livekit_keys',
	ARRAY['project', 'api_key', 'source', 'status', 'signs', 'reason', 'created_at', 'updated_at', 'retired_at', 'master_key', 'url']);

SELECT columns_are('public', 'livekit_access',
	ARRAY['relation', 'room', 'identity', 'grants', 'ttl', 'name', 'metadata', 'attributes', 'room_config', 'project', 'url']);
SELECT columns_are('public', 'livekit_connection',
	ARRAY['server_url', 'participant_token', 'room', 'identity', 'expires_at']);
SELECT columns_are('public', 'livekit_issued',
	ARRAY['issued_at', 'jti', 'session_role', 'role', 'identity', 'room', 'project', 'api_key', 'grants', 'expires_at', 'via']);
SELECT columns_are('public', 'livekit_sealed_key',
	ARRAY['id', 'project', 'api_key', 'master_key', 'nonce', 'sealed', 'url', 'created_at', 'updated_at', 'retired_at']);
SELECT bag_eq(
	$$SELECT config::regclass::text, condition FROM pg_extension, unnest(extconfig, extcondition) AS u(config, condition) WHERE extname = 'livekit_token'$$,
	$$VALUES ('livekit_access', 'WHERE relation IN (SELECT oid FROM pg_catalog.pg_class)'), ('livekit_sealed_key', ''), ('livekit_issued', '')$$,
	'a dump holds the registration, the sealed keys, what was signed, and nothing else');
SELECT results_eq(
	$$SELECT tgenabled, regexp_replace(pg_get_triggerdef(oid), '^.* (AFTER) ', '\1 ')
		FROM pg_trigger WHERE tgrelid IN ('livekit_access'::regclass, 'livekit_sealed_key'::regclass) ORDER BY tgrelid::regclass::text, 2$$,
	$$SELECT 'A'::"char", format(definition, name) FROM unnest('{livekit_access,livekit_sealed_key}'::text[]) AS name,
		unnest('{AFTER INSERT OR DELETE OR UPDATE ON public.%s FOR EACH ROW EXECUTE FUNCTION livekit_table_changed(),
			AFTER TRUNCATE ON public.%s FOR EACH STATEMENT EXECUTE FUNCTION livekit_table_changed()}'::text[]) AS definition ORDER BY name, 2$$,
	'triggers that fire also where changes are replicated');

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
