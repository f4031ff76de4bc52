/*-------------------------------------------------------------------------
 *
 * bounds.h
 *	  How long things may be.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/bounds.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef LK_BOUNDS_H
#define LK_BOUNDS_H

/* LiveKit's own limits, in bytes of UTF-8 (livekit-server's config.LimitConfig) */
#define LK_MAX_NAME			256	/* identity, name, room */
#define LK_MAX_METADATA		(512 * 1024)
#define LK_MAX_ATTRIBUTES	(64 * 1024) /* names and values in sum */

/*
 * No payload within these limits is longer: a byte takes six characters at
 * most (\u0001), and metadata may stand in the room configuration as well.
 */
#define LK_MAX_PAYLOAD		(8 * 1024 * 1024)

/* Base64url makes four characters of three bytes; the rest is header and MAC. */
#define LK_MAX_TOKEN		(LK_MAX_PAYLOAD / 3 * 4 + 1024)

/* A longer token may not fit where it travels: in a URL. */
#define LK_LONG_TOKEN		(8 * 1024)

#endif							/* LK_BOUNDS_H */
