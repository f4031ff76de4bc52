/*-------------------------------------------------------------------------
 *
 * base64url.h
 *	  base64url without padding (RFC 4648 section 5, RFC 7515 section 2).
 *
 * Decoding is strict: a text has exactly one decoding and a decoding exactly
 * one text, so that no second spelling of a token passes.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/core/base64url.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef LK_BASE64URL_H
#define LK_BASE64URL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Number of characters that n bytes become. */
static inline size_t
lk_base64url_encoded_length(size_t n)
{
	return n / 3 * 4 + (n % 3 == 0 ? 0 : n % 3 + 1);
}

/* Number of bytes that n characters become at most. */
static inline size_t
lk_base64url_decoded_length(size_t n)
{
	return n / 4 * 3 + (n % 4 == 0 ? 0 : n % 4 - 1);
}

/*
 * Encode n bytes, and return the number of characters written.  No NUL is
 * appended.  dst may be src itself, given the room: the work goes from the
 * end to the beginning, so that no byte is overwritten before it is read.
 */
extern size_t lk_base64url_encode(const uint8_t *src, size_t n, char *dst);

/*
 * Decode n characters into dst, which holds lk_base64url_decoded_length(n)
 * bytes.  False, with dst undefined, when the text has a character outside
 * the alphabet (padding, blanks and line ends among them), a length that no
 * encoding has, or unused bits that are not zero.
 */
extern bool lk_base64url_decode(const char *src, size_t n, uint8_t *dst);

#endif							/* LK_BASE64URL_H */
