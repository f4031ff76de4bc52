--
-- All that a DBA was told is "bob cannot get into standup".  One statement
-- says why: the steps of the question that livekit_join would ask for him, up
-- to the one that refuses, what mends it, and last what bob was told.
--
SET client_min_messages = warning;
SET livekit_token.url = 'wss://livekit.example.com';
CREATE ROLE regress_livekit_alice;
CREATE ROLE regress_livekit_bob;
CREATE ROLE regress_livekit_users ROLE regress_livekit_alice, regress_livekit_bob;
GRANT EXECUTE ON FUNCTION livekit_join TO regress_livekit_users;
CREATE TABLE members (room text, identity text, grants jsonb, ttl interval, name text);
CREATE INDEX ON members (room, identity);
GRANT SELECT ON members TO regress_livekit_users;
ALTER TABLE members ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON members FOR SELECT TO regress_livekit_users USING (identity = livekit_identity());
INSERT INTO members VALUES ('standup', 'regress_livekit_alice', '{"can_publish": false, "roomAdmin": true}', '5 minutes', 'Alice'),
	('boardroom', 'regress_livekit_alice', NULL, NULL, NULL), ('retro', 'regress_livekit_bob', NULL, NULL, NULL),
	('twice', 'regress_livekit_bob', NULL, NULL, NULL), ('twice', 'regress_livekit_bob', NULL, NULL, NULL);

-- nothing registered: neither of them
SELECT * FROM livekit_explain_join('regress_livekit_bob', 'standup');
SELECT livekit_register_access('members');
-- bob has no row, alice has one
SELECT * FROM livekit_explain_join('regress_livekit_bob', 'standup');
SELECT * FROM livekit_explain_join('regress_livekit_alice', 'standup');
-- the DBA gives him one, and the policies do not show it to him
INSERT INTO members VALUES ('standup', 'regress_livekit_bob');
CREATE POLICY not_bob ON members AS RESTRICTIVE TO regress_livekit_bob USING (room <> 'standup');
SELECT * FROM livekit_explain_join(role => 'regress_livekit_bob', room => 'standup', claims => NULL);
DROP POLICY not_bob ON members;
SELECT * FROM livekit_explain_join('regress_livekit_bob', 'standup');
SELECT * FROM livekit_explain_join('regress_livekit_bob', 'twice');
-- as psql shows it to whoever prefers that
\x
SELECT subject, verdict, finding, mend FROM livekit_explain_join('regress_livekit_bob', 'no such room') WHERE verdict = 'refused';
\x

-- what must hold of any answer
CREATE FUNCTION pg_temp.unsound(role name, room text, OUT problem text) RETURNS SETOF text LANGUAGE sql AS $$
	WITH e AS (SELECT *, count(*) OVER () AS n, row_number() OVER () AS i FROM livekit_explain_join(unsound.role, unsound.room))
	SELECT format('%s %s: %s', role, room, problem)
	  FROM (SELECT 'no rows' AS problem WHERE NOT EXISTS (SELECT FROM e)
		UNION ALL SELECT 'step' FROM e WHERE step <> i
		UNION ALL SELECT 'subject ' || subject FROM e WHERE subject NOT IN ('registration', 'session', 'privileges', 'identity', 'room', 'table',
			'policy', 'row', 'grants', 'ttl', 'key', 'url', 'answer')
		UNION ALL SELECT 'order ' || subject FROM (SELECT *, lag(subject) OVER (ORDER BY i) AS before FROM e) o
			WHERE array_position('{registration,session,privileges,identity,room,table,policy,row,grants,ttl,key,url,answer}', subject) <
				array_position('{registration,session,privileges,identity,room,table,policy,row,grants,ttl,key,url,answer}', before)
				AND (before, subject) <> ('policy', 'table')
		UNION ALL SELECT 'answer' FROM e WHERE (subject = 'answer') <> (i = n)
		UNION ALL SELECT 'refused at step ' || i FROM e WHERE verdict = 'refused' AND i < n - 1
		UNION ALL SELECT 'a refusal without a cause' FROM e WHERE subject = 'answer' AND (verdict = 'refused') <>
			EXISTS (SELECT FROM e WHERE verdict = 'refused' AND subject <> 'answer')
		UNION ALL SELECT 'verdict' FROM e WHERE verdict NOT IN ('ok', 'note', 'refused') OR subject = 'answer' AND verdict = 'note'
		UNION ALL SELECT 'no finding' FROM e WHERE coalesce(finding, '') = ''
		UNION ALL SELECT 'not a sentence: ' || finding FROM e WHERE subject NOT IN ('policy', 'grants') AND finding !~ '^[A-Z"a-z].*\.$'
		UNION ALL SELECT 'no mend' FROM e WHERE verdict = 'refused' AND subject <> 'answer' AND mend IS NULL
		UNION ALL SELECT 'a mend of nothing' FROM e WHERE verdict = 'ok' AND mend IS NOT NULL
		UNION ALL SELECT 'a token' FROM e WHERE concat(finding, mend) ~ 'eyJ') p(problem)
