/*-------------------------------------------------------------------------
 *
 * grantset.c
 *	  The grants that a caller asks for, and that a token gives.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/grantset.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "bounds.h"
#include "grantset.h"
#include "jsonarg.h"
#include "names.h"

#include "compat.h"

const char *
lk_grant_label(const LkGrantRow *row)
{
	if (row->scope == LK_SCOPE_VIDEO)
		return row->name;
	return psprintf("%s.%s", lk_scope_names[row->scope], row->name);
}

/* Raise the error for a value of the wrong type. */
static void
check_type(const LkGrantRow *row, const JsonbValue *v, bool right)
{
	if (!right)
		ereport(ERROR,
				errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("grant \"%s\" must be %s %s, not %s", lk_grant_label(row),
					   row->type >= LK_STRINGS ? "an" : "a",
					   lk_grant_type_names[row->type], lk_json_type(v)));
}

/* Check the elements of an array: strings, and sources where they must be. */
static void
check_elements(const LkGrantRow *row, const JsonbValue *array)
{
	JsonbIterator *it = JsonbIteratorInit(array->val.binary.data);
	JsonbValue	v;
	int			n = 0;

	while (lk_json_next_element(&it, &v))
	{
		n++;
		if (v.type != jbvString)
			ereport(ERROR,
					errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("elements of grant \"%s\" must be strings, not %s",
						   lk_grant_label(row), lk_json_type(&v)));
		if (row->type == LK_SOURCES &&
			!lk_source_known(v.val.string.val, v.val.string.len))
			ereport(ERROR,
					errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("track source \"%s\" does not exist",
						   lk_name_quote(v.val.string.val, v.val.string.len)),
					errhint("Track sources are camera, microphone, screen_share and screen_share_audio."));
	}
	if (n == 0 && row->type == LK_SOURCES)
		ereport(ERROR,
				errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("grant \"%s\" must not be empty", lk_grant_label(row)),
				errdetail("LiveKit takes an empty list for all sources."),
				errhint("To allow no publishing, set canPublish to false."));
}

static void
check_value(const LkGrantRow *row, JsonbValue *v)
{
	switch (row->type)
	{
		case LK_BOOLEAN:
			check_type(row, v, v->type == jbvBool);
			break;
		case LK_STRING:
			check_type(row, v, v->type == jbvString);
			break;
		case LK_STRINGS:
		case LK_SOURCES:
			check_type(row, v, lk_json_is_array(v));
			check_elements(row, v);
			break;
	}
}

/* Raise the error for a name that is none, with what may have been meant. */
pg_noreturn static void
unknown_grant(LkScope scope, bool top, const JsonbValue *key)
{
	LkNearest	nearest;
	const char *s = key->val.string.val;
	int			len = key->val.string.len;

	lk_nearest_begin(&nearest, s, len);
	for (int i = 0; i < lk_ngrants; i++)
	{
		if (lk_grant_table[i].scope == scope)
			lk_nearest_offer(&nearest, lk_grant_table[i].name);
	}
	for (int i = 0; top && i < LK_NSCOPES; i++)
		lk_nearest_offer(&nearest, lk_scope_names[i]);

	ereport(ERROR,
			errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			errmsg("grant \"%s%s%s\" does not exist",
				   top ? "" : lk_scope_names[scope], top ? "" : ".",
				   lk_name_quote(s, len)),
			lk_nearest_hint(&nearest,
							"livekit_grant_types() lists the grants."));
}

bool
lk_grant_same(const JsonbValue *a, const JsonbValue *b)
{
	if (a->type == jbvBinary)
		return compareJsonbContainers(a->val.binary.data,
									  b->val.binary.data) == 0;
	if (a->type == jbvString)
		return a->val.string.len == b->val.string.len &&
			memcmp(a->val.string.val, b->val.string.val,
				   a->val.string.len) == 0;
	return a->val.boolean == b->val.boolean;
}

/* Does an array of strings hold this one? */
static bool
array_has(const JsonbValue *array, JsonbValue *string)
{
	return array->type == jbvBinary &&
		findJsonbValueFromContainer(array->val.binary.data, JB_FARRAY,
									string) != NULL;
}

bool
lk_grant_is_within(const JsonbValue *array, const JsonbValue *other)
{
	JsonbIterator *it = JsonbIteratorInit(array->val.binary.data);
	JsonbValue	v;

	while (lk_json_next_element(&it, &v))
	{
		if (!array_has(other, &v))
			return false;
	}
	return true;
}

/* Bring a string to UTF-8; those of video name rooms, and are bounded. */
static void
convert_string(const LkGrantRow *row, JsonbValue *v)
{
	LkText		text = lk_wire_text(v->val.string.val, v->val.string.len);

	if (row->scope == LK_SCOPE_VIDEO && text.length > LK_MAX_NAME)
		ereport(ERROR,
				errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				errmsg("grant \"%s\" is too long", row->name),
				errdetail("It has %d bytes in UTF-8; LiveKit accepts at most %d.",
						  text.length, LK_MAX_NAME));
	v->val.string.val = unconstify(char *, text.data);
	v->val.string.len = text.length;
}

/*
 * Take one grant.  `here` has the grants of the object being read: a second
 * one in it is the other spelling of a first.
 */
