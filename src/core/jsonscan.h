/*-------------------------------------------------------------------------
 *
 * jsonscan.h
 *	  What must be known of a hostile JSON text before it is parsed.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/core/jsonscan.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef LK_JSONSCAN_H
#define LK_JSONSCAN_H

#include <stddef.h>

#include "core/status.h"

#define LK_MAX_DEPTH		64	/* objects and arrays within each other */
#define LK_MAX_VALUES		(64 * 1024) /* in all: twice what attributes need */
#define LK_MAX_DIGITS		40	/* characters of a number, all together */
#define LK_MAX_EXPONENT		308 /* as far as a double reaches */

/*
 * Bound what costs a parser more than time in proportion to the text: its
 * stack, by nesting, its memory, by the number of values, and a numeric's
 * digits, by exponents.  This is no
 * parser: it passes over what is not JSON, which the parser then refuses.
 * LK_OK, or LK_TOO_COMPLEX.
 */
extern LkStatus lk_jsonscan(const char *text, size_t length);

#endif							/* LK_JSONSCAN_H */
