/*-------------------------------------------------------------------------
 *
 * masterkey.h
 *	  The master keys, which seal the secrets in the table of keys.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/masterkey.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef LK_MASTERKEY_H
#define LK_MASTERKEY_H

#include "core/seal.h"
#include "datatype/timestamp.h"

#define LK_MASTER_ID_LENGTH 8

/* A master key.  Valid until the next look at the file. */
typedef struct LkMasterKey
{
	char		id[LK_MASTER_ID_LENGTH + 1];	/* of its digest, in hex */
	uint8		bytes[LK_SEAL_KEY_LENGTH];
} LkMasterKey;

/*
 * The one that seals, first in the file; or NULL, and *problem is a sentence:
 * why there is none.
 */
extern const LkMasterKey *lk_masterkey_newest(TimestampTz now,
											  const char **problem);

/* The one with that id, or NULL. */
extern const LkMasterKey *lk_masterkey_find(const char *id, TimestampTz now);

/* How often the file has been read anew: what was sealed may open now. */
extern uint64 lk_masterkey_generation(TimestampTz now);

#endif							/* LK_MASTERKEY_H */
