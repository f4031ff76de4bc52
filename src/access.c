/*-------------------------------------------------------------------------
 *
 * access.c
 *	  The access relation: which one is registered, and what its columns mean.
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
#include "access/stratnum.h"
#include "access/table.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/syscache.h"
#include "utils/typcache.h"

#include "access.h"
#include "columntext.h"
#include "home.h"
#include "question.h"

#include "compat.h"

#define TABLE "livekit_access"

/* Attributes of livekit_access: the relation, then the columns. */
#define ATTRIBUTE_RELATION			1
#define ATTRIBUTE_COLUMN(column)	((column) + 2)

/* Is a type, which is no domain, good for a meaning? */
static bool is_key(Oid type);
static bool is_string(Oid type);
static bool is_string_or_json(Oid type);
static bool is_jsonb(Oid type);
static bool is_interval(Oid type);

static const struct
{
	size_t		field;			/* of LkRow */
	bool		(*accepts) (Oid type);
	const char *wanted;			/* in words */
}			meanings[LK_NCOLUMNS] =
{
	[LK_COLUMN_ROOM] = {offsetof(LkRow, says.room), is_key, "text, varchar, citext, uuid, an integer, numeric or an enum"},
	[LK_COLUMN_IDENTITY] = {offsetof(LkRow, says.identity), is_key, "text, varchar, citext, uuid, an integer, numeric or an enum"},
	[LK_COLUMN_GRANTS] = {offsetof(LkRow, says.grants), is_jsonb, "jsonb"},
	[LK_COLUMN_TTL] = {offsetof(LkRow, says.ttl), is_interval, "interval"},
	[LK_COLUMN_NAME] = {offsetof(LkRow, says.name), is_string, "text"},
	[LK_COLUMN_METADATA] = {offsetof(LkRow, says.metadata), is_string_or_json, "text, json or jsonb"},
	[LK_COLUMN_ATTRIBUTES] = {offsetof(LkRow, says.attributes), is_jsonb, "jsonb"},
	[LK_COLUMN_ROOM_CONFIG] = {offsetof(LkRow, says.room_config), is_jsonb, "jsonb"},
	[LK_COLUMN_PROJECT] = {offsetof(LkRow, says.project), is_string, "text"},
	[LK_COLUMN_URL] = {offsetof(LkRow, url), is_string, "text"},
};

/* What is kept, and the table it was read from; NULL: that is empty. */
static LkAccess *kept = NULL;
static Oid	kept_table = InvalidOid;

/* Counts what has happened that may concern what is kept. */
static uint64 changes = 0;
static uint64 changes_seen = 0;

static char
category_of(Oid type)
{
	char		category;
	bool		preferred;

	get_type_category_preferred(type, &category, &preferred);
	return category;
}

/*
 * A room's name in the token is the value's text.  So a value has one text
 * only: no setting of the caller's may change it, as DateStyle does a date's.
 */
static bool
is_key(Oid type)
{
	switch (type)
	{
		case UUIDOID:
		case INT2OID:
		case INT4OID:
		case INT8OID:
		case NUMERICOID:
			return true;
		default:
			return (category_of(type) == TYPCATEGORY_STRING ||
					category_of(type) == TYPCATEGORY_ENUM) &&
				OidIsValid(lk_access_equality(type));
	}
}

static bool
is_string(Oid type)
{
	return category_of(type) == TYPCATEGORY_STRING;
}

static bool
is_string_or_json(Oid type)
{
	return is_string(type) || type == JSONBOID || type == JSONOID;
}

static bool
is_jsonb(Oid type)
{
	return type == JSONBOID;
}

static bool
is_interval(Oid type)
{
	return type == INTERVALOID;
}

void **
lk_access_field(LkRow *row, LkColumn column)
{
	return (void **) ((char *) row + meanings[column].field);
}

void
lk_access_take(const LkAccess *access, LkColumn column, Datum value,
			   LkRow *row)
{
	Oid			type = access->columns[column].type;
	void	  **field = lk_access_field(row, column);

	if (type == JSONBOID && column != LK_COLUMN_METADATA)
		*field = DatumGetJsonbPCopy(value);
	else if (type == INTERVALOID)
		*field = DatumGetPointer(datumCopy(value, false, sizeof(Interval)));
	else
	{
		text	   *found = lk_columntext_of(type, value);

		/* as an empty setting is none */
		if (VARSIZE_ANY_EXHDR(found) > 0 ||
			(column != LK_COLUMN_PROJECT && column != LK_COLUMN_URL))
			*field = found;
	}
}

Oid
lk_access_equality(Oid type)
{
	TypeCacheEntry *entry = lookup_type_cache(type, TYPECACHE_BTREE_OPFAMILY);

	if (!OidIsValid(entry->btree_opf))
		return InvalidOid;
	return get_opfamily_member(entry->btree_opf, entry->btree_opintype,
							   entry->btree_opintype,
							   BTEqualStrategyNumber);
}

const char *
lk_access_map(Oid relation, LkColumn column, const char *name,
			  LkMapped *mapped, bool *missing)
{
	AttrNumber	attnum = get_attnum(relation, name);

	memset(mapped, 0, sizeof(*mapped));
	*missing = attnum <= 0;		/* system columns mean nothing */
	if (*missing)
		return psprintf("There is no column \"%s\".", name);
	mapped->declared = get_atttype(relation, attnum);
	mapped->type = getBaseType(mapped->declared);
	if (!meanings[column].accepts(mapped->type))
		return psprintf("Column \"%s\" must be of %s.",
						name, meanings[column].wanted);
	mapped->attnum = attnum;
	namestrcpy(&mapped->name, name);
	return NULL;
}

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
			access->problem = lk_access_map(access->relation, c,
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
