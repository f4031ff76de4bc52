/*-------------------------------------------------------------------------
 *
 * columntext.h
 *	  The values of a column as text, and text as values.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/columntext.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef LK_COLUMNTEXT_H
#define LK_COLUMNTEXT_H

/*
 * Make a value of a type, which is no domain.  False where the type does not
 * take the text, and for a uuid that is not written as PostgreSQL writes it:
 * then no value of the type has this text.
 */
extern bool lk_columntext_to_value(Oid type, const char *text, Datum *value);

/* A value as text, copied; the padding of char(n) is not part of it. */
extern text *lk_columntext_of(Oid type, Datum value);

/*
 * Has the value this text, byte for byte, by which it was found?  A type's
 * equality may be looser than that.
 */
extern bool lk_columntext_is(Oid type, Datum value, const char *asked);

#endif							/* LK_COLUMNTEXT_H */
