--
-- Whose identity comes from a setting is explained with claims: what a
-- gateway would set.  Each case is asked twice, of livekit_explain_join, and
-- of livekit_join in a session of the login role with those very settings;
-- nothing that is no custom setting of the application's can be set so.
--
SELECT current_user AS superuser \gset
SET client_min_messages = error;
ALTER DATABASE :"DBNAME" SET livekit_token.url = 'wss://livekit.example.com';
CREATE ROLE regress_livekit_app LOGIN;
CREATE ROLE regress_livekit_json LOGIN;
CREATE ROLE regress_livekit_web NOLOGIN;
CREATE ROLE regress_livekit_rest LOGIN NOINHERIT IN ROLE regress_livekit_web;
CREATE ROLE regress_livekit_users NOLOGIN;
CREATE ROLE regress_livekit_hasura LOGIN IN ROLE regress_livekit_users;
CREATE ROLE regress_livekit_plain LOGIN;
CREATE ROLE regress_livekit_all ROLE regress_livekit_app, regress_livekit_json, regress_livekit_web, regress_livekit_users, regress_livekit_plain;
ALTER ROLE regress_livekit_app SET livekit_token.identity = 'postgrest';
ALTER ROLE regress_livekit_app IN DATABASE :"DBNAME" SET livekit_token.identity = 'app.user_id';
ALTER ROLE regress_livekit_json SET livekit_token.identity = 'app.jwt:{user,id}';
ALTER ROLE regress_livekit_rest SET livekit_token.identity = 'postgrest';
ALTER ROLE regress_livekit_hasura SET livekit_token.identity = 'hasura';
CREATE TABLE members (room text, identity text, tenant text);
ALTER TABLE members ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON members USING (identity = livekit_identity() AND tenant IS NOT DISTINCT FROM nullif(current_setting('app.tenant', true), ''));
GRANT SELECT ON members TO regress_livekit_all;
GRANT EXECUTE ON FUNCTION livekit_join TO regress_livekit_all;
INSERT INTO members SELECT 'standup', who FROM unnest(ARRAY['alice', '42', 'regress_livekit_plain', U&'caf\00E9']) who;
INSERT INTO members VALUES ('standup', 'acme', '7');
SELECT livekit_register_access('members');
-- claims, and the settings that are meant by them
CREATE TABLE cases (n serial, login name, role name, claims jsonb, settings jsonb, identity text, told text);
GRANT SELECT, UPDATE ON cases TO regress_livekit_all, regress_livekit_rest, regress_livekit_hasura;
INSERT INTO cases (login, role, claims, settings)
SELECT 'regress_livekit_' || login, 'regress_livekit_' || role, claims::jsonb, settings::jsonb FROM (VALUES
	('app', 'app', NULL, '{}'), ('app', 'app', '"alice"', '{"app.user_id": "alice"}'), ('app', 'app', '42', '{"app.user_id": "42"}'),
	('app', 'app', '""', '{"app.user_id": ""}'), ('app', 'app', '"Alice"', '{"app.user_id": "Alice"}'), ('app', 'app', '"a#b"', '{"app.user_id": "a#b"}'),
	('app', 'app', to_json(U&'caf\00E9'::text)::text, json_build_object('app.user_id', U&'caf\00E9')::text), ('app', 'app', '"o''Neil"', '{"app.user_id": "o''Neil"}'),
	('app', 'app', to_json(repeat('x', 257))::text, json_build_object('app.user_id', repeat('x', 257))::text),
	('app', 'app', '{"app.user_id": "alice"}', '{"app.user_id": "alice"}'), ('app', 'app', '{"app.user_id": 42}', '{"app.user_id": "42"}'),
	('app', 'app', '{"app.user_id": "acme", "app.tenant": "7"}', '{"app.user_id": "acme", "app.tenant": "7"}'),
	('app', 'app', '{"app.user_id": "acme", "app.tenant": 7}', '{"app.user_id": "acme", "app.tenant": "7"}'), ('app', 'app', '{"app.tenant": "7"}', '{"app.tenant": "7"}'),
	('app', 'app', '{"app.user_id": "acme"}', '{"app.user_id": "acme"}'), ('app', 'app', '{"app.other_id": "alice"}', '{"app.other_id": "alice"}'),
	('json', 'json', NULL, '{}'), ('json', 'json', '{"user": {"id": "alice"}}', '{"app.jwt": {"user": {"id": "alice"}}}'),
	('json', 'json', '{"user": {"id": 42}}', '{"app.jwt": {"user": {"id": 42}}}'), ('json', 'json', '{"user": {"id": true}}', '{"app.jwt": {"user": {"id": true}}}'),
	('json', 'json', '{"user": "alice"}', '{"app.jwt": {"user": "alice"}}'), ('json', 'json', '{"id": "alice"}', '{"app.jwt": {"id": "alice"}}'),
	('json', 'json', '{"user": {"id": "alice", "ID": "bob"}}', '{"app.jwt": {"user": {"id": "alice", "ID": "bob"}}}'),
	('rest', 'web', NULL, '{}'), ('rest', 'web', '{"sub": "alice", "role": "web"}', '{"request.jwt.claims": {"sub": "alice", "role": "web"}}'),
	('rest', 'web', '{"sub": 42}', '{"request.jwt.claims": {"sub": 42}}'), ('rest', 'web', '{"sub": null}', '{"request.jwt.claims": {"sub": null}}'),
	('rest', 'web', '{"sub": ["alice"]}', '{"request.jwt.claims": {"sub": ["alice"]}}'), ('rest', 'web', '{"sub": ""}', '{"request.jwt.claims": {"sub": ""}}'),
	('rest', 'web', '{"Sub": "alice"}', '{"request.jwt.claims": {"Sub": "alice"}}'), ('rest', 'web', '{}', '{"request.jwt.claims": {}}'),
	('hasura', 'users', '{"x-hasura-user-id": "alice"}', '{"hasura.user": {"x-hasura-user-id": "alice"}}'), ('hasura', 'users', '{"sub": "alice"}', '{"hasura.user": {"sub": "alice"}}'),
	('hasura', 'hasura', '{"x-hasura-user-id": "42"}', '{"hasura.user": {"x-hasura-user-id": "42"}}'),
	('plain', 'plain', NULL, '{}'), ('plain', 'plain', '{"sub": "alice"}', '{"request.jwt.claims": {"sub": "alice"}}')) v (login, role, claims, settings);

