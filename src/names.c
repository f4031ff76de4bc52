/*-------------------------------------------------------------------------
 *
 * names.c
 *	  Names as LiveKit spells them, and as callers write them.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/names.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "utils/varlena.h"

#include "names.h"

/* Beyond this many edits a name is another name, not a slip. */
#define MAX_DISTANCE 3

/* Enough of a name to know it by, too little of a secret to use it. */
#define MAX_QUOTED 24

/* No name of LiveKit's is as long; what is longer is nobody's slip. */
#define MAX_NAME_LENGTH 64

bool
lk_name_matches(const char *name, const char *s, int len)
{
	const char *end = s + len;

	/* names differ early; most comparisons end here */
	if (len == 0 || *name != *s)
		return false;
	if (strncmp(name, s, len) == 0 && name[len] == '\0')
		return true;

	for (; *name != '\0'; name++, s++)
	{
		if (*name >= 'A' && *name <= 'Z')
		{
			if (end - s < 2 || s[0] != '_' || s[1] != *name - 'A' + 'a')
				return false;
			s++;
		}
		else if (s >= end || *s != *name)
			return false;
	}
	return s == end;
}

bool
lk_name_folds_to(const char *name, const char *s, int len)
{
	const char *end = s + len;

	for (; *name != '\0'; name++)
	{
		char		lower = pg_ascii_tolower((unsigned char) *name);

		if (s < end && pg_ascii_tolower((unsigned char) *s) == lower)
			s++;
		else if (lower == 's' && end - s >= 2 && memcmp(s, "\xc5\xbf", 2) == 0)
			s += 2;
		else if (lower == 'k' && end - s >= 3 &&
				 memcmp(s, "\xe2\x84\xaa", 3) == 0)
			s += 3;
		else
			return false;
	}
	return s == end;
}

/*
 * Leave out what the two spellings differ in: case and underscores.  The
 * length, or 0 when there is no room for it.
 */
static int
make_comparable(const char *s, int len, char *comparable)
{
	int			n = 0;

	if (len > MAX_NAME_LENGTH)
		return 0;
	for (int i = 0; i < len; i++)
	{
		if (s[i] != '_')
			comparable[n++] = pg_ascii_tolower((unsigned char) s[i]);
	}
	return n;
}

void
lk_nearest_begin(LkNearest *nearest, const char *s, int len)
{
	nearest->length = make_comparable(s, len, nearest->given);
	nearest->name = NULL;
	nearest->distance = MAX_DISTANCE + 1;
}

void
lk_nearest_offer(LkNearest *nearest, const char *name)
{
	char		comparable[MAX_NAME_LENGTH];
	int			length = make_comparable(name, strlen(name), comparable);
	int			distance;

	if (nearest->length == 0)
		return;
	distance = varstr_levenshtein_less_equal(nearest->given, nearest->length,
											 comparable, length, 1, 1, 1,
											 MAX_DISTANCE, true);

	/* more than a third of a short name has not been mistyped */
	if (distance < nearest->distance && distance <= (length + 1) / 3)
	{
		nearest->name = name;
		nearest->distance = distance;
	}
}

int
lk_nearest_hint(const LkNearest *nearest, const char *otherwise)
{
	if (nearest->name)
		return errhint("Did you mean \"%s\"?", nearest->name);
	return errhint("%s", otherwise);
}

char *
lk_name_quote(const char *s, int len)
{
	int			shown = pg_mbcliplen(s, len, MAX_QUOTED);

	return psprintf("%.*s%s", shown, s, shown < len ? "..." : "");
}
