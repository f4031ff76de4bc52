/*-------------------------------------------------------------------------
 *
 * keysource.h
 *	  The sources of API keys, and what each holds now.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/keysource.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef LK_KEYSOURCE_H
#define LK_KEYSOURCE_H

#include "keylist.h"

/* The sources, in the order in which a signing key is looked for. */
typedef enum LkSourceNumber
{
	LK_SOURCE_SETTING,			/* livekit_token.api_key and api_secret */
	LK_SOURCE_KEY_FILE,			/* livekit_token.key_file */
	LK_SOURCE_TABLE,			/* livekit_sealed_key */
	LK_SOURCE_ENVIRONMENT		/* LIVEKIT_API_KEY and LIVEKIT_API_SECRET */
} LkSourceNumber;

#define LK_NSOURCES		(LK_SOURCE_ENVIRONMENT + 1)

/* A source of keys, and what it holds since it was refreshed. */
typedef struct LkSource
{
	const char *name;			/* as livekit_keys shows it */
	int			sqlerrcode;		/* of the error when it cannot be used */
	void		(*refresh) (struct LkSource *source, TimestampTz now);
	bool		configured;
	LkKeys	   *keys;			/* NULL when there are none */
	const char *problem;		/* why it cannot be used as it is, or NULL */
} LkSource;

extern LkSource lk_sources[LK_NSOURCES];

/* Bring a source up to date.  Its keys of before may be gone. */
static inline void
lk_source_refresh(LkSource *source, TimestampTz now)
{
	source->refresh(source, now);
}

#endif							/* LK_KEYSOURCE_H */
