/*-------------------------------------------------------------------------
 *
 * base64url.c
 *	  base64url without padding (RFC 4648 section 5, RFC 7515 section 2).
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/core/base64url.c
 *
 *-------------------------------------------------------------------------
 */
#include "core/base64url.h"

static const char alphabet[] =
"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* The value of each character, and NO for all that have none. */
#define NO 0x80
static const uint8_t value_of[128] = {
	NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
	NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
	NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, 62, NO, NO,
	52, 53, 54, 55, 56, 57, 58, 59, 60, 61, NO, NO, NO, NO, NO, NO,
	NO,  0,  1,  2,  3,  4,  5,  6,  7,  8,  9, 10, 11, 12, 13, 14,
	15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, NO, NO, NO, NO, 63,
	NO, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40,
	41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, NO, NO, NO, NO, NO,
};

size_t
lk_base64url_encode(const uint8_t *src, size_t n, char *dst)
{
	size_t		length = lk_base64url_encoded_length(n);
	size_t		whole = n / 3;
	uint32_t	bits;

	/* the last one or two bytes become two or three characters */
	if (n % 3 == 2)
	{
		bits = (uint32_t) src[n - 2] << 8 | src[n - 1];
		dst[length - 1] = alphabet[bits << 2 & 63];
		dst[length - 2] = alphabet[bits >> 4 & 63];
		dst[length - 3] = alphabet[bits >> 10];
	}
	else if (n % 3 == 1)
	{
		bits = src[n - 1];
		dst[length - 1] = alphabet[bits << 4 & 63];
		dst[length - 2] = alphabet[bits >> 2];
	}

	for (size_t i = whole; i-- > 0;)
	{
		const uint8_t *in = src + 3 * i;
		char	   *out = dst + 4 * i;

		bits = (uint32_t) in[0] << 16 | (uint32_t) in[1] << 8 | in[2];
		out[3] = alphabet[bits & 63];
		out[2] = alphabet[bits >> 6 & 63];
		out[1] = alphabet[bits >> 12 & 63];
		out[0] = alphabet[bits >> 18];
	}
	return length;
}

/* Look a character up; beyond ASCII there are none. */
static inline uint32_t
value(char c)
{
	uint8_t		u = (uint8_t) c;

	return u < 128 ? value_of[u] : NO;
}

bool
lk_base64url_decode(const char *src, size_t n, uint8_t *dst)
{
	size_t		whole = n / 4;
	uint32_t	seen = 0;		/* all values or'ed: bad once, bad for ever */
	uint32_t	a,
				b,
				c,
				d;

	for (size_t i = 0; i < whole; i++, src += 4, dst += 3)
	{
		a = value(src[0]);
		b = value(src[1]);
		c = value(src[2]);
		d = value(src[3]);
		seen |= a | b | c | d;
		dst[0] = (uint8_t) (a << 2 | b >> 4);
		dst[1] = (uint8_t) (b << 4 | c >> 2);
		dst[2] = (uint8_t) (c << 6 | d);
	}

	switch (n % 4)
	{
		case 1:					/* six bits are no byte */
			return false;
		case 2:
			a = value(src[0]);
			b = value(src[1]);
			seen |= a | b;
			if (b & 15)
				return false;
			dst[0] = (uint8_t) (a << 2 | b >> 4);
			break;
		case 3:
			a = value(src[0]);
			b = value(src[1]);
			c = value(src[2]);
			seen |= a | b | c;
			if (c & 3)
				return false;
			dst[0] = (uint8_t) (a << 2 | b >> 4);
			dst[1] = (uint8_t) (b << 4 | c >> 2);
			break;
	}
	return (seen & NO) == 0;
}
