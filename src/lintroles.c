/*-------------------------------------------------------------------------
 *
 * lintroles.c
 *	  What livekit_lint() looks for in roles: who may what, who is who.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/lintroles.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "lint.h"
#include "lintsql.h"

/* More names of functions: for administrators, and what tells them. */
#define KEEPS	"livekit_key_[a-z_]+|livekit_(un)?register_access|livekit_issued_prune"
#define TELLS	"livekit_explain_join|livekit_tap_[a-z_]+|livekit_access_report|livekit_lint(_facts)?|livekit_counters"

/* Who was granted one of them; 0 is PUBLIC. */
#define GRANTS(names) \
	FUNCTIONS(names) ", " \
	"grants AS (SELECT f.oid, f.proname, f.proowner, a.grantee, f.oid::regprocedure AS f" \
	" FROM functions f, aclexplode(coalesce(f.proacl, acldefault('f', f.proowner))) a" \
	" WHERE a.privilege_type = 'EXECUTE')"

/* The functions of users that call one of them, or are too long to look through. */
#define CALLERS(names) \
	FUNCTIONS(names) ", " \
	"callers AS (SELECT p.*, octet_length(p.prosrc) > 100000 AS is_long FROM pg_proc p" \
	" WHERE octet_length(p.prosrc) > 100000" \
	" OR left(p.prosrc, 100000) ~* '[[:<:]](" names ")\"?[[:space:]]*[(]'" \
	" OR EXISTS (SELECT FROM functions f JOIN pg_depend d ON d.refobjid = f.oid" \
	"  AND d.refclassid = 'pg_proc'::regclass" \
	"  WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid))"

/* The login roles of PostgREST, Hasura and pools. */
#define GATEWAYS \
	SETTINGS ", " \
	"gateways AS (SELECT DISTINCT r.oid FROM settings s JOIN pg_roles r ON r.oid = s.setrole" \
	" WHERE s.here AND r.rolcanlogin AND NOT r.rolsuper AND (s.name ^@ 'pgrst.'" \
	"  OR s.name = 'livekit_token.identity' AND s.value <> 'role'))"

/* The extension's schema, and who owns it: of a database, its owner. */
#define HOME \
	"home AS (SELECT n.*, e.extowner, CASE n.nspowner WHEN 'pg_database_owner'::regrole THEN d.datdba ELSE n.nspowner END AS owner" \
	" FROM pg_namespace n, pg_database d, pg_extension e" \
	" WHERE n.oid = $1 AND d.datname = current_database() AND e.extname = 'livekit_token')"

