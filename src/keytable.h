/*-------------------------------------------------------------------------
 *
 * keytable.h
 *	  The table of keys, livekit_sealed_key: what it holds, opened and kept.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/keytable.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef LK_KEYTABLE_H
#define LK_KEYTABLE_H

#include "access/htup.h"
#include "access/tupdesc.h"
#include "keylist.h"
#include "masterkey.h"
#include "utils/uuid.h"

/* Its attributes. */
enum
{
	LK_SEALED_ID = 1,
	LK_SEALED_PROJECT,
	LK_SEALED_API_KEY,
	LK_SEALED_MASTER_KEY,
	LK_SEALED_NONCE,
	LK_SEALED_SEALED,
	LK_SEALED_URL,
	LK_SEALED_CREATED_AT,
	LK_SEALED_UPDATED_AT,
	LK_SEALED_RETIRED_AT
};

/*
 * Bring *keys up to date with the table, as committed by whatever session and
 * as changed by this one: NULL when it is empty or not there.  The newest
 * comes first.  A key that cannot be opened is in the list, and says why.
 */
extern void lk_keytable_refresh(TimestampTz now, LkKeys **keys);

/* The table, or InvalidOid. */
extern Oid	lk_keytable_oid(void);

/*
 * What a row's secret is sealed with: the master key, the nonce, and what
 * the row is, so that it opens in this row only.  about is palloc'd.
 */
extern LkSeal lk_keytable_seal(const LkMasterKey *master, const uint8 *nonce,
							   const pg_uuid_t *id, const text *project,
							   const text *api_key);

/*
 * Open a row's secret, palloc'd and to be wiped.  NULL, or a sentence: why it
 * cannot be opened.
 */
extern const char *lk_keytable_open(HeapTuple tuple, TupleDesc desc,
									TimestampTz now, char **secret,
									size_t *secret_length);

/* A column of a row that is never null. */
extern Datum lk_keytable_column(HeapTuple tuple, TupleDesc desc,
								int attribute);

/* Watch for changes; called once, when the library is loaded. */
extern void lk_keytable_init(void);

#endif							/* LK_KEYTABLE_H */
