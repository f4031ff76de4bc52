--
-- A view may be the access relation while every table beneath it is read as
-- the caller and guarded by policies.  One that is not is not registered, and
-- one that no longer is, since it was replaced or altered, lets nobody in.
--
SET client_min_messages = error;	-- no warnings of missing indexes
SET livekit_token.url = 'wss://live.example';
CREATE ROLE regress_livekit_owner;
CREATE ROLE regress_livekit_other;
CREATE ROLE regress_livekit_alice;
CREATE ROLE regress_livekit_bob;
CREATE SCHEMA app AUTHORIZATION regress_livekit_owner;
GRANT EXECUTE ON FUNCTION livekit_join TO regress_livekit_alice, regress_livekit_bob;
SET ROLE regress_livekit_owner;
CREATE TABLE app.members (room text, identity text, PRIMARY KEY (room, identity));
CREATE TABLE app.rooms (room text PRIMARY KEY);
CREATE TABLE app.open (room text, identity text, PRIMARY KEY (room, identity));
INSERT INTO app.members VALUES ('standup', 'regress_livekit_alice');
INSERT INTO app.rooms VALUES ('standup');
INSERT INTO app.open VALUES ('standup', 'regress_livekit_alice'), ('standup', 'regress_livekit_bob');
ALTER TABLE app.members ENABLE ROW LEVEL SECURITY;
ALTER TABLE app.rooms ENABLE ROW LEVEL SECURITY;
CREATE POLICY a ON app.members USING (identity = current_user);
CREATE POLICY a ON app.rooms USING (true);
CREATE FUNCTION app.all_members() RETURNS SETOF app.members LANGUAGE sql STABLE SECURITY DEFINER AS 'SELECT * FROM app.members';
CREATE FUNCTION app.their_members() RETURNS SETOF app.members LANGUAGE sql STABLE AS 'SELECT * FROM app.members';
CREATE MATERIALIZED VIEW app.copy AS SELECT * FROM app.members;
CREATE VIEW app.definer AS SELECT * FROM app.members;
CREATE VIEW app.invoker WITH (security_invoker) AS SELECT * FROM app.members;
CREATE VIEW app.definer_over AS SELECT * FROM app.invoker;	-- reads the table as the caller all the same
CREATE VIEW app.third AS SELECT * FROM app.members;
GRANT USAGE ON SCHEMA app TO PUBLIC;
GRANT SELECT ON ALL TABLES IN SCHEMA app TO PUBLIC;
RESET ROLE;
ALTER VIEW app.third OWNER TO regress_livekit_other;
CREATE FOREIGN DATA WRAPPER regress_livekit_fdw;
CREATE SERVER regress_livekit_server FOREIGN DATA WRAPPER regress_livekit_fdw;
CREATE FOREIGN TABLE app.far (room text, identity text) SERVER regress_livekit_server;
GRANT SELECT ON app.far TO PUBLIC;

