/*-------------------------------------------------------------------------
 *
 * lint.h
 *	  What is dangerous in this database.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/lint.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef LK_LINT_H
#define LK_LINT_H

typedef enum LkSeverity
{
	LK_DANGER,					/* somebody can do what nobody meant */
	LK_WARNING,					/* something will go wrong */
	LK_ADVICE					/* there is a better way */
} LkSeverity;

/*
 * What is looked for: a SELECT of object, finding and mend, all text.  It
 * runs as the caller, on search_path pg_catalog, pg_temp, with @schema@
 * replaced by the extension's schema, and these parameters: $1 the number of
 * that schema, $2 the age that keys may have, $3 the number of the access
 * relation or NULL, $4 and $5 the names of its columns of identity and room.
 */
typedef struct LkLintRule
{
	const char *name;
	LkSeverity	severity;
	const char *query;
} LkLintRule;

extern const LkLintRule lk_lint_rules[];
extern const int lk_nlint_rules;

#endif							/* LK_LINT_H */
