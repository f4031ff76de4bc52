/*-------------------------------------------------------------------------
 *
 * identity.h
 *	  Who is calling: the identity that policies and tokens speak of.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/identity.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef LK_IDENTITY_H
#define LK_IDENTITY_H

/*
 * The caller's identity, palloc'd, in the database's encoding; or NULL, and
 * *cause is a sentence for the log: why there is none.  Never raises for what
 * a setting holds.
 */
extern char *lk_identity_get(const char **cause);

/* Define the setting livekit_token.identity. */
extern void lk_identity_init(void);

#endif							/* LK_IDENTITY_H */
