/*-------------------------------------------------------------------------
 *
 * payload.c
 *	  The JSON of an untrusted token, read so that it has one meaning.
 *
 * Readers of JSON differ in which of two equal names counts, and Go's takes
 * a name in another letter case for the known one. A token that two readers
 * could understand differently is refused.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/payload.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/jsonapi.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/numeric.h"

#include "core/jsonscan.h"
#include "grants.h"
#include "names.h"
#include "payload.h"
#include "wire.h"

#include "compat.h"

/* The claims that LiveKit's server decodes, besides those that hold grants. */
static const char *const claim_names[] = {
	"exp", "nbf",				/* first: these two are times that are read */
	"iss", "sub", "aud", "iat", "jti",
	"identity", "name", "kind", "kindDetails", "roomConfig", "roomPreset",
	"sha256", "metadata", "attributes",
};

#define NO_SCOPE (-1)

/* Where the parser is, and what it has built. */
typedef struct Reading
{
	JsonbInState jsonb;
	LkKnownNames names;
	LkStatus	status;
	int			depth;			/* objects and arrays around this point */
	uint64		arrays;			/* bit d: what surrounds depth d is an array */
	int			scope;			/* of the object at depth 2, or NO_SCOPE */
	int			nkeys;			/* members read so far */
	LkPayload  *payload;
	LkTime	   *time;			/* what the next scalar is, or NULL */
} Reading;

StaticAssertDecl(LK_MAX_DEPTH <= 64, "Reading.arrays has a bit for each level");

/*
 * Names in another letter case
 */

static inline bool
is_exactly(const char *name, const char *s)
{
	return name[0] == s[0] && strcmp(name, s) == 0;
}

/* Would LiveKit take a name for that of a claim? */
static bool
folds_to_claim(const char *s)
{
	LkText		text = lk_wire_text(s, strlen(s));

	for (size_t i = 0; i < lengthof(claim_names); i++)
	{
		if (lk_name_folds_to(claim_names[i], text.data, text.length))
			return true;
	}
	for (int i = 0; i < LK_NSCOPES; i++)
	{
		if (lk_name_folds_to(lk_scope_names[i], text.data, text.length))
			return true;
	}
	return false;
}

/* Would LiveKit take a name for that of a grant in this scope? */
static bool
folds_to_grant(LkScope scope, const char *s)
{
	LkText		text = lk_wire_text(s, strlen(s));

	for (int i = 0; i < lk_ngrants; i++)
	{
		if (lk_grant_table[i].scope == scope &&
			lk_name_folds_to(lk_grant_table[i].name, text.data, text.length))
			return true;
	}
	return false;
}

/* Check the name of a claim, and remember what its value will be. */
static void
check_claim(Reading *r, const char *s)
{
	LkTime	   *times[] = {&r->payload->expires_at, &r->payload->not_before};

	r->scope = NO_SCOPE;
	r->time = NULL;
	for (size_t i = 0; i < lengthof(claim_names); i++)
	{
		if (is_exactly(claim_names[i], s))
		{
			if (i < lengthof(times))
				r->time = times[i];
			return;
		}
	}
	for (int i = 0; i < LK_NSCOPES; i++)
	{
		if (is_exactly(lk_scope_names[i], s))
		{
			r->scope = i;
			return;
		}
	}
	if (folds_to_claim(s))
		r->status = LK_AMBIGUOUS_NAME;
}

/* Check the name of a grant. */
static void
check_grant(Reading *r, const char *s)
{
	LkScope		scope = (LkScope) r->scope;

	for (int i = 0; i < lk_ngrants; i++)
	{
		if (lk_grant_table[i].scope == scope &&
			is_exactly(lk_grant_table[i].name, s))
			return;
	}
	if (folds_to_grant(scope, s))
		r->status = LK_AMBIGUOUS_NAME;
}

/* Check a name where names are known: of claims, and of grants in them. */
static inline void
check_name(Reading *r, const char *s)
{
	if (r->names == LK_NAMES_OF_HEADER)
		return;
	if (r->depth == 1)
		check_claim(r, s);
	else if (r->depth == 2 && r->scope != NO_SCOPE)
		check_grant(r, s);
}

/*
 * The parser's actions.  Once the status is bad, they build nothing more.
 */

static inline bool
in_array(const Reading *r)
{
	return (r->arrays >> (r->depth - 1) & 1) != 0;
}

/* A time that is an object or an array is given, and no number. */
static inline void
begin_container(Reading *r)
{
	if (r->time != NULL)
		r->time->given = true;
	r->time = NULL;
}

static lk_json_action
object_start(void *state)
{
	Reading    *r = state;

	if (r->status == LK_OK)
	{
		begin_container(r);
		r->arrays &= ~(UINT64CONST(1) << r->depth++);
		lk_jsonb_push(&r->jsonb, WJB_BEGIN_OBJECT, NULL);
	}
	LK_JSON_ACTION_RETURN(r->status == LK_OK);
}

static lk_json_action
object_end(void *state)
{
	Reading    *r = state;

	if (r->status == LK_OK)
	{
		r->depth--;
		lk_jsonb_push(&r->jsonb, WJB_END_OBJECT, NULL);
	}
	LK_JSON_ACTION_RETURN(r->status == LK_OK);
}

static lk_json_action
array_start(void *state)
{
	Reading    *r = state;

	if (r->status == LK_OK)
	{
		begin_container(r);
		/* an array in place of a scope's object: its objects are no scope */
		if (r->depth == 1)
			r->scope = NO_SCOPE;
		r->arrays |= UINT64CONST(1) << r->depth++;
		lk_jsonb_push(&r->jsonb, WJB_BEGIN_ARRAY, NULL);
	}
	LK_JSON_ACTION_RETURN(r->status == LK_OK);
}

