-- livekit_tap_can_join, livekit_tap_cannot_join and livekit_tap_grants, with
-- pgTAP: tests of policies, and so tested by check_test.  What fails must fail,
-- also where it fails for another reason than the policies.
BEGIN;
SELECT * FROM no_plan();
SET LOCAL client_min_messages = warning;
SET LOCAL livekit_token.url = 'wss://livekit.example.com';
CREATE ROLE regress_livekit_alice;
CREATE ROLE regress_livekit_bob;
CREATE ROLE regress_livekit_web LOGIN;
CREATE ROLE regress_livekit_login LOGIN;
ALTER ROLE regress_livekit_web SET livekit_token.identity = 'app.user_id';
CREATE ROLE regress_livekit_users ROLE regress_livekit_alice, regress_livekit_bob, regress_livekit_web, regress_livekit_login;
CREATE ROLE regress_livekit_tester IN ROLE regress_livekit_alice;
GRANT EXECUTE ON FUNCTION livekit_join TO regress_livekit_users;
CREATE TABLE regress_members (room text, identity text, grants jsonb, ttl interval, PRIMARY KEY (room, identity));
ALTER TABLE regress_members ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON regress_members USING (identity = livekit_identity());
GRANT SELECT ON regress_members TO regress_livekit_users;
INSERT INTO regress_members VALUES ('standup', 'regress_livekit_alice', NULL, NULL), ('retro', 'regress_livekit_alice', '{"canPublish": false, "room_admin": true, "sip": {"call": true}}', NULL),
	('studio', 'regress_livekit_alice', '{"canPublishSources": ["microphone", "camera"], "canPublishData": false}', NULL), ('over', 'regress_livekit_alice', NULL, '0'),
	('typo', 'regress_livekit_alice', '{"canPublsh": true}', NULL), ('silent', 'regress_livekit_alice', '{"roomJoin": false, "roomList": true}', NULL),
	('standup', 'carol', NULL, NULL), ('retro', '42', NULL, NULL);
SELECT livekit_register_access('regress_members');

