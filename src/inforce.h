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

/*
 * Look at a query as it will be planned: is every table in it read as the
 * caller, under row-level security?  NULL, or a sentence: why not.  What
 * policies themselves read is not looked at.
 */
extern const char *lk_inforce_problem(Query *query, LkReader reader);

/*
 * May the session's state be one in which policies would not decide?  NULL,
 * or a sentence: why not.
 */
extern const char *lk_inforce_session_problem(void);

#endif							/* LK_INFORCE_H */
