/*-------------------------------------------------------------------------
 *
 * lintsql.h
 *	  Parts of the queries that are the rules of livekit_lint().
 *
 * The parameters are those of lint.h.  No backslash in a query:
 * standard_conforming_strings is the session's.  No value of a setting in a
 * finding, where that could be a secret.  Of what any role may make as long as
 * it likes, only the beginning is looked at.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/lintsql.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef LK_LINTSQL_H
#define LK_LINTSQL_H

/* What only C knows. */
#define FACT(name) \
	"(SELECT value FROM livekit_lint_facts WHERE fact = '" name "')"

/* Names of functions, as regular expressions. */
#define SIGNS	"livekit_issue|livekit_api_request"
#define ASKS	"livekit_join|livekit_token|livekit_token_source|livekit_room_request"

/* The extension's functions of these names. */
#define FUNCTIONS(names) \
	"functions AS (SELECT p.*" \
	" FROM pg_extension e JOIN pg_depend d ON d.refobjid = e.oid" \
	"  AND d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e'" \
	" JOIN pg_proc p ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid" \
	" WHERE e.extname = 'livekit_token' AND p.proname ~ '^(" names ")$')"

/* What ALTER ROLE and ALTER DATABASE have set; whom: to be said after ALTER. */
#define SETTINGS \
	"settings AS (SELECT s.setrole, s.setdatabase, coalesce(r.rolcanlogin, false) AS logs_in," \
	" split_part(c, '=', 1) AS spelt, lower(split_part(c, '=', 1)) AS name," \
	" substr(c, strpos(c, '=') + 1) AS value," \
	" s.setdatabase = 0 OR d.datname = current_database() AS here," \
	" concat_ws(' IN DATABASE ', 'ROLE ' || coalesce(nullif(s.setrole, 0)::regrole::text, 'ALL')," \
	"  quote_ident(d.datname)) AS whom" \
	" FROM pg_db_role_setting s CROSS JOIN unnest(s.setconfig) w CROSS JOIN left(w, 100000) c" \
	" LEFT JOIN pg_roles r ON r.oid = s.setrole" \
	" LEFT JOIN pg_database d ON d.oid = s.setdatabase)"

/* The roles that somebody who logs in can be. */
#define LIVE_ROLES \
	"live_roles(oid) AS (SELECT oid FROM pg_roles WHERE rolcanlogin AND NOT rolsuper" \
	" UNION SELECT m.roleid FROM live_roles l JOIN pg_auth_members m ON m.member = l.oid)"

/* Who has which rights on relation c, or on one of its columns a. */
#define RIGHTS(of_columns) \
	"(SELECT grantee, privilege_type AS verb FROM aclexplode(c.relacl)" \
	" UNION SELECT x.grantee, x.privilege_type FROM pg_attribute a, aclexplode(a.attacl) x WHERE a.attrelid = c.oid" of_columns ")"

/* The name of a grantee. */
#define NAMED(role) "CASE " role " WHEN 0 THEN 'PUBLIC' ELSE " role "::regrole::text END"

/* The mend of a server that must preload the library. */
#define PRELOAD \
	"(SELECT format('shared_preload_libraries = %L'," \
	" concat_ws(', ', nullif(setting, ''), 'livekit_token'))" \
	" FROM pg_settings WHERE name = 'shared_preload_libraries')"

#endif							/* LK_LINTSQL_H */
