/*-------------------------------------------------------------------------
 *
 * policylist.h
 *	  The policies of a table, in words.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/policylist.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef LK_POLICYLIST_H
#define LK_POLICYLIST_H

#include "nodes/pg_list.h"

/*
 * Describe those that decide what the current role sees, as a list of
 * strings.  *permitted says whether one of them can let it see anything.
 */
extern List *lk_policylist(Oid table, bool *permitted);

#endif							/* LK_POLICYLIST_H */
