/*-------------------------------------------------------------------------
 *
 * explain.h
 *	  Why a role may join a room, or not.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/explain.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef LK_EXPLAIN_H
#define LK_EXPLAIN_H

#include "grantset.h"
#include "nodes/pg_list.h"
#include "utils/jsonb.h"

typedef enum LkVerdict
{
	LK_STEP_OK,
	LK_STEP_NOTE,
	LK_STEP_REFUSED
} LkVerdict;

/* The subject of the step whose finding is the grants. */
#define LK_STEP_GRANTS "grants"

/* One of the steps to an answer. */
typedef struct LkStep
{
	const char *subject;
	LkVerdict	verdict;
	const char *finding;
	const char *mend;			/* or NULL */
} LkStep;

/* A question, and its answer. */
typedef struct LkExplanation
{
	Oid			role;			/* the first four: what is asked */
	text	   *room;			/* or NULL */
	Jsonb	   *claims;			/* or NULL */
	const LkGrants *expected;	/* grants to be compared, or NULL */

	List	   *steps;			/* of LkStep, up to the first that refuses */
	bool		may_join;
	int			sqlerrcode;		/* of the refusal, if it may not */
	bool		set_up_wrong;	/* the role lacks what all users need */
	const char *difference;		/* from the grants expected, or NULL */
} LkExplanation;

/* Take the role and the room from the first two arguments of a call. */
extern void lk_explain_unpack(FunctionCallInfo fcinfo,
							  LkExplanation *explanation);

/*
 * Explain.  Raises 42501 when the caller may not act as that role, and 22023
 * for claims that mean nothing.
 */
extern void lk_explain(LkExplanation *explanation);

#endif							/* LK_EXPLAIN_H */
