/*-------------------------------------------------------------------------
 *
 * nested.h
 *	  Settings for the length of a piece of work.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/nested.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef LK_NESTED_H
#define LK_NESTED_H

/*
 * Begin: the search_path is one in which nobody can put anything.  The result
 * is for the end, which an error makes by itself.
 */
extern int	lk_nested_begin(void);
extern void lk_nested_end(int level);

/* Set a setting meanwhile, as an ordinary user could. */
extern void lk_nested_set(const char *name, const char *value);

#endif							/* LK_NESTED_H */
