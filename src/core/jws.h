/*-------------------------------------------------------------------------
 *
 * jws.h
 *	  JSON Web Signature, compact form, HS256 only (RFC 7515, RFC 7518 3.2).
 *
 * Bytes in, bytes out: what the payload means is no matter here.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/core/jws.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef LK_JWS_H
#define LK_JWS_H

#include <stddef.h>
#include <stdint.h>

#include "core/status.h"

#define LK_MAC_LENGTH		32	/* bytes of an HMAC-SHA256 */
#define LK_SIGNATURE_LENGTH 44	/* characters: a dot and the MAC encoded */

/*
 * A secret, ready to sign with: the two SHA-256 states that HMAC begins from,
 * computed once.  The secret itself is not kept.
 */
typedef struct LkJwsKey LkJwsKey;

/* NULL when OpenSSL fails.  The caller wipes its own copy of the secret. */
extern LkJwsKey *lk_jws_key_create(const void *secret, size_t length);

/* Wipe and free; NULL is allowed. */
extern void lk_jws_key_free(LkJwsKey *key);

/* The three parts of a token, still encoded: pointers into its text. */
typedef struct LkJws
{
	const char *header;
	size_t		header_length;
	const char *payload;
	size_t		payload_length;
	const char *signature;
	size_t		signature_length;
} LkJws;

/*
 * Find the parts: exactly three, of which only the signature may be empty
 * (an unsigned token's is); else LK_MALFORMED.
 */
extern LkStatus lk_jws_split(const char *token, size_t length, LkJws *jws);

/*
 * Sign the first `length` characters of token ("header.payload") and write
 * LK_SIGNATURE_LENGTH more behind them.
 */
extern LkStatus lk_jws_sign(LkJwsKey *key, char *token, size_t length);

/*
 * Check the decoded signature, in time that does not depend on where it
 * differs: LK_OK, LK_SIGNATURE_MISMATCH or LK_CRYPTO_FAILURE.
 */
extern LkStatus lk_jws_verify(LkJwsKey *key, const LkJws *jws,
							  const uint8_t *signature, size_t length);

#endif							/* LK_JWS_H */