$$;
SELECT problem FROM unnest('{regress_livekit_alice,regress_livekit_bob,regress_livekit_users}'::name[]) role,
	unnest(ARRAY['standup', 'retro', 'twice', 'no such room', '', NULL, repeat('x', 300)]) room, pg_temp.unsound(role, room);
SELECT problem FROM pg_temp.unsound(current_user, 'standup');
-- it stops at what refuses, and tells what livekit_join tells
SELECT role, left(room, 12) AS room, max(step), array_agg(subject ORDER BY step DESC) FILTER (WHERE verdict = 'refused') AS refused,
	max(finding) FILTER (WHERE subject = 'answer') AS answer
  FROM unnest('{regress_livekit_alice,regress_livekit_bob,regress_livekit_users}'::name[]) role,
	unnest(ARRAY['standup', 'retro', 'twice', 'Standup', '', NULL]) WITH ORDINALITY r(room, n), livekit_explain_join(role, room)
 GROUP BY role, n, room ORDER BY role, n;

-- wrong arguments, and who may not ask at all
SELECT * FROM livekit_explain_join(NULL, 'standup');
SELECT * FROM livekit_explain_join('regress_livekit_nobody', 'standup');
SELECT * FROM livekit_explain_join('public', 'standup');
SELECT * FROM livekit_explain_join('', 'standup');
\set VERBOSITY sqlstate
SELECT * FROM livekit_explain_join(NULL, NULL, NULL);
SELECT * FROM livekit_explain_join('regress_livekit_nobody', 'standup', '{"livekit_token.url": "x"}');
SET ROLE regress_livekit_alice;
SELECT * FROM livekit_explain_join('regress_livekit_alice', 'standup');
RESET ROLE;
\set VERBOSITY default
-- granted, one may ask about oneself
GRANT EXECUTE ON FUNCTION livekit_explain_join TO regress_livekit_users;
SET SESSION AUTHORIZATION regress_livekit_bob;
SELECT step, subject, verdict FROM livekit_explain_join('regress_livekit_bob', 'standup');
-- and cannot tell a room that is not one's own from one that is not there
SELECT count(*) AS differ FROM livekit_explain_join('regress_livekit_bob', 'boardroom') a FULL JOIN livekit_explain_join('regress_livekit_bob', 'no room') b USING (step)
 WHERE ROW(a.subject, a.verdict, replace(a.finding, 'boardroom', 'no room'), replace(a.mend, 'boardroom', 'no room')) IS DISTINCT FROM ROW(b.subject, b.verdict, b.finding, b.mend);
RESET SESSION AUTHORIZATION;

-- within a query, in turn with livekit_join, whose plan is kept; in a
-- transaction that may not write, and by a cursor
SELECT m.room, e.verdict FROM (SELECT DISTINCT room FROM members) m, livekit_explain_join('regress_livekit_bob', m.room) e
 WHERE e.subject = 'answer' ORDER BY m.room;
BEGIN READ ONLY;
SET LOCAL SESSION AUTHORIZATION regress_livekit_bob;
SELECT j.identity, e.verdict, livekit_identity(), current_user FROM livekit_join('retro') j, livekit_explain_join('regress_livekit_bob', 'boardroom') e WHERE subject = 'answer';
SET LOCAL SESSION AUTHORIZATION regress_livekit_alice;
SELECT j.identity, e.verdict, livekit_identity(), current_user FROM livekit_join('boardroom') j, livekit_explain_join('regress_livekit_alice', 'retro') e WHERE subject = 'answer';
RESET SESSION AUTHORIZATION;
SELECT verdict FROM livekit_explain_join('regress_livekit_bob', 'retro') WHERE subject = 'answer';
DECLARE c CURSOR FOR SELECT subject, current_user = session_user AS oneself FROM livekit_explain_join('regress_livekit_bob', 'retro');
FETCH 2 FROM c;
SELECT current_user = session_user AS oneself, current_setting('role') AS role;
ROLLBACK;

SELECT livekit_unregister_access();
DROP TABLE members;
DROP OWNED BY regress_livekit_users;
DROP ROLE regress_livekit_alice, regress_livekit_bob, regress_livekit_users;
