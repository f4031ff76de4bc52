/*-------------------------------------------------------------------------
 *
 * ttl.h
 *	  How long a token is valid.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/ttl.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef LK_TTL_H
#define LK_TTL_H

#include "utils/timestamp.h"

/* 9999-12-31: what a token's times may reach, whatever reads them */
#define LK_LAST_SECOND		INT64CONST(253402300799)

/*
 * The seconds of a ttl that is asked for; NULL gives the default.  Raises
 * 22023 beyond the settings' bounds, and for months, which have no fixed
 * length.
 */
extern int64 lk_ttl_asked(const Interval *ttl);

/*
 * The seconds that a row's ttl gives, at most livekit_token.max_ttl; NULL
 * gives the default.  Raises 22023 for months.
 */
extern int64 lk_ttl_of_row(const Interval *ttl);

/* The setting max_ttl, in seconds; zero is no limit. */
extern int	lk_ttl_max(void);

/* Define the settings default_ttl and max_ttl. */
extern void lk_ttl_init(void);

#endif							/* LK_TTL_H */
