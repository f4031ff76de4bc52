--
-- Everything that can keep bob out, one thing at a time: at which step
-- livekit_explain_join stops, why, and the mend.  Its answer is to be what
-- livekit_join tells bob, and after the mend, where that is a statement, bob
-- gets further.
--
ALTER DATABASE :"DBNAME" SET livekit_token.url = 'wss://livekit.example.com';
\c
SET client_min_messages = error;
CREATE ROLE regress_livekit_owner;
CREATE ROLE regress_livekit_bob;
CREATE ROLE "regress_livekit_b#b";
CREATE ROLE regress_livekit_users ROLE regress_livekit_bob, "regress_livekit_b#b";
CREATE SCHEMA app;
GRANT USAGE ON SCHEMA app TO regress_livekit_users, regress_livekit_owner;
GRANT EXECUTE ON FUNCTION livekit_join TO regress_livekit_users;
CREATE TABLE app.members (room text, identity text, grants jsonb, ttl interval, name text, metadata text, attributes jsonb, room_config jsonb,
	project text, url text);
CREATE INDEX ON app.members (room, identity);
ALTER TABLE app.members ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON app.members FOR SELECT USING (identity = livekit_identity());
GRANT SELECT ON app.members TO regress_livekit_users;
ALTER TABLE app.members OWNER TO regress_livekit_owner;
INSERT INTO app.members VALUES ('standup', 'regress_livekit_bob'), ('standup', 'regress_livekit_b#b');
SELECT livekit_register_access('app.members');

