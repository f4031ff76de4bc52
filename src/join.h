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

#include "mint.h"

/*
 * Sign the token with which the caller joins a room, as the permitter says,
 * which ends with lk_join_permit.  Raises what
 * lk_authorize raises, 55000 when nothing is registered or no address is
 * known, and what the keyring raises.
 */
extern void lk_join(LkMint *mint, LkPermitter permitter);

/* The same question, of which nothing is signed; and where to connect. */
extern void lk_join_permit(LkMint *mint);

/* The question alone. */
extern void lk_join_ask(LkMint *mint);

#endif							/* LK_JOIN_H */
