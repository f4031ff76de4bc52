-- Who explains or reports may be a superuser; the policies, the views and the
-- indexes of the relation are its owner's.  What these call runs as the role
-- that is asked about or as the owner, never as who asks, and leaves nothing
-- behind in the session.  Nor does a policy get at what it is asked for.
\set VERBOSITY terse
CREATE ROLE regress_livekit_owner;
CREATE ROLE regress_livekit_bob LOGIN;
CREATE SCHEMA app AUTHORIZATION regress_livekit_owner;
GRANT USAGE ON SCHEMA app TO regress_livekit_bob;
GRANT EXECUTE ON FUNCTION livekit_join TO regress_livekit_bob;
GRANT EXECUTE ON FUNCTION livekit_lint_facts, livekit_lint, livekit_access_report TO regress_livekit_bob;

SET SESSION AUTHORIZATION regress_livekit_owner;
CREATE FUNCTION app.note(what text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
	RAISE WARNING '% as %', what, current_user;
	RETURN what;
END $$;
CREATE TABLE app.members (room text, identity text, PRIMARY KEY (room, identity));
CREATE INDEX ON app.members ((identity || app.note('index')));
INSERT INTO app.members VALUES ('standup', 'regress_livekit_bob'), ('retro', 'regress_livekit_eve');
ALTER TABLE app.members ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON app.members FOR SELECT USING (identity = livekit_identity());
GRANT SELECT ON app.members TO regress_livekit_bob;
RESET SESSION AUTHORIZATION;
SELECT livekit_register_access('app.members');

-- the expression of an index, which the planner evaluates
\c -
SET client_min_messages = warning;
SELECT room, identity FROM livekit_access_report();
\c -
SET client_min_messages = warning;
SET livekit_token.url = 'wss://livekit.example.com';
SELECT finding FROM livekit_explain_join('regress_livekit_bob', 'retro') WHERE subject = 'row';

-- a view's function
SET SESSION AUTHORIZATION regress_livekit_owner;
CREATE FUNCTION app.seen(room text) RETURNS text LANGUAGE plpgsql VOLATILE AS $$
BEGIN
	RAISE WARNING 'view as %', current_user;
	RETURN room;
END $$;
CREATE VIEW app.access WITH (security_invoker) AS SELECT app.seen(room) AS room, identity FROM app.members;
GRANT SELECT ON app.access TO regress_livekit_bob;
DROP INDEX app.members_expr_idx;
RESET SESSION AUTHORIZATION;
SELECT livekit_register_access('app.access');
SELECT room, identity FROM livekit_access_report('standup');
SELECT verdict, finding FROM livekit_explain_join('regress_livekit_bob', 'standup') WHERE subject = 'answer';
SELECT livekit_register_access('app.members');

-- who may read: not who is only granted the function, or a member of another role
SET SESSION AUTHORIZATION regress_livekit_bob;
SELECT room FROM livekit_access_report();
RESET SESSION AUTHORIZATION;
ALTER ROLE regress_livekit_bob BYPASSRLS;
SET SESSION AUTHORIZATION regress_livekit_bob;
SELECT count(*) FROM livekit_access_report();
RESET SESSION AUTHORIZATION;
ALTER ROLE regress_livekit_bob NOBYPASSRLS;

-- what a policy could leave in the session of who asks
CREATE FUNCTION app.leave(statement text) RETURNS boolean LANGUAGE plpgsql VOLATILE AS $$
BEGIN
	EXECUTE statement;
	RETURN true;
END $$;
CREATE POLICY leaves ON app.members AS RESTRICTIVE FOR SELECT USING (app.leave(current_setting('app.statement', true)));
PREPARE mine AS SELECT 1 AS mine;
ALTER ROLE regress_livekit_bob SET livekit_token.identity = 'app.user_id';
SELECT statement, finding FROM unnest(ARRAY['DEALLOCATE mine', 'DISCARD PLANS', 'LISTEN x', 'PREPARE theirs AS SELECT 1', 'RESET ROLE',
		'SET SESSION AUTHORIZATION postgres']) AS s(statement),
	LATERAL livekit_explain_join('regress_livekit_bob', 'standup', jsonb_build_object('app.statement', statement, 'app.user_id', 'regress_livekit_bob')) e
 WHERE subject = 'row' ORDER BY statement COLLATE "C";
SELECT name FROM pg_prepared_statements ORDER BY name;
ALTER ROLE regress_livekit_bob RESET livekit_token.identity;

-- a policy that looks at what is registered, while it is in use
CREATE FUNCTION app.look(statement text) RETURNS boolean LANGUAGE plpgsql VOLATILE AS $$
BEGIN
	EXECUTE statement;
	RETURN true;
EXCEPTION WHEN object_not_in_prerequisite_state THEN
	RAISE WARNING '%: %', statement, SQLERRM;
	RETURN true;
END $$;
DROP POLICY leaves ON app.members;
CREATE POLICY looks ON app.members AS RESTRICTIVE FOR SELECT USING (app.look('SELECT livekit_lint_facts()') AND app.look('SELECT livekit_lint()')
	AND app.look('SELECT livekit_access_report()'));
SET SESSION AUTHORIZATION regress_livekit_bob;
SELECT room FROM livekit_join('standup');
RESET SESSION AUTHORIZATION;

-- the claims of a gateway, by somebody who could become the user's role and not the gateway's
DROP POLICY looks ON app.members;
CREATE ROLE regress_livekit_gateway LOGIN NOINHERIT IN ROLE regress_livekit_bob;
CREATE ROLE regress_livekit_analyst IN ROLE regress_livekit_bob;
ALTER ROLE regress_livekit_gateway SET livekit_token.identity = 'postgrest';
GRANT EXECUTE ON FUNCTION livekit_explain_join TO regress_livekit_analyst;
GRANT USAGE ON SCHEMA app TO regress_livekit_analyst;
SELECT verdict, finding FROM livekit_explain_join('regress_livekit_bob', 'retro', '{"sub": "regress_livekit_eve"}') WHERE subject IN ('identity', 'answer');
SET SESSION AUTHORIZATION regress_livekit_analyst;
SELECT verdict, finding FROM livekit_explain_join('regress_livekit_bob', 'retro', '{"sub": "regress_livekit_eve"}') WHERE subject IN ('identity', 'answer');
RESET SESSION AUTHORIZATION;

SELECT livekit_unregister_access();
DROP SCHEMA app CASCADE;
REVOKE ALL ON FUNCTION livekit_join, livekit_lint_facts, livekit_lint, livekit_access_report FROM regress_livekit_bob;
REVOKE ALL ON FUNCTION livekit_explain_join FROM regress_livekit_analyst;
DROP ROLE regress_livekit_owner, regress_livekit_bob, regress_livekit_gateway, regress_livekit_analyst;
