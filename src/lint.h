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
 * What is looked for: a SELECT of object, finding and mend, all text, a row
 * for each finding; one without an object says why it could not look.  It
 * runs as the caller, read-only, on search_path pg_catalog, pg_temp.  What
 * livekit_keys() and livekit_lint_facts() return are relations of these names
 * to it: it names nothing in a schema that could be another's.  Parameters:
 *
 *	$1 regnamespace	the extension's schema
 *	$2 interval		the age from which a key is old
 *	$3 regclass		the access relation, or NULL
 *	$4 ... $13 name	its columns, or NULL, as LkColumn has them
 *
 * A mend that ends in a semicolon is a statement that can be run as it is, and
 * takes nothing away that may be there on purpose; one with " = " is a line
 * for postgresql.conf; any other is a sentence.
 */
typedef struct LkLintRule
{
	const char *name;
	LkSeverity	severity;
	const char *query;
} LkLintRule;

/* The rules by subject; after the last one comes one without a name. */
extern const LkLintRule lk_lint_keys[];
extern const LkLintRule lk_lint_roles[];
extern const LkLintRule lk_lint_access[];
extern const LkLintRule lk_lint_settings[];

#endif							/* LK_LINT_H */
