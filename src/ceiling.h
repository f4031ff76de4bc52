/*-------------------------------------------------------------------------
 *
 * ceiling.h
 *	  What the access relation's row lets its user have of what is asked.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/ceiling.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef LK_CEILING_H
#define LK_CEILING_H

#include "access.h"
#include "claims.h"

/* What a row is good for. */
typedef enum LkRowUse
{
	LK_ROW_GIVES,
	LK_ROW_OVER,				/* its ttl is */
	LK_ROW_GIVES_NOTHING,
	LK_ROW_UNUSABLE
} LkRowUse;

/* As lk_ceiling_read; but *problem says what is wrong with the row. */
extern LkRowUse lk_ceiling_try(const LkRow *row, text *identity,
							   TimestampTz now, LkClaims *claims,
							   char **problem);

/*
 * Read what a row says, as the claims that it gives by itself, for this
 * identity.  False when it gives nothing any more: its ttl is over.  Raises
 * 55000 for a row that cannot be read; the cause is in the log only.
 */
extern bool lk_ceiling_read(const LkRow *row, text *identity, TimestampTz now,
							LkClaims *claims);

/*
 * Narrow these claims to what is asked, at the same moment.  Raises 42501 when more is asked than
 * the row gives, and 22023, 54000, 22021 for a request that is wrong in
 * itself.
 */
extern void lk_ceiling_hold(const LkRow *row, const LkRequest *request,
							TimestampTz now, LkClaims *claims);

#endif							/* LK_CEILING_H */
