/*-------------------------------------------------------------------------
 *
 * keytable.c
 *	  The table of keys, livekit_sealed_key: what it holds, opened and kept.
 *
 * Each backend keeps the opened keys, as the two hash states that HMAC begins
 * from. They are read again after a change of the table, whichever session
 * made it and in whatever way, and wiped when they go. What is read is the
 * latest that is committed, never an old transaction's snapshot: that could
 * put a dropped key back.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/keytable.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "fmgr.h"
#include "libpq/pqformat.h"
#include "utils/builtins.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/timestamp.h"

#include "home.h"
#include "keytable.h"
#include "names.h"

#include "compat.h"

#define TABLE "livekit_sealed_key"

/* The table that was read; and with which master keys. */
static Oid	read_table = InvalidOid;
static uint64 read_generation = 0;

/* Counts what has happened that may concern what was read. */
static uint64 changes = 0;
static uint64 changes_seen = 0;
static bool is_read = false;

Oid
lk_keytable_oid(void)
{
	return lk_home_table(TABLE);
}

/* Append a text, with its length, so that no two lists of texts look alike. */
static void
append_text(StringInfo buf, const text *value)
{
	pq_sendint32(buf, VARSIZE_ANY_EXHDR(value));
	appendBinaryStringInfo(buf, VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value));
}

LkSeal
lk_keytable_seal(const LkMasterKey *master, const uint8 *nonce,
				 const pg_uuid_t *id, const text *project,
				 const text *api_key)
{
	StringInfoData about;
	LkSeal		seal;

	initStringInfo(&about);
	appendBinaryStringInfo(&about, (const char *) id->data, UUID_LEN);
	append_text(&about, project);
	append_text(&about, api_key);
	seal.key = master->bytes;
	seal.nonce = nonce;
	seal.about = about.data;
	seal.about_length = about.len;
	return seal;
}

Datum
lk_keytable_column(HeapTuple tuple, TupleDesc desc, int attribute)
{
	bool		isnull;
	Datum		value = heap_getattr(tuple, attribute, desc, &isnull);

	if (isnull)
		elog(ERROR, "null in column %d of %s", attribute, TABLE);
	return value;
}

const char *
lk_keytable_open(HeapTuple tuple, TupleDesc desc, TimestampTz now,
				 char **secret, size_t *secret_length)
{
	static const char changed[] = "The row has been changed: it is not what was sealed.";
	Datum		project = lk_keytable_column(tuple, desc, LK_SEALED_PROJECT);
	Datum		api_key = lk_keytable_column(tuple, desc, LK_SEALED_API_KEY);
	Datum		id = lk_keytable_column(tuple, desc, LK_SEALED_ID);
	Datum		sealer = lk_keytable_column(tuple, desc, LK_SEALED_MASTER_KEY);
	char	   *master_id = TextDatumGetCString(sealer);
	bytea	   *nonce = DatumGetByteaPP(lk_keytable_column(tuple, desc,
														   LK_SEALED_NONCE));
	bytea	   *sealed = DatumGetByteaPP(lk_keytable_column(tuple, desc,
															LK_SEALED_SEALED));
	size_t		length = VARSIZE_ANY_EXHDR(sealed);
	const LkMasterKey *master;
	const char *problem;
	LkSeal		seal;

	if (lk_masterkey_newest(now, &problem) == NULL)
		return psprintf("There is no master key: %s", problem);
	master = lk_masterkey_find(master_id, now);
	if (master == NULL)
		return psprintf("It is sealed with master key \"%s\", which is not in the file.",
						lk_name_quote(master_id, strlen(master_id)));
	if (VARSIZE_ANY_EXHDR(nonce) != LK_SEAL_NONCE_LENGTH ||
		length <= LK_SEAL_TAG_LENGTH ||
		length > LK_MAX_SECRET + LK_SEAL_TAG_LENGTH)
		return changed;

	seal = lk_keytable_seal(master, (uint8 *) VARDATA_ANY(nonce),
							DatumGetUUIDP(id), DatumGetTextPP(project),
							DatumGetTextPP(api_key));
	*secret = palloc(length);
	*secret_length = length - LK_SEAL_TAG_LENGTH;
	return lk_unseal(&seal, (uint8 *) VARDATA_ANY(sealed), length,
					 *secret) == LK_SEAL_OK ? NULL : changed;
}

