/*-------------------------------------------------------------------------
 *
 * wire.h
 *	  Text as it travels: JSON in UTF-8, whatever the database's encoding.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/wire.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef LK_WIRE_H
#define LK_WIRE_H

#include "lib/stringinfo.h"
#include "utils/jsonb.h"

/* Some text in UTF-8, not NUL-terminated; data is NULL when absent. */
typedef struct LkText
{
	const char *data;
	int			length;
} LkText;

/*
 * Convert from the database's encoding.  May point to s itself.  Raises 22021
 * where an SQL_ASCII database holds bytes that are not UTF-8.
 */
extern LkText lk_wire_text(const char *s, int len);

/*
 * The same for whatever text: never raises, and has question marks in place of
 * what is not valid or has no form.
 */
extern LkText lk_wire_readable(const char *s, int len);

/*
 * Convert JSON in valid UTF-8 to the database's encoding, \u escapes included
 * (PostgreSQL's parser would raise where one has no form there).  May return
 * json itself; NULL when the database's encoding lacks a character.
 */
extern char *lk_wire_json_to_server(char *json, size_t *length);

/*
 * The jsonb of JSON that was written here, in the database's encoding.  The
 * text is used up.
 */
extern Jsonb *lk_wire_jsonb(StringInfo json);

/* Append a comma unless this is the first member, then "name": */
extern void lk_wire_name(StringInfo buf, const char *name);

/* Append a string of UTF-8, quoted and escaped. */
extern void lk_wire_string(StringInfo buf, LkText text);

/* Append a member that is a string; nothing where it is absent. */
extern void lk_wire_member(StringInfo buf, const char *name, LkText text);

/* Append an integer. */
extern void lk_wire_integer(StringInfo buf, int64 value);

/* Append any value of a jsonb, converted from the database's encoding. */
extern void lk_wire_value(StringInfo buf, const JsonbValue *value);

#endif							/* LK_WIRE_H */
