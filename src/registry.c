/*-------------------------------------------------------------------------
 *
 * registry.c
 *	  Registers the access relation.
 *
 * Only who owns the relation may say that its policies decide, and only who
 * could take a registration back may replace it, unless its relation is gone.
 * What is checked here can change afterwards; so it is looked at again
 * whenever the policies are asked. It is checked here so that whoever
 * registers learns of a mistake, not the users.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/registry.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/dependency.h"
#include "catalog/objectaddress.h"
#include "catalog/pg_am.h"
#include "catalog/pg_class.h"
#include "catalog/pg_index.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/plancache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "access.h"
#include "inforce.h"
#include "owner.h"
#include "policies.h"
#include "registry.h"

#include "compat.h"

/* Arguments of livekit_register_access: the relation, then the columns. */
#define ARGUMENT_RELATION		0
#define ARGUMENT_COLUMN(column) ((column) + 1)

/* What each column is called where nothing else is said: its argument. */
static const char *const default_names[LK_NCOLUMNS] = {
	[LK_COLUMN_ROOM] = "room",
	[LK_COLUMN_IDENTITY] = "identity",
	[LK_COLUMN_GRANTS] = "grants",
	[LK_COLUMN_TTL] = "ttl",
	[LK_COLUMN_NAME] = "name",
	[LK_COLUMN_METADATA] = "metadata",
	[LK_COLUMN_ATTRIBUTES] = "attributes",
	[LK_COLUMN_ROOM_CONFIG] = "room_config",
	[LK_COLUMN_PROJECT] = "project",
	[LK_COLUMN_URL] = "url",
};

/*
 * Who may
 */

static void
check_owner(Oid relation)
{
	if (!lk_owns_relation(relation, GetUserId()))
		aclcheck_error(ACLCHECK_NOT_OWNER,
					   get_relkind_objtype(get_rel_relkind(relation)),
					   get_rel_name(relation));
}

/* May the caller take back what is registered? */
static void
check_may_replace(Oid table, const LkAccess *access)
{
	/* of a relation that is gone, the registry's owner has to say */
	Oid			relation = get_rel_name(access->relation) != NULL ?
		access->relation : table;

	if (!lk_owns_relation(relation, GetUserId()))
		ereport(ERROR,
				errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				errmsg("permission denied to unregister the access relation"),
				errdetail("Only the owner of the relation that is registered, or a superuser, may do that."));
}

/*
 * What may be registered
 */

/* Check what kind of relation it is; true for a view. */
static bool
check_kind(Oid relation)
{
	char	   *name = get_rel_name(relation);
	char		kind = get_rel_relkind(relation);

	if (kind != RELKIND_RELATION && kind != RELKIND_PARTITIONED_TABLE &&
		kind != RELKIND_VIEW)
		ereport(ERROR,
				errcode(ERRCODE_WRONG_OBJECT_TYPE),
				errmsg("\"%s\" is not a table or view", name),
				errdetail("Only a table has policies, and a view those of the tables beneath it."));
	if (get_rel_persistence(relation) == RELPERSISTENCE_TEMP)
		ereport(ERROR,
				errcode(ERRCODE_WRONG_OBJECT_TYPE),
				errmsg("\"%s\" is temporary", name),
				errdetail("Other sessions cannot read it."));
	if (OidIsValid(getExtensionOfObject(RelationRelationId, relation)))
		ereport(ERROR,
				errcode(ERRCODE_WRONG_OBJECT_TYPE),
				errmsg("\"%s\" belongs to an extension", name),
				errdetail("A dump would not hold its policies."));
	return kind == RELKIND_VIEW;
}

/* Find the column that an argument names. */
static void
map_column(FunctionCallInfo fcinfo, LkAccess *access, LkColumn column)
{
	const char *problem;
	const char *name;
	bool		missing;

	if (PG_ARGISNULL(ARGUMENT_COLUMN(column)))
		name = "";
	else
		name = NameStr(*PG_GETARG_NAME(ARGUMENT_COLUMN(column)));
	if (name[0] == '\0' && column != LK_COLUMN_ROOM)
		return;

	problem = lk_column_map(access->relation, column, name,
							&access->columns[column], &missing);
	if (problem == NULL)
		return;
	if (missing && column != LK_COLUMN_ROOM &&
		strcmp(name, default_names[column]) == 0)
		return;
	ereport(ERROR,
			missing ? errcode(ERRCODE_UNDEFINED_COLUMN) :
			errcode(ERRCODE_DATATYPE_MISMATCH),
			errmsg("\"%s\" cannot be the access relation",
				   get_rel_name(access->relation)),
			errdetail("%s", problem),
			column == LK_COLUMN_ROOM ?
			errhint("Name the column that holds the room by parameter \"room\".") :
			errhint("Name another column by parameter \"%s\", or none by ''.",
					default_names[column]));
}

