/*-------------------------------------------------------------------------
 *
 * counters.c
 *	  What the server has signed and refused, counted.
 *
 * In shared memory when the library is preloaded, since what a flood may write
 * to the log, and whose clock is wrong, is a matter of the whole server.
 * Otherwise each session counts for itself.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/counters.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "port/atomics.h"
#include "storage/ipc.h"
#include "storage/lwlock.h"
#include "storage/shmem.h"
#include "storage/spin.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"

#include "counters.h"

/* Lines on refusals: so many at once, and then one more each second. */
#define NBUCKETS	(LK_BUCKET_TOKENS + 1)

static const int sizes[NBUCKETS] = {
	[LK_BUCKET_REQUESTS] = 100,
	[LK_BUCKET_TOKENS] = 100,
};

typedef struct Bucket
{
	int			lines;			/* that may be logged now */
	TimestampTz filled_at;		/* when the last of them was added */
	int64		unsaid;			/* suppressed since the last line */
} Bucket;

typedef struct Counters
{
	pg_atomic_uint64 issued[LK_NSIGNERS];
	pg_atomic_uint64 refused[LK_NREASONS];
	pg_atomic_uint64 tokens_refused[LK_NSTATUS];
	pg_atomic_uint64 suppressed;

	slock_t		mutex;			/* of all below */
	Bucket		buckets[NBUCKETS];
	int64		skewed;			/* tokens refused for their times */
	double		skew;			/* the largest difference of these */
} Counters;

static Counters *counters = NULL;
static Counters own_counters;

static shmem_request_hook_type prev_shmem_request_hook = NULL;
static shmem_startup_hook_type prev_shmem_startup_hook = NULL;

static void
initialize(Counters *c)
{
	for (int i = 0; i < LK_NSIGNERS; i++)
		pg_atomic_init_u64(&c->issued[i], 0);
	for (int i = 0; i < LK_NREASONS; i++)
		pg_atomic_init_u64(&c->refused[i], 0);
	for (int i = 0; i < LK_NSTATUS; i++)
		pg_atomic_init_u64(&c->tokens_refused[i], 0);
	pg_atomic_init_u64(&c->suppressed, 0);
	SpinLockInit(&c->mutex);
	for (int i = 0; i < NBUCKETS; i++)
	{
		c->buckets[i].lines = sizes[i];
		c->buckets[i].filled_at = GetCurrentTimestamp();
		c->buckets[i].unsaid = 0;
	}
	c->skewed = 0;
	c->skew = 0;
}

static void
request_memory(void)
{
	if (prev_shmem_request_hook)
		prev_shmem_request_hook();
	RequestAddinShmemSpace(MAXALIGN(sizeof(Counters)));
}

static void
attach(void)
{
	bool		found;

	if (prev_shmem_startup_hook)
		prev_shmem_startup_hook();
	LWLockAcquire(AddinShmemInitLock, LW_EXCLUSIVE);
	counters = ShmemInitStruct("livekit_token", sizeof(Counters), &found);
	if (!found)
		initialize(counters);
	LWLockRelease(AddinShmemInitLock);
}

void
lk_counters_init(void)
{
	if (!process_shared_preload_libraries_in_progress)
	{
		initialize(&own_counters);
		counters = &own_counters;
		return;
	}
	prev_shmem_request_hook = shmem_request_hook;
	shmem_request_hook = request_memory;
	prev_shmem_startup_hook = shmem_startup_hook;
	shmem_startup_hook = attach;
}

bool
lk_counters_are_shared(void)
{
	return counters != &own_counters;
}

void
lk_counters_issued(LkVia via)
{
	pg_atomic_fetch_add_u64(&counters->issued[via], 1);
}

void
lk_counters_refused(LkReason reason)
{
	pg_atomic_fetch_add_u64(&counters->refused[reason], 1);
}

void
lk_counters_token_refused(LkStatus status)
{
	pg_atomic_fetch_add_u64(&counters->tokens_refused[status], 1);
}

bool
lk_counters_may_log(LkBucket bucket, int64 *suppressed)
{
	Bucket	   *b = &counters->buckets[bucket];
	TimestampTz now = GetCurrentTimestamp();
	bool		may;

	SpinLockAcquire(&counters->mutex);
	if (now > b->filled_at)
	{
		int64		seconds = (now - b->filled_at) / USECS_PER_SEC;

		b->lines = Min(b->lines + seconds, sizes[bucket]);
		b->filled_at += seconds * USECS_PER_SEC;
	}
	else
		b->filled_at = now;		/* the clock was set back */
	may = b->lines > 0;
	*suppressed = b->unsaid;
	if (may)
	{
		b->lines--;
		b->unsaid = 0;
	}
	else
		b->unsaid++;
	SpinLockRelease(&counters->mutex);
	if (!may)
		pg_atomic_fetch_add_u64(&counters->suppressed, 1);
	return may;
}

void
lk_counters_note_skew(double seconds)
{
	SpinLockAcquire(&counters->mutex);
	counters->skewed++;
	if (fabs(seconds) > fabs(counters->skew))
		counters->skew = seconds;
	SpinLockRelease(&counters->mutex);
}

int64
lk_counters_skew(double *seconds)
{
	int64		tokens;

	SpinLockAcquire(&counters->mutex);
	tokens = counters->skewed;
	*seconds = counters->skew;
	SpinLockRelease(&counters->mutex);
	return tokens;
}

static void
put(ReturnSetInfo *rsinfo, const char *event, const char *reason,
	pg_atomic_uint64 *count)
{
	Datum		values[3];
	bool		nulls[3] = {false, reason == NULL, false};

	values[0] = CStringGetTextDatum(event);
	values[1] = reason ? CStringGetTextDatum(reason) : (Datum) 0;
	values[2] = Int64GetDatum((int64) pg_atomic_read_u64(count));
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}

/*
 * livekit_counters() shows all of them.
 */
PG_FUNCTION_INFO_V1(livekit_counters);
Datum
livekit_counters(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;

	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; i < LK_NSIGNERS; i++)
		put(rsinfo, "issued", lk_via_names[i], &counters->issued[i]);
	for (int i = 0; i < LK_NREASONS; i++)
		put(rsinfo, "refused", lk_reason_names[i], &counters->refused[i]);
	for (int i = LK_OK + 1; i < LK_NSTATUS; i++)
		put(rsinfo, "refused", lk_status_name(i),
			&counters->tokens_refused[i]);
	put(rsinfo, "suppressed", NULL, &counters->suppressed);
	return (Datum) 0;
}
