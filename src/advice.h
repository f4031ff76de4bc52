/*-------------------------------------------------------------------------
 *
 * advice.h
 *	  Where a valid token will disappoint whoever uses it.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/advice.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef LK_ADVICE_H
#define LK_ADVICE_H

#include "utils/jsonb.h"

/*
 * What LiveKit's server will do with the claims of a valid token, in full
 * sentences: what it refuses, ignores or takes for more than it says.
 */
extern char *lk_advice(Jsonb *claims);

#endif							/* LK_ADVICE_H */
