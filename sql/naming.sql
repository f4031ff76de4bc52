--
-- What a statement of the extension names is what it means, or it is not
-- planned: neither another relation, which a schema's owner put in the place
-- of the name, nor another operator.
--
SET client_min_messages = error;
CREATE ROLE regress_livekit_mallory;
CREATE ROLE regress_livekit_alice;
CREATE SCHEMA ext;
GRANT USAGE ON SCHEMA ext TO PUBLIC;
GRANT CREATE ON SCHEMA ext TO regress_livekit_mallory;
SELECT count(*) > 0 AS citext FROM pg_available_extensions WHERE name = 'citext' \gset
\if :citext
CREATE EXTENSION citext SCHEMA ext;
\else
CREATE DOMAIN ext.citext AS text;	-- whose equality is out of reach
\endif
CREATE DOMAIN room_name AS ext.citext CHECK (VALUE ~ '^[a-z]+$');
CREATE DOMAIN person AS text;
CREATE TABLE members (room room_name, identity person, PRIMARY KEY (room, identity));
CREATE VIEW fake WITH (security_invoker) AS SELECT 'boardroom'::room_name AS room, 'regress_livekit_alice'::person AS identity FROM members;
INSERT INTO members VALUES ('standup', 'regress_livekit_alice');
ALTER TABLE members ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON members USING (identity = livekit_identity());
GRANT SELECT ON members TO regress_livekit_alice;
GRANT EXECUTE ON FUNCTION livekit_join TO regress_livekit_alice;
SELECT livekit_register_access('members');
SET livekit_token.url = 'wss://livekit.example.com';

-- an operator that suits the domain better runs for nobody
SET ROLE regress_livekit_mallory;
CREATE FUNCTION ext.catch(public.room_name, ext.citext) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE 'caught %', current_user; END $$;
CREATE OPERATOR ext.= (LEFTARG = public.room_name, RIGHTARG = ext.citext, FUNCTION = ext.catch);
CREATE FUNCTION ext.catch(public.person, text) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE 'caught %', current_user; END $$;
CREATE OPERATOR ext.= (LEFTARG = public.person, RIGHTARG = text, FUNCTION = ext.catch);
SET ROLE regress_livekit_alice;
SELECT room, identity FROM livekit_join('standup');
RESET ROLE;
SELECT room, identity FROM livekit_access_report('standup');
SELECT verdict, finding FROM livekit_explain_join('regress_livekit_alice', 'standup') WHERE subject = 'answer';
SELECT verdict, finding FROM livekit_explain_join('regress_livekit_alice', 'retro') WHERE subject = 'row';

-- what a statement begins with: the relation, and the operators for its keys
CREATE FUNCTION pg_temp.answer(statement text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE statement;
	RETURN 'done';
EXCEPTION WHEN OTHERS THEN
	RETURN SQLSTATE || ' ' || SQLERRM;
END $$;
SELECT what, pg_temp.answer(format('/* livekit_token means %s*/ %s', meant, statement)) FROM (VALUES
	('the relation', 'members'::regclass::oid || ' ', 'SELECT FROM members'), ('another one', 'members'::regclass::oid || ' ', 'SELECT FROM pg_class'),
	('a view of it', 'members'::regclass::oid || ' ', 'SELECT FROM fake'), ('it and another', 'members'::regclass::oid || ' ', 'SELECT FROM members, pg_class'),
	('to write', 'members'::regclass::oid || ' ', $$DELETE FROM members WHERE room = 'x'$$), ('to write another', 'members'::regclass::oid || ' ', 'DELETE FROM pg_temp.other'),
	('its operator', format('%s %s ', 'pg_class'::regclass::oid, 'pg_catalog.=(name,name)'::regoperator::oid), 'SELECT FROM pg_class WHERE relname = relname'),
	('another operator', format('%s %s ', 'pg_class'::regclass::oid, 'pg_catalog.=(name,name)'::regoperator::oid), 'SELECT FROM pg_class WHERE relname <> relname'),
	('one more', format('%s %s ', 'pg_class'::regclass::oid, 'pg_catalog.=(name,name)'::regoperator::oid), 'SELECT FROM pg_class WHERE relname = relname AND oid = oid'),
	('a function', format('%s %s ', 'pg_class'::regclass::oid, 'pg_catalog.=(name,name)'::regoperator::oid), 'SELECT FROM pg_class WHERE relname = relname AND pg_table_is_visible(oid)'),
	('a domain', format('%s %s ', 'pg_class'::regclass::oid, 'pg_catalog.=(name,name)'::regoperator::oid), 'SELECT FROM pg_class WHERE CAST(relname AS information_schema.sql_identifier) = relname'),
	('a conversion', format('%s %s ', 'pg_class'::regclass::oid, 'pg_catalog.=(text,text)'::regoperator::oid), 'SELECT FROM pg_class WHERE CAST(oid AS text) = CAST(oid AS text)'),
	('what it shows', format('%s %s ', 'pg_class'::regclass::oid, 'pg_catalog.=(name,name)'::regoperator::oid), 'SELECT pg_table_is_visible(oid) FROM pg_class WHERE relname = relname'),
	('nothing', '', 'SELECT FROM members'), ('not a number', 'x ', 'SELECT 1'), ('no table', '', 'SET application_name = ''x''')) v (what, meant, statement);

-- they all begin so: when the caller's policies are asked, and for tables of ours
CREATE FUNCTION fails() RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE 'asked'; END $$;
CREATE POLICY fails ON members AS RESTRICTIVE USING (fails());
CREATE FUNCTION pg_temp.context(statement text, relation regclass) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	context text;
BEGIN
	EXECUTE statement;
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS context = PG_EXCEPTION_CONTEXT;
	RETURN replace(substring(context FROM '/\* livekit_token means [^*]*\*/ \w+'), relation::oid::text, relation::text);
END $$;
CREATE FUNCTION pg_temp.stop() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'stopped'; END $$;
SELECT format('CREATE TRIGGER stop BEFORE INSERT OR UPDATE OR DELETE ON %I FOR EACH STATEMENT EXECUTE FUNCTION pg_temp.stop()', t)
  FROM unnest('{livekit_access,livekit_issued,livekit_sealed_key}'::text[]) t \gexec
SELECT regexp_replace(pg_temp.context($$SET LOCAL ROLE regress_livekit_alice; SELECT livekit_join('standup')$$, 'members'), '\d+', 'operator', 'g') AS asked,
	pg_temp.context('SELECT livekit_unregister_access()', 'livekit_access') AS unregistered, pg_temp.context($$SELECT livekit_register_access('members')$$, 'livekit_access') AS registered,
	pg_temp.context($$SELECT livekit_issued_prune('now')$$, 'livekit_issued') AS pruned, pg_temp.context($$SET LOCAL livekit_token.audit = 'both'; SELECT livekit_issue('a', 'b')$$, 'livekit_issued') AS issued \gx
SELECT format('DROP TRIGGER stop ON %I', t) FROM unnest('{livekit_access,livekit_issued,livekit_sealed_key}'::text[]) t \gexec

SELECT livekit_unregister_access();
DROP VIEW fake;
DROP TABLE members;
DROP FUNCTION fails;
DROP DOMAIN room_name, person CASCADE;
DROP SCHEMA ext CASCADE;
DROP OWNED BY regress_livekit_mallory, regress_livekit_alice;
DROP ROLE regress_livekit_mallory, regress_livekit_alice;
