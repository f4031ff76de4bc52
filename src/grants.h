/*-------------------------------------------------------------------------
 *
 * grants.h
 *	  The grants there are.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/grants.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef LK_GRANTS_H
#define LK_GRANTS_H

#include "grantrow.h"

/* THE table. */
extern const LkGrantRow lk_grant_table[];
extern const int lk_ngrants;

/* Grants that the code knows by name: the first rows of the table. */
typedef enum LkGrant
{
	LK_ROOM_CREATE,
	LK_ROOM_LIST,
	LK_ROOM_RECORD,
	LK_ROOM_ADMIN,
	LK_ROOM_JOIN,
	LK_ROOM,
	LK_CAN_PUBLISH,
	LK_CAN_SUBSCRIBE,
	LK_CAN_PUBLISH_DATA,
	LK_CAN_PUBLISH_SOURCES
} LkGrant;

#define LK_MAX_GRANTS 64		/* rows of the table; bits of a set */

/* The claims of the scopes, by LkScope. */
extern const char *const lk_scope_names[LK_NSCOPES];

/* The scope of a claim, the row of a name, in either spelling; or -1. */
extern int	lk_scope_find(const char *s, int len);
extern int	lk_grant_find(LkScope scope, const char *s, int len);

/* How many track sources there are, and is s one of them? */
#define LK_NSOURCES_OF_TRACKS 4
extern bool lk_source_known(const char *s, int len);

/* The kinds of participant, ended by NULL; and is s one of them? */
extern const char *const lk_kinds[];
extern bool lk_kind_known(const char *s, int len);

#endif							/* LK_GRANTS_H */
