/*-------------------------------------------------------------------------
 *
 * seal.h
 *	  Sealing a secret: AES-256-GCM (NIST SP 800-38D).
 *
 * Bytes in, bytes out. What is sealed is bound to what it is about, so that it
 * opens for nothing else.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/core/seal.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef LK_SEAL_H
#define LK_SEAL_H

#include <stddef.h>
#include <stdint.h>

#define LK_SEAL_KEY_LENGTH		32
#define LK_SEAL_NONCE_LENGTH	12	/* never twice with one key: random */
#define LK_SEAL_TAG_LENGTH		16	/* follows the sealed bytes */

typedef enum LkSealResult
{
	LK_SEAL_OK,
	LK_SEAL_BROKEN,				/* another key, or something was changed */
	LK_SEAL_FAILURE				/* OpenSSL failed */
} LkSealResult;

/* A key and a nonce, of the lengths above, and what is sealed is about. */
typedef struct LkSeal
{
	const uint8_t *key;
	const uint8_t *nonce;
	const void *about;			/* authenticated, and not part of the result */
	size_t		about_length;
} LkSeal;

/* Write length + LK_SEAL_TAG_LENGTH bytes. */
extern LkSealResult lk_seal(const LkSeal *seal, const void *plain,
							size_t length, uint8_t *sealed);

/*
 * Write length - LK_SEAL_TAG_LENGTH bytes, or none: unless it is LK_SEAL_OK,
 * nothing of them is left.
 */
extern LkSealResult lk_unseal(const LkSeal *seal, const uint8_t *sealed,
							  size_t length, void *plain);

#endif							/* LK_SEAL_H */