-- as the login role, with the settings, in the role: who, and NULL or why not
CREATE FUNCTION ask(role text, settings jsonb, OUT identity text, OUT told text) LANGUAGE plpgsql AS $$
BEGIN
	PERFORM set_config(key, value, true) FROM jsonb_each_text(settings);
	PERFORM set_config('role', role, true);
	identity := livekit_identity();
	PERFORM FROM livekit_join('standup');
	RAISE SQLSTATE 'LKOUT';
EXCEPTION
	WHEN SQLSTATE 'LKOUT' THEN NULL;
	WHEN OTHERS THEN told := SQLERRM;
END $$;
\set ask 'UPDATE cases SET (identity, told) = (SELECT a.identity, a.told FROM ask(role, settings) a) WHERE login = session_user;'
\c - regress_livekit_app
:ask
\c - regress_livekit_json
:ask
\c - regress_livekit_rest
:ask
\c - regress_livekit_hasura
:ask
\c - regress_livekit_plain
:ask
\c - :superuser
-- neither is the administrator's own setting anybody's claim
SET app.user_id = 'alice';
SET request.jwt.claims = '{"sub": "alice"}';
SELECT replace(login, 'regress_livekit_', '') AS login, left(claims::text, 45) AS claims, left(c.identity, 21) AS identity, coalesce(c.told, 'let in') AS told, e.step, e.refused,
	CASE WHEN e.ok = (told IS NULL) AND coalesce(position(c.told IN e.answer) > 0, true) AND (e.identity ~ CASE WHEN c.identity IS NULL THEN 'no identity' ELSE 'too long' END OR position('"' || c.identity || '"' IN e.identity) > 0) THEN 'the same' ELSE 'BUT: ' || e.answer END AS answer
  FROM cases c, LATERAL (SELECT max(step) AS step, max(subject) FILTER (WHERE subject <> 'answer' AND verdict = 'refused') AS refused, max(finding) FILTER (WHERE subject = 'identity') AS identity,
		max(finding) FILTER (WHERE subject = 'answer') AS answer, bool_and(verdict <> 'refused') AS ok FROM livekit_explain_join(role, 'standup', claims)) e ORDER BY n;
