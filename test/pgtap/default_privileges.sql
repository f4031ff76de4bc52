-- Where ALTER DEFAULT PRIVILEGES grants new objects to some role, as Supabase
-- does to "anon", the extension still gives nothing away when it is created.
BEGIN;
\ir outcome.psql
SELECT no_plan();

CREATE ROLE anon;
CREATE ROLE "Regress Livekit ""quoted"" Role";
CREATE ROLE regress_livekit_member IN ROLE anon;
CREATE SCHEMA livekit;
-- so that it lies not at a missing USAGE
GRANT USAGE ON SCHEMA livekit TO PUBLIC;

DROP EXTENSION livekit_token;
CREATE TEMP TABLE defaults (what text, statement text, undo text);
INSERT INTO defaults
	SELECT trim(concat_ws(' ', place, kind, 'to', grantee, option)),
		   format('ALTER DEFAULT PRIVILEGES %s GRANT ALL ON %s TO %s %s', place, kind, grantee, option),
		   format('ALTER DEFAULT PRIVILEGES %s REVOKE ALL ON %s FROM %s', place, kind, grantee)
	  FROM unnest('{"", IN SCHEMA livekit}'::text[]) AS place,
		   unnest('{FUNCTIONS, TABLES, TYPES}'::text[]) AS kind,
		   unnest('{anon, "\"Regress Livekit \"\"quoted\"\" Role\"", PUBLIC}'::text[]) AS grantee,
		   unnest('{"", WITH GRANT OPTION}'::text[]) AS option
	 WHERE grantee <> 'PUBLIC' OR option = '';

-- Create the extension: what is granted then, and what could a role do?
CREATE FUNCTION pg_temp.given_away() RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
	CREATE EXTENSION livekit_token SCHEMA livekit;
	RETURN QUERY
		SELECT concat_ws(' ', grantee, privilege, name) FROM pg_temp.granted
		UNION ALL
		SELECT concat_ws(' ', role, type, identity)
		  FROM pg_temp.members, unnest('{anon, "Regress Livekit \"quoted\" Role", regress_livekit_member}'::name[]) AS role
		 WHERE CASE type WHEN 'function' THEN has_function_privilege(role, objid, 'EXECUTE')
			   ELSE has_table_privilege(role, objid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER') END
		 ORDER BY 1;
	DROP EXTENSION livekit_token;
END $$;

SELECT results_eq('SELECT * FROM pg_temp.given_away()',
	$$SELECT 'PUBLIC EXECUTE ' || name FROM unnest('{livekit_grant_types, livekit_identity, livekit_join_request}'::text[]) AS name
	  UNION ALL
	  SELECT format('%s function livekit.%s()', role, name)
		FROM unnest('{livekit_grant_types, livekit_identity, livekit_join_request}'::text[]) AS name,
			 unnest('{anon, "Regress Livekit \"quoted\" Role", regress_livekit_member}'::text[]) AS role
	   ORDER BY 1$$,
	'without default privileges');
CREATE TEMP TABLE usual AS SELECT * FROM pg_temp.given_away();

-- Do these privileges reach objects at all?
SELECT format('%s; CREATE %s; SELECT is(count(*) > 0, true, %L) FROM pg_shdepend '
			  'WHERE deptype = ''a'' AND refobjid = ''anon''::regrole AND classid <> ''pg_default_acl''::regclass; DROP %s; %s',
			  statement, object, 'a new object of one''s own is reached by ' || what, dropped, undo)
  FROM defaults,
	   LATERAL (VALUES ('FUNCTIONS', 'FUNCTION livekit.f() RETURNS int RETURN 1', 'FUNCTION livekit.f()'),
				('TABLES', 'VIEW livekit.v AS SELECT 1', 'VIEW livekit.v'),
				('TYPES', 'TYPE livekit.t AS ENUM ()', 'TYPE livekit.t')) AS kind (kind, object, dropped)
 WHERE what ~ ('\m' || kind || ' to anon') \gexec

-- Each of them alone, then all together.
SELECT format('%s; SELECT results_eq(''SELECT * FROM pg_temp.given_away()'', ''SELECT * FROM usual'', %L); %s',
			  statement, 'default privileges: ' || what, undo)
  FROM defaults \gexec
SELECT statement FROM defaults \gexec
SELECT results_eq('SELECT * FROM pg_temp.given_away()', 'SELECT * FROM usual', 'all of them together');

-- In a savepoint its rows are those of a subtransaction.
SAVEPOINT a;
SAVEPOINT b;
SELECT results_eq('SELECT * FROM pg_temp.given_away()', 'SELECT * FROM usual', 'within savepoints');
ROLLBACK TO b;
CREATE EXTENSION livekit_token SCHEMA livekit;
ROLLBACK TO a;
SELECT is_empty('SELECT * FROM pg_temp.members', 'rolled back with the savepoint');

-- What the administrator grants afterwards stays, and nothing else.
CREATE EXTENSION livekit_token SCHEMA livekit;
SELECT is(pg_temp.outcome('anon', 'SELECT livekit.livekit_verify(''a.b.c'')'), '42501', 'anon may not verify');
GRANT EXECUTE ON FUNCTION livekit.livekit_verify TO anon;
SET LOCAL client_min_messages = warning;
ALTER EXTENSION livekit_token UPDATE;
RESET client_min_messages;
SELECT is(pg_temp.outcome('anon', 'SELECT livekit.livekit_verify(''a.b.c'')'), '28000', 'until it is granted');
SELECT is(pg_temp.outcome('anon', 'SELECT livekit.livekit_issue(''alice'', ''standup'')'), '42501', 'which grants no more');

-- Nothing is left that would keep a role from being dropped.
SELECT undo FROM defaults \gexec
REVOKE EXECUTE ON FUNCTION livekit.livekit_verify FROM anon;
DROP ROLE regress_livekit_member, "Regress Livekit ""quoted"" Role", anon;
SELECT pass('roles that had default privileges can be dropped');
DROP EXTENSION livekit_token;
SELECT is_empty($$SELECT proname FROM pg_proc WHERE proname ~ '^livekit' UNION ALL
				  SELECT relname FROM pg_class WHERE relname ~ '^livekit'$$, 'DROP EXTENSION leaves nothing');

SELECT * FROM finish();
ROLLBACK;