const LkLintRule lk_lint_roles[] = {
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
		"WITH RECURSIVE " LIVE_ROLES " SELECT format('table %s', c.oid::regclass),"
		" format('%s has %s on it: keys, registration and record of tokens are for its owner alone.', p.whom, p.list),"
		" format('REVOKE %s ON %s FROM %s%s', p.list, c.oid::regclass, p.whom,"
		"  CASE WHEN p.list = 'SELECT' AND p.grantee <> 0 THEN ', unless it makes backups.' ELSE ';' END)"
		" FROM pg_extension e JOIN pg_depend d ON d.refobjid = e.oid AND d.deptype = 'e'"
		"  AND d.refclassid = 'pg_extension'::regclass AND d.classid = 'pg_class'::regclass"
		" JOIN pg_class c ON c.oid = d.objid CROSS JOIN LATERAL"
		" (SELECT grantee, " NAMED("grantee") ", string_agg(verb, ', ' ORDER BY verb) FROM " RIGHTS("") " g"
		"  WHERE verb IN ('INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'TRIGGER') OR verb = 'SELECT'"
		"   AND c.relname = 'livekit_sealed_key' GROUP BY grantee) p(grantee, whom, list)"
		" WHERE e.extname = 'livekit_token' AND p.grantee <> c.relowner"
		" UNION ALL SELECT format('role %s', m.member::regrole),"
		"  'As a member of pg_write_all_data it may write these tables, too, and so register any relation.',"
		"  format('REVOKE pg_write_all_data FROM %s, and grant it the tables that it is to write.', m.member::regrole)"
		" FROM pg_auth_members m JOIN live_roles l ON l.oid = m.member WHERE m.roleid = 'pg_write_all_data'::regrole"
		" AND m.member NOT IN (SELECT extowner FROM pg_extension WHERE extname = 'livekit_token')"},
	{"schema_owner", LK_DANGER,
		"WITH RECURSIVE " LIVE_ROLES ", " HOME
		" SELECT format('schema %s', $1::regnamespace),"
		" format('%s owns it, and so may drop all of the extension, its keys and its record, and put functions of its names beside its own.', h.owner::regrole),"
		" format('ALTER SCHEMA %s OWNER TO %s; or, while it holds nothing yet, create the extension anew in a schema of its own (CREATE SCHEMA livekit).', $1::regnamespace, h.extowner::regrole)"
		" FROM home h WHERE h.owner <> h.extowner AND h.owner IN (SELECT oid FROM live_roles)"},
	{"schema_creatable", LK_WARNING,
		"WITH RECURSIVE " LIVE_ROLES ", " HOME
		" SELECT format('schema %s', $1::regnamespace),"
		" format('%s may create functions there: one with the name of ours makes calls ambiguous, or takes them.', " NAMED("a.grantee") "),"
		" format('REVOKE CREATE ON SCHEMA %s FROM %s', $1::regnamespace, " NAMED("a.grantee") ")"
		"  || CASE WHEN a.grantee = 0 AND h.nspname <> 'public' THEN ';'"
		"   ELSE '; or, while it holds nothing yet, create the extension anew in a schema of its own (CREATE SCHEMA livekit).' END"
		" FROM home h CROSS JOIN LATERAL aclexplode(h.nspacl) a WHERE a.privilege_type = 'CREATE'"
		" AND a.grantee NOT IN (h.owner, h.nspowner, h.extowner)"
		" AND (a.grantee = 0 OR a.grantee IN (SELECT oid FROM live_roles))"},
	{"granted_to_gateway", LK_DANGER,
		"WITH " GRANTS(SIGNS "|" KEEPS) ", " GATEWAYS
		" SELECT format('function %s', a.f),"
		" format('%s may execute it, and who logs in as gateway %s can be that role.',"
		"  a.grantee::regrole, g.oid::regrole),"
		" CASE a.grantee WHEN a.proowner THEN format('Let %s be no member of %s, or another role own the extension.', g.oid::regrole, a.grantee::regrole)"
		"  ELSE format('REVOKE EXECUTE ON FUNCTION %s FROM %s; what needs it can log in as another role.', a.f, a.grantee::regrole) END"
		" FROM grants a JOIN gateways g ON pg_has_role(g.oid, a.grantee, 'MEMBER')"
		/* a worker that calls LiveKit's server has that itself, and says who is asked for */
		" WHERE NOT (a.grantee = g.oid AND a.proname = 'livekit_api_request')"},
	{"granted_to_others", LK_ADVICE,
		"WITH " GRANTS(KEEPS) ", " GATEWAYS " SELECT format('role %s', a.grantee::regrole),"
		" format('It may execute %s, which is for administrators.', string_agg(a.proname, ', ' ORDER BY a.proname)),"
		" format('REVOKE EXECUTE ON FUNCTION %s FROM %s, unless it is an administrator''s.', string_agg(a.f::text, ', ' ORDER BY a.proname), a.grantee::regrole)"
		" FROM grants a WHERE a.grantee NOT IN (0, a.proowner) AND NOT EXISTS"
		"  (SELECT FROM gateways g WHERE pg_has_role(g.oid, a.grantee, 'MEMBER'))"
		" GROUP BY a.grantee"},
	{"superuser_login", LK_WARNING,
		"SELECT format('role %s', oid::regrole),"
		" 'It is a superuser: it may sign any token, and read the keys.',"
		" format('ALTER ROLE %s NOSUPERUSER, unless it administers the server.', oid::regrole)"
		" FROM pg_roles WHERE rolcanlogin AND rolsuper AND oid <> 10" /* initdb's */
		" AND oid NOT IN (SELECT extowner FROM pg_extension WHERE extname = 'livekit_token')"},
	{"bypassrls_signs", LK_WARNING,
		"WITH RECURSIVE " FUNCTIONS(SIGNS "|" ASKS) ", " LIVE_ROLES
		" SELECT format('role %s', r.oid::regrole),"
		" format('No policy binds it, and it may execute %s. What asks the policies refuses it, the rest signs anything.',"
		"  string_agg(f.proname, ', ' ORDER BY f.proname)),"
		" 'Take EXECUTE from it; or BYPASSRLS, if nothing else that it does needs that.'"
		" FROM pg_roles r JOIN live_roles USING (oid)"
		" JOIN functions f ON has_function_privilege(r.oid, f.oid, 'EXECUTE')"
		" WHERE r.rolbypassrls AND NOT r.rolsuper GROUP BY r.oid"},
	{"security_definer", LK_WARNING,
		"WITH " CALLERS(SIGNS "|" ASKS "|" KEEPS)
		" SELECT format('function %s', c.oid::regprocedure),"
		" CASE WHEN is_long THEN 'It runs as its owner, and is too long to be looked through: it may call what signs.'"
		"  ELSE 'It runs as its owner: who may execute it needs no right to what it calls, and livekit_join refuses there.' END,"
		" 'If it is meant to act for others, let its owner be a role that cannot log in and may do nothing else, set its search_path, and grant EXECUTE to few; otherwise make it SECURITY INVOKER.'"
		" FROM callers c JOIN pg_roles o ON o.oid = c.proowner WHERE c.prosecdef"
		" AND (o.rolcanlogin OR o.rolsuper OR NOT EXISTS (SELECT FROM unnest(c.proconfig) s WHERE s ^@ 'search_path=')"
		"  OR EXISTS (SELECT FROM aclexplode(coalesce(c.proacl, acldefault('f', c.proowner))) a WHERE a.grantee = 0))"},
	{"trigger_signs", LK_DANGER,
		"WITH " CALLERS(SIGNS)
		" SELECT format('trigger %I on %s', t.tgname, t.tgrelid::regclass),"
		" CASE WHEN is_long THEN 'Its function is too long to be looked through, and has the rights of whoever writes the table.'"
		"  ELSE 'It signs with the rights of whoever writes the table, and its owner may not do that.' END,"
		" 'Drop it; or, if it is meant to sign, let its table and its function belong to a role that may.'"
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
		"WITH " SETTINGS ", " FUNCTIONS(SIGNS "|" ASKS) " SELECT concat_ws(' of ', name, whom),"
		" 'Who can run statements of their own as this role can be anybody.',"
		" 'Let nobody but the gateway log in as it (pg_hba.conf, its password).'"
		" FROM settings WHERE here AND logs_in AND name = 'livekit_token.identity' AND value <> 'role'"
		" AND EXISTS (SELECT FROM pg_roles r, functions f WHERE pg_has_role(setrole, r.oid, 'MEMBER')"
		"  AND has_function_privilege(r.oid, f.oid, 'EXECUTE'))"},
	{"schema_exposed", LK_WARNING,
		"WITH " SETTINGS " SELECT format('schema %s', $1::regnamespace),"
		" format('PostgREST exposes all functions in it: %s of %s.', s.name, s.whom),"
		" 'Name another schema there, with functions of your own that call those users need, as examples/api.sql does.'"
		" FROM settings s JOIN pg_namespace n ON n.oid = $1"
		" WHERE s.here AND s.name IN ('pgrst.db_schemas', 'pgrst.db_schema') AND n.nspname IN"
		/* a list of names, some of them in double quotes */
		"  (SELECT coalesce(replace(m[1], '\"\"', '\"'), m[2]) FROM regexp_matches(s.value,"
		"   '\"((?:[^\"]|\"\")*)\"|([^,\"[:space:]](?:[^,\"]*[^,\"[:space:]])?)', 'g') m)"},
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
	{.name = NULL}
};