const char *
lk_registry_problem(const LkAccess *access)
{
	MemoryContext context = CurrentMemoryContext;
	CachedPlanSource *source;
	const char *problem;

	SPI_connect();
	source = linitial(SPI_plan_get_plan_sources(lk_policies_prepare(access,
																	LK_ALL_KEYS)));
	problem = lk_inforce_problem(linitial(source->query_list),
								 LK_READER_ANYBODY, NULL).cause;
	if (problem != NULL)
		problem = MemoryContextStrdup(context, problem);
	SPI_finish();
	return problem;
}

/* Check that policies will decide what a user sees. */
static void
check_policies(const LkAccess *access)
{
	const char *problem = lk_registry_problem(access);

	if (problem != NULL)
		ereport(ERROR,
				errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				errmsg("policies would not decide what \"%s\" shows",
					   get_rel_name(access->relation)),
				errdetail("%s", problem),
				errhint("ALTER TABLE ... ENABLE ROW LEVEL SECURITY makes a table's policies count, ALTER VIEW ... SET (security_invoker = true) those beneath a view."));
}

/*
 * What will be slow
 */

static bool
is_btree(Oid index)
{
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(index));
	bool		result;

	if (!HeapTupleIsValid(tuple))
		return false;
	result = ((Form_pg_class) GETSTRUCT(tuple))->relam == BTREE_AM_OID;
	ReleaseSysCache(tuple);
	return result;
}

/* Is there an index to find a question's row by? */
static bool
has_index(const LkAccess *access)
{
	Relation	rel = table_open(access->relation, AccessShareLock);
	List	   *indexes = RelationGetIndexList(rel);
	AttrNumber	room = access->columns[LK_COLUMN_ROOM].attnum;
	AttrNumber	identity = access->columns[LK_COLUMN_IDENTITY].attnum;
	ListCell   *cell;
	bool		found = false;

	foreach(cell, indexes)
	{
		HeapTuple	tuple = SearchSysCache1(INDEXRELID,
											ObjectIdGetDatum(lfirst_oid(cell)));
		Form_pg_index index;

		if (!HeapTupleIsValid(tuple))
			continue;
		index = (Form_pg_index) GETSTRUCT(tuple);
		if (index->indisvalid &&
			is_btree(index->indexrelid) &&
			heap_attisnull(tuple, Anum_pg_index_indpred, NULL) &&
			(index->indkey.values[0] == room ||
			 (identity != 0 && index->indkey.values[0] == identity)))
			found = true;
		ReleaseSysCache(tuple);
	}
	table_close(rel, AccessShareLock);
	return found;
}

/* Is it a key that no index finds under row-level security? */
static bool
is_leaky(const LkMapped *column)
{
	return column->attnum != 0 &&
		!get_func_leakproof(get_opcode(lk_column_equality(column->type)));
}

const char *
lk_registry_warning(const LkAccess *access)
{
	if (get_rel_relkind(access->relation) != RELKIND_VIEW &&
		!has_index(access))
		return psprintf("\"%s\" has no index to find a row by.",
						get_rel_name(access->relation));
	for (LkColumn c = 0; c < LK_NKEYS; c++)
	{
		const LkMapped *column = &access->columns[c];

		if (is_leaky(column))
			return psprintf("Column \"%s\" cannot be found by an index: the equality of type %s is not leakproof.",
							NameStr(column->name),
							format_type_be(column->type));
	}
	return NULL;
}

static void
warn_of_slowness(const LkAccess *access, bool view)
{
	if (!view && !has_index(access))
		ereport(WARNING,
				errmsg("\"%s\" has no index to find a row by",
					   get_rel_name(access->relation)),
				errhint("A unique index on the columns of room and identity also sees to it that there is one row only."));
	for (LkColumn c = 0; c < LK_NKEYS; c++)
	{
		const LkMapped *column = &access->columns[c];

		if (is_leaky(column))
			ereport(WARNING,
					errmsg("column \"%s\" cannot be found by an index",
						   NameStr(column->name)),
					errdetail("The equality of type %s is not leakproof, so PostgreSQL asks the policies of every row first.",
							  format_type_be(column->type)));
	}
}

/*
 * The table of what is registered
 */

