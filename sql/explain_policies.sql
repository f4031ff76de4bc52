--
-- The tables beneath the access relation and the policies that apply to a
-- role, as livekit_explain_join shows them: by name, kind and expression, in
-- tables, views, partitions; and where policies would not decide, why not.
-- In the end it is compared with livekit_join: every role, every room.
--
SELECT current_user AS superuser \gset
SET client_min_messages = error;
SET livekit_token.url = 'wss://livekit.example.com';
CREATE ROLE regress_livekit_owner;
CREATE ROLE regress_livekit_staff;
CREATE ROLE regress_livekit_alice IN ROLE regress_livekit_staff;
CREATE ROLE regress_livekit_bob;
CREATE ROLE regress_livekit_carl NOINHERIT IN ROLE regress_livekit_staff;
CREATE ROLE regress_livekit_keeper IN ROLE regress_livekit_owner;
CREATE ROLE regress_livekit_bypass BYPASSRLS;
CREATE ROLE "regress_livekit_d#d";
CREATE ROLE regress_livekit_none;
CREATE ROLE regress_livekit_users ROLE regress_livekit_owner, regress_livekit_alice, regress_livekit_bob, regress_livekit_carl, regress_livekit_keeper,
	regress_livekit_bypass, "regress_livekit_d#d";
GRANT EXECUTE ON FUNCTION livekit_join TO regress_livekit_users, regress_livekit_carl;
CREATE SCHEMA app AUTHORIZATION regress_livekit_owner;
GRANT USAGE ON SCHEMA app TO PUBLIC;
SET ROLE regress_livekit_owner;
CREATE TABLE app.members (room text, identity text, PRIMARY KEY (room, identity));
CREATE TABLE app.rooms (id int PRIMARY KEY, room text, open bool);
CREATE TABLE app.open (room text, identity text, PRIMARY KEY (room, identity));
CREATE TABLE app.parted (room text, identity text) PARTITION BY LIST (room);
CREATE TABLE app.part PARTITION OF app.parted DEFAULT;
CREATE TABLE app.uuids (room uuid, identity text, PRIMARY KEY (room, identity));
CREATE TABLE app.numbers (room int, identity text, PRIMARY KEY (room, identity));
CREATE VIEW app.joined WITH (security_invoker) AS SELECT m.* FROM app.members m JOIN app.rooms r USING (room) WHERE r.open;
CREATE VIEW app.definer AS SELECT * FROM app.members;
CREATE VIEW app.lefted WITH (security_invoker) AS SELECT m.* FROM app.members m LEFT JOIN app.rooms r USING (room);
CREATE VIEW app.mixed WITH (security_invoker) AS SELECT m.* FROM app.members m JOIN app.open USING (room);
SELECT format('ALTER TABLE app.%I ENABLE ROW LEVEL SECURITY', t) FROM unnest('{members,rooms,parted,uuids,numbers}'::text[]) t \gexec
CREATE POLICY own ON app.members USING (identity = current_user);
CREATE POLICY "each ""other""" ON app.members FOR SELECT TO regress_livekit_staff USING (room = 'all hands');
CREATE POLICY not_closed ON app.members AS RESTRICTIVE USING (room <> 'closed');
CREATE POLICY on_write ON app.members FOR INSERT WITH CHECK (true);
CREATE POLICY for_owner ON app.members FOR SELECT TO regress_livekit_owner USING (true);
CREATE POLICY staff ON app.rooms FOR SELECT TO regress_livekit_staff, regress_livekit_bob USING (room <> 'secret');
SELECT format('CREATE POLICY own ON app.%I USING (identity = current_user)', t) FROM unnest('{parted,uuids,numbers}'::text[]) t \gexec
INSERT INTO app.rooms SELECT row_number() OVER (), r, r <> 'shut' FROM unnest('{standup,closed,shut,secret,all hands}'::text[]) r;
INSERT INTO app.members SELECT room, rolname FROM app.rooms, pg_roles WHERE rolname ~ '^regress_livekit' AND (room <> 'all hands' OR rolname ~ 'carl');
INSERT INTO app.open TABLE app.members;
INSERT INTO app.parted TABLE app.members;
INSERT INTO app.uuids VALUES ('00000000-0000-4000-8000-00000000000a', 'regress_livekit_bob');
INSERT INTO app.numbers VALUES (7, 'regress_livekit_bob');
GRANT SELECT ON ALL TABLES IN SCHEMA app TO regress_livekit_users, regress_livekit_carl;
RESET ROLE;

CREATE FUNCTION pg_temp.explain(relation regclass, role name, room text, since text DEFAULT 'table') RETURNS TABLE (subject text, verdict text, finding text, mend text) LANGUAGE plpgsql AS $$
BEGIN
	DELETE FROM livekit_access;
	INSERT INTO livekit_access VALUES (relation, 'room', 'identity');	-- also what would not be registered
	RETURN QUERY SELECT e.subject, e.verdict, e.finding, e.mend FROM livekit_explain_join(role, explain.room) e
	 WHERE e.step >= (SELECT min(f.step) FROM livekit_explain_join(role, explain.room) f WHERE f.subject = since OR f.verdict = 'refused');
