/*-------------------------------------------------------------------------
 *
 * inforce.h
 *	  Do policies decide what a query sees?
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/inforce.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef LK_INFORCE_H
#define LK_INFORCE_H

#include "nodes/parsenodes.h"

/* For whom a query is looked at. */
typedef enum LkReader
{
	LK_READER_CALLER,			/* whose query it is, and who runs it */
	LK_READER_ANYBODY			/* a user whom policies bind */
} LkReader;

/* Why policies would not decide, and what to do: two sentences. */
typedef struct LkProblem
{
	const char *cause;			/* NULL where they would */
	const char *mend;
} LkProblem;

/*
 * Look at a query as it will be planned: is every table in it read as the
 * caller, under row-level security?  What policies themselves read is not
 * looked at.  The tables that were looked at are added to a list of their
 * numbers, unless that is NULL.
 */
extern LkProblem lk_inforce_problem(Query *query, LkReader reader,
									List **tables);

/* From begin to end, take a change of the user id for ours. */
extern void lk_inforce_rehearsal_begin(void);
extern void lk_inforce_rehearsal_end(void);

/* May the session's state be one in which policies would not decide? */
extern LkProblem lk_inforce_session_problem(void);

#endif							/* LK_INFORCE_H */