-- and where it comes from
SELECT login, claims, finding, mend FROM cases, livekit_explain_join(role, 'standup', claims) WHERE subject = 'identity' AND n IN (1, 2, 10, 20, 21, 24, 25, 29, 32, 34, 36) ORDER BY n;
SELECT current_setting('app.user_id') AS user_id, current_setting('request.jwt.claims') AS claims, current_setting('app.tenant', true) AS tenant;
-- login roles that differ, and that need not be asked
GRANT regress_livekit_web TO regress_livekit_hasura;
SELECT finding, mend FROM livekit_explain_join('regress_livekit_web', 'standup', '{"sub": "alice"}') WHERE subject = 'identity';
ALTER ROLE regress_livekit_hasura NOLOGIN;
SELECT finding, mend FROM livekit_explain_join('regress_livekit_web', 'standup', '{"sub": "alice"}') WHERE subject = 'identity';

CREATE FUNCTION pg_temp.refusal(role name, claims jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	result text; detail text; hint text;
BEGIN
	SELECT 'NOT REFUSED: ' || string_agg(finding, ' ') INTO result FROM livekit_explain_join(role, 'standup', claims) WHERE subject IN ('identity', 'answer');
	RETURN result;
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
	RETURN concat_ws(' | ', SQLSTATE, SQLERRM, nullif(detail, ''), nullif(hint, ''));
END $$;
SELECT role, claims, pg_temp.refusal('regress_livekit_' || role, claims::jsonb)
  FROM (SELECT row_number() OVER () AS n, * FROM (VALUES ('app', 'null'), ('app', 'true'), ('app', '[]'), ('app', '["alice"]'), ('app', '{"app.user_id": null}'), ('app', '{"app.user_id": {"a": 1}}'), ('app', '{"app.user_id": ["a"]}'),
	('app', '{"sub": "alice"}'), ('app', '{"": "alice"}'), ('app', '{"app": "alice"}'), ('app', '{"app.": "alice"}'), ('app', '{".user": "alice"}'), ('app', '{"app.user id": "x"}'),
	('app', '{"app.user_id": "alice", "sub": "alice"}'), ('app', '{"search_path": "app"}'), ('app', '{"app.user_id": "alice", "role": "postgres"}'), ('app', '{"session_authorization": "postgres"}'),
	('app', '{"row_security": "off"}'), ('app', '{"log_statement": "none"}'), ('app', '{"statement_timeout": "1"}'), ('app', '{"livekit_token.identity": "role"}'),
	('app', '{"livekit_token.url": "wss://x"}'), ('app', '{"LiveKit_Token.max_ttl": "1"}'), ('app', '{"livekit_token.audit": "off"}'), ('app', '{"livekit_token.x": "y"}'),
	('app', '{"plpgsql.variable_conflict": "use_column"}'), ('json', '"alice"'), ('json', '42'), ('json', 'null'), ('json', '[{"user": {"id": "alice"}}]'), ('web', '"alice"'), ('web', '[]'),
	('users', 'true'), ('plain', '"alice"'), ('plain', '42'), ('plain', 'null'), ('plain', '[]')) v (role, claims)) v ORDER BY n;

SELECT livekit_unregister_access();
DROP FUNCTION ask;
DROP TABLE cases, members;
DROP OWNED BY regress_livekit_app, regress_livekit_json, regress_livekit_web, regress_livekit_rest, regress_livekit_users, regress_livekit_hasura, regress_livekit_plain, regress_livekit_all;
DROP ROLE regress_livekit_app, regress_livekit_json, regress_livekit_web, regress_livekit_rest, regress_livekit_users, regress_livekit_hasura, regress_livekit_plain, regress_livekit_all;
ALTER DATABASE :"DBNAME" RESET livekit_token.url;
