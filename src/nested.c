/*-------------------------------------------------------------------------
 *
 * nested.c
 *	  Settings for the length of a piece of work.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/nested.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/guc.h"

#include "nested.h"

int
lk_nested_begin(void)
{
	int			level = NewGUCNestLevel();

	lk_nested_set("search_path", "pg_catalog, pg_temp");
	return level;
}

void
lk_nested_end(int level)
{
	AtEOXact_GUC(false, level);
}

void
lk_nested_set(const char *name, const char *value)
{
	(void) set_config_option(name, value, PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
}
