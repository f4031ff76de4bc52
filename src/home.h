/*-------------------------------------------------------------------------
 *
 * home.h
 *	  Where the extension's own objects are.
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

/* The same, but raises 55000 where there is none. */
extern Oid	lk_home_require_table(const char *name);

/*
 * The extension's function of that name, of which there is one, or InvalidOid.
 * A namesake that somebody has put into its schema is none.
 */
extern Oid	lk_home_function(const char *name);

/* A relation's name as a statement can have it: qualified, and quoted. */
extern char *lk_relation_name(Oid relation);

/* The schema that the extension was created in, or InvalidOid. */
extern Oid	lk_home_schema(void);

/* The schema of another extension, likewise. */
extern Oid	lk_extension_schema(const char *name);

#endif							/* LK_HOME_H */
