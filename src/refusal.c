/*-------------------------------------------------------------------------
 *
 * refusal.c
 *	  Refusing a token.
 *
 * One sentence to the client, the cause to the log. Nothing of the token is
 * said, not even its iss: where key and secret were swapped, that is the
 * secret.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/refusal.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "audit.h"
#include "refusal.h"

/* A token that has been out of date for longer is an old one. */
#define CLOCK_TROUBLE	(10 * 60)

/* Note what the times of a token say of its signer's clock; it was signed. */
static void
note_clock(const LkReading *reading, TimestampTz now)
{
	double		seconds = lk_reader_seconds(now);
	double		issued_at = reading->not_before;
	JsonbValue	v;

	/* one that was signed in time may be meant for later */
	if (reading->status == LK_NOT_YET_VALID)
	{
		if (lk_reader_member(reading->claims, "iat", &v))
			(void) lk_reader_number(&v, &issued_at);
		if (issued_at > seconds + LK_LEEWAY)
			lk_counters_note_skew(issued_at - seconds);
	}
	if (reading->status == LK_EXPIRED &&
		seconds < reading->expires_at + CLOCK_TROUBLE)
		lk_counters_note_skew(reading->expires_at - seconds);
}

/* Raise the error for keys that cannot be looked for. */
static void
refuse_without_keys(LkVia via, const LkKey *key)
{
	MemoryContext context = CurrentMemoryContext;

	PG_TRY();
	{
		lk_keyring_raise(key);
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(context);
		lk_audit_token_refused(via, LK_KEYS_UNAVAILABLE, geterrcode());
		PG_RE_THROW();
	}
	PG_END_TRY();
}

void
lk_refuse_token(LkVia via, const LkReading *reading, TimestampTz now)
{
	if (reading->status == LK_KEYS_UNAVAILABLE)
		refuse_without_keys(via, reading->key);
	note_clock(reading, now);
	lk_audit_token_refused(via, reading->status,
						   ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION);
	ereport(ERROR,
			errcode(ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION),
			errmsg("token refused"),
			errdetail_log("Reason: %s. %s", lk_status_name(reading->status),
						  lk_status_sentence(reading->status)),
			errhidestmt(true), errhidecontext(true));
}
