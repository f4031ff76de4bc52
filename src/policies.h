/*-------------------------------------------------------------------------
 *
 * policies.h
 *	  Asks the policies of the access relation, as the caller.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/policies.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef LK_POLICIES_H
#define LK_POLICIES_H

#include "access.h"
#include "question.h"

/* How many rows the caller sees for a question. */
typedef enum LkAnswer
{
	LK_NO_ROW,
	LK_ONE_ROW,
	LK_SEVERAL_ROWS
} LkAnswer;

/*
 * Ask which row the caller sees.  Raises 55000 where policies would not
 * decide, and whatever a policy raises.  With LK_ONE_ROW, what the row says
 * is in the current memory context.
 */
extern LkAnswer lk_policies_ask(LkAccess *access, LkQuestion *question,
								LkRow *row);

/* Raise 55000: policies would not decide.  The cause is for the log only. */
extern _Noreturn void lk_policies_refuse(const char *cause);

/* Keys that a query compares, as a set of them. */
#define LK_KEY(column)	(1 << (column))
#define LK_ALL_KEYS		(LK_KEY(LK_COLUMN_ROOM) | LK_KEY(LK_COLUMN_IDENTITY))

/*
 * Prepare a query for rows, within SPI, of a registration whose relation is
 * locked: all columns that are mapped, in their order.  Its parameters are of
 * the types of the keys that are compared and mapped.
 */
extern SPIPlanPtr lk_policies_prepare(const LkAccess *access, int keys);

#endif							/* LK_POLICIES_H */
