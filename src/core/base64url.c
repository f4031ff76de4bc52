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
#include <string.h>

#include "core/base64url.h"

static const char alphabet[] =
"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* Two characters for every twelve bits: half the look-ups. */
#define PAIRS(f) \
	{f, 'A'}, {f, 'B'}, {f, 'C'}, {f, 'D'}, {f, 'E'}, \
	{f, 'F'}, {f, 'G'}, {f, 'H'}, {f, 'I'}, {f, 'J'}, \
	{f, 'K'}, {f, 'L'}, {f, 'M'}, {f, 'N'}, {f, 'O'}, \
	{f, 'P'}, {f, 'Q'}, {f, 'R'}, {f, 'S'}, {f, 'T'}, \
	{f, 'U'}, {f, 'V'}, {f, 'W'}, {f, 'X'}, {f, 'Y'}, \
	{f, 'Z'}, {f, 'a'}, {f, 'b'}, {f, 'c'}, {f, 'd'}, \
	{f, 'e'}, {f, 'f'}, {f, 'g'}, {f, 'h'}, {f, 'i'}, \
	{f, 'j'}, {f, 'k'}, {f, 'l'}, {f, 'm'}, {f, 'n'}, \
	{f, 'o'}, {f, 'p'}, {f, 'q'}, {f, 'r'}, {f, 's'}, \
	{f, 't'}, {f, 'u'}, {f, 'v'}, {f, 'w'}, {f, 'x'}, \
	{f, 'y'}, {f, 'z'}, {f, '0'}, {f, '1'}, {f, '2'}, \
	{f, '3'}, {f, '4'}, {f, '5'}, {f, '6'}, {f, '7'}, \
	{f, '8'}, {f, '9'}, {f, '-'}, {f, '_'}
static const char pairs[64 * 64][2] = {
	PAIRS('A'), PAIRS('B'), PAIRS('C'), PAIRS('D'), PAIRS('E'),
	PAIRS('F'), PAIRS('G'), PAIRS('H'), PAIRS('I'), PAIRS('J'),
	PAIRS('K'), PAIRS('L'), PAIRS('M'), PAIRS('N'), PAIRS('O'),
	PAIRS('P'), PAIRS('Q'), PAIRS('R'), PAIRS('S'), PAIRS('T'),
	PAIRS('U'), PAIRS('V'), PAIRS('W'), PAIRS('X'), PAIRS('Y'),
	PAIRS('Z'), PAIRS('a'), PAIRS('b'), PAIRS('c'), PAIRS('d'),
	PAIRS('e'), PAIRS('f'), PAIRS('g'), PAIRS('h'), PAIRS('i'),
	PAIRS('j'), PAIRS('k'), PAIRS('l'), PAIRS('m'), PAIRS('n'),
	PAIRS('o'), PAIRS('p'), PAIRS('q'), PAIRS('r'), PAIRS('s'),
	PAIRS('t'), PAIRS('u'), PAIRS('v'), PAIRS('w'), PAIRS('x'),
	PAIRS('y'), PAIRS('z'), PAIRS('0'), PAIRS('1'), PAIRS('2'),
	PAIRS('3'), PAIRS('4'), PAIRS('5'), PAIRS('6'), PAIRS('7'),
	PAIRS('8'), PAIRS('9'), PAIRS('-'), PAIRS('_')
};

/* The value of each character, and NO for all that have none. */
#define NO 0x80
#define NO16 NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO
static const uint8_t value_of[256] = {
	NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
	NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
	NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, 62, NO, NO,
	52, 53, 54, 55, 56, 57, 58, 59, 60, 61, NO, NO, NO, NO, NO, NO,
	NO,  0,  1,  2,  3,  4,  5,  6,  7,  8,  9, 10, 11, 12, 13, 14,
	15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, NO, NO, NO, NO, 63,
	NO, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40,
	41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, NO, NO, NO, NO, NO,
	NO16, NO16, NO16, NO16, NO16, NO16, NO16, NO16,
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
		memcpy(out + 2, pairs[bits & 0xfff], 2);
		memcpy(out, pairs[bits >> 12], 2);
	}
	return length;
}

bool
lk_base64url_decode(const char *src, size_t n, uint8_t *dst)
{
	const uint8_t *in = (const uint8_t *) src;
	size_t		rest = n % 4;
	uint32_t	seen = 0;		/* all values or'ed: NO once, NO for ever */
	uint32_t	bits;

	for (size_t i = n / 4; i-- > 0; in += 4, dst += 3)
	{
		uint32_t	a = value_of[in[0]];
		uint32_t	b = value_of[in[1]];
		uint32_t	c = value_of[in[2]];
		uint32_t	d = value_of[in[3]];

		seen |= a | b | c | d;
		bits = a << 18 | b << 12 | c << 6 | d;
		dst[0] = (uint8_t) (bits >> 16);
		dst[1] = (uint8_t) (bits >> 8);
		dst[2] = (uint8_t) bits;
	}

	if (rest == 1)				/* six bits are no byte */
		return false;
	if (rest > 1)
	{
		uint32_t	a = value_of[in[0]];
		uint32_t	b = value_of[in[1]];
		uint32_t	c = rest == 3 ? value_of[in[2]] : 0;

		seen |= a | b | c;
		bits = a << 18 | b << 12 | c << 6;
		dst[0] = (uint8_t) (bits >> 16);
		if (rest == 3)
			dst[1] = (uint8_t) (bits >> 8);
		/* the bits beyond the last whole byte must be zero */
		if ((bits & (rest == 3 ? 0xff : 0xffff)) != 0)
			return false;
	}
	return (seen & NO) == 0;
}
