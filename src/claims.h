/*-------------------------------------------------------------------------
 *
 * claims.h
 *	  What a token says, and the token that says it.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/claims.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef LK_CLAIMS_H
#define LK_CLAIMS_H

#include "grantset.h"
#include "keyring.h"

/* Characters of a token's id, 128 bits in hex. */
#define LK_ID_LENGTH 32

/* All that a token will say; a text whose data is NULL is left out. */
typedef struct LkClaims
{
	LkText		identity;
	LkText		name;
	LkText		kind;
	LkText		room_preset;
	LkText		sha256;
	LkText		metadata;
	int64		issued_at;		/* seconds since 1970, as are the next two */
	int64		not_before;
	int64		expires_at;
	Jsonb	   *attributes;		/* NULL or a checked object */
	Jsonb	   *room_config;	/* NULL or an object, checked when written */
	char		id[LK_ID_LENGTH + 1];	/* jti; set when it is signed */
	LkGrants	grants;
} LkClaims;

/* What PostgreSQL counts time from, in seconds since 1970. */
#define LK_EPOCH \
	((int64) (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * SECS_PER_DAY)

/* Seconds since 1970 as a timestamp, and a timestamp rounded down to them. */
extern TimestampTz lk_claims_timestamp(int64 seconds);
extern int64 lk_claims_seconds(TimestampTz t);

/* The signed token. */
extern text *lk_claims_sign(LkClaims *claims, const LkKey *key);

#endif							/* LK_CLAIMS_H */
