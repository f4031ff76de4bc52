--
-- Who is given what in which room, as the rows say it to an administrator:
-- livekit_access_report reads them with its caller's rights and never through
-- policies, since half a report would pass for a whole one.
--
SELECT current_user AS superuser \gset
CREATE ROLE regress_livekit_dba;
CREATE ROLE regress_livekit_owner;
CREATE ROLE regress_livekit_bypass BYPASSRLS;
CREATE ROLE regress_livekit_alice;
CREATE SCHEMA app AUTHORIZATION regress_livekit_owner;
GRANT USAGE ON SCHEMA app TO PUBLIC;
SET client_min_messages = warning;
SELECT * FROM livekit_access_report();
\set VERBOSITY sqlstate
SELECT * FROM livekit_access_report('standup', 'alice');
\set VERBOSITY default
SET ROLE regress_livekit_owner;
CREATE TABLE app.members (room text, identity text, grants jsonb, ttl interval, project text);
CREATE INDEX ON app.members (room, identity);
ALTER TABLE app.members ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON app.members USING (identity = public.livekit_identity());
INSERT INTO app.members VALUES ('standup', 'alice', NULL, NULL, NULL), ('standup', 'bob', '{"roomAdmin": true, "hidden": true}', '1 hour', NULL), ('retro', 'alice', '{"canPublish": false}', '1 day', 'other');
INSERT INTO app.members (room, identity, grants) VALUES ('retro', 'carl', '{"room_list": true}'), ('retro', 'dora', '{"roomJoin": false}'), ('retro', 'erik', '{"canPublsh": true}'), (NULL, 'alice', NULL),
	('retro', NULL, NULL), ('', 'frank', NULL);
RESET ROLE;
SELECT livekit_register_access('app.members');

-- all of it, of a room, of a person, of one in the other, and of none
SET client_min_messages = notice;
SELECT * FROM livekit_access_report() ORDER BY room, identity COLLATE "C";
SET client_min_messages = warning;
SELECT room, identity FROM livekit_access_report('standup') ORDER BY 1, 2;
SELECT room, identity FROM livekit_access_report(identity => 'alice') ORDER BY 1, 2;
SELECT room, identity, notable FROM livekit_access_report('standup', 'bob');
SELECT left(r, 20) AS room, left(i, 20) AS identity, count(a) FROM (SELECT row_number() OVER () AS n, * FROM (VALUES ('standup', 'Alice'), ('Standup', NULL), ('standup ', NULL), ('stand', NULL), ('%', NULL), (NULL, ''), ('', NULL), ('', 'frank'), ('retro', 'bob'), (NULL, 'alice#phone'),
	(NULL, repeat('x', 300)), ('standup'' OR true --', NULL)) v (r, i)) v LEFT JOIN LATERAL livekit_access_report(r, i) a ON true GROUP BY n, r, i ORDER BY n;
SELECT notable, count(*) FROM livekit_access_report() GROUP BY notable ORDER BY notable::text;
SELECT count(*) FROM (SELECT FROM livekit_access_report() LIMIT 2) two;

