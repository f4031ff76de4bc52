/*-------------------------------------------------------------------------
 *
 * owner.c
 *	  Work done with the rights of the extension's owner.
 *
 * The only place that changes the user id. Nothing of a caller's runs between
 * begin and end: no policy, no function, no trigger but the extension's own.
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
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "owner.h"

/* Who the session was before; an error restores it by itself. */
typedef struct OwnerWork
{
	Oid			user;
	int			security_context;
	int			guc_level;
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
begin(Oid table, OwnerWork *work)
{
	GetUserIdAndSecContext(&work->user, &work->security_context);
	work->guc_level = NewGUCNestLevel();
	SetUserIdAndSecContext(owner_of(table),
						   work->security_context |
						   SECURITY_LOCAL_USERID_CHANGE);
	(void) set_config_option("search_path", "pg_catalog, pg_temp",
							 PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
}

static void
end(const OwnerWork *work)
{
	AtEOXact_GUC(false, work->guc_level);
	SetUserIdAndSecContext(work->user, work->security_context);
}

void
lk_owner_execute(Oid table, const char *statement, int nargs, Oid *types,
				 Datum *values, const char *nulls)
{
	const char *name =
		quote_qualified_identifier(get_namespace_name(get_rel_namespace(table)),
								   get_rel_name(table));
	OwnerWork work;
	int			result;

	begin(table, &work);
	result = SPI_execute_with_args(psprintf(statement, name), nargs, types,
								   values, nulls, false, 0);
	end(&work);
	if (result < 0)
		elog(ERROR, "could not work on %s: %s", name,
			 SPI_result_code_string(result));
}
