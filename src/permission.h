/*-------------------------------------------------------------------------
 *
 * permission.h
 *	  What a participant may do during a call: LiveKit's ParticipantPermission.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/permission.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef LK_PERMISSION_H
#define LK_PERMISSION_H

#include "wire.h"

/*
 * Append the permission that an object of its own fields describes, with all
 * of them: LiveKit's server takes what is absent for false.  Raises 22023 for
 * what it would ignore.
 */
extern void lk_permission_write(StringInfo buf, const JsonbValue *object);

#endif							/* LK_PERMISSION_H */