static void
store(Oid table, const LkAccess *access)
{
	Oid			types[LK_NCOLUMNS + 1] = {REGCLASSOID};
	Datum		values[LK_NCOLUMNS + 1] = {ObjectIdGetDatum(access->relation)};
	char		nulls[LK_NCOLUMNS + 1] = {' '};

	for (LkColumn c = 0; c < LK_NCOLUMNS; c++)
	{
		types[c + 1] = NAMEOID;
		values[c + 1] = NameGetDatum(&access->columns[c].name);
		nulls[c + 1] = access->columns[c].attnum == 0 ? 'n' : ' ';
	}
	lk_owner_execute(table,
					 "INSERT INTO %s VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
					 lengthof(types), types, values, nulls);
}

/* Say what columns mean, and where that is not their name. */
static void
notice(const LkAccess *access)
{
	StringInfoData buf;

	initStringInfo(&buf);
	for (LkColumn c = 0; c < LK_NCOLUMNS; c++)
	{
		const char *name = NameStr(access->columns[c].name);

		if (access->columns[c].attnum == 0)
			continue;
		appendStringInfo(&buf, "%s%s", buf.len > 0 ? ", " : "",
						 default_names[c]);
		if (strcmp(name, default_names[c]) != 0)
			appendStringInfo(&buf, " (column \"%s\")", name);
	}
	ereport(NOTICE,
			errmsg("the policies of \"%s\" now decide who may join a room",
				   get_rel_name(access->relation)),
			errdetail("Its rows say: %s.%s", buf.data,
					  access->columns[LK_COLUMN_IDENTITY].attnum != 0 ? "" :
					  " Without a column for the identity, whoever sees a row may join its room."));
}

/*
 * livekit_register_access(relation, room, identity, grants, ttl, name,
 * metadata, attributes, room_config, project, url)
 */
PG_FUNCTION_INFO_V1(livekit_register_access);
Datum
livekit_register_access(PG_FUNCTION_ARGS)
{
	Oid			table = lk_access_table();
	LkAccess   *old;
	LkAccess	access = {0};
	bool		view;

	PreventCommandIfReadOnly("livekit_register_access()");
	if (PG_ARGISNULL(ARGUMENT_RELATION))
		ereport(ERROR,
				errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				errmsg("parameter \"relation\" must not be null"));
	access.relation = PG_GETARG_OID(ARGUMENT_RELATION);

	/* one at a time; and the relation stays as it is while it is looked at */
	LockRelationOid(table, ShareRowExclusiveLock);
	LockRelationOid(access.relation, AccessShareLock);
	if (get_rel_name(access.relation) == NULL)
		ereport(ERROR,
				errcode(ERRCODE_UNDEFINED_TABLE),
				errmsg("relation with OID %u does not exist", access.relation));
	check_owner(access.relation);
	old = lk_access_read(table);
	if (old != NULL && get_rel_name(old->relation) != NULL)
		check_may_replace(table, old);

	view = check_kind(access.relation);
	for (LkColumn c = 0; c < LK_NCOLUMNS; c++)
		map_column(fcinfo, &access, c);
	check_policies(&access);
	SPI_connect();
	lk_owner_execute(table, "DELETE FROM %s", 0, NULL, NULL, NULL);
	store(table, &access);
	SPI_finish();

	notice(&access);
	warn_of_slowness(&access, view);
	PG_RETURN_VOID();
}

/*
 * livekit_unregister_access() leaves no policies to ask.
 */
PG_FUNCTION_INFO_V1(livekit_unregister_access);
Datum
livekit_unregister_access(PG_FUNCTION_ARGS)
{
	Oid			table = lk_access_table();
	LkAccess   *access;

	PreventCommandIfReadOnly("livekit_unregister_access()");
	LockRelationOid(table, ShareRowExclusiveLock);
	access = lk_access_read(table);
	if (access == NULL)
		ereport(ERROR,
				errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				errmsg("no access relation is registered"));
	check_may_replace(table, access);

	SPI_connect();
	lk_owner_execute(table, "DELETE FROM %s", 0, NULL, NULL, NULL);
	SPI_finish();
	PG_RETURN_VOID();
}

/*
 * The trigger of the extension's own tables, for whatever way they are changed in:
 * every session is to read them again once the change is committed.
 */
PG_FUNCTION_INFO_V1(livekit_table_changed);
Datum
livekit_table_changed(PG_FUNCTION_ARGS)
{
	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(ERROR,
				errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				errmsg("function is a trigger only"));
	CacheInvalidateRelcache(((TriggerData *) fcinfo->context)->tg_relation);
	return PointerGetDatum(NULL);
}
