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

/* The claims that hold grants, in the order they are written. */
typedef enum LkScope
{
	LK_SCOPE_VIDEO,
	LK_SCOPE_SIP,
	LK_SCOPE_AGENT,
	LK_SCOPE_INFERENCE,
	LK_SCOPE_OBSERVABILITY,
	LK_SCOPE_AGENT_ENDPOINT,
	LK_SCOPE_AGENT_THREAD
} LkScope;

#define LK_NSCOPES	(LK_SCOPE_AGENT_THREAD + 1)

typedef enum LkGrantType
{
	LK_BOOLEAN,
	LK_STRING,
	LK_STRINGS,
	LK_SOURCES					/* strings, each a track source */
} LkGrantType;

extern const char *const lk_grant_type_names[];

/* Whom a grant is for. */
typedef enum LkStanding
{
	LK_PARTICIPANT,				/* whoever may be in the room at all */
	LK_ORDINARY,				/* whoever is given it */
	LK_SENSITIVE				/* a DBA wants to know who has it */
} LkStanding;

typedef struct LkGrantRow
{
	LkScope		scope;
	const char *name;			/* as LiveKit spells it, in camelCase */
	LkGrantType type;
	const char *value_if_absent;	/* what LiveKit's server assumes */
	bool		allows;			/* by itself, or only shapes another? */
	LkStanding	standing;
	const char *description;
} LkGrantRow;

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
