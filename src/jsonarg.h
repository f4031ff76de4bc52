/*-------------------------------------------------------------------------
 *
 * jsonarg.h
 *	  The jsonb arguments of callers, and how errors speak of them.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/jsonarg.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef LK_JSONARG_H
#define LK_JSONARG_H

#include "utils/jsonb.h"

/* A JSON value's type with its article: "a string", "an object". */
extern const char *lk_json_type(const JsonbValue *v);

static inline bool
lk_json_is_object(const JsonbValue *v)
{
	return v->type == jbvBinary && JsonContainerIsObject(v->val.binary.data);
}

static inline bool
lk_json_is_array(const JsonbValue *v)
{
	return v->type == jbvBinary && JsonContainerIsArray(v->val.binary.data);
}

/*
 * The object that argument `name` holds; NULL for SQL's and JSON's null and
 * for an empty object.  Raises 22023 for anything else.
 */
extern Jsonb *lk_json_object_arg(Jsonb *jsonb, const char *name);

/*
 * Step to the next member of an object.  Nested values come whole, as
 * jbvBinary.  False at the end.
 */
extern bool lk_json_next_member(JsonbIterator **it, JsonbValue *key,
								JsonbValue *value);

/* Step to the next element of an array, likewise. */
extern bool lk_json_next_element(JsonbIterator **it, JsonbValue *element);

/* Are all elements of an array, or all values of an object, strings? */
extern bool lk_json_holds_strings(const JsonbValue *v);

/*
 * Is the error being handled about what somebody wrote: a data exception
 * (class 22) or a limit (54000)?
 */
extern bool lk_json_at_fault(void);

#endif							/* LK_JSONARG_H */
