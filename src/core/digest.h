/*-------------------------------------------------------------------------
 *
 * digest.h
 *	  SHA-256, as LiveKit's webhooks have it.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/core/digest.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef LK_DIGEST_H
#define LK_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#include "core/status.h"

/*
 * Has a body this digest, which is standard base64 with its padding?  LK_OK,
 * LK_DIGEST_MISMATCH, or LK_CRYPTO_FAILURE.
 */
extern LkStatus lk_digest_check(const uint8_t *body, size_t length,
								const char *digest, size_t digest_length);

#endif							/* LK_DIGEST_H */
