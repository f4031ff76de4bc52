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
 * LK_AMBIGUOUS_NAME or LK_NOT_REPRESENTABLE.  The text may be changed.
 */
extern LkStatus lk_payload_read(char *json, size_t length, LkKnownNames names,
								Jsonb **result);

#endif							/* LK_PAYLOAD_H */
