/*-------------------------------------------------------------------------
 *
 * naming.h
 *	  What the names in our statements stand for.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/naming.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef LK_NAMING_H
#define LK_NAMING_H

#include "lib/stringinfo.h"

extern void lk_naming_init(void);

/*
 * Begin a statement that reads and writes this relation only, and compares
 * with these operators only, if there are any.  Whenever it is analysed, and
 * before it is planned, 55000 is raised if it means others.
 */
extern void lk_naming_begin(StringInfo statement, Oid relation,
							const Oid *operators, int noperators);

#endif							/* LK_NAMING_H */
