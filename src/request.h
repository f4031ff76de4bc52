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

#endif							/* LK_REQUEST_H */