-- what livekit_join itself says to the role: NULL when it lets him in
CREATE FUNCTION pg_temp.told(role text, room text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	PERFORM set_config('role', role, true);
	PERFORM FROM public.livekit_join(room);
	RAISE SQLSTATE 'LKOUT';		-- which takes the role back
EXCEPTION
	WHEN SQLSTATE 'LKOUT' THEN RETURN NULL;
	WHEN OTHERS THEN RETURN SQLERRM;
END $$;

-- the refusing step after a change, which is taken back
CREATE FUNCTION pg_temp.after(change text, role name DEFAULT 'regress_livekit_bob', room text DEFAULT 'standup',
	OUT subject text, OUT finding text, OUT mend text, OUT answer text, OUT agrees text, OUT mended text) LANGUAGE plpgsql AS $$
DECLARE
	told text;
BEGIN
	EXECUTE change;
	SELECT max(e.subject) FILTER (WHERE e.subject <> 'answer'), max(e.finding) FILTER (WHERE e.subject <> 'answer'),
		max(e.mend) FILTER (WHERE e.subject <> 'answer')
	  INTO subject, finding, mend FROM livekit_explain_join(role, room) e WHERE e.verdict = 'refused';
	SELECT e.finding INTO answer FROM livekit_explain_join(role, room) e WHERE e.subject = 'answer';
	told := pg_temp.told(role, room);
	agrees := CASE WHEN told IS NULL AND subject IS NULL OR position(told IN answer) > 0 THEN 'and so it is'
		ELSE 'BUT IT IS: ' || coalesce(told, 'he is let in') END;
	IF mend ~ '^(GRANT|REVOKE|ALTER|CREATE|SELECT|INSERT|DROP|UPDATE|DELETE|SET) ' AND mend !~ '\.\.\.' THEN
		BEGIN
			EXECUTE mend;
			SELECT coalesce('then: ' || max(e.subject) FILTER (WHERE e.subject <> 'answer'), 'then he is let in')
			  INTO mended FROM livekit_explain_join(role, room) e WHERE e.verdict = 'refused';
		EXCEPTION WHEN OTHERS THEN
			mended := 'NOT A STATEMENT: ' || SQLERRM;
		END;
	END IF;
	RAISE SQLSTATE 'LKOUT';
EXCEPTION WHEN SQLSTATE 'LKOUT' THEN
	mend := left(mend, 150);
END $$;
\pset tuples_only
\pset format unaligned
\pset fieldsep '\n\t'
SELECT 'nothing changed', a.* FROM pg_temp.after('') a;
-- the set-up
SELECT change, a.*
  FROM unnest(ARRAY['SELECT livekit_unregister_access()', 'DROP TABLE app.members', 'ALTER TABLE app.members RENAME room TO place',
	'ALTER TABLE app.members DROP identity CASCADE', 'ALTER TABLE app.members ALTER ttl TYPE int USING 60',
	'REVOKE EXECUTE ON FUNCTION livekit_join FROM regress_livekit_users', 'REVOKE USAGE ON SCHEMA app FROM regress_livekit_users',
	'REVOKE SELECT ON app.members FROM regress_livekit_users',
	'REVOKE SELECT ON app.members FROM regress_livekit_users; GRANT SELECT (room, identity, ttl, name, metadata, attributes, room_config, project, url) ON app.members TO regress_livekit_users',
	'ALTER TABLE app.members DISABLE ROW LEVEL SECURITY', 'ALTER TABLE app.members OWNER TO regress_livekit_bob', 'GRANT regress_livekit_owner TO regress_livekit_bob',
	'ALTER ROLE regress_livekit_bob BYPASSRLS', 'ALTER ROLE regress_livekit_bob SUPERUSER']) WITH ORDINALITY c(change, n), pg_temp.after(change) a ORDER BY n;
-- who, and where
SELECT role, left(room, 20), a.*
  FROM (SELECT row_number() OVER () AS n, * FROM (VALUES ('regress_livekit_b#b', 'standup'), ('regress_livekit_bob', 'retro'), ('regress_livekit_bob', 'Standup'), ('regress_livekit_bob', 'standup '), ('regress_livekit_bob', 'bob''s \ "room"'),
	('regress_livekit_bob', ''), ('regress_livekit_bob', NULL), ('regress_livekit_bob', repeat('x', 300))) v (role, room)) c, pg_temp.after('', role, room) a ORDER BY n;
-- the policies, and the row as the DBA sees it
SELECT change, a.*
  FROM unnest(ARRAY['DROP POLICY own ON app.members', 'ALTER POLICY own ON app.members TO regress_livekit_owner', 'ALTER POLICY own ON app.members USING (false)',
	'DROP POLICY own ON app.members; CREATE POLICY own ON app.members FOR UPDATE USING (true)',
	'CREATE POLICY closed ON app.members AS RESTRICTIVE USING (room <> ''standup'')', 'DROP POLICY own ON app.members; CREATE POLICY sole ON app.members AS RESTRICTIVE USING (true)',
	'DELETE FROM app.members', 'UPDATE app.members SET identity = ''bob''', 'UPDATE app.members SET identity = upper(identity)',
	'INSERT INTO app.members VALUES (''standup'', ''regress_livekit_bob'')']) WITH ORDINALITY c(change, n), pg_temp.after(change) a ORDER BY n;
-- what the row says
SELECT says, a.*
  FROM unnest(ARRAY['grants = ''{"roomJoin": false}''', 'grants = ''{"roomJoin": false, "roomList": true}''', 'grants = ''{}''', 'grants = ''null''', 'grants = ''{"canPublsh": false}''',
	'grants = ''{"CanPublish": false}''', 'grants = ''[]''', 'grants = ''{"canPublish": 1}''', 'grants = ''{"room": "retro"}''', 'grants = ''{"canPublishSources": []}''',
	'ttl = ''0''', 'ttl = ''-1 minute''', 'ttl = ''1 month''', 'ttl = ''1 day''', 'name = repeat(''x'', 300)', 'attributes = ''{"a": 1}''',
	'attributes = ''[]''', 'room_config = ''{"nam": "x"}''', 'project = ''missing''', 'project = ''not a name''', 'project = ''''', 'url = ''livekit.example.com''',
	'url = ''''', 'url = ''wss://other.example.com''']) WITH ORDINALITY c(says, n), pg_temp.after('UPDATE app.members SET ' || says) a ORDER BY n;
-- what signs, and where to
SELECT change, a.*
  FROM unnest(ARRAY['SET LOCAL livekit_token.key_file = ''''', 'SET LOCAL livekit_token.key_file = ''/nonexistent/keys.yaml''', 'SET LOCAL livekit_token.api_key = ''APInone''',
	'SET LOCAL livekit_token.url = ''''', 'SET LOCAL livekit_token.max_ttl = ''1min''']) WITH ORDINALITY c(change, n), pg_temp.after(change) a ORDER BY n;
\pset tuples_only off
\pset format aligned
-- others ask the same; and an application's own may, for who may not name them
BEGIN;
REVOKE EXECUTE ON FUNCTION livekit_join FROM regress_livekit_users;
GRANT EXECUTE ON FUNCTION livekit_token TO regress_livekit_users;
SELECT verdict, finding FROM livekit_explain_join('regress_livekit_bob', 'standup') WHERE subject IN ('privileges', 'answer');
ROLLBACK;
CREATE FUNCTION app.enter(room text) RETURNS text LANGUAGE sql RETURN (SELECT identity FROM livekit_join(room));
BEGIN;
REVOKE USAGE ON SCHEMA public FROM PUBLIC;
SELECT verdict, finding, mend FROM livekit_explain_join('regress_livekit_bob', 'standup') WHERE subject IN ('privileges', 'answer');
SET LOCAL ROLE regress_livekit_bob;
SELECT app.enter('standup');
SELECT identity FROM public.livekit_join('standup');
ROLLBACK;
SELECT livekit_unregister_access();
DROP SCHEMA app CASCADE;
DROP OWNED BY regress_livekit_owner, regress_livekit_users;
DROP ROLE regress_livekit_owner, regress_livekit_bob, "regress_livekit_b#b", regress_livekit_users;
ALTER DATABASE :"DBNAME" RESET livekit_token.url;
