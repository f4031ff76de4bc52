--
-- Who has power over the extension's schema, or over all data, as livekit_lint
-- sees it: who owns the schema, may put functions of our names beside ours, or
-- may write every table.
--
SET client_min_messages = warning;
\pset tuples_only
\pset format unaligned
\pset fieldsep '\n\t'
SELECT nspowner::regrole AS schema_owner, datdba::regrole AS database_owner, extowner::regrole AS me
  FROM pg_namespace, pg_database, pg_extension WHERE nspname = 'public' AND datname = current_database() AND extname = 'livekit_token' \gset
CREATE ROLE regress_livekit_alice LOGIN;
CREATE ROLE regress_livekit_group;
CREATE ROLE regress_livekit_root LOGIN SUPERUSER IN ROLE regress_livekit_group;
CREATE FUNCTION schemas(me text) RETURNS SETOF text LANGUAGE sql AS $$
	SELECT concat_ws(E'\n\t', rule, severity, object, finding, replace(mend, 'TO ' || me || ';', 'TO me;')) FROM livekit_lint()
	 WHERE rule ~ '^schema_(owner|creatable)' ORDER BY rule COLLATE "C", finding COLLATE "C" $$;
SELECT schemas(:'me');

-- the schema's owner: nobody can be the group but a superuser; then somebody can
ALTER SCHEMA public OWNER TO regress_livekit_group;
SELECT schemas(:'me');
GRANT regress_livekit_group TO regress_livekit_alice;
SELECT schemas(:'me');
ALTER SCHEMA public OWNER TO :me;
SELECT schemas(:'me');
-- of one that is the database owner's, who that is
ALTER SCHEMA public OWNER TO pg_database_owner;
SELECT schemas(:'me');
ALTER DATABASE :DBNAME OWNER TO regress_livekit_alice;
SELECT schemas(:'me');
ALTER DATABASE :DBNAME OWNER TO :database_owner;
SELECT schemas(:'me');

-- who may create there: all, one, a superuser; a group that somebody can be, or nobody
GRANT CREATE ON SCHEMA public TO PUBLIC, regress_livekit_alice, regress_livekit_root;
SELECT schemas(:'me');
REVOKE CREATE ON SCHEMA public FROM PUBLIC, regress_livekit_alice;
GRANT CREATE ON SCHEMA public TO regress_livekit_group;
SELECT schemas(:'me');
REVOKE regress_livekit_group FROM regress_livekit_alice;
SELECT schemas(:'me');
-- in a schema of its own, nobody needs to
ALTER SCHEMA public RENAME TO livekit;
SET search_path = livekit;
GRANT CREATE ON SCHEMA livekit TO PUBLIC;
SELECT schemas(:'me');
SELECT lint_mend('schema_creatable');
ALTER SCHEMA livekit RENAME TO public;
RESET search_path;
REVOKE CREATE ON SCHEMA public FROM regress_livekit_group, regress_livekit_root;
ALTER SCHEMA public OWNER TO :schema_owner;

-- who may write all data; who only reads it, and a group that nobody can be, may not
GRANT pg_read_all_data TO regress_livekit_alice;
GRANT pg_write_all_data TO regress_livekit_group, regress_livekit_root;
SELECT * FROM lint_look('own_table_granted');
GRANT regress_livekit_group TO regress_livekit_alice;
SELECT * FROM lint_look('own_table_granted');
REVOKE pg_write_all_data FROM regress_livekit_group;
SELECT * FROM lint_look('own_table_granted');

DROP FUNCTION schemas;
DROP ROLE regress_livekit_alice, regress_livekit_group, regress_livekit_root;
