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

/* What is asked for; NULL is what is not given. */
typedef struct LkRequest
{
	text	   *identity;
	text	   *room;
	Jsonb	   *grants;
	Interval   *ttl;
	text	   *name;
	text	   *metadata;
	Jsonb	   *attributes;
	Jsonb	   *room_config;
	text	   *project;
	Jsonb	   *options;
} LkRequest;

/* Take the arguments of a call of livekit_token or livekit_issue. */
extern void lk_request_unpack(FunctionCallInfo fcinfo, LkRequest *request);

/*
 * Read all of a request but project, as of now.  Raises 22023 for what
 * LiveKit would ignore or misunderstand, 54000 beyond its limits and 22021
 * for text that is not UTF-8.
 */
extern void lk_request_read(const LkRequest *request, TimestampTz now,
							LkClaims *claims);

/* A person and a room: that person may join it, unless it is said otherwise. */
extern void lk_request_imply_join(const LkRequest *request, LkClaims *claims);

/* Raise 22023 for claims that contradict each other, or grant nothing. */
extern void lk_request_check(const LkClaims *claims);

/*
 * The seconds that a row's ttl gives, at most livekit_token.max_ttl; NULL
 * gives the default.  Raises 22023 for months, which have no fixed length.
 */
extern int64 lk_request_row_ttl(const Interval *ttl);

/* The setting max_ttl, in seconds; zero is no limit. */
extern int	lk_request_max_ttl(void);

/* Define the settings default_ttl and max_ttl. */
extern void lk_request_init(void);

#endif							/* LK_REQUEST_H */
