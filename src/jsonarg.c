/*-------------------------------------------------------------------------
 *
 * jsonarg.c
 *	  The jsonb arguments of callers, and how errors speak of them.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/jsonarg.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "jsonarg.h"

const char *
lk_json_type(const JsonbValue *v)
{
	switch (v->type)
	{
		case jbvNull:
			return "null";
		case jbvString:
			return "a string";
		case jbvNumeric:
			return "a number";
		case jbvBool:
			return "a boolean";
		default:
			return lk_json_is_array(v) ? "an array" : "an object";
	}
}

Jsonb *
lk_json_object_arg(Jsonb *jsonb, const char *name)
{
	JsonbValue	v;

	if (jsonb == NULL)
		return NULL;
	if (JB_ROOT_IS_OBJECT(jsonb))
		return JB_ROOT_COUNT(jsonb) > 0 ? jsonb : NULL;

	if (!JsonbExtractScalar(&jsonb->root, &v))
	{
		v.type = jbvBinary;
		v.val.binary.data = &jsonb->root;
	}
	if (v.type == jbvNull)
		return NULL;
	ereport(ERROR,
			errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			errmsg("parameter \"%s\" must be a JSON object, not %s",
				   name, lk_json_type(&v)));
}

bool
lk_json_next_member(JsonbIterator **it, JsonbValue *key, JsonbValue *value)
{
	JsonbIteratorToken token;

	while ((token = JsonbIteratorNext(it, key, true)) != WJB_DONE)
	{
		if (token == WJB_KEY)
		{
			(void) JsonbIteratorNext(it, value, true);
			return true;
		}
	}
	return false;
}

bool
lk_json_next_element(JsonbIterator **it, JsonbValue *element)
{
	JsonbIteratorToken token;

	while ((token = JsonbIteratorNext(it, element, true)) != WJB_DONE)
	{
		if (token == WJB_ELEM)
			return true;
	}
	return false;
}

bool
lk_json_holds_strings(const JsonbValue *v)
{
	JsonbIterator *it = JsonbIteratorInit(v->val.binary.data);
	JsonbValue	key,
				value;

	while (lk_json_is_array(v) ? lk_json_next_element(&it, &value) :
		   lk_json_next_member(&it, &key, &value))
	{
		if (value.type != jbvString)
			return false;
	}
	return true;
}

bool
lk_json_at_fault(void)
{
	int			sqlerrcode = geterrcode();

	return ERRCODE_TO_CATEGORY(sqlerrcode) == ERRCODE_DATA_EXCEPTION ||
		sqlerrcode == ERRCODE_PROGRAM_LIMIT_EXCEEDED;
}
