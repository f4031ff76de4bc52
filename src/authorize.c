/*-------------------------------------------------------------------------
 *
 * authorize.c
 *	  May this caller have a token signed?
 *
 * With no access relation registered there are no policies to ask. Then only
 * who may sign without them gets a token, so that nothing falls open.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/authorize.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_proc.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/syscache.h"

#include "authorize.h"

#include "compat.h"

#define ISSUE "livekit_issue"

/*
 * Find livekit_issue: the function of that name beside livekit_token, with
 * the same arguments.
 */
static Oid
find_issue(Oid token_function)
{
	HeapTuple	tuple = SearchSysCache1(PROCOID,
										ObjectIdGetDatum(token_function));
	Form_pg_proc form;
	Oid			result;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for function %u", token_function);
	form = (Form_pg_proc) GETSTRUCT(tuple);
	result = GetSysCacheOid3(PROCNAMEARGSNSP, Anum_pg_proc_oid,
							 CStringGetDatum(ISSUE),
							 PointerGetDatum(&form->proargtypes),
							 ObjectIdGetDatum(form->pronamespace));
	ReleaseSysCache(tuple);
	return result;
}

void
lk_authorize(FunctionCallInfo fcinfo)
{
	Oid			issue = find_issue(fcinfo->flinfo->fn_oid);

	if (!OidIsValid(issue) ||
		lk_proc_aclcheck(issue, GetUserId(), ACL_EXECUTE) != ACLCHECK_OK)
		ereport(ERROR,
				errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				errmsg("no access relation is registered"),
				errdetail("Without one there are no policies that could let role \"%s\" into a room.",
						  GetUserNameFromId(GetUserId(), true)),
				errhint("An administrator can sign with livekit_issue, or grant EXECUTE on it to a trusted role."));
}
