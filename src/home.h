/*-------------------------------------------------------------------------
 *
 * home.h
 *	  Where the extension's own tables are.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/home.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef LK_HOME_H
#define LK_HOME_H

/*
 * The extension's table of that name, in the schema that it was created in;
 * InvalidOid where there is none.  A look at the catalog: keep the answer, and
 * ask again when the table changes.
 */
extern Oid	lk_home_table(const char *name);

#endif							/* LK_HOME_H */
