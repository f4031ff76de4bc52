/*-------------------------------------------------------------------------
 *
 * refusal.h
 *	  Refusing a token.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/refusal.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef LK_REFUSAL_H
#define LK_REFUSAL_H

#include "counters.h"
#include "reader.h"

/*
 * Raise 28000 for what reading a token has found, as of the same moment; or
 * what the keyring raises, where no key could be looked for.
 */
extern _Noreturn void lk_refuse_token(LkVia via, const LkReading *reading,
									  TimestampTz now);

#endif							/* LK_REFUSAL_H */
