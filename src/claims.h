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
	LkGrants	grants;
} LkClaims;

/* The signed token. */
extern text *lk_claims_sign(LkClaims *claims, const LkKey *key);

#endif							/* LK_CLAIMS_H */
