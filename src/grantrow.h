/*-------------------------------------------------------------------------
 *
 * grantrow.h
 *	  A row of the grant table.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/grantrow.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef LK_GRANTROW_H
#define LK_GRANTROW_H

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

#endif							/* LK_GRANTROW_H */