CREATE FUNCTION pg_temp.ask(who text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	token text; detail text; hint text;
BEGIN
	PERFORM set_config('role', 'regress_livekit_' || who, true);
	SELECT participant_token INTO token FROM livekit_join('standup');
	PERFORM set_config('role', 'none', true);
	RETURN stable_claims(token) - 'video';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
	RETURN concat_ws(' | ', SQLSTATE, SQLERRM, nullif(detail, ''), nullif(hint, ''));
END $$;

-- register a view and put another in its place; then register that anew
CREATE FUNCTION pg_temp.view(definition text, OUT alice text, OUT bob text, OUT register text) LANGUAGE plpgsql AS $$
DECLARE
	detail text;
BEGIN
	CREATE VIEW app.v WITH (security_invoker) AS SELECT * FROM app.members;
	GRANT SELECT ON app.v TO PUBLIC;
	PERFORM livekit_register_access('app.v'), pg_temp.ask('alice');
	EXECUTE 'CREATE OR REPLACE VIEW app.v WITH (security_invoker) AS ' || definition;
	alice := pg_temp.ask('alice');
	bob := pg_temp.ask('bob');
	BEGIN
		PERFORM livekit_register_access('app.v');
		register := 'registered';
	EXCEPTION WHEN OTHERS THEN
		GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
		register := concat_ws(' | ', SQLSTATE, SQLERRM, nullif(detail, ''));
	END;
	DELETE FROM livekit_access;
	DROP VIEW app.v;
END $$;
\pset tuples_only
\pset format unaligned
\pset fieldsep '\n\t'
-- guarded
SELECT definition, v.*
  FROM unnest(ARRAY[
	'SELECT * FROM app.members', 'SELECT * FROM app.invoker', 'SELECT * FROM app.definer_over', 'SELECT m.* FROM app.members m JOIN app.rooms USING (room)',
	'SELECT * FROM app.members UNION SELECT room, NULL FROM app.rooms', 'SELECT * FROM (SELECT * FROM app.members ORDER BY 1 LIMIT 9) s',
	'WITH m AS MATERIALIZED (SELECT * FROM app.members) SELECT * FROM m', 'SELECT DISTINCT room, max(identity) AS identity FROM app.members GROUP BY room',
	'SELECT * FROM app.members WHERE room IN (SELECT room FROM app.rooms)', 'SELECT m.* FROM app.rooms, LATERAL (SELECT * FROM app.members OFFSET 0) m']) definition,
	pg_temp.view(definition) v;
-- not guarded, or in part
SELECT definition, v.*
  FROM unnest(ARRAY[
	'SELECT * FROM app.definer', 'SELECT * FROM app.third', 'SELECT * FROM app.copy', 'SELECT * FROM app.far', 'SELECT * FROM app.all_members()', 'SELECT * FROM app.their_members()',
	'SELECT * FROM app.open', 'SELECT m.* FROM app.members m JOIN app.open USING (room)', 'SELECT o.* FROM app.members m RIGHT JOIN app.open o USING (room)',
	'SELECT * FROM app.members UNION ALL SELECT * FROM app.open', 'SELECT * FROM app.members UNION ALL SELECT * FROM app.far',
	'SELECT * FROM app.members UNION ALL SELECT * FROM app.definer', 'SELECT * FROM app.members UNION ALL SELECT * FROM app.all_members()',
	'SELECT * FROM app.open EXCEPT SELECT * FROM app.members', 'SELECT * FROM app.open WHERE room IN (SELECT room FROM app.members)',
	'SELECT room, identity FROM app.members WHERE room IN (SELECT room FROM app.open)', 'SELECT room, (SELECT min(identity) FROM app.open) FROM app.rooms',
	'SELECT room, coalesce((SELECT (SELECT max(identity) FROM app.open)), '''') FROM app.rooms', 'SELECT r.room, o.identity FROM app.rooms r, LATERAL (SELECT * FROM app.open OFFSET 0) o',
	'WITH o AS MATERIALIZED (SELECT * FROM app.open) SELECT o.* FROM o, app.members', 'WITH o AS NOT MATERIALIZED (SELECT * FROM app.open) SELECT o.* FROM o, app.rooms',
	'SELECT room, rolname::text FROM app.rooms, pg_roles', 'SELECT room, (app.all_members()).identity FROM app.rooms', 'SELECT room, s FROM app.rooms, unnest(ARRAY[''regress_livekit_bob'']) s',
	'SELECT v.* FROM app.rooms, (VALUES (''standup'', (SELECT max(identity) FROM app.open))) v',
	'SELECT v.* FROM (VALUES (''standup'', ''regress_livekit_bob''), (''other'', (SELECT ''x'' FROM app.definer LIMIT 1))) v JOIN app.rooms ON true',
	'SELECT room, identity FROM app.members TABLESAMPLE BERNOULLI ((SELECT count(*) FROM app.open) + 98)',
	'SELECT * FROM app.members UNION ALL SELECT ''standup'', ''regress_livekit_bob''', 'VALUES (''standup'', ''regress_livekit_bob'') UNION TABLE app.members',
	'SELECT * FROM (TABLE app.members UNION (TABLE app.members UNION ALL VALUES (''standup'', ''regress_livekit_bob''))) u WHERE room IN (TABLE app.rooms)',
	'VALUES (''standup'', ''regress_livekit_bob'')', 'SELECT ''standup'', current_user::text', 'SELECT ''standup'', session_user::text WHERE EXISTS (SELECT FROM app.open)',
	'SELECT room, identity FROM app.members ORDER BY (SELECT count(*) FROM app.open)', 'SELECT room, identity FROM app.members GROUP BY 1, 2 HAVING (SELECT true FROM app.open LIMIT 1)',
	'SELECT room, (SELECT max(identity) FROM app.open) FROM app.rooms GROUP BY 1, 2', 'SELECT max(room), (SELECT max(identity) FROM app.open) FROM app.rooms GROUP BY (SELECT max(identity) FROM app.open)',
	'SELECT DISTINCT ON (2) room, (SELECT max(identity) FROM app.open) FROM app.rooms', 'SELECT room, max((SELECT max(identity) FROM app.open)) OVER w FROM app.rooms WINDOW w AS (ORDER BY (SELECT max(identity) FROM app.open))',
	'WITH RECURSIVE r AS (TABLE app.members UNION ALL SELECT o.* FROM r, app.open o WHERE o.identity > r.identity) TABLE r',
	'SELECT room, identity FROM app.members LIMIT (SELECT 9 FROM app.open LIMIT 1)']) definition,
	pg_temp.view(format('SELECT room::text COLLATE "default" AS room, identity::text COLLATE "default" AS identity FROM (%s) v(room, identity)', definition)) v;

DROP FOREIGN DATA WRAPPER regress_livekit_fdw CASCADE;
DROP OWNED BY regress_livekit_owner, regress_livekit_other, regress_livekit_alice, regress_livekit_bob CASCADE;
DROP ROLE regress_livekit_owner, regress_livekit_other, regress_livekit_alice, regress_livekit_bob;
