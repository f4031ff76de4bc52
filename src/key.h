/*-------------------------------------------------------------------------
 *
 * key.h
 *	  An API key, ready to sign with.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/key.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef LK_KEY_H
#define LK_KEY_H

#include "core/jws.h"
#include "datatype/timestamp.h"
#include "wire.h"

#define LK_MAX_KEY_NAME		70
#define LK_MAX_SECRET		(16 * 1024)
#define LK_MIN_SECRET		32	/* as many bytes as the MAC has */

/* The project of all that name none. */
#define LK_DEFAULT_PROJECT "default"

/* A key, ready to sign.  Valid until the next look at the keyring. */
typedef struct LkKey
{
	LkText		name;			/* the API key: "iss" of its tokens */
	LkJwsKey   *jws;			/* NULL when it cannot be used */
	const char *problem;		/* why it cannot, or NULL */
	bool		weak;			/* its secret is shorter than LK_MIN_SECRET */
	const char *project;

	/* of the table of keys only */
	const char *url;			/* or NULL */
	const char *master_key;		/* the id of the one that seals it */
	bool		is_retired;		/* it only verifies */
	TimestampTz created_at;
	TimestampTz updated_at;
	TimestampTz retired_at;
} LkKey;

#endif							/* LK_KEY_H */
