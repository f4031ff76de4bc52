/*-------------------------------------------------------------------------
 *
 * question.h
 *	  The question that is asked of the policies: may this caller join?
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/question.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef LK_QUESTION_H
#define LK_QUESTION_H

#include "utils/jsonb.h"

/* What is asked; in the database's encoding. */
typedef struct LkQuestion
{
	const char *room;
	const char *identity;		/* the caller's own */
	const char *device;			/* or NULL */
	Jsonb	   *grants;			/* or NULL */
	const struct LkQuestion *outer; /* see lk_question_begin */
} LkQuestion;

/*
 * Let policies see a question through livekit_join_request() until it ends.
 * To be ended in any case: between PG_TRY and PG_FINALLY.
 */
extern void lk_question_begin(LkQuestion *question);
extern void lk_question_end(const LkQuestion *question);

/*
 * From when the policies run until they have answered, an error is theirs.
 */
extern void lk_question_run(bool runs);
extern bool lk_question_runs(void);

/*
 * Raise 55000 when a policy is being asked: one that signs, or asks again,
 * would answer a question by itself.
 */
extern void lk_question_forbid(void);

#endif							/* LK_QUESTION_H */
