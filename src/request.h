/*-------------------------------------------------------------------------
 *
 * request.h
 *	  What a caller of livekit_token or livekit_issue asks for.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/request.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef LK_REQUEST_H
#define LK_REQUEST_H

#include "fmgr.h"
#include "utils/timestamp.h"

#include "claims.h"

/* The arguments of livekit_token and livekit_issue, by position. */
typedef enum LkArgument
{
	LK_ARG_IDENTITY,
	LK_ARG_ROOM,
	LK_ARG_GRANTS,
	LK_ARG_TTL,
	LK_ARG_NAME,
	LK_ARG_METADATA,
	LK_ARG_ATTRIBUTES,
	LK_ARG_ROOM_CONFIG,
	LK_ARG_PROJECT,
	LK_ARG_OPTIONS
} LkArgument;

/*
 * Read and check all arguments but project, as of now.  Raises 22023 for what
 * LiveKit would ignore or misunderstand, 54000 beyond its limits and 22021
 * for text that is not UTF-8.
 */
extern void lk_request_read(FunctionCallInfo fcinfo, TimestampTz now,
							LkClaims *claims);

/* Define the settings default_ttl and max_ttl. */
extern void lk_request_init(void);

#endif							/* LK_REQUEST_H */
