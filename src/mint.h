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

#include "authorize.h"

/*
 * To be called first: raises 55000 within a policy that is being asked, and
 * 25006 within an HTTP GET.
 */
extern void lk_mint_begin(void);

/* Sign what is permitted, with the key of its project. */
extern text *lk_mint(LkPermit *permit);

#endif							/* LK_MINT_H */
