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
#include "utils/lsyscache.h"
#include "utils/rls.h"
#include "utils/syscache.h"

#include "inforce.h"

#include "compat.h"

typedef struct Look
{
	LkReader	reader;
	int			tables;			/* under row-level security */
	const char *problem;		/* the first one found */
} Look;

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

/* Look at a table that the query reads. */
static const char *
table_problem(const Query *query, RangeTblEntry *rte, LkReader reader)
{
	if (rte->relkind != RELKIND_RELATION &&
		rte->relkind != RELKIND_PARTITIONED_TABLE)
		return psprintf("\"%s\" is not a table, and has no policies.",
						get_rel_name(rte->relid));
	if (!has_row_security(rte->relid))
		return psprintf("Table \"%s\" has no row-level security enabled.",
						get_rel_name(rte->relid));
	if (!lk_reads_as_caller(query, rte))
		return psprintf("Table \"%s\" is read as the owner of a view, which is not security_invoker.",
						get_rel_name(rte->relid));
	if (reader == LK_READER_ANYBODY)
		return NULL;
	if (check_enable_rls(rte->relid, InvalidOid, true) != RLS_ENABLED)
		return psprintf("Role \"%s\" bypasses the row-level security of table \"%s\".",
						GetUserNameFromId(GetUserId(), true),
						get_rel_name(rte->relid));
	if (rte->securityQuals == NIL)
		return psprintf("The query reads table \"%s\" without its policies.",
						get_rel_name(rte->relid));
	return NULL;
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
			look->tables++;
			(void) look_at_node((Node *) rte->tablesample, look);
			return;
		case RTE_SUBQUERY:
			before = look->tables;
			(void) look_at_node((Node *) rte->subquery, look);
			if (look->problem == NULL && query->setOperations != NULL &&
				look->tables == before)
				look->problem = "A part of a UNION reads no table.";
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
				look->problem = "A function, or something else that has no policies, stands in for a table.";
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

	if (node == NULL || look->problem != NULL)
		return look->problem != NULL;
	if (!IsA(node, Query))
		return expression_tree_walker(node, look_at_node, context);

	query = (Query *) node;
	if (query->hasTargetSRFs)
		look->problem = "A set-returning function stands in for a table.";
	foreach(cell, query->rtable)
	{
		if (look->problem == NULL)
			look_at_entry(query, lfirst(cell), look);
	}

	/* beside the range table, only these hold queries */
	if (look->problem == NULL &&
		(query->hasSubLinks || query->cteList != NIL))
		(void) query_tree_walker(query, look_at_node, context,
								 QTW_IGNORE_RANGE_TABLE);
	return look->problem != NULL;
}

const char *
lk_inforce_problem(Query *query, LkReader reader)
{
	Look		look = {.reader = reader};

	(void) look_at_node((Node *) query, &look);
	if (look.problem == NULL && look.tables == 0)
		return "It reads no table at all.";
	return look.problem;
}

const char *
lk_inforce_session_problem(void)
{
	if (InLocalUserIdChange())
		return "The call comes from within a SECURITY DEFINER function; the policies would see its owner.";
	if (InSecurityRestrictedOperation())
		return "The call comes from within a security-restricted operation.";
	if (IsInParallelMode())
		return "The call comes from within a parallel query: a function that asks is not parallel safe.";
	if (!row_security)
		return "The setting row_security is off.";
	return NULL;
}
