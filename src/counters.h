/*-------------------------------------------------------------------------
 *
 * counters.h
 *	  What the server has signed and refused, counted.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/counters.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef LK_COUNTERS_H
#define LK_COUNTERS_H

#include "core/status.h"
#include "events.h"

/*
 * Count.  With the library preloaded for the whole server, or else for this
 * session alone.
 */
extern void lk_counters_issued(LkVia via);
extern void lk_counters_refused(LkReason reason);
extern void lk_counters_token_refused(LkStatus status);

/*
 * What lines are about: who may post tokens to be checked must not keep the
 * lines on who was refused a room out of the log.
 */
typedef enum LkBucket
{
	LK_BUCKET_REQUESTS,
	LK_BUCKET_TOKENS
} LkBucket;

/*
 * May a line be logged of a refusal?  If so, *suppressed is how many were
 * not, since the last one was.
 */
extern bool lk_counters_may_log(LkBucket bucket, int64 *suppressed);

/*
 * By how many seconds the clock of whoever signed a token seems to be ahead of
 * ours, or behind if negative: noted of tokens refused for their times.
 */
extern void lk_counters_note_skew(double seconds);
extern int64 lk_counters_skew(double *seconds);

/* Do they count for the whole server? */
extern bool lk_counters_are_shared(void);

/* Have the memory reserved; called once, when the library is loaded. */
extern void lk_counters_init(void);

#endif							/* LK_COUNTERS_H */
