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

/* Is the exponent, which ends at end, beyond what a double reaches? */
static bool
exponent_is_too_large(const char *s, const char *end)
{
	int			exponent = 0;

	if (s < end && (*s == '+' || *s == '-'))
		s++;
	for (; s < end && *s >= '0' && *s <= '9'; s++)
	{
		exponent = exponent * 10 + (*s - '0');
		if (exponent > LK_MAX_EXPONENT)
			return true;
	}
	return false;
}

/* Find the character behind the number at s; NULL if it is too large. */
static const char *
skip_number(const char *s, const char *end)
{
	const char *start = s;
	const char *exponent = NULL;

	for (; s < end && is_number_character(*s); s++)
	{
		if (exponent == NULL && (*s == 'e' || *s == 'E'))
			exponent = s + 1;
	}
	if (s - start > LK_MAX_DIGITS)
		return NULL;
	if (exponent != NULL && exponent_is_too_large(exponent, s))
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