-- who may: EXECUTE, SELECT, and no policies in between
CREATE FUNCTION pg_temp.report(who text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	result text; detail text; hint text;
BEGIN
	PERFORM set_config('role', 'regress_livekit_' || who, true);
	SELECT count(*) || ' rows' INTO result FROM livekit_access_report();
	PERFORM set_config('role', 'none', true);
	RETURN result;
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
	RETURN concat_ws(' | ', SQLSTATE, SQLERRM, nullif(detail, ''), nullif(hint, ''));
END $$;
SELECT who, pg_temp.report(who) FROM unnest('{dba,owner,bypass,alice}'::text[]) who;
GRANT EXECUTE ON FUNCTION livekit_access_report TO regress_livekit_dba, regress_livekit_owner, regress_livekit_bypass, regress_livekit_alice;
SELECT who, pg_temp.report(who) FROM unnest('{dba,owner,bypass,alice}'::text[]) who;
GRANT SELECT ON app.members TO regress_livekit_dba, regress_livekit_bypass, regress_livekit_alice;
SELECT who, pg_temp.report(who) FROM unnest('{dba,owner,bypass,alice}'::text[]) who;
-- also where a policy would show all, or the owner is bound
CREATE POLICY dba ON app.members TO regress_livekit_dba USING (true);
ALTER TABLE app.members FORCE ROW LEVEL SECURITY;
SELECT who, pg_temp.report(who) FROM unnest('{dba,owner,bypass}'::text[]) who;
ALTER TABLE app.members NO FORCE ROW LEVEL SECURITY;
-- not the column that it needs
REVOKE SELECT ON app.members FROM regress_livekit_bypass;
GRANT SELECT (room, identity) ON app.members TO regress_livekit_bypass;
SELECT pg_temp.report('bypass');
-- row_security is what it was, after success and after an error
SHOW row_security;
SET row_security = off;
SELECT pg_temp.report('owner'), current_setting('row_security');
RESET row_security;
BEGIN;
DECLARE c CURSOR FOR SELECT room FROM livekit_access_report('standup');
FETCH 1 FROM c;
SELECT count(*), current_setting('row_security') FROM livekit_access_report();
FETCH 1 FROM c;
SHOW row_security;
ROLLBACK;

-- of a view, and without columns
CREATE VIEW app.access WITH (security_invoker) AS SELECT m.identity AS who, m.room AS place, m.grants || '{"canSubscribeMetrics": true}' AS grants FROM app.members m WHERE room = 'retro';
ALTER VIEW app.access OWNER TO regress_livekit_owner;
GRANT SELECT ON app.access TO PUBLIC;
SELECT livekit_register_access('app.access', room => 'place', identity => 'who');
SELECT room, identity, grants, project FROM livekit_access_report(identity => 'alice');
SELECT who, pg_temp.report(who) FROM unnest('{dba,owner,bypass}'::text[]) who;
SELECT livekit_register_access('app.members', identity => '', grants => '', ttl => '', project => '');
SELECT room, identity, grants, ttl, project, problem FROM livekit_access_report('standup');
SELECT count(*) FROM livekit_access_report(identity => 'alice');
-- of a room and a person by other types
CREATE TABLE app.typed (room uuid, identity int, PRIMARY KEY (room, identity));
ALTER TABLE app.typed ENABLE ROW LEVEL SECURITY;
INSERT INTO app.typed VALUES ('00000000-0000-4000-8000-00000000000a', 7), ('00000000-0000-4000-8000-00000000000b', 8);
SELECT livekit_register_access('app.typed');
SELECT r, i, room, identity FROM (SELECT row_number() OVER () AS n, * FROM (VALUES ('00000000-0000-4000-8000-00000000000a', NULL), (NULL, '7'), ('00000000-0000-4000-8000-00000000000b', '8'), ('00000000-0000-4000-8000-00000000000b', '7'), ('standup', NULL), ('', NULL), (NULL, 'seven'),
	(NULL, '07'), (NULL, '99999999999'), ('00000000-0000-4000-8000-00000000000A', NULL)) v (r, i)) v LEFT JOIN LATERAL livekit_access_report(r, i) a ON true ORDER BY n;
-- what is gone
ALTER TABLE app.typed RENAME room TO place;
SELECT * FROM livekit_access_report();
DROP TABLE app.typed;
SELECT count(*) FROM livekit_access_report('a', 'b');
-- equal by the column's type, and not the text that is asked for: no row of his
CREATE TABLE app.equal (room numeric, identity text, PRIMARY KEY (room, identity));
ALTER TABLE app.equal ENABLE ROW LEVEL SECURITY;
INSERT INTO app.equal VALUES (1.50, 'ann'), (2.5, 'ann');
SELECT livekit_register_access('app.equal');
SELECT asked, room FROM unnest('{1.50,1.5,2.5}'::text[]) asked LEFT JOIN LATERAL livekit_access_report(asked) ON true;
DELETE FROM livekit_access;
DROP SCHEMA app CASCADE;
DROP OWNED BY regress_livekit_dba, regress_livekit_owner, regress_livekit_bypass, regress_livekit_alice;
DROP ROLE regress_livekit_dba, regress_livekit_owner, regress_livekit_bypass, regress_livekit_alice;