-- Whether one of them passes, with which description; and what it says of a
-- failure, of which no other line of output may come.
CREATE FUNCTION pg_temp.passes(call text, description text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	output text;
BEGIN
	EXECUTE 'SELECT livekit_tap_' || call INTO output;
	RETURN QUERY SELECT check_test(output, true, call, description, '');
END $$;
CREATE FUNCTION pg_temp.fails(call text, description text, says text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	output text;
BEGIN
	EXECUTE 'SELECT livekit_tap_' || call INTO output;
	RETURN QUERY SELECT check_test(output, false, call, description, says, true);
	RETURN NEXT is(output ~ '\n[^#]', false, call || ': all but the first line is diagnostics');
END $$;
-- Its output, as if there had been no test.
CREATE FUNCTION pg_temp.output(call text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	number bigint := currval('__tresults___numb_seq');
	failed int := public._get('failed');
	output text;
BEGIN
	EXECUTE 'SELECT public.livekit_tap_' || call INTO output;
	PERFORM setval('__tresults___numb_seq', number), public._set('failed', failed);
	RETURN output;
END $$;

-- can_join
SELECT pg_temp.passes($$can_join('regress_livekit_alice', 'standup', NULL, 'my own words')$$, 'my own words');
SELECT pg_temp.passes($$can_join('regress_livekit_alice', 'retro', description => 'with grants')$$, 'with grants');
SELECT pg_temp.passes($$can_join('regress_livekit_web', 'standup', '"carol"', 'with claims')$$, 'with claims');
SELECT pg_temp.passes($$can_join('regress_livekit_web', 'retro', '42', 'with a number')$$, 'with a number');
SELECT pg_temp.passes($$can_join('regress_livekit_web', 'standup', '{"app.user_id": "carol"}', 'with settings')$$, 'with settings');
SELECT pg_temp.fails($$can_join('regress_livekit_bob', 'standup', NULL, 'bob')$$, 'bob', 'row.*');
SELECT pg_temp.fails($$can_join('regress_livekit_web', 'standup', NULL, 'nobody')$$, 'nobody', 'identity.*');
SELECT pg_temp.fails($$can_join('regress_livekit_web', 'standup', '"Carol"', 'another')$$, 'another', 'row.*');
SELECT pg_temp.fails($$can_join('regress_livekit_alice', NULL, NULL, 'no room')$$, 'no room', 'room.*');
SELECT pg_temp.fails($$can_join('regress_livekit_alice', 'over', NULL, 'its ttl is over')$$, 'its ttl is over', 'ttl.*');
SELECT pg_temp.fails($$can_join('regress_livekit_alice', 'silent', NULL, 'no roomJoin')$$, 'no roomJoin', '.*roomJoin.*');
SELECT pg_temp.fails($$can_join('regress_livekit_alice', 'typo', NULL, 'misspelt')$$, 'misspelt', '.*canPublsh.*');
SELECT pg_temp.fails(format('can_join(%L, ''standup'', NULL, ''policies do not bind'')', current_user), 'policies do not bind', '.*bypasses.*');

-- cannot_join
SELECT pg_temp.passes($$cannot_join('regress_livekit_bob', 'standup', NULL, 'no row')$$, 'no row');
SELECT pg_temp.passes($$cannot_join('regress_livekit_alice', 'none', NULL, 'no room')$$, 'no room');
SELECT pg_temp.passes($$cannot_join('regress_livekit_alice', NULL, NULL, 'NULL')$$, 'NULL');
SELECT pg_temp.passes($$cannot_join('regress_livekit_web', 'standup', NULL, 'no claims')$$, 'no claims');
SELECT pg_temp.passes($$cannot_join('regress_livekit_web', 'standup', '"a#b"', 'a device')$$, 'a device');
SELECT pg_temp.passes($$cannot_join('regress_livekit_web', 'standup', '""', 'empty')$$, 'empty');
SELECT pg_temp.passes($$cannot_join('regress_livekit_alice', 'over', NULL, 'over')$$, 'over');
SELECT pg_temp.passes($$cannot_join('regress_livekit_alice', 'silent', NULL, 'no roomJoin')$$, 'no roomJoin');
SELECT pg_temp.fails($$cannot_join('regress_livekit_alice', 'standup', NULL, 'she can')$$, 'she can', '.*');
SELECT pg_temp.fails($$cannot_join('regress_livekit_web', 'standup', '"carol"', 'he can')$$, 'he can', '.*');
-- a set-up in which nobody could join does not pass for a refusal
SELECT pg_temp.fails($$cannot_join('regress_livekit_alice', 'typo', NULL, 'the row is of no use')$$, 'the row is of no use', '.*canPublsh.*');
SELECT pg_temp.fails(format('cannot_join(%L, ''standup'', NULL, ''bypasses'')', current_user), 'bypasses', '.*bypasses.*');
CREATE FUNCTION pg_temp.undermined(statement text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	can text[]; cannot text[];
BEGIN
	BEGIN
		EXECUTE statement;
		can := regexp_match(pg_temp.output('can_join(''regress_livekit_alice'', ''standup'', NULL, ''can'')'), '^(not ok|ok)');
		cannot := regexp_match(pg_temp.output('cannot_join(''regress_livekit_alice'', ''standup'', NULL, ''cannot'')'), '^(not ok|ok)');
		RAISE SQLSTATE 'LKOUT';
	EXCEPTION WHEN SQLSTATE 'LKOUT' THEN
		NULL;
	END;
	RETURN NEXT is(can, '{not ok}'::text[], 'can join fails after: ' || statement);
	RETURN NEXT is(cannot, '{not ok}'::text[], 'and cannot join: ' || statement);
END $$;
SELECT pg_temp.undermined(statement)
  FROM unnest(ARRAY['SELECT livekit_unregister_access()', 'DROP TABLE regress_members', 'ALTER TABLE regress_members RENAME room TO place', 'ALTER TABLE regress_members DISABLE ROW LEVEL SECURITY',
	'ALTER POLICY own ON regress_members USING (1 / (length(room) - length(room)) = 0)',
	'ALTER POLICY own ON regress_members USING (true); ALTER TABLE regress_members DROP CONSTRAINT regress_members_pkey; INSERT INTO regress_members VALUES (''standup'', ''regress_livekit_alice'')']) AS statement;

-- grants
SELECT pg_temp.passes(format('grants(''regress_livekit_alice'', %L, %L, NULL, ''%s'')', room, grants, n), n::text)
  FROM (SELECT row_number() OVER () AS n, * FROM (VALUES ('standup', '{"canPublish": true, "canSubscribe": true, "canPublishData": true, "roomJoin": true}'), ('standup', '{"roomAdmin": false, "hidden": false}'), ('standup', '{"can_publish": true, "room_admin": false}'),
	('standup', '{"canPublishSources": ["camera", "microphone", "screen_share", "screen_share_audio"]}'), ('standup', '{"room": "standup"}'), ('standup', '{}'), ('standup', '{"sip": {"call": false}}'), ('standup', '{"video": {"canPublish": true}}'),
	('retro', '{"canPublish": false, "canPublishData": false, "roomAdmin": true}'), ('retro', '{"sip": {"call": true, "admin": false}}'), ('studio', '{"canPublishSources": ["camera", "microphone"]}'),
	('studio', '{"canPublishSources": ["microphone", "camera"], "canPublishData": false}')) v (room, grants)) v;
SELECT pg_temp.fails(format('grants(''regress_livekit_alice'', %L, %L, NULL, ''%s'')', room, grants, n), n::text, says)
  FROM (SELECT row_number() OVER () AS n, * FROM (VALUES ('standup', '{"canPublish": false}', '.*canPublish.*'), ('standup', '{"roomAdmin": true}', '.*roomAdmin.*'), ('standup', '{"canPublish": true, "hidden": true}', '.*hidden.*'), ('standup', '{"sip": {"call": true}}', '.*call.*'),
	('standup', '{"canPublishSources": ["camera"]}', '.*canPublishSources.*'), ('standup', '{"room": "retro"}', '.*room.*'), ('retro', '{"canPublish": true}', '.*canPublish.*'), ('retro', '{"roomAdmin": false}', '.*roomAdmin.*'),
	('retro', '{"canPublishData": true}', '.*canPublishData.*'), ('studio', '{"canPublishSources": ["microphone"]}', '.*canPublishSources.*'), ('studio', '{"canPublishSources": ["microphone", "camera", "screen_share"]}', '.*canPublishSources.*'),
	('over', '{"canPublish": true}', '.*ttl.*'), ('none', '{}', 'row.*'), ('none', '{"roomAdmin": false}', 'row.*'), ('typo', '{}', '.*canPublsh.*')) v (room, grants, says)) v;
-- a test that is itself misspelt is an error, not a pass
SELECT throws_ok(format('SELECT livekit_tap_grants(''regress_livekit_alice'', ''standup'', %L)', grants), '22023', NULL, 'grants: ' || grants)
  FROM unnest(ARRAY['{"canPublsh": false}', '{"CanPublish": true}', '{"canPublish": 1}', '[]', '"canPublish"', '{"sip": true}']) AS grants;

-- without a description there is one
SELECT matches(pg_temp.output(call), pattern, call)
  FROM (VALUES ('can_join(''regress_livekit_alice'', ''standup'')', '^ok \d+ - .*regress_livekit_alice.*standup'), ('cannot_join(''regress_livekit_alice'', ''none'')', '^ok \d+ - .*regress_livekit_alice.*none'),
	('grants(''regress_livekit_alice'', ''standup'', ''{}'')', '^ok \d+ - .*regress_livekit_alice.*standup'), ('can_join(''regress_livekit_bob'', ''standup'')', '^not ok \d+ - .*regress_livekit_bob.*standup'),
	('can_join(''regress_livekit_web'', ''standup'', ''"carol"'')', '^ok \d+ - .*"carol".*standup')) AS v (call, pattern);

-- nothing was signed for any of it
SELECT is(count, 0::bigint, 'nothing was signed') FROM livekit_counters() WHERE event = 'issued' AND reason = 'livekit_join';
SELECT is_empty('SELECT * FROM livekit_issued', 'nor recorded');

-- who may
SELECT throws_ok('SELECT livekit_tap_' || call, code, NULL, call)
  FROM (VALUES ('can_join(NULL, ''standup'')', '22004'), ('cannot_join(NULL, ''standup'')', '22004'), ('grants(NULL, ''standup'', ''{}'')', '22004'), ('can_join(''regress_livekit_nobody'', ''standup'')', '42704'),
	('cannot_join(''regress_livekit_nobody'', ''standup'')', '42704'), ('cannot_join(''regress_livekit_web'', ''standup'', ''{"search_path": "x"}'')', '22023'), ('can_join(''regress_livekit_web'', ''standup'', ''{"livekit_token.url": "x"}'')', '22023'),
	('cannot_join(''regress_livekit_web'', ''standup'', ''[]'')', '22023')) AS v (call, code);
GRANT ALL ON ALL TABLES IN SCHEMA pg_temp TO PUBLIC;
GRANT ALL ON ALL SEQUENCES IN SCHEMA pg_temp TO PUBLIC;
SET LOCAL SESSION AUTHORIZATION regress_livekit_tester;
SELECT throws_ok('SELECT livekit_tap_' || call, '42501', NULL, 'without EXECUTE: ' || call)
  FROM unnest(ARRAY['can_join(''regress_livekit_alice'', ''standup'')', 'cannot_join(''regress_livekit_alice'', ''none'')', 'grants(''regress_livekit_alice'', ''standup'', ''{}'')']) AS call;
RESET SESSION AUTHORIZATION;
GRANT EXECUTE ON FUNCTION livekit_tap_can_join, livekit_tap_cannot_join, livekit_tap_grants TO regress_livekit_tester;
CREATE FUNCTION regress_lent() RETURNS text LANGUAGE sql SECURITY DEFINER RETURN livekit_tap_can_join('regress_livekit_alice', 'standup');
SET LOCAL SESSION AUTHORIZATION regress_livekit_tester;
SELECT livekit_tap_can_join('regress_livekit_alice', 'standup', NULL, 'who may SET ROLE to her, and execute nothing else');
SELECT throws_ok('SELECT livekit_tap_' || call, '42501', NULL, 'who may not SET ROLE: ' || call)
  FROM unnest(ARRAY['can_join(''regress_livekit_bob'', ''standup'')', 'cannot_join(''regress_livekit_bob'', ''none'')', 'grants(''regress_livekit_bob'', ''standup'', ''{}'')']) AS call;
SELECT throws_like('SELECT regress_lent()', '%', 'nor from within a SECURITY DEFINER function');
RESET SESSION AUTHORIZATION;

-- nobody has an identity: that shows nothing of the policies
DO $$
BEGIN
	EXECUTE format('ALTER DATABASE %I SET livekit_token.identity = ''postgrest''', current_database());
END $$;
SELECT pg_temp.fails('cannot_join(''regress_livekit_login'', ''standup'')', 'role regress_livekit_login cannot join room standup', 'no identity');
DO $$
BEGIN
	EXECUTE format('ALTER DATABASE %I RESET livekit_token.identity', current_database());
END $$;
ALTER ROLE regress_livekit_login SET livekit_token.identity = 'app.user_id';
SELECT pg_temp.passes('cannot_join(''regress_livekit_login'', ''standup'')', 'role regress_livekit_login cannot join room standup');

-- pgTAP's own ok(), wherever pgTAP is, and nobody else's
CREATE SCHEMA regress_livekit_other;
CREATE FUNCTION regress_livekit_other.ok(boolean, text) RETURNS text LANGUAGE sql RETURN 'forged';
CREATE FUNCTION pg_temp.with_path(path text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	result text; hint text;
BEGIN
	PERFORM set_config('search_path', path, true);
	result := pg_temp.output('can_join(''regress_livekit_alice'', ''standup'', NULL, ''x'')') || pg_temp.output('can_join(''regress_livekit_bob'', ''standup'', NULL, ''x'')');
	PERFORM set_config('search_path', 'public', true);
	RETURN CASE WHEN result ~ 'forged' THEN 'forged' WHEN result ~ '^ok \d+ - x' THEN 'ok' ELSE result END;
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
	RETURN concat_ws(' ', SQLSTATE, SQLERRM, hint);
END $$;
CREATE FUNCTION pg_temp.without_pgtap(OUT result text) LANGUAGE plpgsql AS $$
DECLARE
	hint text;
BEGIN
	DROP EXTENSION pgtap CASCADE;
	result := livekit_tap_can_join('regress_livekit_alice', 'standup');
	RAISE SQLSTATE 'LKOUT';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
	result := concat_ws(' ', result, SQLSTATE, SQLERRM, hint);
END $$;
SELECT is(pg_temp.with_path('public'), 'ok', 'on the search path');
CREATE FUNCTION pg_temp.not_to_public(OUT code text) LANGUAGE plpgsql AS $$
BEGIN
	REVOKE EXECUTE ON FUNCTION ok(boolean, text) FROM PUBLIC;
	SET LOCAL ROLE regress_livekit_tester;
	PERFORM livekit_tap_can_join('regress_livekit_alice', 'standup');
EXCEPTION WHEN OTHERS THEN
	code := SQLSTATE;
END $$;
SELECT is(pg_temp.not_to_public(), '42501', 'and only for who may execute it');
SELECT is(pg_temp.with_path('regress_livekit_other, public'), 'ok', 'behind another ok()');
SELECT matches(pg_temp.without_pgtap(), '^55000 .*CREATE EXTENSION pgtap', 'without pgTAP it says so');

SELECT * FROM finish();
ROLLBACK;
