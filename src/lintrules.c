/*-------------------------------------------------------------------------
 *
 * lintrules.c
 *	  What livekit_lint() looks for: a rule is a query.
 *
 * Each returns object, finding and mend, a row for each finding. It runs as
 * the caller, read-only, with search_path = pg_catalog, pg_temp; @schema@ is
 * the extension's schema. A mend that can be run ends in a semicolon, a line
 * for postgresql.conf has " = ", anything else is a sentence.
 *
 *	$1 regnamespace	the extension's schema
 *	$2 interval		the age from which a key is old
 *	$3 regclass		the access relation, or NULL
 *	$4, $5 name		its columns with the identity, or NULL, and the room
 *
 * No backslash in a query: standard_conforming_strings is the session's.
 * No value of a setting in a finding, where that could be a secret.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/lintrules.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "lint.h"

/* What only C knows. */
#define FACT(name) \
	"(SELECT value FROM @schema@.livekit_lint_facts() WHERE fact = '" name "')"

/* Names of functions, as regular expressions. */
#define SIGNS	"livekit_issue|livekit_api_request"
#define ASKS	"livekit_join|livekit_token|livekit_token_source|livekit_room_request"
#define KEEPS	"livekit_key_[a-z_]+|livekit_(un)?register_access|livekit_issued_prune"
#define TELLS	"livekit_explain_join|livekit_tap_[a-z_]+|livekit_access_report|livekit_lint(_facts)?|livekit_counters"

/* The extension's functions of these names. */
#define FUNCTIONS(names) \
	"functions AS (SELECT p.*" \
	" FROM pg_extension e JOIN pg_depend d ON d.refobjid = e.oid" \
	"  AND d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e'" \
	" JOIN pg_proc p ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid" \
	" WHERE e.extname = 'livekit_token' AND p.proname ~ '^(" names ")$')"

/* Who was granted one of them; 0 is PUBLIC. */
#define GRANTS(names) \
	FUNCTIONS(names) ", " \
	"grants AS (SELECT f.oid, f.proname, f.proowner, a.grantee, f.oid::regprocedure AS f" \
	" FROM functions f, aclexplode(coalesce(f.proacl, acldefault('f', f.proowner))) a" \
	" WHERE a.privilege_type = 'EXECUTE')"

/* The functions of users that call one of them. */
#define CALLERS(names) \
	FUNCTIONS(names) ", " \
	"callers AS (SELECT p.* FROM pg_proc p" \
	" WHERE p.prosrc ~* '[[:<:]](" names ")\"?[[:space:]]*[(]'" \
	" OR EXISTS (SELECT FROM functions f JOIN pg_depend d ON d.refobjid = f.oid" \
	"  AND d.refclassid = 'pg_proc'::regclass" \
	"  WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid))"

/* What ALTER ROLE and ALTER DATABASE have set; whom: to be said after ALTER. */
#define SETTINGS \
	"settings AS (SELECT s.setrole, coalesce(r.rolcanlogin, false) AS logs_in," \
	" split_part(c, '=', 1) AS spelt, lower(split_part(c, '=', 1)) AS name," \
	" substr(c, strpos(c, '=') + 1) AS value," \
	" s.setdatabase = 0 OR d.datname = current_database() AS here," \
	" concat_ws(' IN DATABASE ', 'ROLE ' || coalesce(nullif(s.setrole, 0)::regrole::text, 'ALL')," \
	"  quote_ident(d.datname)) AS whom" \
	" FROM pg_db_role_setting s CROSS JOIN unnest(s.setconfig) c" \
	" LEFT JOIN pg_roles r ON r.oid = s.setrole" \
	" LEFT JOIN pg_database d ON d.oid = s.setdatabase)"

/* The login roles of PostgREST, Hasura and pools. */
#define GATEWAYS \
	SETTINGS ", " \
	"gateways AS (SELECT DISTINCT r.oid FROM settings s JOIN pg_roles r ON r.oid = s.setrole" \
	" WHERE s.here AND r.rolcanlogin AND NOT r.rolsuper AND (s.name ^@ 'pgrst.'" \
	"  OR s.name = 'livekit_token.identity' AND s.value <> 'role'))"

/* The roles that somebody who logs in can be. */
#define LIVE_ROLES \
	"live_roles(oid) AS (SELECT oid FROM pg_roles WHERE rolcanlogin AND NOT rolsuper" \
	" UNION SELECT m.roleid FROM live_roles l JOIN pg_auth_members m ON m.member = l.oid)"

/* The access relation, and what is beneath it when that is a view. */
#define TABLES \
	"tables(oid) AS (SELECT $3::oid UNION SELECT d.refobjid FROM tables t" \
	" JOIN pg_rewrite w ON w.ev_class = t.oid" \
	" JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = w.oid" \
	"  AND d.refclassid = 'pg_class'::regclass AND d.refobjid <> t.oid)"