static lk_json_action
array_end(void *state)
{
	Reading    *r = state;

	if (r->status == LK_OK)
	{
		r->depth--;
		lk_jsonb_push(&r->jsonb, WJB_END_ARRAY, NULL);
	}
	LK_JSON_ACTION_RETURN(r->status == LK_OK);
}

static lk_json_action
object_field_start(void *state, char *name, bool isnull)
{
	Reading    *r = state;

	if (r->status == LK_OK)
	{
		JsonbValue	v;

		v.type = jbvString;
		v.val.string.val = name;
		v.val.string.len = strlen(name);
		lk_jsonb_push(&r->jsonb, WJB_KEY, &v);
		r->nkeys++;
		check_name(r, name);
	}
	LK_JSON_ACTION_RETURN(r->status == LK_OK);
}

/* Read a whole number without a sign, as most of a token are. */
static bool
read_whole(const char *token, int64 *value)
{
	int			digits = 0;

	*value = 0;
	for (; token[digits] >= '0' && token[digits] <= '9'; digits++)
	{
		if (digits == 18)
			return false;		/* more may not fit */
		*value = *value * 10 + (token[digits] - '0');
	}
	return token[digits] == '\0';
}

/*
 * Read a number; if it is exp or nbf, keep it as a double too, so that no
 * numeric must be turned back.
 */
static Numeric
read_number(Reading *r, const char *token)
{
	int64		value;
	bool		is_whole = read_whole(token, &value);

	if (r->time)
	{
		r->time->is_number = true;
		r->time->seconds = is_whole ? (double) value : strtod(token, NULL);
	}
	if (is_whole)
		return int64_to_numeric(value);

	/* lk_jsonscan has bounded its length and exponent */
	return DatumGetNumeric(DirectFunctionCall3(numeric_in,
											   CStringGetDatum(token),
											   ObjectIdGetDatum(InvalidOid),
											   Int32GetDatum(-1)));
}

static lk_json_action
scalar(void *state, char *token, JsonTokenType type)
{
	Reading    *r = state;

	if (r->status == LK_OK)
	{
		JsonbValue	v;

		if (r->time != NULL)
			r->time->given = type != JSON_TOKEN_NULL;
		switch (type)
		{
			case JSON_TOKEN_STRING:
				v.type = jbvString;
				v.val.string.val = token;
				v.val.string.len = strlen(token);
				break;
			case JSON_TOKEN_NUMBER:
				v.type = jbvNumeric;
				v.val.numeric = read_number(r, token);
				break;
			case JSON_TOKEN_TRUE:
			case JSON_TOKEN_FALSE:
				v.type = jbvBool;
				v.val.boolean = type == JSON_TOKEN_TRUE;
				break;
			default:
				v.type = jbvNull;
				break;
		}
		r->time = NULL;
		lk_jsonb_push(&r->jsonb, in_array(r) ? WJB_ELEM : WJB_VALUE, &v);
	}
	LK_JSON_ACTION_RETURN(r->status == LK_OK);
}

/*
 * Count the members of all objects.  Building a jsonb drops a name's earlier
 * values, so that fewer than were read means that one came twice.
 */
static int
count_members(const JsonbValue *v)
{
	int			n = 0;

	if (v->type == jbvObject)
	{
		n = v->val.object.nPairs;
		for (int i = 0; i < v->val.object.nPairs; i++)
			n += count_members(&v->val.object.pairs[i].value);
	}
	else if (v->type == jbvArray)
	{
		for (int i = 0; i < v->val.array.nElems; i++)
			n += count_members(&v->val.array.elems[i]);
	}
	return n;
}

/* Is the first character that is not blank an opening brace? */
static bool
looks_like_object(const char *json, size_t length)
{
	size_t		i = 0;

	while (i < length && strchr(" \t\r\n", json[i]) != NULL)
		i++;
	return i < length && json[i] == '{';
}

LkStatus
lk_payload_read(char *json, size_t length, LkKnownNames names,
				LkPayload *payload)
{
	Reading		r = {.names = names, .scope = NO_SCOPE, .payload = payload};
	JsonSemAction actions = {
		.semstate = &r,
		.object_start = object_start,
		.object_end = object_end,
		.array_start = array_start,
		.array_end = array_end,
		.object_field_start = object_field_start,
		.scalar = scalar,
	};
	JsonLexContext *lex;
	JsonParseErrorType error;

	memset(payload, 0, sizeof(*payload));
	if (pg_encoding_verifymbstr(PG_UTF8, json, length) != (int) length ||
		!looks_like_object(json, length))
		return LK_BAD_PAYLOAD;
	if (lk_jsonscan(json, length) != LK_OK)
		return LK_TOO_COMPLEX;
	json = lk_wire_json_to_server(json, &length);
	if (json == NULL)
		return LK_NOT_REPRESENTABLE;

	lex = lk_json_lexer(json, length, GetDatabaseEncoding());
	error = pg_parse_json(lex, &actions);

	/*
	 * Of a large text, the same memory can now serve for the jsonb: the less
	 * a call takes, the less malloc returns to the system at its end, to have
	 * it mapped and zeroed again for the next.
	 */
	lk_json_lexer_free(lex);
	pfree(json);
	if (r.status != LK_OK)
		return r.status;
	if (error != JSON_SUCCESS)
		return LK_BAD_PAYLOAD;
	if (count_members(r.jsonb.result) != r.nkeys)
		return LK_DUPLICATE_NAME;
	payload->object = JsonbValueToJsonb(r.jsonb.result);
	return LK_OK;
}
