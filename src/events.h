/*-------------------------------------------------------------------------
 *
 * events.h
 *	  What is counted and told: by which function, and why not.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/events.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef LK_EVENTS_H
#define LK_EVENTS_H

/* By which function; that is said of each token and each refusal. */
typedef enum LkVia
{
	LK_VIA_TOKEN,
	LK_VIA_ISSUE,
	LK_VIA_JOIN,
	LK_VIA_TOKEN_SOURCE,
	LK_VIA_API_REQUEST,
	LK_VIA_ROOM_REQUEST,		/* the last one that signs */
	LK_VIA_VERIFY,
	LK_VIA_WEBHOOK
} LkVia;

#define LK_NSIGNERS		(LK_VIA_ROOM_REQUEST + 1)

/* Why nothing was signed; by SQLSTATE.  A token refused has an LkStatus. */
typedef enum LkReason
{
	LK_DENIED,
	LK_NOT_CONFIGURED,
	LK_MANY_ROWS,
	LK_READ_ONLY,
	LK_UNKNOWN_PROJECT,
	LK_KEY_FILE,
	LK_LIMIT,
	LK_INVALID_REQUEST,
	LK_CRYPTO
} LkReason;

#define LK_NREASONS		(LK_CRYPTO + 1)

/* As lines and counters call them. */
extern const char *const lk_via_names[];
extern const char *const lk_reason_names[LK_NREASONS];

#endif							/* LK_EVENTS_H */
