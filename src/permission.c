/*-------------------------------------------------------------------------
 *
 * permission.c
 *	  What a participant may do during a call: LiveKit's ParticipantPermission.
 *
 * LiveKit replaces the whole of it, and drops names and sources that it does
 * not know without a word, so that a list of nothing but those means every
 * source. Hence all fields are written, and what is unknown is an error. What
 * is not given has the default that it has in a token. livekit/protocol 1.54,
 * livekit_models.proto; auth/grants.go, ToPermission.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/permission.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"

#include "grantset.h"
#include "jsonarg.h"
#include "names.h"
#include "permission.h"

/* The fields, and the grants that they are in a token. */
static const struct
{
	const char *name;
	const char *grant;
}			fields[] =
{
	{"canSubscribe", "canSubscribe"},
	{"canPublish", "canPublish"},
	{"canPublishData", "canPublishData"},
	{"canPublishSources", "canPublishSources"},
	{"hidden", "hidden"},
	{"recorder", "recorder"},
	{"canUpdateMetadata", "canUpdateOwnMetadata"},
	{"agent", "agent"},
	{"canSubscribeMetrics", "canSubscribeMetrics"},
	{"canManageAgentSession", "canManageAgentSession"},
};

/* The value of a grant that is a boolean, LiveKit's default if not given. */
static bool
effect_of(const LkGrants *grants, int grant)
{
	if ((grants->given & LK_GRANT_BIT(grant)) != 0)
		return grants->value[grant].val.boolean;
	switch (grant)
	{
		case LK_CAN_PUBLISH:
		case LK_CAN_SUBSCRIBE:
			return true;
		case LK_CAN_PUBLISH_DATA:
			return effect_of(grants, LK_CAN_PUBLISH);
		default:
			return false;
	}
}

/* Append the sources, in capitals here; none stand for all. */
static void
write_sources(StringInfo buf, const LkGrants *grants)
{
	JsonbIterator *it;
	JsonbValue	v;

	appendStringInfoChar(buf, '[');
	if ((grants->given & LK_GRANT_BIT(LK_CAN_PUBLISH_SOURCES)) != 0)
	{
		it = JsonbIteratorInit(grants->value[LK_CAN_PUBLISH_SOURCES].val.binary.data);
		while (lk_json_next_element(&it, &v))
		{
			char	   *name = pnstrdup(v.val.string.val, v.val.string.len);

			for (char *c = name; *c != '\0'; c++)
				*c = pg_ascii_toupper((unsigned char) *c);
			appendStringInfo(buf, "%s\"%s\"",
							 buf->data[buf->len - 1] == '[' ? "" : ",", name);
		}
	}
	appendStringInfoChar(buf, ']');
}

static void
write_grants(StringInfo buf, const LkGrants *grants)
{
	appendStringInfoChar(buf, '{');
	for (size_t i = 0; i < lengthof(fields); i++)
	{
		int			grant = lk_grant_find(LK_SCOPE_VIDEO, fields[i].grant,
										  strlen(fields[i].grant));

		lk_wire_name(buf, fields[i].name);
		if (grant == LK_CAN_PUBLISH_SOURCES)
			write_sources(buf, grants);
		else
			appendStringInfoString(buf, effect_of(grants, grant) ?
								   "true" : "false");
	}
	appendStringInfoChar(buf, '}');
}

/* The grant that a field's name, in either spelling, stands for. */
static const char *
grant_of(const char *s, int len)
{
	LkNearest	nearest;

	lk_nearest_begin(&nearest, s, len);
	for (size_t i = 0; i < lengthof(fields); i++)
	{
		if (lk_name_matches(fields[i].name, s, len))
			return fields[i].grant;
		lk_nearest_offer(&nearest, fields[i].name);
	}
	ereport(ERROR,
			errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			errmsg("permission \"%s\" does not exist",
				   lk_name_quote(s, len)),
			lk_nearest_hint(&nearest,
							"livekit_permission(grants) makes a permission of grants."));
}

static void
check_type(const JsonbValue *key, const JsonbValue *v, bool sources)
{
	if (v->type != jbvNull &&
		(sources ? !lk_json_is_array(v) : v->type != jbvBool))
		ereport(ERROR,
				errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("permission \"%s\" must be %s, not %s",
					   pnstrdup(key->val.string.val, key->val.string.len),
					   sources ? "an array of track sources" : "a boolean",
					   lk_json_type(v)));
}

/* Append sources as grants have them, in small letters. */
static void
write_small(StringInfo buf, const JsonbValue *array)
{
	StringInfoData capitals;

	initStringInfo(&capitals);
	lk_wire_value(&capitals, unconstify(JsonbValue *, array));
	for (int i = 0; i < capitals.len; i++)
		capitals.data[i] = pg_ascii_tolower((unsigned char) capitals.data[i]);
	appendBinaryStringInfo(buf, capitals.data, capitals.len);
}

void
lk_permission_write(StringInfo buf, const JsonbValue *object)
{
	JsonbIterator *it = JsonbIteratorInit(object->val.binary.data);
	JsonbValue	key,
				v;
	StringInfoData spelled;
	LkGrants	grants;
	bool		seen[lengthof(fields)] = {false};

	/* as grants, whose reader knows the rest */
	initStringInfo(&spelled);
	appendStringInfoChar(&spelled, '{');
	while (lk_json_next_member(&it, &key, &v))
	{
		const char *grant = grant_of(key.val.string.val, key.val.string.len);
		bool		sources;

		for (size_t i = 0; i < lengthof(fields); i++)
		{
			if (fields[i].grant != grant)
				continue;
			if (seen[i])
				ereport(ERROR,
						errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("permission \"%s\" is given twice",
							   fields[i].name));
			seen[i] = true;
		}
		sources = strcmp(grant,
						 lk_grant_table[LK_CAN_PUBLISH_SOURCES].name) == 0;
		check_type(&key, &v, sources);
		/* no source is every source there, as if it were absent here */
		if (sources && lk_json_is_array(&v) &&
			JsonContainerSize(v.val.binary.data) == 0)
			continue;
		lk_wire_name(&spelled, grant);
		if (lk_json_is_array(&v))
			write_small(&spelled, &v);
		else
			lk_wire_value(&spelled, &v);
	}
	appendStringInfoChar(&spelled, '}');
	lk_grants_read(lk_wire_jsonb(&spelled), &grants);
	write_grants(buf, &grants);
}

/*
 * livekit_permission(grants) makes a permission of what a token would grant.
 */
PG_FUNCTION_INFO_V1(livekit_permission);
Datum
livekit_permission(PG_FUNCTION_ARGS)
{
	StringInfoData buf;
	LkGrants	grants;

	lk_grants_read(PG_ARGISNULL(0) ? NULL :
				   lk_json_object_arg(PG_GETARG_JSONB_P(0), "grants"),
				   &grants);
	initStringInfo(&buf);
	write_grants(&buf, &grants);
	PG_RETURN_JSONB_P(lk_wire_jsonb(&buf));
}
