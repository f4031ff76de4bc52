--
-- A registered view is looked at again at each call: when it or what lies
-- beneath it is altered so that the policies no longer decide, nobody is let
-- in, and who changed it need not be an enemy.
--
SET client_min_messages = error;	-- no warnings of missing indexes
SET livekit_token.url = 'wss://live.example';
CREATE ROLE regress_livekit_owner;
CREATE ROLE regress_livekit_other;
CREATE ROLE regress_livekit_alice;
CREATE SCHEMA app AUTHORIZATION regress_livekit_owner;
GRANT EXECUTE ON FUNCTION livekit_join TO regress_livekit_alice, regress_livekit_other;
GRANT ALL ON SCHEMA app TO regress_livekit_other;
SET ROLE regress_livekit_owner;
CREATE TABLE app.members (room text, identity text, PRIMARY KEY (room, identity));
CREATE TABLE app.parted (room text, identity text, PRIMARY KEY (room, identity)) PARTITION BY LIST (room);
CREATE TABLE app.part PARTITION OF app.parted DEFAULT;
CREATE TABLE app.open (room text, identity text);
INSERT INTO app.members VALUES ('standup', 'regress_livekit_alice'), ('standup', 'regress_livekit_other');
INSERT INTO app.parted TABLE app.members;
INSERT INTO app.open TABLE app.members;
ALTER TABLE app.members ENABLE ROW LEVEL SECURITY;
ALTER TABLE app.parted ENABLE ROW LEVEL SECURITY;
CREATE POLICY a ON app.members USING (identity = current_user);
CREATE POLICY a ON app.parted USING (identity = current_user);
CREATE FUNCTION app.all_members() RETURNS SETOF app.members LANGUAGE sql STABLE SECURITY DEFINER AS 'SELECT * FROM app.members';
CREATE VIEW app.beneath WITH (security_invoker) AS SELECT * FROM app.members;
CREATE VIEW app.v WITH (security_invoker) AS
	SELECT room, identity FROM app.beneath UNION SELECT room, identity FROM app.parted;
GRANT USAGE ON SCHEMA app TO PUBLIC;
GRANT SELECT ON app.members, app.parted, app.beneath, app.v, app.open TO PUBLIC;
RESET ROLE;
SELECT livekit_register_access('app.v');

CREATE FUNCTION pg_temp.ask(who text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	token text; detail text; hint text;
BEGIN
	PERFORM set_config('role', 'regress_livekit_' || who, true);
	SELECT participant_token INTO token FROM livekit_join('standup');
	PERFORM set_config('role', 'none', true);
	RETURN livekit_verify(token) ->> 'sub';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
	RETURN concat_ws(' | ', SQLSTATE, SQLERRM, nullif(detail, ''), nullif(hint, ''));
END $$;

-- change something, ask, and take it back
CREATE FUNCTION pg_temp.after(change text, OUT alice text, OUT other text) LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE change;
	alice := pg_temp.ask('alice');
	other := pg_temp.ask('other');
	RAISE division_by_zero;
EXCEPTION WHEN division_by_zero THEN
	IF pg_temp.ask('alice') <> 'regress_livekit_alice' THEN
		alice := alice || ', and ' || pg_temp.ask('alice') || ' after ROLLBACK';
	END IF;
END $$;
\pset tuples_only
\pset format unaligned
\pset fieldsep '\n\t'
-- the view itself, and one beneath it
SELECT statement, a.*
  FROM unnest('{app.v, app.beneath}'::text[]) WITH ORDINALITY v(view, n),
       unnest(ARRAY['ALTER VIEW %v SET (security_invoker = off)', 'ALTER VIEW %v RESET (security_invoker)',
	'ALTER VIEW %v SET (security_barrier)', 'ALTER VIEW %v RENAME TO renamed', 'ALTER VIEW %v OWNER TO regress_livekit_alice',
	'ALTER VIEW %v SET (security_invoker = off); ALTER VIEW %v OWNER TO regress_livekit_other',
	'ALTER VIEW %v SET (security_invoker = off); ALTER VIEW %v OWNER TO regress_livekit_alice',
	'REVOKE SELECT ON %v FROM PUBLIC', 'CREATE OR REPLACE VIEW %v AS TABLE app.members',
	'CREATE OR REPLACE VIEW %v WITH (security_invoker) AS TABLE app.members', 'CREATE OR REPLACE VIEW %v WITH (security_invoker) AS TABLE app.open',
	'CREATE OR REPLACE VIEW %v WITH (security_invoker) AS TABLE app.members UNION TABLE app.open',
	'CREATE OR REPLACE VIEW %v WITH (security_invoker) AS SELECT m.* FROM app.members m LEFT JOIN app.open USING (room, identity)',
	'CREATE OR REPLACE VIEW %v WITH (security_invoker) AS SELECT * FROM (TABLE app.open) o WHERE EXISTS (SELECT FROM app.members)',
	'CREATE OR REPLACE VIEW %v WITH (security_invoker) AS SELECT * FROM app.all_members()']) WITH ORDINALITY c(change, m),
       replace(change, '%v', view) statement, pg_temp.after(statement) a
 ORDER BY n, m;
-- the tables, the roles, and all together
SELECT statement, a.*
  FROM unnest(ARRAY['ALTER TABLE app.members DISABLE ROW LEVEL SECURITY', 'ALTER TABLE app.parted DISABLE ROW LEVEL SECURITY',
	'ALTER TABLE app.members DISABLE ROW LEVEL SECURITY; ALTER TABLE app.members FORCE ROW LEVEL SECURITY',
	'ALTER TABLE app.part ENABLE ROW LEVEL SECURITY', 'ALTER TABLE app.parted DETACH PARTITION app.part',
	'ALTER TABLE app.members OWNER TO regress_livekit_alice', 'ALTER TABLE app.parted OWNER TO regress_livekit_other',
	'ALTER TABLE app.members OWNER TO regress_livekit_alice; ALTER TABLE app.members FORCE ROW LEVEL SECURITY',
	'DROP POLICY a ON app.members', 'DROP POLICY a ON app.members; DROP POLICY a ON app.parted',
	'ALTER POLICY a ON app.members USING (true)', 'ALTER POLICY a ON app.members USING (false); DELETE FROM app.parted',
	'REVOKE SELECT ON app.parted FROM PUBLIC', 'ALTER TABLE app.members RENAME TO renamed', 'ALTER SCHEMA app RENAME TO renamed',
	'ALTER TABLE app.members RENAME identity TO renamed', 'ALTER VIEW app.v RENAME identity TO renamed', 'ALTER VIEW app.v RENAME room TO renamed',
	'DROP VIEW app.v', 'DROP VIEW app.beneath CASCADE', 'DROP VIEW app.v; CREATE VIEW app.v WITH (security_invoker) AS TABLE app.members; GRANT SELECT ON app.v TO PUBLIC',
	'DROP VIEW app.v; CREATE TABLE app.v AS TABLE app.open; GRANT SELECT ON app.v TO PUBLIC',
	'GRANT regress_livekit_owner TO regress_livekit_alice', 'ALTER ROLE regress_livekit_other BYPASSRLS', 'ALTER ROLE regress_livekit_alice SUPERUSER']) WITH ORDINALITY c(statement, n),
	pg_temp.after(statement) a
 ORDER BY n;

SELECT livekit_unregister_access();
DROP OWNED BY regress_livekit_owner, regress_livekit_other, regress_livekit_alice CASCADE;
DROP ROLE regress_livekit_owner, regress_livekit_other, regress_livekit_alice;
