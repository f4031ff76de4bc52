/*-------------------------------------------------------------------------
 *
 * advice.c
 *	  Where a valid token will disappoint whoever uses it.
 *
 * A token can be signed and still be of no use: LiveKit's server refuses it
 * whole when a claim that it knows is of the wrong type, passes over names
 * that it does not know, and takes an empty room for every room.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/advice.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/formatting.h"

#include "advice.h"
#include "bounds.h"
#include "core/status.h"
#include "grants.h"
#include "jsonarg.h"
#include "names.h"
#include "reader.h"
#include "wire.h"

typedef enum ClaimType
{
	BOOLEAN,
	STRING,
	NUMBER,
	OBJECT,
	STRINGS,					/* an array of them */
	STRINGS_BY_NAME
} ClaimType;

static const char *const type_names[] = {
	[BOOLEAN] = "a boolean",
	[STRING] = "a string",
	[NUMBER] = "a number",
	[OBJECT] = "an object",
	[STRINGS] = "an array of strings",
	[STRINGS_BY_NAME] = "an object of strings",
};

static const ClaimType type_of_grant[] = {
	[LK_BOOLEAN] = BOOLEAN,
	[LK_STRING] = STRING,
	[LK_STRINGS] = STRINGS,
	[LK_SOURCES] = STRINGS,
};

static const struct
{
	const char *name;
	ClaimType	type;
	int			limit;			/* bytes of a string; 0 is no limit */
}			claim_table[] =
{
	{"sub", STRING, LK_MAX_NAME},
	{"iat", NUMBER, 0},
	{"jti", STRING, 0},
	{"name", STRING, LK_MAX_NAME},
	{"kind", STRING, 0},
	{"roomConfig", OBJECT, 0},
	{"roomPreset", STRING, 0},
	{"sha256", STRING, 0},
	{"metadata", STRING, LK_MAX_METADATA},
	{"attributes", STRINGS_BY_NAME, 0},
};

static bool
has_type(const JsonbValue *v, ClaimType type)
{
	switch (type)
	{
		case BOOLEAN:
			return v->type == jbvBool;
		case STRING:
			return v->type == jbvString;
		case NUMBER:
			return v->type == jbvNumeric;
		case OBJECT:
			return lk_json_is_object(v);
		case STRINGS:
			return lk_json_is_array(v) && lk_json_holds_strings(v);
		case STRINGS_BY_NAME:
			return lk_json_is_object(v) && lk_json_holds_strings(v);
	}
	return false;
}

/* Say that a value is of a type for which the server refuses the token. */
static void
check_type(StringInfo advice, const char *scope, const char *name,
		   const JsonbValue *v, ClaimType type)
{
	if (v->type != jbvNull && !has_type(v, type))
		appendStringInfo(advice, " LiveKit refuses it: \"%s%s%s\" must be %s.",
						 scope, scope[0] ? "." : "", name, type_names[type]);
}

static void
check_limit(StringInfo advice, const char *name, const JsonbValue *v,
			int limit)
{
	if (v->type == jbvString && limit > 0 &&
		lk_wire_text(v->val.string.val, v->val.string.len).length > limit)
		appendStringInfo(advice, " LiveKit refuses it: \"%s\" is longer than %d bytes.",
						 name, limit);
}

/* The claims that are no grants. */
static void
check_claims(StringInfo advice, Jsonb *claims)
{
	JsonbValue	v;
	double		seconds;

	for (size_t i = 0; i < lengthof(claim_table); i++)
	{
		if (!lk_reader_member(claims, claim_table[i].name, &v))
			continue;
		check_type(advice, "", claim_table[i].name, &v, claim_table[i].type);
		check_limit(advice, claim_table[i].name, &v, claim_table[i].limit);
	}
	if (lk_reader_member(claims, "kind", &v) && v.type == jbvString &&
		!lk_kind_known(v.val.string.val, v.val.string.len))
		appendStringInfo(advice, " LiveKit knows no kind \"%s\" and takes it for standard.",
						 lk_name_quote(v.val.string.val, v.val.string.len));
	if (lk_reader_member(claims, "exp", &v) &&
		lk_reader_number(&v, &seconds) && seconds >= (double) PG_INT64_MAX)
		appendStringInfoString(advice, " LiveKit refuses it: \"exp\" is too large.");
}

