/*-------------------------------------------------------------------------
 *
 * access.h
 *	  The access relation: which one is registered, and what its columns mean.
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
#include "fmgr.h"

#include "request.h"

/* What a row says: what its owner would ask for, and where to connect. */
typedef struct LkRow
{
	LkRequest	says;
	text	   *url;
} LkRow;

/* What columns mean; in the order of the table livekit_access. */
typedef enum LkColumn
{
	LK_COLUMN_ROOM,
	LK_COLUMN_IDENTITY,
	LK_COLUMN_GRANTS,
	LK_COLUMN_TTL,
	LK_COLUMN_NAME,
	LK_COLUMN_METADATA,
	LK_COLUMN_ATTRIBUTES,
	LK_COLUMN_ROOM_CONFIG,
	LK_COLUMN_PROJECT,
	LK_COLUMN_URL
} LkColumn;

#define LK_NCOLUMNS		(LK_COLUMN_URL + 1)

/* What is asked for is compared with the first of them, the keys. */
#define LK_NKEYS		(LK_COLUMN_IDENTITY + 1)

/* A column of the relation, or attnum 0 where there is none. */
typedef struct LkMapped
{
	NameData	name;
	AttrNumber	attnum;
	Oid			declared;		/* its type */
	Oid			type;			/* the same, or what a domain is over */
} LkMapped;

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

/*
 * Look a column up.  NULL when it can have that meaning, or else a sentence;
 * *missing says whether that is because there is none of the name.
 */
extern const char *lk_access_map(Oid relation, LkColumn column,
								 const char *name, LkMapped *mapped,
								 bool *missing);

/* The equality of a btree, or InvalidOid. */
extern Oid	lk_access_equality(Oid type);

/* The field of a row that a column's value goes into. */
extern void **lk_access_field(LkRow *row, LkColumn column);

/* Take what a column says, which is not null, copied. */
extern void lk_access_take(const LkAccess *access, LkColumn column,
						   Datum value, LkRow *row);

/* Watch for changes; called once, when the library is loaded. */
extern void lk_access_init(void);

#endif							/* LK_ACCESS_H */
