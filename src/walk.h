/*-------------------------------------------------------------------------
 *
 * walk.h
 *	  The steps to the answer whether a role may join a room.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/walk.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef LK_WALK_H
#define LK_WALK_H

#include "authorize.h"
#include "explain.h"
#include "rehearsal.h"

/* A function by which roles join. */
typedef struct LkDoor
{
	const char *function;
	bool		tells_url;		/* where to connect, too */
} LkDoor;

/* What the steps find out, one for the next. */
typedef struct LkWalk
{
	MemoryContext context;		/* of all that is found */
	LkExplanation *explanation;
	LkRehearsal rehearsal;
	const char *subject;		/* of the step being taken */
	bool		refused;
	const LkDoor *door;			/* the one by which it asks, or NULL */
	bool		lacks_schema;	/* and may not name it there */
	LkAccess   *access;			/* only while the steps are taken */
	LkAccess	registered;		/* a copy, without its plan */
	const char *relation_name;	/* qualified and quoted; NULL if it is gone */
	char	   *identity;
	LkRow		row;
	LkPermit	permit;
	bool		row_unseen;
	bool		has_looked;		/* for that row, as the relation's owner */
	bool		row_is_there;
	char	   *otherwise;		/* its key, if that is another text */
} LkWalk;

/* Add a step to the explanation; the finding and the mend are not copied. */
extern void lk_walk_add(LkWalk *walk, LkVerdict verdict, const char *mend,
						const char *finding);

/* Add one that says what an error says, with what only the log has. */
extern void lk_walk_add_error(LkWalk *walk, const ErrorData *error);

/* The step that says where the identity comes from, and what it is. */
extern void lk_walk_identity(LkWalk *walk);

/*
 * Take the steps up to the first that refuses.  The argument is an LkWalk;
 * to be called as the role, in a rehearsal.
 */
extern void lk_walk_take_steps(void *arg);

#endif							/* LK_WALK_H */
