/*-------------------------------------------------------------------------
 *
 * access.h
 *	  The access relation: which one is registered.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/access.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef LK_ACCESS_H
#define LK_ACCESS_H

#include "executor/spi.h"

#include "column.h"

/* A registration.  Valid until the next look at it. */
typedef struct LkAccess
{
	MemoryContext context;		/* owns all of it */
	Oid			relation;
	LkMapped	columns[LK_NCOLUMNS];
	const char *problem;		/* why it can no longer be asked, or NULL */
	SPIPlanPtr	plan;			/* of the one who asks, or NULL */
} LkAccess;

/*
 * What is registered; NULL when nothing is.  As committed by whatever
 * session, and as changed by this one.  The relation is locked, as by a
 * SELECT, so that it stays what it is.
 */
extern LkAccess *lk_access_get(void);

/* The table livekit_access. */
extern Oid	lk_access_table(void);

/* Read the table as it is now; NULL when it is empty. */
extern LkAccess *lk_access_read(Oid table);

/* Watch for changes; called once, when the library is loaded. */
extern void lk_access_init(void);

#endif							/* LK_ACCESS_H */
