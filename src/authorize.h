/*-------------------------------------------------------------------------
 *
 * authorize.h
 *	  May this caller have a token signed?
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

#include "fmgr.h"

/*
 * Ask whether the caller of livekit_token, which fcinfo is the call of, may
 * have what it asks for.  Raises 55000 when no access relation is registered
 * and the caller may not execute livekit_issue either.
 */
extern void lk_authorize(FunctionCallInfo fcinfo);

#endif							/* LK_AUTHORIZE_H */
