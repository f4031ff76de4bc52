/*-------------------------------------------------------------------------
 *
 * access.c
 *	  The access relation: which one is registered.
 *
 * Each backend keeps the registration, and the plan of the question. Both are
 * made anew after a change of the table livekit_access, of the relation, of a
 * schema's name or of a role, whichever session made it; within a transaction
 * block too, since others' changes are looked for at each call. Names are
 * stored, not attribute numbers: a dump that is restored counts columns anew.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/access.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "access.h"
#include "home.h"
#include "question.h"

#include "compat.h"

#define TABLE "livekit_access"

/* Attributes of livekit_access: the relation, then the columns. */
#define ATTRIBUTE_RELATION			1
#define ATTRIBUTE_COLUMN(column)	((column) + 2)

/* What is kept, and the table it was read from; NULL: that is empty. */
static LkAccess *kept = NULL;
static Oid	kept_table = InvalidOid;

/* Counts what has happened that may concern what is kept. */
static uint64 changes = 0;
static uint64 changes_seen = 0;

Oid
lk_access_table(void)
{
	return lk_home_require_table(TABLE);
}

/* Make a registration of a row of livekit_access. */
static LkAccess *
registration_of(HeapTuple tuple, TupleDesc desc)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext,
												  "livekit access",
												  ALLOCSET_SMALL_SIZES);
	MemoryContext old = MemoryContextSwitchTo(context);
	LkAccess   *access = palloc0(sizeof(*access));
	bool		isnull;

	access->context = context;
	access->relation = DatumGetObjectId(heap_getattr(tuple, ATTRIBUTE_RELATION,
													 desc, &isnull));
	if (get_rel_name(access->relation) == NULL)
		access->problem = "The relation that was registered has been dropped.";

	for (LkColumn c = 0; c < LK_NCOLUMNS && access->problem == NULL; c++)
	{
		Datum		name = heap_getattr(tuple, ATTRIBUTE_COLUMN(c), desc,
										&isnull);
		bool		missing;

		if (!isnull)
			access->problem = lk_column_map(access->relation, c,
											NameStr(*DatumGetName(name)),
											&access->columns[c], &missing);
	}
	MemoryContextSwitchTo(old);
	return access;
}

LkAccess *
lk_access_read(Oid table)
{
	Relation	rel = table_open(table, AccessShareLock);
	SysScanDesc scan;
	HeapTuple	tuple;
	LkAccess   *access = NULL;

	/* this reads what is committed now, whatever the transaction's snapshot */
	scan = systable_beginscan(rel, InvalidOid, false, NULL, 0, NULL);
	tuple = systable_getnext(scan);
	if (HeapTupleIsValid(tuple))
		access = registration_of(tuple, RelationGetDescr(rel));
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
	return access;
}

/* Let go of what is kept. */
static void
forget(void)
{
	LkAccess   *access = kept;

	kept = NULL;
	kept_table = InvalidOid;
	if (access == NULL)
		return;
	if (access->plan != NULL)
		SPI_freeplan(access->plan);
	MemoryContextDelete(access->context);
}

/* See lk_access_get, but without the lock. */
static LkAccess *
look_up(void)
{
	Oid			table;

	if (OidIsValid(kept_table) && changes == changes_seen)
		return kept;

	forget();
	table = lk_access_table();
	do
	{
		LkAccess   *access;

		CHECK_FOR_INTERRUPTS();
		changes_seen = changes;
		access = lk_access_read(table);
		if (access != NULL)
			MemoryContextSetParent(access->context, TopMemoryContext);
		if (kept != NULL)
			MemoryContextDelete(kept->context);
		kept = access;
	} while (changes_seen != changes && !lk_discarding_caches());
	kept_table = table;
	return kept;
}

LkAccess *
lk_access_get(void)
{
	/* what is kept is in use while policies are asked, and must not go */
	lk_question_forbid();

	/* within a transaction block, nothing else would look for changes */
	AcceptInvalidationMessages();
	for (;;)
	{
		LkAccess   *access = look_up();

		if (access == NULL)
			return NULL;
		LockRelationOid(access->relation, AccessShareLock);
		if (changes == changes_seen || lk_discarding_caches())
			return access;
	}
}

static void
relation_changed(Datum arg, Oid relation)
{
	/* while nothing is kept, something may just be being read */
	if (!OidIsValid(relation) || !OidIsValid(kept_table) ||
		relation == kept_table ||
		(kept != NULL && relation == kept->relation))
		changes++;
}

static void
catalog_changed(Datum arg, int cache, uint32 hash)
{
	changes++;
}

void
lk_access_init(void)
{
	CacheRegisterRelcacheCallback(relation_changed, (Datum) 0);
	CacheRegisterSyscacheCallback(NAMESPACEOID, catalog_changed, (Datum) 0);

	/* policies are chosen by role when the question is planned */
	CacheRegisterSyscacheCallback(AUTHOID, catalog_changed, (Datum) 0);
	CacheRegisterSyscacheCallback(AUTHMEMROLEMEM, catalog_changed, (Datum) 0);
}
