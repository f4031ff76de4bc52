/*-------------------------------------------------------------------------
 *
 * owner.h
 *	  Work done with the rights of the extension's owner.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/owner.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef LK_OWNER_H
#define LK_OWNER_H

#define LK_OWNER_MAX_ARGS	16

/*
 * Run a statement as the owner of one of the extension's tables, which stands
 * in it as %s, within SPI; the rest as for SPI_execute_with_args.
 */
extern void lk_owner_execute(Oid table, const char *statement, int nargs,
							 Oid *types, Datum *values, const char *nulls);

/*
 * Could the caller read all rows of a relation: with its owner's rights, or
 * as one whom policies do not bind?
 */
extern bool lk_owner_may_read(Oid relation);

/*
 * Read a relation as its owner, all rows of it: what is called on the way, by
 * views or in the expressions of indexes, must not have the caller's rights.
 */
extern void lk_owner_read(Oid relation, void (*read) (void *arg), void *arg);

/*
 * Keep the current user from becoming another one, and from leaving anything
 * behind in the session, until the end of the
 * subtransaction: who called could be a superuser.
 */
extern void lk_owner_confine(void);

/* A statement that is run often, with its plan. */
typedef struct LkOwnerPlan
{
	const char *statement;		/* the table stands in it as %s */
	int			nargs;
	Oid			types[LK_OWNER_MAX_ARGS];
	Oid			table;			/* what the plan is for, */
	char	   *name;			/* and as that was named */
	struct _SPI_plan *plan;
} LkOwnerPlan;

/* The same for such a statement. */
extern void lk_owner_execute_plan(Oid table, LkOwnerPlan *plan,
								  Datum *values, const char *nulls);

#endif							/* LK_OWNER_H */
