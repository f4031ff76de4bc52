/*-------------------------------------------------------------------------
 *
 * digest.c
 *	  SHA-256, as LiveKit's webhooks have it.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/core/digest.c
 *
 *-------------------------------------------------------------------------
 */
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "core/digest.h"

#define DIGEST_LENGTH	32
#define ENCODED_LENGTH	44		/* four characters for three bytes, padded */

LkStatus
lk_digest_check(const uint8_t *body, size_t length, const char *digest,
				size_t digest_length)
{
	unsigned char bytes[DIGEST_LENGTH];
	unsigned char encoded[ENCODED_LENGTH + 1];

	if (!EVP_Digest(body, length, bytes, NULL, EVP_sha256(), NULL) ||
		EVP_EncodeBlock(encoded, bytes, DIGEST_LENGTH) != ENCODED_LENGTH)
		return LK_CRYPTO_FAILURE;
	if (digest_length != ENCODED_LENGTH ||
		CRYPTO_memcmp(encoded, digest, ENCODED_LENGTH) != 0)
		return LK_DIGEST_MISMATCH;
	return LK_OK;
}
