/*-------------------------------------------------------------------------
 *
 * jsonscan.c
 *	  What must be known of a hostile JSON text before it is parsed.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/core/jsonscan.c
 *
 *-------------------------------------------------------------------------
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/jsonscan.h"

/* Find the character behind the string that begins before s. */
static const char *
skip_string(const char *s, const char *end)
{
	const char *quote;

	while ((quote = memchr(s, '"', (size_t) (end - s))) != NULL)
	{
		const char *backslash = quote;

		/* an odd number of backslashes makes the quote part of the string */
		while (backslash > s && backslash[-1] == '\\')
			backslash--;
		if ((quote - backslash) % 2 == 0)
			return quote + 1;
		s = quote + 1;
	}
	return end;					/* never closed: the parser will say so */
}

static bool
is_number_character(char c)
{
	return (c >= '0' && c <= '9') ||
		c == '+' || c == '-' || c == '.' || c == 'e' || c == 'E';
}

/* Find the character behind the number at s; NULL if it is too large. */
static const char *
skip_number(const char *s, const char *end)
{
	char		copy[LK_MAX_DIGITS + 1];
	size_t		length = 0;
	const char *mark;
	long		exponent;

	while (s < end && is_number_character(*s))
	{
		if (length == LK_MAX_DIGITS)
			return NULL;
		copy[length++] = *s++;
	}
	copy[length] = '\0';
	mark = strpbrk(copy, "eE");
	exponent = mark == NULL ? 0 : strtol(mark + 1, NULL, 10);
	if (exponent > LK_MAX_EXPONENT || exponent < -LK_MAX_EXPONENT)
		return NULL;
	return s;
}

LkStatus
lk_jsonscan(const char *text, size_t length)
{
	const char *s = text;
	const char *end = text + length;
	int			depth = 0;
	int			values = 0;

	while (s < end)
	{
		char		c = *s;

		if (c == '"')
			s = skip_string(s + 1, end);
		else if (c == '-' || (c >= '0' && c <= '9'))
		{
			s = skip_number(s, end);
			if (s == NULL)
				return LK_TOO_COMPLEX;
		}
		else
		{
			if (c == '{' || c == '[')
				depth++;
			else if (c == '}' || c == ']')
				depth--;
			if (c == '{' || c == '[' || c == ',')
				values++;
			if (depth > LK_MAX_DEPTH || values > LK_MAX_VALUES)
				return LK_TOO_COMPLEX;
			s++;
		}
	}
	return LK_OK;
}
