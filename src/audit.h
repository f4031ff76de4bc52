/*-------------------------------------------------------------------------
 *
 * audit.h
 *	  What was signed, and what was not: a line in the server log, and a row.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/audit.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef LK_AUDIT_H
#define LK_AUDIT_H

#include "claims.h"
#include "counters.h"
#include "request.h"

/*
 * Who is calling, as a line says it; without data where none will be written.
 * Looked up beforehand, since after an error the catalogs had better not be
 * read; and the current role may be that of a policy's function then.
 */
typedef struct LkCaller
{
	LkText		session_role;
	LkText		role;
} LkCaller;

extern void lk_audit_caller(LkCaller *caller);

/*
 * To be called before anything is signed: raises 25006 where a row could not
 * be written afterwards.
 */
extern void lk_audit_begin(void);

/* Tell of a token that has been signed with a key, and count it. */
extern void lk_audit_issued(LkVia via, const LkCaller *caller,
							const LkClaims *claims, const LkKey *key);

/*
 * Tell of the error that is being raised instead, within PG_CATCH.  identity
 * is the caller's where it is known, or NULL.
 */
extern void lk_audit_refused(LkVia via, const LkCaller *caller,
							 const LkRequest *request, const text *identity);

/* Tell of a token that was not accepted. */
extern void lk_audit_token_refused(LkVia via, LkStatus status,
								   int sqlerrcode);

/* Define the settings audit and audit_refusals. */
extern void lk_audit_init(void);

#endif							/* LK_AUDIT_H */