static void
take_grant(LkGrants *grants, int i, JsonbValue *v, uint64 *here)
{
	const LkGrantRow *row = &lk_grant_table[i];
	uint64		bit = LK_GRANT_BIT(i);

	if (v->type == jbvNull)
		return;
	check_value(row, v);
	if (v->type == jbvString)
		convert_string(row, v);
	if ((*here & bit) != 0 ||
		((grants->given & bit) != 0 && !lk_grant_same(&grants->value[i], v)))
		ereport(ERROR,
				errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("grant \"%s\" is given twice", lk_grant_label(row)),
				errhint("Write it once, as \"%s\".", row->name));
	*here |= bit;
	grants->given |= bit;
	grants->value[i] = *v;
}

/* Read the object of one scope. */
static void
read_scope(LkGrants *grants, LkScope scope, JsonbValue *object)
{
	JsonbIterator *it;
	JsonbValue	key,
				v;
	uint64		here = 0;

	if (!lk_json_is_object(object))
		ereport(ERROR,
				errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("grant \"%s\" must be an object%s, not %s",
					   lk_scope_names[scope],
					   scope == LK_SCOPE_AGENT ? " or a boolean" : "",
					   lk_json_type(object)));

	it = JsonbIteratorInit(object->val.binary.data);
	while (lk_json_next_member(&it, &key, &v))
	{
		int			i = lk_grant_find(scope, key.val.string.val,
									  key.val.string.len);

		if (i < 0)
			unknown_grant(scope, false, &key);
		take_grant(grants, i, &v, &here);
	}
}

/* Take one member of the whole: a scope's object, or a grant of video's. */
static void
take_member(LkGrants *grants, JsonbValue *key, JsonbValue *v,
			uint64 *here, uint32 *scopes)
{
	const char *s = key->val.string.val;
	int			len = key->val.string.len;
	int			grant = lk_grant_find(LK_SCOPE_VIDEO, s, len);
	int			scope;

	/* "agent" is both: a boolean of video's, or the object of its scope */
	if (grant >= 0 &&
		(v->type == jbvBool || lk_scope_find(s, len) < 0))
	{
		take_grant(grants, grant, v, here);
		return;
	}
	scope = lk_scope_find(s, len);
	if (scope < 0)
		unknown_grant(LK_SCOPE_VIDEO, true, key);
	if (v->type == jbvNull)
		return;
	if (*scopes & (1u << scope))
		ereport(ERROR,
				errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("grant \"%s\" is given twice", lk_scope_names[scope]),
				errhint("Write it once, as \"%s\".", lk_scope_names[scope]));
	*scopes |= 1u << scope;
	read_scope(grants, (LkScope) scope, v);
}

void
lk_grants_read(Jsonb *jsonb, LkGrants *grants)
{
	JsonbIterator *it;
	JsonbValue	key,
				v;
	uint64		here = 0;		/* grants given at the top */
	uint32		scopes = 0;		/* scopes given at the top */

	grants->given = 0;
	if (jsonb == NULL)
		return;

	it = JsonbIteratorInit(&jsonb->root);
	while (lk_json_next_member(&it, &key, &v))
		take_member(grants, &key, &v, &here, &scopes);
}

void
lk_grants_set_boolean(LkGrants *grants, LkGrant grant, bool value)
{
	grants->given |= LK_GRANT_BIT(grant);
	grants->value[grant].type = jbvBool;
	grants->value[grant].val.boolean = value;
}

void
lk_grants_set_string(LkGrants *grants, LkGrant grant, LkText value)
{
	grants->given |= LK_GRANT_BIT(grant);
	grants->value[grant].type = jbvString;
	grants->value[grant].val.string.val = unconstify(char *, value.data);
	grants->value[grant].val.string.len = value.length;
}

bool
lk_grants_suffice(const LkGrants *grants)
{
	for (int i = 0; i < lk_ngrants; i++)
	{
		if (lk_grant_table[i].allows && LK_GRANTED(grants, i))
			return true;
	}
	return false;
}

void
lk_grants_write(StringInfo buf, const LkGrants *grants)
{
	int			open = -1;		/* the scope whose object is being written */

	for (int i = 0; i < lk_ngrants; i++)
	{
		const LkGrantRow *row = &lk_grant_table[i];
		const JsonbValue *v = &grants->value[i];

		if ((grants->given & LK_GRANT_BIT(i)) == 0)
			continue;
		if (open != (int) row->scope)
		{
			if (open >= 0)
				appendStringInfoChar(buf, '}');
			lk_wire_name(buf, lk_scope_names[row->scope]);
			appendStringInfoChar(buf, '{');
			open = row->scope;
		}
		lk_wire_name(buf, row->name);
		if (v->type == jbvString)	/* converted when it was taken */
			lk_wire_string(buf, (LkText)
						   {
							   v->val.string.val, v->val.string.len
						   });
		else
			lk_wire_value(buf, v);
	}
	if (open >= 0)
		appendStringInfoChar(buf, '}');
}

Jsonb *
lk_grants_jsonb(const LkGrants *grants)
{
	StringInfoData buf;

	initStringInfo(&buf);
	appendStringInfoChar(&buf, '{');
	lk_grants_write(&buf, grants);
	appendStringInfoChar(&buf, '}');
	return lk_wire_jsonb(&buf);
}
