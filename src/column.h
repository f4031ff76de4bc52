/*-------------------------------------------------------------------------
 *
 * column.h
 *	  The columns of the access relation: what they mean.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/column.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef LK_COLUMN_H
#define LK_COLUMN_H

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

/*
 * Look a column up.  NULL when it can have that meaning, or else a sentence;
 * *missing says whether that is because there is none of the name.
 */
extern const char *lk_column_map(Oid relation, LkColumn column,
								 const char *name, LkMapped *mapped,
								 bool *missing);

/* The equality of a btree, or InvalidOid. */
extern Oid	lk_column_equality(Oid type);

/* The field of a row that a column's value goes into. */
extern void **lk_column_field(LkRow *row, LkColumn column);

/* Take what a column says, which is not null, copied. */
extern void lk_column_take(const LkMapped *mapped, LkColumn column,
						   Datum value, LkRow *row);

#endif							/* LK_COLUMN_H */
