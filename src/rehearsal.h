/*-------------------------------------------------------------------------
 *
 * rehearsal.h
 *	  Acting as another role, for a question whose effects are taken back.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/rehearsal.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef LK_REHEARSAL_H
#define LK_REHEARSAL_H

#include "utils/jsonb.h"

/* Who is to ask, and what a gateway would have set. */
typedef struct LkRehearsal
{
	Oid			role;
	Jsonb	   *claims;			/* or NULL */

	/* found out by lk_rehearsal_begin */
	const char *role_name;
	const char *mechanism;		/* a value of livekit_token.identity */
	const char *mechanism_role; /* who has it at login, or NULL */
	bool		is_believed;	/* it is set for a role, and so it counts */
	const char *plain_role;		/* a gateway that has none, or NULL */
	const char *ambiguity;		/* if gateways differ, how */
} LkRehearsal;

/*
 * Raise 42501 unless the caller could SET ROLE to it, and find out where its
 * identity would come from.  22023 for claims that mean nothing there.
 */
extern void lk_rehearsal_begin(LkRehearsal *rehearsal);

/*
 * Act as that role, within a subtransaction that is rolled back.  NULL, or
 * the error that was raised; all in the current memory context.
 */
extern ErrorData *lk_rehearse(const LkRehearsal *rehearsal,
							  void (*act) (void *arg), void *arg);

/* The same without another role. */
extern ErrorData *lk_rehearse_as_caller(void (*act) (void *arg), void *arg);

#endif							/* LK_REHEARSAL_H */
