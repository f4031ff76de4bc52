/*-------------------------------------------------------------------------
 *
 * inforce.c
 *	  Do policies decide what a query sees?
 *
 * check_enable_rls() alone does not tell: a view that is not
 * security_invoker, owned by an ordinary role, passes it while the policies
 * see the owner. So the rewritten query is looked at: whom it reads each
 * table as, and whether it carries the policies' quals.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/inforce.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "catalog/pg_class.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "parser/parse_relation.h"
#include "utils/acl.h"
#include "utils/lsyscache.h"
#include "utils/rls.h"
#include "utils/syscache.h"

#include "home.h"
#include "inforce.h"

#include "compat.h"

#define WRITE_ANEW "Write the view so that it reads tables only."

typedef struct Look
{
	LkReader	reader;
	int			ntables;		/* under row-level security */
	List	  **tables;			/* to be added to, or NULL */
	LkProblem	problem;		/* the first one found */
} Look;

/* See lk_inforce_rehearsal_begin. */
static bool is_rehearsed = false;

static bool look_at_node(Node *node, void *context);

static bool
has_row_security(Oid relation)
{
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relation));
	bool		result;

	if (!HeapTupleIsValid(tuple))
		return false;
	result = ((Form_pg_class) GETSTRUCT(tuple))->relrowsecurity;
	ReleaseSysCache(tuple);
	return result;
}

static LkProblem
problem(const char *cause, const char *mend)
{
	LkProblem	result = {cause, mend};

	return result;
}

/* What keeps the policies of a table from binding the current role. */
static LkProblem
bypass_problem(Oid table)
{
	char	   *name = get_rel_name(table);
	char	   *role = GetUserNameFromId(GetUserId(), true);
	bool		owns = lk_owns_relation(table, GetUserId()) && !superuser();

	return problem(psprintf("Role \"%s\" bypasses the row-level security of table \"%s\".",
							role, name),
				   owns ?
				   psprintf("ALTER TABLE %s FORCE ROW LEVEL SECURITY;",
							lk_relation_name(table)) :
				   "Join as a role without SUPERUSER and BYPASSRLS.");
}

/* Look at a table that the query reads. */
static LkProblem
table_problem(const Query *query, RangeTblEntry *rte, LkReader reader)
{
	if (rte->relkind != RELKIND_RELATION &&
		rte->relkind != RELKIND_PARTITIONED_TABLE)
		return problem(psprintf("\"%s\" is not a table, and has no policies.",
								get_rel_name(rte->relid)),
					   "Register a table, or a view of tables.");
	if (!has_row_security(rte->relid))
		return problem(psprintf("Table \"%s\" has no row-level security enabled.",
								get_rel_name(rte->relid)),
					   psprintf("ALTER TABLE %s ENABLE ROW LEVEL SECURITY;",
								lk_relation_name(rte->relid)));
	if (!lk_reads_as_caller(query, rte))
		return problem(psprintf("Table \"%s\" is read as the owner of a view, which is not security_invoker.",
								get_rel_name(rte->relid)),
					   "ALTER VIEW ... SET (security_invoker = true);");
	if (reader == LK_READER_ANYBODY)
		return problem(NULL, NULL);
	if (check_enable_rls(rte->relid, InvalidOid, true) != RLS_ENABLED)
		return bypass_problem(rte->relid);
	if (rte->securityQuals == NIL)
		return problem(psprintf("The query reads table \"%s\" without its policies.",
								get_rel_name(rte->relid)),
					   "Join as a role that its policies are for.");
	return problem(NULL, NULL);
}

/*
 * Look at an entry of a query's range table, and at the expressions in it:
 * all but its security quals, which are the policies'.
 */
static void
look_at_entry(const Query *query, RangeTblEntry *rte, Look *look)
{
	int			before;

	switch (rte->rtekind)
	{
		case RTE_RELATION:
			if (lk_is_expanded_view(rte))
				return;
			look->problem = table_problem(query, rte, look->reader);
			look->ntables++;
			if (look->tables != NULL)
				*look->tables = list_append_unique_oid(*look->tables,
													   rte->relid);
			(void) look_at_node((Node *) rte->tablesample, look);
			return;
		case RTE_SUBQUERY:
			before = look->ntables;
			(void) look_at_node((Node *) rte->subquery, look);
			if (look->problem.cause == NULL && query->setOperations != NULL &&
				look->ntables == before)
				look->problem = problem("A part of a UNION reads no table.", WRITE_ANEW);
			return;
		case RTE_VALUES:
			(void) look_at_node((Node *) rte->values_lists, look);
			return;
		case RTE_JOIN:
			(void) look_at_node((Node *) rte->joinaliasvars, look);
			return;
		case RTE_CTE:			/* its query is among the query's own */
		case RTE_RESULT:
			return;
		default:
			if (lk_is_grouping(rte))
				(void) look_at_node((Node *) lk_grouping(rte), look);
			else
				look->problem = problem("A function, or something else that has no policies, stands in for a table.",
										WRITE_ANEW);
			return;
	}
}

/* Look at a query, and at those within it; true when a problem was found. */
static bool
look_at_node(Node *node, void *context)
{
	Look	   *look = context;
	Query	   *query;
	ListCell   *cell;

	if (node == NULL || look->problem.cause != NULL)
		return look->problem.cause != NULL;
	if (!IsA(node, Query))
		return expression_tree_walker(node, look_at_node, context);

	query = (Query *) node;
	if (query->hasTargetSRFs)
		look->problem = problem("A set-returning function stands in for a table.",
								WRITE_ANEW);
	foreach(cell, query->rtable)
	{
		if (look->problem.cause == NULL)
			look_at_entry(query, lfirst(cell), look);
	}

	/* beside the range table, only these hold queries */
	if (look->problem.cause == NULL &&
		(query->hasSubLinks || query->cteList != NIL))
		(void) query_tree_walker(query, look_at_node, context,
								 QTW_IGNORE_RANGE_TABLE);
	return look->problem.cause != NULL;
}

LkProblem
lk_inforce_problem(Query *query, LkReader reader, List **tables)
{
	Look		look = {.reader = reader,.tables = tables};

	(void) look_at_node((Node *) query, &look);
	if (look.problem.cause == NULL && look.ntables == 0)
		return problem("It reads no table at all.", WRITE_ANEW);
	return look.problem;
}

void
lk_inforce_rehearsal_begin(void)
{
	is_rehearsed = true;
}

void
lk_inforce_rehearsal_end(void)
{
	is_rehearsed = false;
}

LkProblem
lk_inforce_session_problem(void)
{
	if (InLocalUserIdChange() && !is_rehearsed)
		return problem("The call comes from within a SECURITY DEFINER function; the policies would see its owner.",
					   "Make the function SECURITY INVOKER.");
	if (InSecurityRestrictedOperation() && !is_rehearsed)
		return problem("The call comes from within a security-restricted operation.",
					   "Call it from a statement of its own.");
	if (IsInParallelMode())
		return problem("The call comes from within a parallel query: a function that asks is not parallel safe.",
					   "Call functions that ask for tokens directly.");
	if (!row_security)
		return problem("The setting row_security is off.",
					   "SET row_security = on;");
	return problem(NULL, NULL);
}