/* What the tree of a policy has that looks at something. */
#define LOOKS	"'{(VAR|FUNCEXPR|SQLVALUEFUNCTION|SUBLINK) '"

/* The policies that let rows be seen. */
#define POLICIES \
	TABLES ", " \
	"policies AS (SELECT p.*, format('policy %I on %s', p.polname, p.polrelid::regclass) AS object," \
	" p.polqual::text !~ " LOOKS " AND NOT EXISTS" \
	"  (SELECT FROM pg_policy r WHERE r.polrelid = p.polrelid AND NOT r.polpermissive" \
	"   AND r.polcmd IN ('r', '*') AND (r.polroles = '{0}' OR r.polroles @> p.polroles)) AS is_open," \
	" EXISTS (SELECT FROM pg_depend d JOIN pg_attribute a ON a.attrelid = d.refobjid" \
	"   AND a.attnum = d.refobjsubid" \
	"  WHERE d.classid = 'pg_policy'::regclass AND d.objid = p.oid AND a.attname = $4" \
	"   AND d.refclassid = 'pg_class'::regclass AND d.refobjid = p.polrelid) AS is_personal" \
	" FROM tables t JOIN pg_policy p ON p.polrelid = t.oid" \
	" WHERE p.polpermissive AND p.polcmd IN ('r', '*') AND pg_get_expr(p.polqual, p.polrelid) <> 'false')"

/* Is no table of them without an open policy? */
#define ALL_OPEN \
	"NOT EXISTS (SELECT FROM tables t JOIN pg_class c ON c.oid = t.oid AND c.relkind IN ('r', 'p')" \
	" WHERE NOT EXISTS (SELECT FROM policies o WHERE o.polrelid = c.oid AND o.is_open))"

/* Who has which rights on relation c, or on one of its columns a. */
#define RIGHTS(of_columns) \
	"(SELECT grantee, privilege_type AS verb FROM aclexplode(c.relacl)" \
	" UNION SELECT x.grantee, x.privilege_type FROM pg_attribute a, aclexplode(a.attacl) x WHERE a.attrelid = c.oid" of_columns ")"
#define NAMED(role) "CASE " role " WHEN 0 THEN 'PUBLIC' ELSE " role "::regrole::text END"

/* Is it registered, or of use to a view, a policy or another column? */
#define COUNTS \
	"(c.oid = $3 AND EXISTS (SELECT FROM @schema@.livekit_access, jsonb_each_text(to_jsonb(livekit_access)) m" \
	"  WHERE m.value = a.attname) OR EXISTS (SELECT FROM pg_depend d" \
	"  LEFT JOIN pg_attrdef f ON d.classid = 'pg_attrdef'::regclass AND f.oid = d.objid" \
	"  WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid = c.oid AND d.refobjsubid = a.attnum AND (d.classid IN ('pg_policy'::regclass, 'pg_rewrite'::regclass)" \
	"   OR f.adnum <> a.attnum OR d.classid = 'pg_class'::regclass AND d.objid = c.oid)))"

/* Who but their owner may write rows of the tables, and how; is_free: whatever they like, or what they may read. */
#define WRITES \
	TABLES ", fences AS MATERIALIZED (SELECT r.* FROM tables t JOIN pg_policy r ON r.polrelid = t.oid WHERE NOT r.polpermissive" \
	"  AND pg_get_expr(coalesce(r.polwithcheck, r.polqual), r.polrelid) <> 'true'), " \
	"granted AS (SELECT c.oid, c.relrowsecurity, c.relowner, g.*, " NAMED("g.grantee") " AS whom," \
	" CASE g.verb WHEN 'INSERT' THEN 'a' ELSE 'w' END AS cmd" \
	" FROM tables t JOIN pg_class c ON c.oid = t.oid AND c.relkind IN ('r', 'p')" \
	" CROSS JOIN LATERAL " RIGHTS(" AND (x.privilege_type = 'INSERT' OR " COUNTS ")") " g WHERE g.verb IN ('INSERT', 'UPDATE')" \
	" AND NOT EXISTS (SELECT FROM pg_roles r WHERE r.oid = g.grantee" \
	"  AND (r.rolbypassrls OR pg_has_role(r.oid, c.relowner, 'MEMBER')))), writes AS (SELECT g.oid, g.whom, g.verb," \
	" g.verb || coalesce(' by policy ' || quote_ident(p.polname), ' without a policy') COLLATE \"C\" AS how," \
	" p.oid IS NULL OR (coalesce(p.polwithcheck, p.polqual)::text !~ " LOOKS " OR p.polwithcheck IS NULL" \
	"   AND (g.oid, pg_get_expr(p.polqual, g.oid)) IN (SELECT r.polrelid, pg_get_expr(r.polqual, r.polrelid) FROM pg_policy r" \
	"    JOIN tables t ON t.oid = r.polrelid WHERE r.polpermissive AND r.polcmd IN ('r', '*') AND r.polqual IS NOT NULL))" \
	"  AND NOT EXISTS (SELECT FROM fences r WHERE r.polrelid = g.oid AND (r.polcmd::text = g.cmd OR r.polcmd = '*'" \
	"   AND r.polwithcheck IS NOT NULL) AND (r.polroles = '{0}' OR r.polroles @> p.polroles)) AS is_free" \
	" FROM granted g LEFT JOIN pg_policy p ON g.relrowsecurity AND p.polrelid = g.oid AND p.polpermissive" \
	"  AND p.polcmd::text IN ('*', g.cmd) AND pg_get_expr(coalesce(p.polwithcheck, p.polqual), g.oid) <> 'false'" \
	"  AND EXISTS (SELECT FROM unnest(p.polroles) r WHERE r = 0 OR pg_has_role(g.grantee, r, 'USAGE')" \
	"   OR NOT pg_has_role(r, g.relowner, 'MEMBER') AND (g.grantee = 0 OR pg_has_role(r, g.grantee, 'USAGE')))" \
	" WHERE p.oid IS NOT NULL OR NOT g.relrowsecurity)"

