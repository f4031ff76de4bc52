/*-------------------------------------------------------------------------
 *
 * jsonscan.c
 *	  The scanner says what a slower one says, which reads byte by byte.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  test/fuzz/jsonscan.c
 *
 *-------------------------------------------------------------------------
 */
#include "core/jsonscan.h"

#include "fuzz.h"

/* Measure the number at s, at most n bytes long; false if it is too large. */
static bool
measure_number(const char *s, size_t n, size_t *length)
{
	int			exponent = -1;	/* its magnitude; -1: there is none yet */
	bool		ended = false;	/* by a sign or letter out of place */
	size_t		i;

	for (i = 0; i < n && s[i] != '\0' && strchr("0123456789+-.eE", s[i]); i++)
	{
		bool		is_digit = s[i] >= '0' && s[i] <= '9';

		if (exponent < 0)
			exponent = s[i] == 'e' || s[i] == 'E' ? 0 : -1;
		else if (is_digit && !ended)
			exponent = exponent > 999 ? 999 : exponent * 10 + s[i] - '0';
		else if (!(s[i - 1] == 'e' || s[i - 1] == 'E') ||
				 !(s[i] == '+' || s[i] == '-'))
			ended = true;
	}
	*length = i;
	return i <= LK_MAX_DIGITS && exponent <= LK_MAX_EXPONENT;
}

static LkStatus
scan_slowly(const char *s, size_t n)
{
	bool		in_string = false;
	bool		escaped = false;
	int			depth = 0;
	int			values = 0;

	for (size_t i = 0; i < n; i++)
	{
		size_t		length;

		if (in_string)
		{
			in_string = escaped || s[i] != '"';
			escaped = !escaped && s[i] == '\\';
			continue;
		}
		if (s[i] == '-' || (s[i] >= '0' && s[i] <= '9'))
		{
			if (!measure_number(s + i, n - i, &length))
				return LK_TOO_COMPLEX;
			i += length - 1;
			continue;
		}
		in_string = s[i] == '"';
		depth += s[i] == '{' || s[i] == '[';
		depth -= s[i] == '}' || s[i] == ']';
		values += s[i] == '{' || s[i] == '[' || s[i] == ',';
		if (depth > LK_MAX_DEPTH || values > LK_MAX_VALUES)
			return LK_TOO_COMPLEX;
	}
	return LK_OK;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *) data;

	HOLDS(lk_jsonscan(text, size) == scan_slowly(text, size));
	return 0;
}
