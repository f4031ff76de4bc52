/*-------------------------------------------------------------------------
 *
 * lintaccess.c
 *	  What livekit_lint() looks for in the access relation and its policies.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/lintaccess.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "lint.h"
#include "lintsql.h"

/* The access relation, and what is beneath it when that is a view. */
#define TABLES \
	"tables(oid) AS (SELECT $3::oid UNION SELECT d.refobjid FROM tables t" \
	" JOIN pg_rewrite w ON w.ev_class = t.oid" \
	" JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = w.oid" \
	"  AND d.refclassid = 'pg_class'::regclass AND d.refobjid <> t.oid)"

/* What else a rule says that could not ask the policies. */
#define OR_UNKNOWN \
	" UNION ALL SELECT NULL, format('Not looked for: %s.', error), NULL" \
	" FROM " FACT("access_unknown") " AS u(error) WHERE error IS NOT NULL"

/* Does a unique index see to it that one row at most answers? */
#define ONE_ROW \
	"EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisunique AND i.indisvalid AND i.indpred IS NULL" \
	" AND NOT EXISTS (SELECT FROM generate_series(0, i.indnkeyatts - 1) k WHERE i.indkey[k] NOT IN" \
	"  (SELECT a.attnum FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname IN ($4, $5))))"

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
	"  WHERE d.classid = 'pg_policy'::regclass AND d.objid = p.oid AND a.attname = $5" \
	"   AND d.refclassid = 'pg_class'::regclass AND d.refobjid = p.polrelid) AS is_personal" \
	" FROM tables t JOIN pg_policy p ON p.polrelid = t.oid" \
	" WHERE p.polpermissive AND p.polcmd IN ('r', '*') AND pg_get_expr(p.polqual, p.polrelid) <> 'false')"

/* Is no table of them without an open policy? */
#define ALL_OPEN \
	"NOT EXISTS (SELECT FROM tables t JOIN pg_class c ON c.oid = t.oid AND c.relkind IN ('r', 'p')" \
	" WHERE NOT EXISTS (SELECT FROM policies o WHERE o.polrelid = c.oid AND o.is_open))"

/* The two ways out of a policy that shows more than a reader's own row. */
#define OWN_ROWS \
	"format('If its readers are meant to see other rows, leave it so. If not, let it ask for %s.livekit_identity(), too;" \
	" then they can neither see nor change nor delete the others.', $1::regnamespace)"

/* Is it registered, or of use to a view, a policy or another column? */
#define COUNTS \
	"(c.oid = $3 AND a.attname IN ($4, $5, $6, $7, $8, $9, $10, $11, $12, $13) OR EXISTS (SELECT FROM pg_depend d" \
	"  LEFT JOIN pg_attrdef f ON d.classid = 'pg_attrdef'::regclass AND f.oid = d.objid" \
	"  WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid = c.oid AND d.refobjsubid = a.attnum AND (d.classid IN ('pg_policy'::regclass, 'pg_rewrite'::regclass)" \
	"   OR f.adnum <> a.attnum OR d.classid = 'pg_class'::regclass AND d.objid = c.oid)))"

/* What these and their policies read: who writes there decides, too. */
#define DECIDING \
	"deciding(oid) AS (SELECT $3::oid UNION SELECT d.refobjid FROM deciding t JOIN" \
	" (SELECT 'pg_rewrite'::regclass, oid, ev_class FROM pg_rewrite" \
	"  UNION ALL SELECT 'pg_policy'::regclass, oid, polrelid FROM pg_policy) AS r(class, oid, relation) ON r.relation = t.oid" \
	" JOIN pg_depend d ON d.classid = r.class AND d.objid = r.oid" \
	"  AND d.refclassid = 'pg_class'::regclass AND d.refobjid <> t.oid)"

