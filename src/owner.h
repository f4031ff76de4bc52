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

/*
 * Run a statement as the owner of one of the extension's tables, which stands
 * in it as %s, within SPI; the rest as for SPI_execute_with_args.
 */
extern void lk_owner_execute(Oid table, const char *statement, int nargs,
							 Oid *types, Datum *values, const char *nulls);

#endif							/* LK_OWNER_H */
