/*-------------------------------------------------------------------------
 *
 * ttl.c
 *	  How long a token is valid.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/ttl.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <limits.h>

#include "utils/guc.h"

#include "ttl.h"

#define DEFAULT_TTL		(15 * 60)
#define DEFAULT_MAX_TTL (6 * 60 * 60)

static int	livekit_token_default_ttl = DEFAULT_TTL;
static int	livekit_token_max_ttl = DEFAULT_MAX_TTL;

void
lk_ttl_init(void)
{
	DefineCustomIntVariable("livekit_token.default_ttl",
							"Sets how long a token is valid when no ttl is given.",
							"Never longer than livekit_token.max_ttl.",
							&livekit_token_default_ttl,
							DEFAULT_TTL, 1, INT_MAX,
							PGC_SUSET, GUC_UNIT_S,
							NULL, NULL, NULL);
	DefineCustomIntVariable("livekit_token.max_ttl",
							"Sets how long a token may be valid at most.",
							"Zero is no limit.",
							&livekit_token_max_ttl,
							DEFAULT_MAX_TTL, 0, INT_MAX,
							PGC_SUSET, GUC_UNIT_S,
							NULL, NULL, NULL);
}

int
lk_ttl_max(void)
{
	return livekit_token_max_ttl;
}

static int64
max_ttl(void)
{
	return livekit_token_max_ttl > 0 ? livekit_token_max_ttl : LK_LAST_SECOND;
}

/* The seconds of a ttl; not checked but for their being a fixed number. */
static int64
interval_seconds(const Interval *ttl)
{
	if (ttl->month != 0)		/* infinity too, which fills all fields */
		ereport(ERROR,
				errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("parameter \"ttl\" must have a fixed length"),
				errdetail("Months and years differ in length, and no token is valid for ever."),
				errhint("Give it in days, hours, minutes or seconds."));
	return ttl->day * (int64) SECS_PER_DAY + ttl->time / USECS_PER_SEC;
}

int64
lk_ttl_of_row(const Interval *ttl)
{
	if (ttl == NULL)
		return Min(livekit_token_default_ttl, max_ttl());
	return Min(interval_seconds(ttl), max_ttl());
}

int64
lk_ttl_asked(const Interval *ttl)
{
	int64		seconds;

	if (ttl == NULL)
		return lk_ttl_of_row(NULL);
	seconds = interval_seconds(ttl);
	if (seconds < 1)
		ereport(ERROR,
				errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("parameter \"ttl\" must be at least one second"));
	if (seconds > max_ttl())
		ereport(ERROR,
				errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("parameter \"ttl\" is longer than allowed"),
				livekit_token_max_ttl > 0 ?
				errdetail("It has %lld seconds; livekit_token.max_ttl is %d.",
						  (long long) seconds, livekit_token_max_ttl) : 0,
				errhint("Ask for a shorter one: a token is needed only to join, and LiveKit renews it for those who stay."));
	return seconds;
}
