/*-------------------------------------------------------------------------
 *
 * reader.h
 *	  Reading an untrusted token: the checks of livekit_verify, in their order.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/reader.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef LK_READER_H
#define LK_READER_H

#include "keyring.h"
#include "utils/jsonb.h"

/* Clocks differ: LiveKit's own leeway, in seconds. */
#define LK_LEEWAY 60

/*
 * What was found.  What lies behind the check that failed is not filled in:
 * claims is NULL before the payload was read, key before one was found.
 */
typedef struct LkReading
{
	LkStatus	status;
	Jsonb	   *claims;
	const LkKey *key;
	double		expires_at;		/* seconds since 1970; with LK_EXPIRED */
	double		not_before;		/* likewise, with LK_NOT_YET_VALID */
} LkReading;

/* Read a token as of now.  Never raises for what the token holds. */
extern void lk_reader_read(const char *token, size_t length, TimestampTz now,
						   LkReading *reading);

/* The header of a token that has three parts, or NULL. */
extern Jsonb *lk_reader_header(const char *token, size_t length);

/* Get a member of an object; false when absent or null. */
extern bool lk_reader_member(Jsonb *object, const char *name, JsonbValue *v);

/* A member that is a string and not empty, or an object; else NULL. */
extern text *lk_reader_text(Jsonb *object, const char *name);
extern Jsonb *lk_reader_object(Jsonb *object, const char *name);

/* A moment in seconds since 1970. */
extern double lk_reader_seconds(TimestampTz t);

/* A JSON number of seconds as a double; false for what is no number. */
extern bool lk_reader_number(const JsonbValue *v, double *seconds);

#endif							/* LK_READER_H */