/* Open a row's secret and add it to the list; NULL, or why that cannot be. */
static const char *
open_row(LkKeys *keys, HeapTuple tuple, TupleDesc desc, const char *name,
		 TimestampTz now)
{
	char	   *secret;
	size_t		length;
	const char *problem = lk_keytable_open(tuple, desc, now, &secret, &length);

	if (problem != NULL)
		return problem;
	PG_TRY();
	{
		problem = lk_keys_add(keys, name, secret, length);
	}
	PG_FINALLY();
	{
		explicit_bzero(secret, length);
	}
	PG_END_TRY();
	return problem == NULL ? NULL : psprintf("It %s.", problem);
}

/* A column that may be null, as a string in the list's memory. */
static const char *
copy_text(LkKeys *keys, HeapTuple tuple, TupleDesc desc, int attribute)
{
	bool		isnull;
	Datum		value = heap_getattr(tuple, attribute, desc, &isnull);

	if (isnull)
		return NULL;
	return MemoryContextStrdup(keys->context, TextDatumGetCString(value));
}

static void
read_row(LkKeys *keys, HeapTuple tuple, TupleDesc desc, TimestampTz now)
{
	Datum		api_key = lk_keytable_column(tuple, desc, LK_SEALED_API_KEY);
	char	   *name = TextDatumGetCString(api_key);
	const char *problem = open_row(keys, tuple, desc, name, now);
	bool		isnull;
	LkKey	   *key;

	if (problem != NULL)
		lk_keys_add_unusable(keys, name, problem);
	key = &keys->keys[keys->nkeys - 1];
	key->project = copy_text(keys, tuple, desc, LK_SEALED_PROJECT);
	key->url = copy_text(keys, tuple, desc, LK_SEALED_URL);
	key->master_key = copy_text(keys, tuple, desc, LK_SEALED_MASTER_KEY);
	key->created_at = DatumGetTimestampTz(lk_keytable_column(tuple, desc,
												 LK_SEALED_CREATED_AT));
	key->updated_at = DatumGetTimestampTz(lk_keytable_column(tuple, desc,
												 LK_SEALED_UPDATED_AT));
	key->retired_at = DatumGetTimestampTz(heap_getattr(tuple,
													   LK_SEALED_RETIRED_AT,
													   desc, &isnull));
	key->is_retired = !isnull;
}

/* The newest first; of two of one moment, in the order of their names. */
static int
compare_age(const void *a, const void *b)
{
	const LkKey *x = a;
	const LkKey *y = b;

	if (x->created_at != y->created_at)
		return x->created_at > y->created_at ? -1 : 1;
	return strcmp(x->name.data, y->name.data);
}

/* Read the table; NULL when it is empty. */
static LkKeys *
read_all(Oid table, TimestampTz now)
{
	LkKeys	   *keys = lk_keys_create();
	Relation	rel = table_open(table, AccessShareLock);
	SysScanDesc scan = systable_beginscan(rel, InvalidOid, false, NULL, 0, NULL);
	HeapTuple	tuple;

	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
		read_row(keys, tuple, RelationGetDescr(rel), now);
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
	if (keys->nkeys == 0)
	{
		MemoryContextDelete(keys->context);
		return NULL;
	}
	qsort(keys->keys, keys->nkeys, sizeof(LkKey), compare_age);
	return keys;
}

void
lk_keytable_refresh(TimestampTz now, LkKeys **keys)
{
	LkKeys	   *loaded = NULL;

	/* within a transaction block, nothing else would look for changes */
	AcceptInvalidationMessages();
	if (is_read && changes == changes_seen &&
		(*keys == NULL || read_generation == lk_masterkey_generation(now)))
		return;

	is_read = false;
	do
	{
		changes_seen = changes;
		read_generation = lk_masterkey_generation(now);
		if (loaded)
			MemoryContextDelete(loaded->context);
		loaded = NULL;
		read_table = lk_home_table(TABLE);
		if (OidIsValid(read_table))
			loaded = read_all(read_table, now);
	} while (changes != changes_seen);

	if (loaded)
		MemoryContextSetParent(loaded->context, TopMemoryContext);
	if (*keys)
		MemoryContextDelete((*keys)->context);
	*keys = loaded;
	is_read = true;
}

static void
relation_changed(Datum arg, Oid relation)
{
	/* while it is being read, anything may concern it */
	if (!OidIsValid(relation) || !is_read || !OidIsValid(read_table) ||
		relation == read_table)
		changes++;
}

void
lk_keytable_init(void)
{
	CacheRegisterRelcacheCallback(relation_changed, (Datum) 0);
}
