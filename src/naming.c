/*-------------------------------------------------------------------------
 *
 * naming.c
 *	  Holds what the names in our statements stand for against what is meant.
 *
 * Statements name relations and operators by schema and name, and names can
 * be given to others: a schema's owner renames it, or makes an operator there,
 * between our looking up of a name and the server's. What runs then would be
 * another's code, as the extension's owner or with the caller's rights. So
 * each statement begins with the OIDs that are meant, in a comment, and is
 * held against them when it is analysed: also when the server does that by
 * itself, for a plan that is kept. After that there are no names any more.
 *
 * Who writes such a comment himself has his own statement checked.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/naming.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "nodes/nodeFuncs.h"
#include "nodes/pg_list.h"
#include "parser/analyze.h"

#include "naming.h"
#include "question.h"

#include "compat.h"

#define MARK	"/* livekit_token means"

static post_parse_analyze_hook_type next_hook = NULL;

pg_noreturn static void
refuse(const char *statement)
{
	lk_question_run(false);		/* no policy raises this */
	ereport(ERROR,
			errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			errmsg("a name stands for something else than was meant"),
			errdetail_log("Has a schema been renamed, or an operator made, just now? The statement: %s",
						  statement),
			errhint("The server log says more."));
}

/* Is it among the OIDs that follow, up to the end of the comment? */
static bool
is_listed(Oid oid, const char *list)
{
	char	   *end;

	for (;;)
	{
		Oid			listed = strtoul(list, &end, 10);

		if (end == list)
			return false;
		if (listed == oid)
			return true;
		list = end;
	}
}

/*
 * Does it do anything but compare, columns and parameters as they are, by the
 * operators that are listed?
 */
static bool
strays(Node *node, void *list)
{
	if (node == NULL)
		return false;
	switch (nodeTag(node))
	{
		case T_OpExpr:
			if (!is_listed(((OpExpr *) node)->opno, list))
				return true;
			break;
		case T_List:
		case T_TargetEntry:
		case T_BoolExpr:
		case T_RelabelType:
		case T_Var:
		case T_Param:
			break;
		default:
			return true;
	}
	return expression_tree_walker(node, strays, list);
}

/* Hold a statement against the list that it begins with. */
static void
check(const Query *query, const char *statement)
{
	char	   *operators;
	Oid			relation = strtoul(statement + strlen(MARK), &operators, 10);
	ListCell   *cell;

	foreach(cell, query->rtable)
	{
		const RangeTblEntry *rte = lfirst(cell);

		if (rte->rtekind == RTE_RELATION && rte->relid != relation)
			refuse(statement);
	}
	if (query->jointree != NULL && strncmp(operators, " */", 3) != 0 &&
		(strays(query->jointree->quals, operators) ||
		 strays((Node *) query->targetList, operators)))
		refuse(statement);
}

static void
analysed(ParseState *pstate, Query *query, LkJumbleState *jstate)
{
	if (next_hook != NULL)
		next_hook(pstate, query, jstate);
	if (pstate->p_sourcetext != NULL &&
		strncmp(pstate->p_sourcetext, MARK, strlen(MARK)) == 0)
		check(query, pstate->p_sourcetext);
}

void
lk_naming_init(void)
{
	next_hook = post_parse_analyze_hook;
	post_parse_analyze_hook = analysed;
}

void
lk_naming_begin(StringInfo statement, Oid relation, const Oid *operators,
				int noperators)
{
	initStringInfo(statement);
	appendStringInfo(statement, MARK " %u", relation);
	for (int i = 0; i < noperators; i++)
		appendStringInfo(statement, " %u", operators[i]);
	appendStringInfoString(statement, " */ ");
}
