/*-------------------------------------------------------------------------
 *
 * owner.c
 *	  Work done with the rights of the extension's owner.
 *
 * Nothing else sets the user id. Between begin and end nothing of a caller's
 * runs; and what an owner's own relation calls, while it is read, runs in a
 * security-restricted operation.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/owner.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_class.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/syscache.h"

#include "home.h"
#include "naming.h"
#include "nested.h"
#include "owner.h"

/* Who the session was before; an error restores it by itself. */
typedef struct OwnerWork
{
	Oid			user;
	int			security_context;
	int			settings;
} OwnerWork;

static Oid
owner_of(Oid table)
{
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(table));
	Oid			owner;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for relation %u", table);
	owner = ((Form_pg_class) GETSTRUCT(tuple))->relowner;
	ReleaseSysCache(tuple);
	return owner;
}

/*
 * From here on be the owner of a table, with a search_path in which nobody
 * else can put anything.
 */
static void
begin(Oid table, int restrictions, OwnerWork *work)
{
	GetUserIdAndSecContext(&work->user, &work->security_context);
	work->settings = lk_nested_begin();
	if ((restrictions & SECURITY_NOFORCE_RLS) != 0)
		lk_nested_set("row_security", "off");
	SetUserIdAndSecContext(owner_of(table),
						   work->security_context | restrictions |
						   SECURITY_LOCAL_USERID_CHANGE);
}

static void
end(const OwnerWork *work)
{
	lk_nested_end(work->settings);
	SetUserIdAndSecContext(work->user, work->security_context);
}

static void
check_result(Oid table, int result)
{
	if (result < 0)
		elog(ERROR, "could not work on %s: %s", lk_relation_name(table),
			 SPI_result_code_string(result));
}

/* The statement, to be run for this table only. */
static char *
statement_of(Oid table, const char *name, const char *statement)
{
	StringInfoData buf;

	lk_naming_begin(&buf, table, NULL, 0);
	appendStringInfo(&buf, statement, name);
	return buf.data;
}

void
lk_owner_execute(Oid table, const char *statement, int nargs, Oid *types,
				 Datum *values, const char *nulls)
{
	char	   *text = statement_of(table, lk_relation_name(table), statement);
	OwnerWork	work;
	int			result;

	begin(table, 0, &work);
	result = SPI_execute_with_args(text, nargs, types, values, nulls, false, 0);
	end(&work);
	check_result(table, result);
}

/* Prepare a plan anew, where there is none or the table has another name. */
static void
prepare(LkOwnerPlan *plan, Oid table, const char *name)
{
	LkOwnerPlan old = *plan;

	plan->plan = NULL;
	plan->name = NULL;
	plan->table = InvalidOid;
	if (old.plan != NULL)
		SPI_freeplan(old.plan);
	if (old.name != NULL)
		pfree(old.name);
	plan->plan = SPI_prepare(statement_of(table, name, plan->statement),
							 plan->nargs, plan->types);
	if (plan->plan == NULL || SPI_keepplan(plan->plan) != 0)
		elog(ERROR, "could not prepare work on %s: %s", name,
			 SPI_result_code_string(SPI_result));
	plan->name = MemoryContextStrdup(TopMemoryContext, name);
	plan->table = table;
}

void
lk_owner_execute_plan(Oid table, LkOwnerPlan *plan, Datum *values,
					  const char *nulls)
{
	const char *name = lk_relation_name(table);
	OwnerWork	work;
	int			result;

	begin(table, 0, &work);
	if (plan->table != table || strcmp(plan->name, name) != 0)
		prepare(plan, table, name);
	result = SPI_execute_plan(plan->plan, values, nulls, false, 0);
	end(&work);
	check_result(table, result);
}

void
lk_owner_confine(void)
{
	Oid			user;
	int			security_context;

	GetUserIdAndSecContext(&user, &security_context);
	SetUserIdAndSecContext(user,
						   security_context | SECURITY_LOCAL_USERID_CHANGE |
						   SECURITY_RESTRICTED_OPERATION);
}

bool
lk_owner_may_read(Oid relation)
{
	return has_privs_of_role(GetUserId(), owner_of(relation)) ||
		(has_bypassrls_privilege(GetUserId()) &&
		 get_rel_relkind(relation) != RELKIND_VIEW &&
		 pg_class_aclcheck(relation, GetUserId(), ACL_SELECT) == ACLCHECK_OK);
}

void
lk_owner_read(Oid relation, void (*read) (void *arg), void *arg)
{
	OwnerWork	work;

	begin(relation, SECURITY_RESTRICTED_OPERATION | SECURITY_NOFORCE_RLS,
		  &work);
	read(arg);
	end(&work);
}
