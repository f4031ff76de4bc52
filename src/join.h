/*-------------------------------------------------------------------------
 *
 * join.h
 *	  Into a room: what a client needs to connect.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/join.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef LK_JOIN_H
#define LK_JOIN_H

#include "authorize.h"

/* What a client needs, and what it may do. */
typedef struct LkConnection
{
	const char *url;
	text	   *token;
	LkPermit	permit;
} LkConnection;

/*
 * Sign the token with which the caller joins a room.  Raises what
 * lk_authorize raises, 55000 when nothing is registered or no address is
 * known, and what the keyring raises.
 */
extern void lk_join(const LkRequest *request, const char *device,
					LkConnection *connection);

#endif							/* LK_JOIN_H */
