-- While no access relation is registered, livekit_token signs only for who
-- may execute livekit_issue: asked at each call, of the current user.
BEGIN;
\ir outcome.psql
SELECT plan(23);
\set mint 'SELECT livekit_token(''alice'', ''standup'')'

CREATE ROLE regress_livekit_half;
GRANT EXECUTE ON FUNCTION livekit_token TO regress_livekit_half;
CREATE ROLE regress_livekit_both;
GRANT EXECUTE ON FUNCTION livekit_token, livekit_issue TO regress_livekit_both;
CREATE ROLE regress_livekit_issuer;
GRANT EXECUTE ON FUNCTION livekit_issue TO regress_livekit_issuer;

SELECT is(pg_temp.outcome('regress_livekit_half', :'mint'), '55000', 'EXECUTE on livekit_token alone');
SELECT is(pg_temp.outcome('regress_livekit_issuer', :'mint'), '42501', 'EXECUTE on livekit_issue alone');
SELECT is(pg_temp.outcome('regress_livekit_both', :'mint'), 'ok', 'EXECUTE on both');
SELECT is(pg_temp.outcome('regress_livekit_half', $$SELECT livekit_token(NULL, NULL, '{"bogus": 1}')$$), '55000',
	'the refusal comes before the arguments are looked at');

SET LOCAL ROLE regress_livekit_half;
CREATE FUNCTION pg_temp.refusal(OUT message text, OUT detail text, OUT hint text) LANGUAGE plpgsql AS $$
BEGIN
	PERFORM livekit_token('alice', 'standup');
EXCEPTION WHEN object_not_in_prerequisite_state THEN
	GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
END $$;
CREATE TEMP TABLE refusal AS SELECT * FROM pg_temp.refusal();
RESET ROLE;
SELECT results_eq('SELECT * FROM refusal',
	$$VALUES ('no access relation is registered', '',
			  'The server log says more, and so does livekit_explain_join.')$$,
	'what the refusal says');

-- Membership
CREATE ROLE regress_livekit_member IN ROLE regress_livekit_both;
CREATE ROLE regress_livekit_guest NOINHERIT IN ROLE regress_livekit_issuer;
GRANT EXECUTE ON FUNCTION livekit_token TO regress_livekit_guest;
SELECT is(pg_temp.outcome('regress_livekit_member', :'mint'), 'ok', 'a member inherits both');
SELECT is(pg_temp.outcome('regress_livekit_guest', :'mint'), '55000', 'a member that does not inherit has one');
SET LOCAL SESSION AUTHORIZATION regress_livekit_member;
SET LOCAL ROLE regress_livekit_both;
SELECT livekit_token('alice', 'standup') IS NOT NULL AS minted \gset
RESET SESSION AUTHORIZATION;
RESET ROLE;
SELECT ok(:'minted', 'SET ROLE to who has both');

-- A SECURITY DEFINER wrapper signs by its owner's rights, and only by those.
CREATE FUNCTION pg_temp.wrapper() RETURNS text LANGUAGE sql SECURITY DEFINER AS :'mint';
CREATE ROLE regress_livekit_stranger;
SELECT is(pg_temp.outcome('regress_livekit_stranger', :'mint'), '42501', 'a stranger cannot mint');
ALTER FUNCTION pg_temp.wrapper() OWNER TO regress_livekit_both;
SELECT is(pg_temp.outcome('regress_livekit_stranger', 'SELECT pg_temp.wrapper()'), 'ok', 'but through a wrapper');
ALTER FUNCTION pg_temp.wrapper() OWNER TO regress_livekit_half;
SELECT is(pg_temp.outcome('regress_livekit_stranger', 'SELECT pg_temp.wrapper()'), '55000',
	'not through one whose owner may not issue');
SELECT is(pg_temp.outcome('regress_livekit_both', 'SELECT pg_temp.wrapper()'), '55000',
	'where the rights of its caller do not count');

-- A look-alike on the search path is not the livekit_issue that counts.
CREATE SCHEMA regress_livekit_alike AUTHORIZATION regress_livekit_half;
SET LOCAL ROLE regress_livekit_half;
CREATE FUNCTION regress_livekit_alike.livekit_issue(text, text, jsonb, interval, text, text, jsonb, jsonb, text, jsonb)
	RETURNS text LANGUAGE sql AS $$SELECT 'mine'$$;
RESET ROLE;
SET LOCAL search_path = regress_livekit_alike, public;
SELECT is(pg_temp.outcome('regress_livekit_half', :'mint'), '55000', 'a livekit_issue of one''s own does not count');
SET LOCAL search_path = public;

-- REVOKE acts at once: on prepared statements, and within a statement.
PREPARE mint AS SELECT livekit_token('alice', 'standup');
SELECT is(pg_temp.outcome('regress_livekit_both', 'EXECUTE mint'), 'ok', 'a prepared statement');
REVOKE EXECUTE ON FUNCTION livekit_issue FROM regress_livekit_both;
SELECT is(pg_temp.outcome('regress_livekit_both', 'EXECUTE mint'), '55000', 'after REVOKE on livekit_issue');
SELECT is(pg_temp.outcome('regress_livekit_member', :'mint'), '55000', 'and for its member');
GRANT EXECUTE ON FUNCTION livekit_issue TO regress_livekit_both;
SELECT is(pg_temp.outcome('regress_livekit_both', 'EXECUTE mint'), 'ok', 'after GRANT');
REVOKE EXECUTE ON FUNCTION livekit_token FROM regress_livekit_both;
SELECT is(pg_temp.outcome('regress_livekit_both', 'EXECUTE mint'), '42501', 'after REVOKE on livekit_token');
GRANT EXECUTE ON FUNCTION livekit_token TO regress_livekit_both WITH GRANT OPTION;
GRANT EXECUTE ON FUNCTION livekit_issue TO regress_livekit_both WITH GRANT OPTION;
CREATE FUNCTION pg_temp.mint_twice() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	token text;
BEGIN
	FOR i IN 1 .. 2 LOOP
		token := livekit_token('alice', 'standup');
		EXECUTE 'RESET ROLE; REVOKE EXECUTE ON FUNCTION livekit_issue FROM regress_livekit_both CASCADE;'
				'SET LOCAL ROLE regress_livekit_both';
	END LOOP;
	RETURN token;
END $$;
SELECT is(pg_temp.outcome('regress_livekit_both', 'SELECT pg_temp.mint_twice()'), '55000',
	'REVOKE between two calls of one statement');

-- Grant options are PostgreSQL's own.
SELECT is(pg_temp.outcome('regress_livekit_both',
	'GRANT EXECUTE ON FUNCTION livekit_token, livekit_issue TO regress_livekit_stranger'), 'ok',
	'who holds the grant option may pass it on');
SELECT is(pg_temp.outcome('regress_livekit_stranger', :'mint'), 'ok', 'and it counts');

-- All at once
GRANT EXECUTE ON FUNCTION livekit_issue TO PUBLIC;
SELECT is(pg_temp.outcome('regress_livekit_half', :'mint'), 'ok', 'livekit_issue granted to PUBLIC');
ALTER FUNCTION livekit_issue RENAME TO regress_livekit_renamed;
SELECT is(pg_temp.outcome('none', :'mint'), '55000', 'renamed, it is not there for anybody');

SELECT * FROM finish();
ROLLBACK;
