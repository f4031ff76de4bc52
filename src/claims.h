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

#include "grants.h"
#include "keyring.h"

/* LiveKit's own limits, in bytes of UTF-8 (livekit-server's config.LimitConfig) */
#define LK_MAX_NAME			256	/* identity, name, room */
#define LK_MAX_METADATA		(512 * 1024)
#define LK_MAX_ATTRIBUTES	(64 * 1024) /* names and values in sum */

/*
 * No payload within these limits is longer: a byte takes six characters at
 * most (\u0001), and metadata may stand in the room configuration as well.
 */
#define LK_MAX_PAYLOAD		(8 * 1024 * 1024)

/* Base64url makes four characters of three bytes; the rest is header and MAC. */
#define LK_MAX_TOKEN		(LK_MAX_PAYLOAD / 3 * 4 + 1024)

/* A longer token may not fit where it travels: in a URL. */
#define LK_LONG_TOKEN		(8 * 1024)

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