/* Who but their owner may write rows there, and how; is_free: whatever they like, or what they may read. */
#define WRITES \
	TABLES ", " DECIDING ", fences AS MATERIALIZED (SELECT r.* FROM deciding t JOIN pg_policy r ON r.polrelid = t.oid WHERE NOT r.polpermissive" \
	"  AND pg_get_expr(coalesce(r.polwithcheck, r.polqual), r.polrelid) <> 'true'), " \
	"granted AS (SELECT c.oid, c.relrowsecurity, c.relowner, g.*, " NAMED("g.grantee") " AS whom," \
	" CASE g.verb WHEN 'INSERT' THEN 'a' ELSE 'w' END AS cmd" \
	" FROM deciding t JOIN pg_class c ON c.oid = t.oid AND c.relkind IN ('r', 'p')" \
	" CROSS JOIN LATERAL " RIGHTS(" AND (x.privilege_type = 'INSERT' OR " COUNTS ")") " g WHERE g.verb IN ('INSERT', 'UPDATE')" \
	" AND NOT EXISTS (SELECT FROM pg_roles r WHERE r.oid = g.grantee" \
	"  AND (r.rolbypassrls OR pg_has_role(r.oid, c.relowner, 'MEMBER')))), writes AS (SELECT g.oid, g.whom, g.verb," \
	" g.verb || coalesce(' by policy ' || quote_ident(p.polname), ' without a policy') COLLATE \"C\" AS how," \
	" p.oid IS NULL OR (coalesce(p.polwithcheck, p.polqual)::text !~ " LOOKS " OR p.polwithcheck IS NULL" \
	"   AND (g.oid, pg_get_expr(p.polqual, g.oid)) IN (SELECT r.polrelid, pg_get_expr(r.polqual, r.polrelid) FROM pg_policy r" \
	"    JOIN deciding t ON t.oid = r.polrelid WHERE r.polpermissive AND r.polcmd IN ('r', '*') AND r.polqual IS NOT NULL))" \
	"  AND NOT EXISTS (SELECT FROM fences r WHERE r.polrelid = g.oid AND (r.polcmd::text = g.cmd OR r.polcmd = '*'" \
	"   AND r.polwithcheck IS NOT NULL) AND (r.polroles = '{0}' OR r.polroles @> p.polroles)) AS is_free" \
	" FROM granted g LEFT JOIN pg_policy p ON g.relrowsecurity AND p.polrelid = g.oid AND p.polpermissive" \
	"  AND p.polcmd::text IN ('*', g.cmd) AND pg_get_expr(coalesce(p.polwithcheck, p.polqual), g.oid) <> 'false'" \
	"  AND EXISTS (SELECT FROM unnest(p.polroles) r WHERE r = 0 OR pg_has_role(g.grantee, r, 'USAGE')" \
	"   OR NOT pg_has_role(r, g.relowner, 'MEMBER') AND (g.grantee = 0 OR pg_has_role(r, g.grantee, 'USAGE')))" \
	" WHERE p.oid IS NOT NULL OR NOT g.relrowsecurity)"