/* Mends. */
#define PRELOAD \
	"(SELECT format('shared_preload_libraries = %L'," \
	" concat_ws(', ', nullif(setting, ''), 'livekit_token'))" \
	" FROM pg_settings WHERE name = 'shared_preload_libraries')"
#define SET(assignment) \
	"format('ALTER DATABASE %I SET " assignment ";', current_database())"
#define OWN_ROWS \
	"(SELECT format('ALTER POLICY %I ON %s USING (%s%I = %s.livekit_identity()::%s);'," \
	"  p.polname, p.polrelid::regclass," \
	"  CASE WHEN NOT p.is_open THEN pg_get_expr(p.polqual, p.polrelid) || ' AND ' END," \
	"  a.attname, $1::regnamespace, format_type(a.atttypid, NULL))" \
	" FROM pg_attribute a" \
	" WHERE a.attrelid = $3 AND a.attrelid = p.polrelid AND a.attname = $4)"

const LkLintRule lk_lint_rules[] = {
	/* Secrets, and where they are */
	{"secret_exposed", LK_DANGER,
		"SELECT 'livekit_token.api_secret',"
		" 'Every role can read the secret: without the library preloaded, its setting is like any other.',"
		" 'Give LiveKit a new secret, and keep that in a key file.'"
		" WHERE " FACT("secret_exposed") " = 'on'"},
	{"secret_not_preloaded", LK_DANGER,
		"SELECT format('%s:%s', sourcefile, sourceline),"
		" 'A secret is set, and the library that would hide it is not preloaded.', " PRELOAD
		" FROM pg_file_settings WHERE lower(name) = 'livekit_token.api_secret'"
		" AND " FACT("preloaded") " = 'off'"},
	{"secret_in_file", LK_ADVICE,
		"SELECT format('%s:%s', sourcefile, sourceline),"
		" 'A secret is set in a file of settings, and pg_file_settings shows it to superusers.',"
		" 'Move it to a key file, which can change without a restart.'"
		" FROM pg_file_settings WHERE lower(name) = 'livekit_token.api_secret'"},
	{"secret_in_role_setting", LK_DANGER,
		"WITH " SETTINGS " SELECT whom,"
		" 'A secret is set here; every role can read it in pg_db_role_setting. Give LiveKit a new one.',"
		" format('ALTER %s RESET %I.%I;', whom, split_part(spelt, '.', 1), split_part(spelt, '.', 2))"
		" FROM settings WHERE name = 'livekit_token.api_secret'"},
	{"key_file_directory", LK_DANGER,
		"SELECT coalesce(f.path, f.name),"
		" 'Others than root and the server''s user may write its directory, and so put another file in its place.',"
		" 'Take the right to write the directory from them, or move the file.'"
		" FROM (VALUES ('key_file', " FACT("key_file") ", " FACT("key_file_directory_writable") "),"
		"  ('master_key_file', " FACT("master_key_file") ", " FACT("master_key_file_directory_writable") "))"
		" AS f(name, path, is_writable) WHERE f.is_writable = 'on'"},
	{"master_key_unusable", LK_WARNING,
		"SELECT coalesce(" FACT("master_key_file") ", 'livekit_token.master_key_file'), problem,"
		" 'Without it, keys of the table do not sign, and none can be stored.'"
		" FROM " FACT("master_key_problem") " AS p(problem) WHERE problem IS NOT NULL"},
	{"keys_published", LK_WARNING,
		"SELECT format('publication %I', p.pubname),"
		" 'It carries the sealed keys to every subscriber.',"
		" CASE WHEN p.puballtables THEN 'Name its tables: FOR ALL TABLES leaves none out.'"
		"  WHEN EXISTS (SELECT FROM pg_publication_rel r WHERE r.prpubid = p.oid AND r.prrelid = c.oid)"
		"  THEN format('ALTER PUBLICATION %I DROP TABLE %s;', p.pubname, c.oid::regclass)"
		"  ELSE format('ALTER PUBLICATION %I DROP TABLES IN SCHEMA %s;', p.pubname, $1::regnamespace) END"
		" FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
		" JOIN pg_publication_tables t ON t.schemaname = n.nspname AND t.tablename = c.relname"
		" JOIN pg_publication p USING (pubname)"
		" WHERE c.relnamespace = $1 AND c.relname = 'livekit_sealed_key'"},

	/* Keys */
	{"key_unusable", LK_WARNING,
		"SELECT concat_ws(', key ', source, api_key), reason, 'Mend that; livekit_keys shows whether it worked.'"
		" FROM @schema@.livekit_keys WHERE status IN ('unusable', 'stale')"},
	{"key_weak", LK_WARNING,
		"SELECT concat_ws(', key ', source, api_key),"
		" 'The secret has fewer than 32 bytes, and could be guessed from any token.',"
		" 'Give LiveKit a new key, with the secret that openssl rand -hex 32 prints.'"
		" FROM @schema@.livekit_keys WHERE status = 'weak'"},
	{"key_old", LK_WARNING,
		"SELECT concat_ws(', key ', source, api_key),"
		" format('It signs for project \"%s\", and is %s days old.', project,"
		"  floor(extract(epoch FROM clock_timestamp() - since) / 86400)),"
		" 'Make a new one known to LiveKit, then here.'"
		" FROM @schema@.livekit_keys CROSS JOIN coalesce(created_at, updated_at) AS since"
		" WHERE signs AND since < clock_timestamp() - $2"},
	{"key_unused", LK_ADVICE,
		"SELECT concat_ws(', key ', k.source, k.api_key),"
		" 'It is not the one that signs, but its tokens are still believed.',"
		" CASE k.source WHEN 'sealed_table'"
		"  THEN format('SELECT %s.livekit_key_retire(%L, force => true);', $1::regnamespace, k.api_key)"
		"  ELSE 'Take it out, if nobody else signs with it.' END"
		" FROM @schema@.livekit_keys k WHERE NOT k.signs AND k.status IN ('active', 'weak')"
		" AND EXISTS (SELECT FROM @schema@.livekit_keys s WHERE s.signs AND s.project = k.project)"
		/* a file's second key is how it is rotated */
		" AND (k.source <> 'key_file' OR k.updated_at < clock_timestamp() - interval '1 week')"},
	{"key_retired", LK_ADVICE,
		"SELECT concat_ws(', key ', source, api_key),"
		" 'It was retired, and the last of its tokens has expired.',"
		" format('SELECT %s.livekit_key_drop(%L, force => true);', $1::regnamespace, api_key)"
		" FROM @schema@.livekit_keys WHERE retired_at < clock_timestamp() - interval '1 day'"
		"  - coalesce(make_interval(secs => nullif(" FACT("max_ttl") "::integer, 0)), $2)"},

	/* What the server logs */
	{"bound_values_logged", LK_WARNING,
		"WITH " SETTINGS ", logging AS (SELECT setrole, name, value, whom FROM settings"
		"  WHERE here AND setrole <> 0 UNION ALL SELECT 0, name, setting, NULL FROM pg_settings)"
		" SELECT concat_ws(' of ', name, whom),"
		" format('%s = %s logs statements with their bound values, tokens and secrets among them.', name, value),"
		" coalesce('ALTER ' || whom || ' RESET ' || name || ';', " SET("log_parameter_max_length = 0") ")"
		" FROM logging WHERE current_setting('log_parameter_max_length') <> '0'"
		" AND (name = 'log_statement' AND value IN ('mod', 'all')"
		"  OR name IN ('log_min_duration_statement', 'log_min_duration_sample') AND value <> '-1'"
		"  OR name = 'log_transaction_sample_rate' AND value <> '0')"},
	{"bound_values_logged_on_error", LK_WARNING,
		"WITH " SETTINGS " SELECT concat_ws(' of ', name, whom),"
		" 'Failed statements are logged with their bound values, tokens and secrets among them.',"
		" coalesce('ALTER ' || whom || ' RESET ' || name || ';', " SET("log_parameter_max_length_on_error = 0") ")"
		" FROM (SELECT name, value, whom FROM settings WHERE here AND setrole <> 0"
		"  UNION ALL SELECT name, setting, NULL FROM pg_settings) s"
		" WHERE name = 'log_parameter_max_length_on_error' AND value <> '0'"},
	{"plans_logged", LK_WARNING,
		"SELECT name, 'auto_explain logs plans with bound values, tokens and secrets among them.',"
		" format('ALTER DATABASE %I SET %s = %s;', current_database(), name,"
		"  CASE vartype WHEN 'bool' THEN 'off' ELSE '0' END)"
		" FROM pg_settings WHERE (name = 'auto_explain.log_verbose' AND setting = 'on'"
		"  OR name = 'auto_explain.log_parameter_max_length' AND setting <> '0')"
		" AND EXISTS (SELECT FROM pg_settings WHERE name = 'auto_explain.log_min_duration'"
		"  AND setting <> '-1')"},

	/* Who may what */
	{"granted_to_public", LK_DANGER,
		"WITH " GRANTS(SIGNS "|" KEEPS)
		" SELECT format('function %s', f), CASE WHEN proname ~ '^(" SIGNS ")$'"
		"  THEN 'Every role may sign any token.'"
		"  ELSE 'Every role may execute what is for administrators.' END,"
		" format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC;', f) FROM grants WHERE grantee = 0"},
	{"told_to_public", LK_WARNING,
		"WITH " GRANTS(TELLS) " SELECT format('function %s', f),"
		" 'Every role may execute what tells administrators who joins, and what is wrong.',"
		" format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC;', f) FROM grants WHERE grantee = 0"},
	{"own_table_granted", LK_DANGER,
		"SELECT format('table %s', c.oid::regclass),"
		" format('%s has %s on it: keys, registration and record of tokens are for its owner alone.', p.whom, p.list),"
		" format('REVOKE %s ON %s FROM %s;', p.list, c.oid::regclass, p.whom)"
		" FROM pg_extension e JOIN pg_depend d ON d.refobjid = e.oid AND d.deptype = 'e'"
		"  AND d.refclassid = 'pg_extension'::regclass AND d.classid = 'pg_class'::regclass"
		" JOIN pg_class c ON c.oid = d.objid CROSS JOIN LATERAL"
		" (SELECT grantee, " NAMED("grantee") ", string_agg(verb, ', ' ORDER BY verb) FROM " RIGHTS("") " g"
		"  WHERE verb IN ('INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'TRIGGER') OR verb = 'SELECT'"
		"   AND c.relname = 'livekit_sealed_key' GROUP BY grantee) p(grantee, whom, list)"
		" WHERE e.extname = 'livekit_token' AND p.grantee <> c.relowner"},
	{"granted_to_gateway", LK_DANGER,
		"WITH " GRANTS(SIGNS "|" KEEPS) ", " GATEWAYS
		" SELECT format('function %s', a.f),"
		" format('%s may execute it, and who logs in as gateway %s can be that role.',"
		"  a.grantee::regrole, g.oid::regrole),"
		" CASE a.grantee WHEN a.proowner THEN format('REVOKE %s FROM %s;', a.grantee::regrole, g.oid::regrole)"
		"  ELSE format('REVOKE EXECUTE ON FUNCTION %s FROM %s;', a.f, a.grantee::regrole) END"
		" FROM grants a JOIN gateways g ON pg_has_role(g.oid, a.grantee, 'MEMBER')"
		/* a worker that calls LiveKit's server has that itself, and says who is asked for */
		" WHERE NOT (a.grantee = g.oid AND a.proname = 'livekit_api_request')"},
	{"granted_to_others", LK_ADVICE,
		"WITH " GRANTS(KEEPS) ", " GATEWAYS " SELECT format('role %s', a.grantee::regrole),"
		" format('It may execute %s, which is for administrators.', string_agg(a.proname, ', ' ORDER BY a.proname)),"
		" format('REVOKE EXECUTE ON FUNCTION %s FROM %s;', string_agg(a.f::text, ', ' ORDER BY a.proname), a.grantee::regrole)"
		" FROM grants a WHERE a.grantee NOT IN (0, a.proowner) AND NOT EXISTS"
		"  (SELECT FROM gateways g WHERE pg_has_role(g.oid, a.grantee, 'MEMBER'))"
		" GROUP BY a.grantee"},
	{"superuser_login", LK_WARNING,
		"SELECT format('role %s', oid::regrole),"
		" 'It is a superuser: it may sign any token, and read the keys.',"
		" format('ALTER ROLE %s NOSUPERUSER;', oid::regrole)"
		" FROM pg_roles WHERE rolcanlogin AND rolsuper AND oid <> 10" /* initdb's */
		" AND oid NOT IN (SELECT extowner FROM pg_extension WHERE extname = 'livekit_token')"},
	{"bypassrls_signs", LK_WARNING,
		"WITH RECURSIVE " FUNCTIONS(SIGNS "|" ASKS) ", " LIVE_ROLES
		" SELECT format('role %s', r.oid::regrole),"
		" format('No policy binds it, and it may execute %s. What asks the policies refuses it, the rest signs anything.',"
		"  string_agg(f.proname, ', ' ORDER BY f.proname)),"
		" format('ALTER ROLE %s NOBYPASSRLS;', r.oid::regrole)"
		" FROM pg_roles r JOIN live_roles USING (oid)"
		" JOIN functions f ON has_function_privilege(r.oid, f.oid, 'EXECUTE')"
		" WHERE r.rolbypassrls AND NOT r.rolsuper GROUP BY r.oid"},
	{"security_definer", LK_WARNING,
		"WITH " CALLERS(SIGNS "|" ASKS "|" KEEPS)
		" SELECT format('function %s', oid::regprocedure),"
		" 'It runs as its owner: what signs there signs for whoever may execute it, and what asks the policies refuses.',"
		" format('ALTER ROUTINE %s SECURITY INVOKER;', oid::regprocedure)"
		" FROM callers WHERE prosecdef"},
	{"trigger_signs", LK_DANGER,
		"WITH " CALLERS(SIGNS)
		" SELECT format('trigger %I on %s', t.tgname, t.tgrelid::regclass),"
		" 'It signs with the rights of whoever writes the table, and its owner may not do that.',"
		" format('DROP TRIGGER %I ON %s;', t.tgname, t.tgrelid::regclass)"
		" FROM pg_trigger t JOIN callers c ON c.oid = t.tgfoid JOIN pg_class r ON r.oid = t.tgrelid"
		" WHERE NOT t.tgisinternal AND t.tgparentid = 0 AND t.tgenabled <> 'D'"
		" AND NOT EXISTS (SELECT FROM functions f WHERE has_function_privilege(r.relowner, f.oid, 'EXECUTE')"
		"  AND has_function_privilege(c.proowner, f.oid, 'EXECUTE'))"},

	/* Who is who */
	{"identity_ignored", LK_WARNING,
		"WITH " SETTINGS " SELECT concat_ws(' of ', name, whom),"
		" 'It counts only for a role that logs in; sessions that have it from here have no identity.',"
		" coalesce('ALTER ' || whom || ' RESET livekit_token.identity;', 'livekit_token.identity = ''role''')"
		" FROM (SELECT name, value, whom FROM settings WHERE here AND NOT logs_in"
		"  UNION ALL SELECT name, setting, NULL FROM pg_settings"
		"  WHERE source IN ('configuration file', 'command line', 'environment variable')) s"
		" WHERE name = 'livekit_token.identity' AND value <> 'role'"},
	{"identity_of_login", LK_ADVICE,
		"WITH " SETTINGS " SELECT concat_ws(' of ', name, whom),"
		" 'Who can run statements of their own as this role can be anybody.',"
		" 'Let nobody but the gateway log in as it (pg_hba.conf, its password).'"
		" FROM settings WHERE here AND logs_in AND name = 'livekit_token.identity' AND value <> 'role'"},
	{"schema_exposed", LK_WARNING,
		"WITH " SETTINGS " SELECT format('schema %s', $1::regnamespace),"
		" format('PostgREST exposes all functions in it: %s of %s.', s.name, s.whom),"
		" coalesce('ALTER ' || s.whom || ' SET ' || s.name || ' = ' || quote_literal("
		"  nullif(array_to_string(array_remove(l.list, n.nspname::text), ', '), '')) || ';',"
		"  'Name another schema there.')"
		" FROM settings s JOIN pg_namespace n ON n.oid = $1"
		" CROSS JOIN string_to_array(translate(s.value, ' \"', ''), ',') AS l(list)"
		" WHERE s.here AND s.name IN ('pgrst.db_schemas', 'pgrst.db_schema') AND n.nspname = ANY (l.list)"},

	/* The access relation */
	{"access_gone", LK_WARNING,
		"SELECT 'livekit_access', 'The relation that was registered is gone: nobody joins by policies.',"
		" format('SELECT %s.livekit_unregister_access();', $1::regnamespace)"
		" WHERE " FACT("access_is_gone") " = 'on'"},
	{"access_not_in_force", LK_WARNING,
		"WITH RECURSIVE " TABLES
		" SELECT coalesce($3::regclass::text, 'livekit_access'), problem, coalesce((SELECT string_agg(CASE c.relkind"
		"   WHEN 'v' THEN format('ALTER VIEW %s SET (security_invoker = true);', t.oid::regclass)"
		"   ELSE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY;', t.oid::regclass) END, ' ' ORDER BY t.oid)"
		"  FROM tables t JOIN pg_class c ON c.oid = t.oid WHERE CASE c.relkind WHEN 'v' THEN NOT EXISTS"
		"   (SELECT FROM pg_options_to_table(c.reloptions) WHERE option_name = 'security_invoker'"
		"    AND option_value::boolean) ELSE c.relkind IN ('r', 'p') AND NOT c.relrowsecurity END),"
		"  'Mend that, and register it again.')"
		" FROM " FACT("access_problem") " AS p(problem)"
		" WHERE problem IS NOT NULL AND " FACT("access_is_gone") " IS DISTINCT FROM 'on'"},
	{"access_slow", LK_WARNING,
		"SELECT $3::regclass::text, problem, CASE WHEN problem !~ 'no index' THEN 'Let the column be of another type, such as text.'"
		"  WHEN c.relkind IN ('r', 'p')"
		"  THEN format('CREATE INDEX ON %s (%s);', $3::regclass, concat_ws(', ', quote_ident($5), quote_ident($4)))"
		"  ELSE 'Index the table beneath the view by room and identity.' END"
		" FROM " FACT("access_warning") " AS p(problem) LEFT JOIN pg_class c ON c.oid = $3"
		" WHERE problem IS NOT NULL"},
	{"access_owner_joins", LK_WARNING,
		"WITH RECURSIVE " TABLES ", " FUNCTIONS(ASKS) ", " LIVE_ROLES
		" SELECT format('table %s', c.oid::regclass),"
		" format('Policies do not bind its owner, and livekit_join refuses who has the owner''s rights: %s.',"
		"  CASE count(*) WHEN 1 THEN min(r.rolname) ELSE format('%s and %s more', min(r.rolname), count(*) - 1) END),"
		" format('ALTER TABLE %s FORCE ROW LEVEL SECURITY;', c.oid::regclass)"
		" FROM tables t JOIN pg_class c ON c.oid = t.oid AND c.relkind IN ('r', 'p')"
		" JOIN pg_roles r ON pg_has_role(r.oid, c.relowner, 'USAGE') JOIN live_roles l ON l.oid = r.oid"
		" WHERE NOT c.relforcerowsecurity AND NOT r.rolsuper AND EXISTS"
		"  (SELECT FROM functions f WHERE has_function_privilege(r.oid, f.oid, 'EXECUTE'))"
		" GROUP BY c.oid"},
	{"access_writable", LK_DANGER,
		"WITH RECURSIVE " WRITES " SELECT format('table %s', oid::regclass), format("
		" '%s may write there who joins, itself among them, and with which grants: %s.', whom, string_agg(DISTINCT how, ', ')),"
		" format('REVOKE %s ON %s FROM %s;', string_agg(DISTINCT verb, ', '), oid::regclass, whom)"
		" FROM writes WHERE is_free GROUP BY oid, whom"},
	{"access_written_by_users", LK_ADVICE,
		"WITH RECURSIVE " WRITES " SELECT format('table %s', oid::regclass),"
		" format('Who may write rows says who may join, and as what. %s may: %s.', whom, string_agg(DISTINCT how, ', ')),"
		" 'See that the policy lets nobody write more than they may give, themselves included.'"
		" FROM writes GROUP BY oid, whom HAVING NOT bool_or(is_free)"},
	{"access_deferrable", LK_WARNING,
		"WITH RECURSIVE " TABLES
		" SELECT format('constraint %I on %s', c.conname, c.conrelid::regclass),"
		" 'It can be deferred: until COMMIT, a row that it will reject lets its writer join.',"
		" CASE c.contype WHEN 't' THEN 'Create the trigger as one that is not deferrable.'"
		"  ELSE format('ALTER TABLE %s DROP CONSTRAINT %I, ADD CONSTRAINT %I %s;', c.conrelid::regclass,"
		"   c.conname, c.conname, regexp_replace(pg_get_constraintdef(c.oid),"
		"   ' DEFERRABLE( INITIALLY DEFERRED)?( NOT VALID)?$', '')) END"
		" FROM tables t JOIN pg_constraint c ON c.conrelid = t.oid"
		" WHERE c.condeferrable AND c.conparentid = 0"},
	{"policy_open", LK_DANGER,
		"WITH RECURSIVE " POLICIES " SELECT object,"
		" 'It looks neither at the row nor at its reader: every role it is for may join every room.',"
		" format('DROP POLICY %I ON %s;', polname, polrelid::regclass)"
		" FROM policies WHERE is_open AND $4 IS NULL AND " ALL_OPEN},
	{"policy_shows_all", LK_ADVICE,
		"WITH RECURSIVE " POLICIES " SELECT object,"
		" 'It looks neither at the row nor at its reader: every role it is for sees who may join which room.', " OWN_ROWS
		" FROM policies p WHERE is_open AND $4 IS NOT NULL AND " ALL_OPEN},
	{"policy_several_identities", LK_ADVICE,
		"WITH RECURSIVE " POLICIES " SELECT object,"
		" format('It does not look at column %I: a reader may see what others are granted, which may be meant.', $4), " OWN_ROWS
		" FROM policies p WHERE NOT is_open AND NOT is_personal AND polrelid = $3 AND EXISTS"
		"  (SELECT FROM pg_class c WHERE c.oid = polrelid AND c.relkind IN ('r', 'p')) AND $4 IS NOT NULL"},
	{"policy_volatile", LK_WARNING,
		"WITH RECURSIVE " POLICIES " SELECT p.object,"
		" format('It calls %s, which is VOLATILE and may see what is no longer so.', f.oid::regprocedure),"
		" format('ALTER FUNCTION %s STABLE;', f.oid::regprocedure)"
		" FROM policies p JOIN pg_depend d ON d.classid = 'pg_policy'::regclass AND d.objid = p.oid"
		"  AND d.refclassid = 'pg_proc'::regclass JOIN pg_proc f ON f.oid = d.refobjid"
		" WHERE f.provolatile = 'v'"},
	{"row_security_off", LK_WARNING,
		"WITH " SETTINGS ", " FUNCTIONS(ASKS) " SELECT concat_ws(' of ', s.name, s.whom),"
		" 'With row_security off, livekit_join refuses.',"
		" coalesce('ALTER ' || s.whom || ' RESET row_security;', 'row_security = on')"
		" FROM (SELECT name, value, whom, setrole FROM settings WHERE here"
		"  UNION ALL SELECT name, setting, NULL, 0 FROM pg_settings"
		"  WHERE source IN ('configuration file', 'command line', 'environment variable')) s"
		" WHERE CASE s.name WHEN 'row_security' THEN NOT s.value::boolean END"
		" AND (s.setrole = 0 OR EXISTS (SELECT FROM functions f"
		"  WHERE has_function_privilege(s.setrole, f.oid, 'EXECUTE')))"},

	/* The extension itself */
	{"trigger_not_always", LK_DANGER,
		"SELECT format('trigger %I on %s', tgname, tgrelid::regclass),"
		" 'It is not always fired, so sessions may go on with a key or a registration that is gone.',"
		" format('ALTER TABLE %s ENABLE ALWAYS TRIGGER %I;', tgrelid::regclass, tgname)"
		" FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'A'"
		" AND tgfoid = (SELECT oid FROM pg_proc WHERE pronamespace = $1 AND proname = 'livekit_table_changed')"},
	{"audit_off", LK_WARNING,
		"SELECT name, finding, mend FROM (VALUES"
		"  ('livekit_token.audit', 'off', 'Nothing tells what was signed.', " SET("livekit_token.audit = ''log''") "),"
		"  ('log_min_messages', 'fatal', 'No line tells what was signed.', " SET("log_min_messages = ''warning''") "),"
		"  ('log_min_messages', 'panic', 'No line tells what was signed.', " SET("log_min_messages = ''warning''") "))"
		"  AS v(name, setting, finding, mend) JOIN pg_settings USING (name, setting)"},
	{"refusals_not_logged", LK_ADVICE,
		"SELECT 'livekit_token.audit_refusals', 'Nothing tells who was refused.',"
		" " SET("livekit_token.audit_refusals = on")
		" WHERE " FACT("audit_refusals") " = 'off' AND " FACT("audit") " <> 'off'"},
	{"audit_large", LK_ADVICE,
		"SELECT format('table %s', oid::regclass), format('It has about %s rows.', reltuples::bigint),"
		" format('SELECT %s.livekit_issued_prune(now() - interval ''90 days''); ANALYZE %s;', $1::regnamespace, oid::regclass)"
		" FROM pg_class WHERE relnamespace = $1 AND relname = 'livekit_issued' AND reltuples > 1e7"},
	{"max_ttl_none", LK_WARNING,
		"SELECT 'livekit_token.max_ttl', 'A token may be valid for years, and LiveKit takes none back.',"
		" " SET("livekit_token.max_ttl = ''1h''") " WHERE " FACT("max_ttl") " = '0'"},
	{"max_ttl_long", LK_ADVICE,
		"SELECT 'livekit_token.max_ttl', 'A token may be valid for more than an hour, and LiveKit takes none back.',"
		" " SET("livekit_token.max_ttl = ''1h''") " WHERE " FACT("max_ttl") "::integer > 3600"},
	{"no_url", LK_WARNING,
		"SELECT 'livekit_token.url', 'Nothing says where clients connect: livekit_join refuses.',"
		" " SET("livekit_token.url = ''wss://livekit.example.com''")
		" WHERE coalesce(" FACT("url") ", " FACT("environment_url") ",'') = ''"
		" AND NOT EXISTS (SELECT FROM @schema@.livekit_access WHERE url IS NOT NULL)"
		" AND NOT EXISTS (SELECT FROM @schema@.livekit_keys WHERE signs AND url <> '')"},
	{"setting_lost", LK_WARNING,
		"SELECT name, 'In this session, connection options took the place of what administrators have set.', " PRELOAD
		" FROM " FACT("lost_setting") " AS s(name) WHERE name IS NOT NULL"},
	{"clock_skew", LK_WARNING,
		"SELECT 'clock', format('Tokens with a good signature were refused (%s, by up to %s seconds): %s.', n, round(abs(seconds)),"
		"  CASE WHEN seconds > 0 THEN 'who signed them is ahead of this server' ELSE 'who signed them is behind it, or they come late' END),"
		" 'Compare the clocks; run NTP on all machines.'"
		" FROM (SELECT " FACT("skew_tokens") "::bigint, " FACT("skew_seconds") "::numeric) AS f(n, seconds)"
		/* some tokens are used late; none comes from the future */
		" WHERE seconds > 0 AND n > 0 OR n >= 10"},
};

const int	lk_nlint_rules = lengthof(lk_lint_rules);
