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

/*
 * The query that asks them, of a registration whose relation is locked: its
 * types are those of the two keys, or of the first alone.
 */
extern char *lk_policies_query(const LkAccess *access);

#endif							/* LK_POLICIES_H */