const LkLintRule lk_lint_access[] = {
	/* The relation */
	{"access_gone", LK_WARNING,
		"SELECT 'livekit_access', 'The relation that was registered is gone: nobody joins by policies.',"
		" format('SELECT %s.livekit_unregister_access();', $1::regnamespace)"
		" WHERE " FACT("access_is_gone") " = 'on'"},
	{"access_not_in_force", LK_WARNING,
		"WITH RECURSIVE " TABLES
		" SELECT coalesce($3::regclass::text, 'livekit_access'), problem, coalesce('Once policies show everybody else the rows they need: '"
		"   || (SELECT string_agg(CASE c.relkind"
		"   WHEN 'v' THEN format('ALTER VIEW %s SET (security_invoker)', t.oid::regclass)"
		"   ELSE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', t.oid::regclass) END, ', ' ORDER BY t.oid)"
		"  FROM tables t JOIN pg_class c ON c.oid = t.oid WHERE CASE c.relkind WHEN 'v' THEN NOT EXISTS"
		"   (SELECT FROM pg_options_to_table(c.reloptions) WHERE option_name = 'security_invoker'"
		"    AND option_value::boolean) ELSE c.relkind IN ('r', 'p') AND NOT c.relrowsecurity END) || '.',"
		"  'Mend that, and register it again.')"
		" FROM " FACT("access_problem") " AS p(problem)"
		" WHERE problem IS NOT NULL AND " FACT("access_is_gone") " IS DISTINCT FROM 'on'" OR_UNKNOWN},
	{"access_slow", LK_WARNING,
		"SELECT $3::regclass::text, concat_ws(' ', problem, CASE WHEN c.relkind <> 'v' AND NOT " ONE_ROW " THEN"
		"  'Two rows may answer, and then a join is refused.' END),"
		" CASE WHEN problem !~ 'no index' THEN 'Let the column be of another type, such as text.'"
		"  ELSE format('CREATE UNIQUE INDEX ON %s (%s): it also sees to it that there is one row only.',"
		"   $3::regclass, concat_ws(', ', quote_ident($4), quote_ident($5))) END"
		" FROM " FACT("access_warning") " AS p(problem) JOIN pg_class c ON c.oid = $3"
		" WHERE problem IS NOT NULL" OR_UNKNOWN},
	{"access_owner_joins", LK_WARNING,
		"WITH RECURSIVE " TABLES ", " FUNCTIONS(ASKS) ", " LIVE_ROLES
		" SELECT format('table %s', c.oid::regclass),"
		" format('Policies do not bind its owner, and livekit_join refuses who has the owner''s rights: %s.',"
		"  CASE count(*) WHEN 1 THEN min(r.rolname) ELSE format('%s and %s more', min(r.rolname), count(*) - 1) END),"
		" format('Let a role that joins nothing own it; or ALTER TABLE %s FORCE ROW LEVEL SECURITY,"
		" once policies show its owner the rows that it needs.', c.oid::regclass)"
		" FROM tables t JOIN pg_class c ON c.oid = t.oid AND c.relkind IN ('r', 'p')"
		" JOIN pg_roles r ON pg_has_role(r.oid, c.relowner, 'USAGE') JOIN live_roles l ON l.oid = r.oid"
		" WHERE NOT c.relforcerowsecurity AND NOT r.rolsuper AND EXISTS"
		"  (SELECT FROM functions f WHERE has_function_privilege(r.oid, f.oid, 'EXECUTE'))"
		" GROUP BY c.oid"},
	{"access_writable", LK_DANGER,
		"WITH RECURSIVE " WRITES " SELECT format('table %s', oid::regclass), format("
		" '%s may write there who joins, itself among them%s: %s.', whom,"
		" CASE WHEN oid IN (SELECT t.oid FROM tables t) THEN ', and with which grants' END, string_agg(DISTINCT how, ', ')),"
		" format('REVOKE %s ON %s FROM %s; or say by a WITH CHECK of the policy''s own what may be written.',"
		"  string_agg(DISTINCT verb, ', '), oid::regclass, whom)"
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
		" 'Create it as one that is not deferrable, unless the application counts on its being deferred.'"
		" FROM tables t JOIN pg_constraint c ON c.conrelid = t.oid"
		" WHERE c.condeferrable AND c.conparentid = 0"},

	/* Its policies */
	{"access_no_policy", LK_WARNING,
		"WITH RECURSIVE " POLICIES " SELECT format('table %s', oid::regclass),"
		" 'It has row-level security, and no policy that lets a row be seen: nobody joins.',"
		" 'Create a policy FOR SELECT; examples/policies has many.'"
		" FROM pg_class c WHERE oid = $3 AND relkind IN ('r', 'p') AND relrowsecurity"
		" AND NOT EXISTS (SELECT FROM policies p WHERE p.polrelid = c.oid)"},
	{"policy_open", LK_DANGER,
		"WITH RECURSIVE " POLICIES " SELECT object,"
		" 'It looks neither at the row nor at its reader: every role it is for may join every room.',"
		" 'Let it ask who reads, or which room it is; unless every room is meant for all of them.'"
		" FROM policies WHERE is_open AND $5 IS NULL AND " ALL_OPEN},
	{"policy_shows_all", LK_ADVICE,
		"WITH RECURSIVE " POLICIES " SELECT object,"
		" 'It looks neither at the row nor at its reader: every role it is for sees who may join which room.', " OWN_ROWS
		" FROM policies p WHERE is_open AND $5 IS NOT NULL AND " ALL_OPEN},
	{"policy_several_identities", LK_ADVICE,
		"WITH RECURSIVE " POLICIES " SELECT object,"
		" format('It does not look at column %I: a reader may see what others are granted.', $5), " OWN_ROWS
		" FROM policies p WHERE NOT is_open AND NOT is_personal AND polrelid = $3 AND EXISTS"
		"  (SELECT FROM pg_class c WHERE c.oid = polrelid AND c.relkind IN ('r', 'p')) AND $5 IS NOT NULL"},
	{"policy_volatile", LK_WARNING,
		"WITH RECURSIVE " POLICIES " SELECT p.object,"
		" format('It calls %s, which is VOLATILE: it may answer otherwise each time, and see what is no longer so.', f.oid::regprocedure),"
		" 'Call one that is STABLE in its place; one of your own that only reads can be declared so.'"
		/* pg_depend has none of PostgreSQL's own, nor an operator's */
		" FROM policies p CROSS JOIN LATERAL (SELECT DISTINCT m[1]::oid"
		"  FROM regexp_matches(p.polqual::text, ':(?:op)?funcid ([0-9]+)', 'g') m) AS called(oid)"
		" JOIN pg_proc f ON f.oid = called.oid WHERE f.provolatile = 'v'"},
	{.name = NULL}
};
