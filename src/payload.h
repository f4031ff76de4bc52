/*-------------------------------------------------------------------------
 *
 * payload.h
 *	  The JSON of an untrusted token, read so that it has one meaning.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/payload.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef LK_PAYLOAD_H
#define LK_PAYLOAD_H

#include "core/status.h"
#include "utils/jsonb.h"

/* A claim that is a time, in seconds since 1970. */
typedef struct LkTime
{
	bool		given;			/* neither absent nor null */
	bool		is_number;
	double		seconds;		/* if it is one */
} LkTime;

/* What was read. */
typedef struct LkPayload
{
	Jsonb	   *object;
	LkTime		expires_at;		/* exp */
	LkTime		not_before;		/* nbf */
} LkPayload;

/* Which names must not come in another letter case. */
typedef enum LkKnownNames
{
	LK_NAMES_OF_HEADER,			/* none: LiveKit compares these exactly */
	LK_NAMES_OF_CLAIMS			/* claims, and the grants within them */
} LkKnownNames;

/*
 * Turn a JSON object into a jsonb in the database's encoding.  Never raises
 * for what the text holds.  LK_OK, or LK_BAD_PAYLOAD when it is not an object
 * in valid UTF-8, LK_TOO_COMPLEX, LK_DUPLICATE_NAME (at any level),
 * LK_AMBIGUOUS_NAME or LK_NOT_REPRESENTABLE.  The text, which was
 * palloc'd, is used up; the payload is filled in only when it is LK_OK.
 */
extern LkStatus lk_payload_read(char *json, size_t length, LkKnownNames names,
								LkPayload *payload);

#endif							/* LK_PAYLOAD_H */
