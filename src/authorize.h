/*-------------------------------------------------------------------------
 *
 * authorize.h
 *	  May this caller have a token signed, and what may it say?
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/authorize.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef LK_AUTHORIZE_H
#define LK_AUTHORIZE_H

#include "access.h"
#include "claims.h"

/* Parts an identity from a device in the identity that LiveKit sees. */
#define LK_DEVICE_MARK '#'

/* What may be signed. */
typedef struct LkPermit
{
	text	   *identity;		/* of the token, where policies were asked */
	LkClaims	claims;
	text	   *project;		/* NULL is the default one */
	text	   *url;			/* of LiveKit's server, if the row says so */
	TimestampTz now;			/* when it was permitted */
} LkPermit;

/*
 * Ask the policies, and hold what is asked to the row that they show.  The
 * identity of the request is the caller's own, or NULL for that; device is
 * NULL, or what sets it apart from the caller's other connections.  Raises
 * 42501 for a refusal, 55000 where policies would not decide or the row cannot
 * be used, 21000 for several rows, 22023 and 54000 for a wrong request.
 */
extern void lk_authorize(LkAccess *access, const LkRequest *request,
						 const char *device, LkPermit *permit);

/*
 * Ask them whether the row gives a grant, which is a boolean; raises 42501 if
 * it does not.  The claims are the row's own.
 */
extern void lk_authorize_grant(LkAccess *access, const LkRequest *request,
							   LkGrant grant, LkPermit *permit);

/* Raise 42501 when the permit lacks a grant. */
extern void lk_authorize_require(const LkPermit *permit, LkGrant grant);

/* May the caller join the room?  Raises no 42501 of its own. */
extern bool lk_authorize_join(LkAccess *access, const LkRequest *request);

/* Raise 55000 unless the caller may execute livekit_issue. */
extern void lk_authorize_issuer(void);

/* Raise 55000: no access relation is registered. */
extern _Noreturn void lk_authorize_nothing(void);

#endif							/* LK_AUTHORIZE_H */
