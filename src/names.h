/*-------------------------------------------------------------------------
 *
 * names.h
 *	  Names as LiveKit spells them, and as callers write them.
 *
 * LiveKit's JSON has camelCase names; its Python SDK and its protocol files
 * have the same names in snake_case. Both are accepted from callers. A name
 * in any other letter case is not: LiveKit's server folds case when it
 * decodes, so that such a name would count there.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/names.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef LK_NAMES_H
#define LK_NAMES_H

/* Is s exactly the name? */
static inline bool
lk_name_is(const char *name, const char *s, int len)
{
	return strlen(name) == (size_t) len && memcmp(name, s, len) == 0;
}

/* Is s exactly the camelCase name, or its snake_case form? */
extern bool lk_name_matches(const char *name, const char *s, int len);

/*
 * Would Go's encoding/json take s for the name?  It folds ASCII case, and
 * with it U+017F (long s) and U+212A (Kelvin sign).
 */
extern bool lk_name_folds_to(const char *name, const char *s, int len);

/* The search for what a caller may have meant. */
typedef struct LkNearest
{
	char		given[64];		/* what was written, made comparable */
	int			length;			/* of it; 0 when it was too long */
	const char *name;			/* the nearest so far, or NULL */
	int			distance;		/* and how far away that is */
} LkNearest;

extern void lk_nearest_begin(LkNearest *nearest, const char *s, int len);
extern void lk_nearest_offer(LkNearest *nearest, const char *name);

/*
 * The hint for a name that is none, within an ereport: what may have been
 * meant, or else the sentence given.
 */
extern int	lk_nearest_hint(const LkNearest *nearest, const char *otherwise);

/*
 * What an error message shows of s, palloc'd: a caller may have put a token or
 * a secret where a name belongs, so a long one is cut.
 */
extern char *lk_name_quote(const char *s, int len);

#endif							/* LK_NAMES_H */
