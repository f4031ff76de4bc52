/*-------------------------------------------------------------------------
 *
 * tap.h
 *	  Results as the Test Anything Protocol, and the little that tests share.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  test/unit/tap.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef TAP_H
#define TAP_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define lengthof(array) (sizeof(array) / sizeof((array)[0]))

/* A string literal as two arguments or members: bytes and their number. */
#define BYTES(literal) (literal), (sizeof(literal) - 1)

static int	tap_count;
static int	tap_failures;

/* Report one result.  Flushed, so that a crash later leaves it standing. */
__attribute__((format(printf, 2, 3)))
static inline bool
ok(bool passed, const char *format,...)
{
	va_list		args;

	tap_count++;
	tap_failures += !passed;
	printf("%sok %d - ", passed ? "" : "not ", tap_count);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
	fflush(stdout);
	return passed;
}

static inline void
tap_show(const char *label, const void *bytes, size_t n)
{
	printf("# %s", label);
	for (size_t i = 0; i < n; i++)
		printf(" %02x", ((const uint8_t *) bytes)[i]);
	putchar('\n');
}

/* Report whether n bytes are the wanted ones, and show both if not. */
static inline bool
is_bytes(const void *got, const void *wanted, size_t n, const char *name)
{
	if (ok(memcmp(got, wanted, n) == 0, "%s", name))
		return true;
	tap_show("got   ", got, n);
	tap_show("wanted", wanted, n);
	return false;
}

/* Print the plan; what main returns. */
static inline int
done(void)
{
	printf("1..%d\n", tap_count);
	return tap_count == 0 || tap_failures != 0;
}

/*
 * Copy n bytes into memory that ends with the last of them, so that the
 * address sanitizer sees who reads or writes too far.  The caller frees it.
 */
static inline void *
exact_copy(const void *bytes, size_t n)
{
	void	   *copy = malloc(n);

	if (n > 0)
		memcpy(copy, bytes, n);
	return copy;
}

/* Fill n bytes with what looks random and is the same in every run. */
static inline void
fill(uint8_t *bytes, size_t n, uint32_t seed)
{
	for (size_t i = 0; i < n; i++)
	{
		seed = seed * 1664525 + 1013904223;
		bytes[i] = (uint8_t) (seed >> 24);
	}
}

/* Read hex digits; how many bytes they are. */
static inline size_t
read_hex(const char *hex, uint8_t *bytes)
{
	size_t		n = strlen(hex) / 2;
	unsigned	byte;

	for (size_t i = 0; i < n; i++)
	{
		sscanf(hex + 2 * i, "%2x", &byte);
		bytes[i] = (uint8_t) byte;
	}
	return n;
}

/* Cut a line at its tabs.  False when it has not exactly n fields. */
static inline bool
cut(char *line, char **fields, size_t n)
{
	line[strcspn(line, "\n")] = '\0';
	for (size_t i = 0; i < n; i++)
		if ((fields[i] = strsep(&line, "\t")) == NULL)
			return false;
	return line == NULL;
}

#endif							/* TAP_H */
