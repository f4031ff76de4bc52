/*-------------------------------------------------------------------------
 *
 * policylist.c
 *	  The policies of a table, in words.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/policylist.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/table.h"
#include "miscadmin.h"
#include "rewrite/rowsecurity.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/rel.h"
#include "utils/ruleutils.h"

#include "home.h"
#include "policylist.h"

/*
 * Describe a policy of a relation that is open.  To deparse changes a tree in
 * places, and this one is the relcache's.
 */
static char *
describe(Relation rel, const RowSecurityPolicy *policy)
{
	List	   *context = deparse_context_for(RelationGetRelationName(rel),
											  RelationGetRelid(rel));

	return psprintf("%s policy %s on %s for %s: %s",
					policy->permissive ? "Permissive" : "Restrictive",
					quote_identifier(policy->policy_name),
					lk_relation_name(RelationGetRelid(rel)),
					policy->polcmd == '*' ? "ALL" : "SELECT",
					deparse_expression(copyObjectImpl(policy->qual), context,
									   false, false));
}

/* Is it among those that decide what the current role may see? */
static bool
applies(const RowSecurityPolicy *policy)
{
	Oid		   *roles = (Oid *) ((char *) policy->roles +
								 ARR_OVERHEAD_NONULLS(1));

	if ((policy->polcmd != '*' && policy->polcmd != ACL_SELECT_CHR) ||
		policy->qual == NULL)
		return false;
	for (int i = 0; i < ARR_DIMS(policy->roles)[0]; i++)
	{
		if (roles[i] == ACL_ID_PUBLIC ||
			has_privs_of_role(GetUserId(), roles[i]))
			return true;
	}
	return false;
}

/* Permissive policies first, then by name. */
static int
compare(const ListCell *a, const ListCell *b)
{
	const RowSecurityPolicy *x = lfirst(a);
	const RowSecurityPolicy *y = lfirst(b);

	if (x->permissive != y->permissive)
		return x->permissive ? -1 : 1;
	return strcmp(x->policy_name, y->policy_name);
}

List *
lk_policylist(Oid table, bool *permitted)
{
	Relation	rel = table_open(table, AccessShareLock);
	List	   *policies = rel->rd_rsdesc == NULL ? NIL :
		list_copy(rel->rd_rsdesc->policies);
	List	   *result = NIL;
	ListCell   *cell;

	*permitted = false;
	list_sort(policies, compare);
	foreach(cell, policies)
	{
		const RowSecurityPolicy *policy = lfirst(cell);

		if (!applies(policy))
			continue;
		result = lappend(result, describe(rel, policy));
		*permitted |= policy->permissive;
	}
	table_close(rel, AccessShareLock);
	return result;
}