END $$;
\pset null '-'
-- the policies that apply: his, those of roles whose rights he has, PUBLIC's
SELECT * FROM pg_temp.explain('app.members', 'regress_livekit_alice', 'standup');
SELECT * FROM pg_temp.explain('app.members', 'regress_livekit_carl', 'all hands');
SELECT * FROM pg_temp.explain('app.members', 'regress_livekit_bob', 'closed');
-- a view of two tables; one of them shows him nothing, or has no policy for him
SELECT * FROM pg_temp.explain('app.joined', 'regress_livekit_alice', 'standup');
SELECT * FROM pg_temp.explain('app.joined', 'regress_livekit_bob', 'secret');
SELECT * FROM pg_temp.explain('app.joined', 'regress_livekit_carl', 'standup');
SELECT * FROM pg_temp.explain('app.joined', 'regress_livekit_bob', 'shut', 'row');
SELECT * FROM pg_temp.explain('app.lefted', 'regress_livekit_carl', 'standup', 'policy');
-- partitions
SELECT * FROM pg_temp.explain('app.parted', 'regress_livekit_bob', 'standup');
-- where they would not decide
SELECT relation, role, e.* FROM (SELECT row_number() OVER () AS n, * FROM (VALUES ('app.part', 'bob'), ('app.definer', 'bob'), ('app.mixed', 'bob'), ('app.open', 'bob'), ('app.members', 'owner'), ('app.members', 'keeper'), ('app.members', 'bypass')) v (relation, role)) v,
	pg_temp.explain(relation::regclass, 'regress_livekit_' || role, 'standup') e ORDER BY n;
SELECT verdict, replace(finding, :'superuser', 'superuser') AS finding, mend FROM pg_temp.explain('app.members', :'superuser', 'standup');
ALTER TABLE app.members FORCE ROW LEVEL SECURITY;
SELECT * FROM pg_temp.explain('app.members', 'regress_livekit_owner', 'standup');
ALTER TABLE app.members NO FORCE ROW LEVEL SECURITY;
-- a room that is not of the column's type, or not written as the column writes it
SELECT relation, room, e.* FROM (SELECT row_number() OVER () AS n, * FROM (VALUES ('app.uuids', '00000000-0000-4000-8000-00000000000a'), ('app.uuids', '00000000-0000-4000-8000-00000000000A'), ('app.uuids', '00000000-0000-4000-8000-00000000000b'),
	('app.uuids', 'standup'), ('app.uuids', ''), ('app.numbers', '7'), ('app.numbers', '07'), ('app.numbers', '7.0'), ('app.numbers', '99999999999'), ('app.numbers', 'seven')) v (relation, room)) v,
	pg_temp.explain(relation::regclass, 'regress_livekit_bob', room, 'row') e ORDER BY n;

-- every relation, role and room: NULL where livekit_explain_join says what
-- livekit_join says to the role itself
CREATE FUNCTION pg_temp.told(role text, room text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE format('SET LOCAL SESSION AUTHORIZATION %I', role);
	PERFORM FROM public.livekit_join(room);
	RAISE SQLSTATE 'LKOUT';		-- which takes the role back
EXCEPTION
	WHEN SQLSTATE 'LKOUT' THEN RETURN NULL;
	WHEN OTHERS THEN RETURN SQLERRM;
END $$;
CREATE FUNCTION pg_temp.differs(role name, room text, OUT let_in bool, OUT answer text) LANGUAGE plpgsql AS $$
DECLARE
	told text := pg_temp.told(role, room);
	ok bool;
BEGIN
	SELECT max(e.finding) FILTER (WHERE e.subject = 'answer'), bool_and(e.verdict <> 'refused') INTO answer, ok FROM livekit_explain_join(role, room) e;
	let_in := told IS NULL;
	answer := CASE WHEN let_in <> ok OR position(told IN answer) = 0 THEN format('%s, %s: %s, but %s', role, room, answer, told) END;
END $$;
CREATE FUNCTION pg_temp.compare(relation text, identity text, OUT cases bigint, OUT let_in bigint, OUT differ text) LANGUAGE plpgsql AS $$
BEGIN
	DELETE FROM livekit_access;
	INSERT INTO livekit_access VALUES (relation::regclass, 'room', identity);
	SELECT count(*), count(*) FILTER (WHERE d.let_in), min(d.answer) INTO cases, let_in, differ
	  FROM pg_roles, unnest(ARRAY['standup', 'closed', 'shut', 'secret', 'all hands', 'none', '07', '7', '', NULL, '00000000-0000-4000-8000-00000000000a']) room, pg_temp.differs(rolname, room) d
	 WHERE rolname ~ '^regress_livekit' OR rolname = current_user;
END $$;
SELECT relation, identity, c.*
  FROM unnest('{members,rooms,joined,lefted,parted,part,definer,mixed,open,uuids,numbers}'::text[]) WITH ORDINALITY r(relation, n), unnest('{identity,NULL}'::text[]) identity, pg_temp.compare('app.' || relation, identity) c ORDER BY n, identity;

DELETE FROM livekit_access;
DROP SCHEMA app CASCADE;
DROP OWNED BY regress_livekit_owner, regress_livekit_users, regress_livekit_carl;
DROP ROLE regress_livekit_owner, regress_livekit_staff, regress_livekit_alice, regress_livekit_bob, regress_livekit_carl, regress_livekit_keeper, regress_livekit_bypass,
	"regress_livekit_d#d", regress_livekit_none, regress_livekit_users;
