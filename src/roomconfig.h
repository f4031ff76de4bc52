/*-------------------------------------------------------------------------
 *
 * roomconfig.h
 *	  LiveKit's RoomConfiguration, as a caller gives it.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/roomconfig.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef LK_ROOMCONFIG_H
#define LK_ROOMCONFIG_H

#include "wire.h"

/*
 * Append the member "roomConfig", every name in camelCase, nulls and what is
 * empty left out (but elements of an array, whose number means something); nothing
 * at all when nothing remains.  Raises 22023 for an
 * unknown name, a wrong type, a name given twice and any credential (a
 * token's bearer can read it), 54000 beyond LiveKit's limits.
 */
extern void lk_roomconfig_write(StringInfo buf, Jsonb *config);

#endif							/* LK_ROOMCONFIG_H */
