/*-------------------------------------------------------------------------
 *
 * status.h
 *	  Why a token is accepted or refused: one list for the whole extension.
 *
 * livekit_verify logs these reasons, livekit_inspect returns them, and the
 * functions of core/ answer with them.  Their names are an interface.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/core/status.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef LK_STATUS_H
#define LK_STATUS_H

typedef enum LkStatus
{
	LK_OK,						/* everything holds */
	LK_TOO_LONG,				/* longer than any token within the limits */
	LK_MALFORMED,				/* not three parts of strict base64url */
	LK_BAD_HEADER,				/* the header is not an object we understand */
	LK_UNSUPPORTED_ALGORITHM,	/* alg is not exactly HS256 */
	LK_BAD_PAYLOAD,				/* the payload is not a UTF-8 JSON object */
	LK_TOO_COMPLEX,				/* nested too deep, or a number too large */
	LK_DUPLICATE_NAME,			/* the same name twice in one object */
	LK_AMBIGUOUS_NAME,			/* a known name in another letter case */
	LK_BAD_CLAIM,				/* iss, exp or nbf of the wrong type */
	LK_NO_ISSUER,				/* no iss, so no key to check with */
	LK_UNKNOWN_KEY,				/* iss names a key that is not held here */
	LK_KEYS_UNAVAILABLE,		/* a configured source cannot be read */
	LK_SIGNATURE_MISMATCH,		/* the MAC differs */
	LK_NO_EXPIRY,				/* no exp */
	LK_EXPIRED,					/* exp has passed, leeway included */
	LK_NOT_YET_VALID,			/* nbf is ahead, leeway included */
	LK_NOT_REPRESENTABLE,		/* has no form in the database's encoding */
	LK_NO_DIGEST,				/* no sha256, which a webhook's token has */
	LK_DIGEST_MISMATCH,			/* it is not that of the body */
	LK_CRYPTO_FAILURE			/* OpenSSL failed */
} LkStatus;

#define LK_NSTATUS	(LK_CRYPTO_FAILURE + 1)

/* The name that livekit_inspect returns as reason, such as "expired". */
extern const char *lk_status_name(LkStatus status);

/* What it means, and what to do about it: full sentences for a person. */
extern const char *lk_status_sentence(LkStatus status);

#endif							/* LK_STATUS_H */
