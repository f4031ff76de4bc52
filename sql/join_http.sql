--
-- Behind PostgREST: a token is not had by GET, which is read-only and may be
-- cached; and the answer to POST says 201, and that it is not to be stored.
--
SET client_min_messages = warning;
SET livekit_token.url = 'wss://livekit.example.com';
CREATE ROLE regress_livekit_alice;
GRANT EXECUTE ON FUNCTION livekit_join, livekit_can_join, livekit_token, livekit_token_source, livekit_issue, livekit_verify, livekit_inspect TO regress_livekit_alice;
CREATE TABLE members (room text PRIMARY KEY, identity text);
CREATE INDEX ON members (identity);
INSERT INTO members VALUES ('standup', 'regress_livekit_alice');
GRANT SELECT ON members TO regress_livekit_alice;
ALTER TABLE members ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON members USING (identity = livekit_identity());
SELECT livekit_register_access('members');
SELECT set_config('regress.token', livekit_issue('alice', 'standup'), false) IS NOT NULL AS a_token;

-- what is answered to a request that calls one of our functions, in a
-- transaction of its own
CREATE FUNCTION pg_temp.request(method text, call text, headers text DEFAULT '', OUT answer text, OUT status text, OUT headers_out text)
LANGUAGE plpgsql AS $$
DECLARE
	hint text;
BEGIN
	PERFORM set_config('request.method', method, true), set_config('response.headers', headers, true), set_config('response.status', '', true);
	EXECUTE 'SELECT ' || call INTO answer;
	answer := regexp_replace(answer, 'eyJ[\w.-]+', 'TOKEN');
	status := current_setting('response.status');
	headers_out := current_setting('response.headers');
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
	answer := concat_ws(' | ', SQLSTATE, SQLERRM, nullif(hint, ''));
END $$;
SET ROLE regress_livekit_alice;
-- without PostgREST there are no such settings, and none are made
SELECT identity FROM livekit_join('standup');
SELECT livekit_token_source('{"room_name": "standup"}') IS NOT NULL AS source;
SELECT current_setting('response.status', true) AS status, current_setting('response.headers', true) AS headers;

SELECT method, call, r.* FROM unnest(ARRAY['GET', 'HEAD', 'POST', '']) WITH ORDINALITY AS m(method, n),
	unnest(ARRAY['identity FROM livekit_join(''standup'')', 'livekit_token_source(''{"room_name": "standup"}'') - ''participant_token''',
		'livekit_token(NULL, ''standup'')', 'livekit_issue(''alice'', ''standup'')', 'livekit_can_join(''standup'')', 'livekit_identity()',
		'livekit_verify(current_setting(''regress.token'')) ->> ''sub''', 'valid FROM livekit_inspect(current_setting(''regress.token''))']) WITH ORDINALITY AS c(call, o),
	pg_temp.request(method, call) AS r ORDER BY n, o;
-- headers that are there already stay
SELECT headers, r.answer, r.status, r.headers_out FROM unnest(ARRAY['[]', '[{"Set-Cookie": "a=b; Path=/"}, {"Cache-Control": "max-age=60"}]', '{"X-One": "1"}'])
	WITH ORDINALITY AS h(headers, n), pg_temp.request('POST', 'identity FROM livekit_join(''standup'')', headers) AS r ORDER BY n;
-- other methods than POST
SELECT method, r.answer, r.status FROM unnest(ARRAY['PUT', 'PATCH', 'DELETE']) AS method,
	pg_temp.request(method, 'identity FROM livekit_join(''standup'')') AS r;
-- who is refused has none of it
SELECT call, r.* FROM unnest(ARRAY['livekit_join(''retro'')', 'livekit_token_source(''{"room_name": "retro"}'')', 'livekit_token_source(''{"room_name": "standup", "x": 1}'')'])
	AS call, pg_temp.request('POST', call, '[{"X-One": "1"}]') AS r;

-- the settings are of the transaction, as PostgREST's are
BEGIN;
SELECT set_config('request.method', 'POST', true) AS method;
SELECT identity FROM livekit_join('standup');
SHOW response.status;
SHOW response.headers;
SAVEPOINT s;
SELECT identity FROM livekit_join('standup');
SHOW response.headers;
SELECT set_config('response.headers', '[{"X-One": "1"}]', true) AS headers;
SELECT identity FROM livekit_join('standup');
SHOW response.headers;
ROLLBACK TO s;
SHOW response.headers;
COMMIT;
SELECT current_setting('response.status') AS status, current_setting('response.headers') AS headers;
SELECT identity FROM livekit_join('standup');
SELECT current_setting('response.status') AS status, current_setting('response.headers') AS headers;

-- GET, for each, before anything else is said
BEGIN;
SELECT set_config('request.method', 'GET', true) AS method;
\set VERBOSITY sqlstate
SAVEPOINT s;
SELECT livekit_join('retro');
ROLLBACK TO s;
SELECT livekit_token('regress_livekit_bob', 'standup');
ROLLBACK TO s;
SELECT livekit_token_source('{}');
ROLLBACK TO s;
SELECT livekit_issue(NULL);
ROLLBACK;
-- as in every read-only transaction that isn't PostgREST's, a token can be had
BEGIN READ ONLY;
SELECT identity FROM livekit_join('standup');
COMMIT;

RESET ROLE;
SELECT livekit_unregister_access();
DROP TABLE members;
DROP OWNED BY regress_livekit_alice;
DROP ROLE regress_livekit_alice;
