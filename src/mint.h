/*-------------------------------------------------------------------------
 *
 * mint.h
 *	  The step that all functions that sign have in common.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/mint.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef LK_MINT_H
#define LK_MINT_H

#include "audit.h"
#include "authorize.h"

/* A token on its way. */
typedef struct LkMint
{
	LkVia		via;			/* the first four: who asks for what */
	LkCaller	caller;
	LkRequest	request;
	const char *device;			/* or NULL */

	LkPermit	permit;			/* what is permitted */
	const char *url;			/* where to connect, for who joins */
	text	   *token;			/* what is signed */
} LkMint;

/* Permits what is asked, or raises an error. */
typedef void (*LkPermitter) (LkMint *mint);

/* Begin with nothing asked. */
extern void lk_mint_begin(LkMint *mint, LkVia via);

/*
 * Have it permitted, sign it with the key of its project, and tell of it; or
 * of the refusal.  Raises 55000 within a policy that is being asked, 25006
 * within an HTTP GET, and what the permitter and the keyring raise.
 */
extern void lk_mint(LkMint *mint, LkPermitter permitter);

/*
 * Where to connect: what the row says, or else the project or the settings.
 * Raises 55000 when no address is known.
 */
extern const char *lk_mint_url(const LkPermit *permit);

#endif							/* LK_MINT_H */