/* Say which track sources do not exist; LiveKit takes them in any case. */
static void
check_sources(StringInfo advice, const JsonbValue *sources)
{
	JsonbIterator *it = JsonbIteratorInit(sources->val.binary.data);
	JsonbValue	v;

	while (lk_json_next_element(&it, &v))
	{
		char	   *lower = v.type == jbvString ?
			asc_tolower(v.val.string.val, v.val.string.len) : NULL;

		if (lower && !lk_source_known(lower, strlen(lower)))
			appendStringInfo(advice, " LiveKit knows no track source \"%s\".",
							 lk_name_quote(v.val.string.val,
										   v.val.string.len));
	}
}

/* The grants of one scope: those that are ignored, and those that break it. */
static void
check_scope(StringInfo advice, LkScope scope, JsonbContainer *object)
{
	JsonbIterator *it = JsonbIteratorInit(object);
	JsonbValue	key,
				v;

	while (lk_json_next_member(&it, &key, &v))
	{
		const char *s = key.val.string.val;
		int			len = key.val.string.len;
		int			i = lk_grant_find(scope, s, len);
		const LkGrantRow *row = &lk_grant_table[Max(i, 0)];

		if (i < 0)
			appendStringInfo(advice, " LiveKit ignores \"%s.%s\".",
							 lk_scope_names[scope], lk_name_quote(s, len));
		else if (!lk_name_is(row->name, s, len))
			appendStringInfo(advice, " LiveKit ignores \"%s.%s\": it must be spelt \"%s\".",
							 lk_scope_names[scope], lk_name_quote(s, len),
							 row->name);
		else
		{
			check_type(advice, lk_scope_names[scope], row->name, &v,
					   type_of_grant[row->type]);
			if (scope == LK_SCOPE_VIDEO)
				check_limit(advice, row->name, &v, LK_MAX_NAME);
			if (row->type == LK_SOURCES && lk_json_is_array(&v))
				check_sources(advice, &v);
		}
	}
}

/* Is it a grant of video's, and true? */
static bool
is_granted(Jsonb *video, LkGrant grant)
{
	JsonbValue	v;

	return video != NULL &&
		lk_reader_member(video, lk_grant_table[grant].name, &v) &&
		v.type == jbvBool && v.val.boolean;
}

/* What the bearer may not expect when joining. */
static void
check_joining(StringInfo advice, Jsonb *claims)
{
	Jsonb	   *video = lk_reader_object(claims, "video");
	bool		has_room = lk_reader_text(video, "room") != NULL;

	if (is_granted(video, LK_ROOM_JOIN))
	{
		if (!has_room)
			appendStringInfoString(advice, " It has no room, so it joins any.");
		if (lk_reader_text(claims, "sub") == NULL &&
			lk_reader_text(claims, "jti") == NULL)
			appendStringInfoString(advice, " It has no identity (\"sub\"), so it cannot join.");
	}
	else if (lk_reader_text(claims, "sha256") == NULL)
		appendStringInfoString(advice, " It has no roomJoin, so nobody joins a room with it.");
	if (is_granted(video, LK_ROOM_ADMIN) && !has_room)
		appendStringInfoString(advice, " It has roomAdmin without a room, so it moderates every room.");
}

char *
lk_advice(Jsonb *claims)
{
	StringInfoData advice;
	int			start;
	JsonbValue	v;

	initStringInfo(&advice);
	appendStringInfoString(&advice, lk_status_sentence(LK_OK));
	start = advice.len;
	check_claims(&advice, claims);
	for (int i = 0; i < LK_NSCOPES; i++)
	{
		if (!lk_reader_member(claims, lk_scope_names[i], &v))
			continue;
		check_type(&advice, "", lk_scope_names[i], &v, OBJECT);
		if (lk_json_is_object(&v))
			check_scope(&advice, (LkScope) i, v.val.binary.data);
	}

	/* of a token that is refused whole, nothing else matters */
	if (strstr(advice.data + start, "LiveKit refuses it") == NULL)
		check_joining(&advice, claims);
	return advice.data;
}
