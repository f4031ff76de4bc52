/*-------------------------------------------------------------------------
 *
 * request.c
 *	  What a caller of livekit_token or livekit_issue asks for.
 *
 * Contradictions are errors here because LiveKit would take them without a
 * word: an empty room means every room, an empty list of sources means all.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/request.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/numeric.h"

#include "bounds.h"
#include "jsonarg.h"
#include "names.h"
#include "request.h"
#include "ttl.h"

/* The arguments of livekit_token and livekit_issue, by position. */
typedef enum Argument
{
	ARG_IDENTITY,
	ARG_ROOM,
	ARG_GRANTS,
	ARG_TTL,
	ARG_NAME,
	ARG_METADATA,
	ARG_ATTRIBUTES,
	ARG_ROOM_CONFIG,
	ARG_PROJECT,
	ARG_OPTIONS
} Argument;

/* Take a text of at most limit bytes; absent when NULL. */
static LkText
take_text(const text *value, const char *name, int limit)
{
	LkText		result = {NULL, 0};

	if (value != NULL)
	{
		result = lk_wire_text(VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value));
		if (result.length > limit)
			ereport(ERROR,
					errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
					errmsg("parameter \"%s\" is too long", name),
					errdetail("It has %d bytes in UTF-8; LiveKit accepts at most %d.",
							  result.length, limit));
	}
	return result;
}

/* Check the attributes: strings, and within LiveKit's limit in sum. */
static void
check_attributes(Jsonb *attributes)
{
	JsonbIterator *it = JsonbIteratorInit(&attributes->root);
	JsonbValue	key,
				v;
	int64		total = 0;

	while (lk_json_next_member(&it, &key, &v))
	{
		if (v.type != jbvString)
			ereport(ERROR,
					errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("attribute \"%s\" must be a string, not %s",
						   lk_name_quote(key.val.string.val,
										 key.val.string.len),
						   lk_json_type(&v)));
		total += lk_wire_text(key.val.string.val, key.val.string.len).length;
		total += lk_wire_text(v.val.string.val, v.val.string.len).length;
	}
	if (total > LK_MAX_ATTRIBUTES)
		ereport(ERROR,
				errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				errmsg("parameter \"attributes\" is too long"),
				errdetail("Its names and values have %lld bytes in UTF-8; LiveKit accepts at most %d.",
						  (long long) total, LK_MAX_ATTRIBUTES));
}

/*
 * Options
 */

static LkText
option_string(const char *name, JsonbValue *v)
{
	if (v->type != jbvString)
		ereport(ERROR,
				errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("option \"%s\" must be a string, not %s",
					   name, lk_json_type(v)));
	return lk_wire_text(v->val.string.val, v->val.string.len);
}

static void
take_kind(LkClaims *claims, const char *name, JsonbValue *v)
{
	LkNearest	nearest;

	claims->kind = option_string(name, v);
	if (lk_kind_known(claims->kind.data, claims->kind.length))
		return;
	lk_nearest_begin(&nearest, v->val.string.val, v->val.string.len);
	for (const char *const *kind = lk_kinds; *kind; kind++)
		lk_nearest_offer(&nearest, *kind);
	ereport(ERROR,
			errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			errmsg("participant kind \"%s\" does not exist",
				   lk_name_quote(v->val.string.val, v->val.string.len)),
			lk_nearest_hint(&nearest,
							"Kinds are standard, ingress, egress, sip, agent, connector and bridge."));
}

static void
take_not_before(LkClaims *claims, const char *name, JsonbValue *v)
{
	MemoryContext context = CurrentMemoryContext;
	volatile TimestampTz t = DT_NOBEGIN;
	char	   *s;

	(void) option_string(name, v);
	s = pnstrdup(v->val.string.val, v->val.string.len);
	PG_TRY();
	{
		t = DatumGetTimestampTz(DirectFunctionCall3(timestamptz_in,
													CStringGetDatum(s),
													ObjectIdGetDatum(InvalidOid),
													Int32GetDatum(-1)));
	}
	PG_CATCH();
	{
		/* only to raise it again, in terms of the option */
		if (ERRCODE_TO_CATEGORY(geterrcode()) != ERRCODE_DATA_EXCEPTION)
			PG_RE_THROW();
		MemoryContextSwitchTo(context);
		FlushErrorState();
	}
	PG_END_TRY();
	if (TIMESTAMP_NOT_FINITE(t))
		ereport(ERROR,
				errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("option \"%s\" must be a timestamp", name),
				errhint("For example: \"2030-12-31 20:00:00+01\"."));
	claims->not_before = lk_claims_seconds(t);
}

/*
 * A webhook's sha256 is the digest of its body in standard base64: 43
 * characters and one of padding.
 */
static void
take_sha256(LkClaims *claims, const char *name, JsonbValue *v)
{
	LkText		t = option_string(name, v);

	/* the last of 43 characters carries four bits; the others are zero */
	if (t.length != 44 || t.data[43] != '=' ||
		strchr("AEIMQUYcgkosw048", t.data[42]) == NULL ||
		strspn(t.data, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/") != 43)
		ereport(ERROR,
				errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("option \"%s\" must be a SHA-256 digest in base64", name),
				errhint("For example: encode(sha256(body), 'base64')."));
	claims->sha256 = t;
}

static void
take_room_preset(LkClaims *claims, const char *name, JsonbValue *v)
{
	claims->room_preset = option_string(name, v);
	if (claims->room_preset.length > LK_MAX_NAME)
		ereport(ERROR,
				errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				errmsg("option \"%s\" is longer than %d bytes",
					   name, LK_MAX_NAME));
}

static const struct
{
	const char *name;
	void		(*take) (LkClaims *claims, const char *name, JsonbValue *v);
}			options[] =
{
	{"kind", take_kind},
	{"notBefore", take_not_before},
	{"sha256", take_sha256},
	{"roomPreset", take_room_preset},
};

static void
read_options(Jsonb *jsonb, LkClaims *claims)
{
	JsonbIterator *it;
	JsonbValue	key,
				v;
	uint32		seen = 0;

	if (jsonb == NULL)
		return;
	it = JsonbIteratorInit(&jsonb->root);
	while (lk_json_next_member(&it, &key, &v))
	{
		LkNearest	nearest;
		size_t		i = 0;

		lk_nearest_begin(&nearest, key.val.string.val, key.val.string.len);
		while (i < lengthof(options) &&
			   !lk_name_matches(options[i].name, key.val.string.val,
								key.val.string.len))
			lk_nearest_offer(&nearest, options[i++].name);
		if (i == lengthof(options))
			ereport(ERROR,
					errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("option \"%s\" does not exist",
						   lk_name_quote(key.val.string.val,
										 key.val.string.len)),
					lk_nearest_hint(&nearest,
									"Options are kind, notBefore, sha256 and roomPreset."));
		if (v.type == jbvNull)
			continue;
		if (seen & (1u << i))
			ereport(ERROR,
					errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("option \"%s\" is given twice", options[i].name));
		seen |= 1u << i;
		options[i].take(claims, options[i].name, &v);
	}
}

/*
 * Contradictions
 */

/* Bring the room argument and the grant of that name together. */
static void
settle_room(LkClaims *claims, LkText room)
{
	LkGrants   *grants = &claims->grants;
	const JsonbValue *granted = &grants->value[LK_ROOM];

	if (room.data == NULL)
		return;
	if ((grants->given & LK_GRANT_BIT(LK_ROOM)) != 0 &&
		(granted->val.string.len != room.length ||
		 memcmp(granted->val.string.val, room.data, room.length) != 0))
		ereport(ERROR,
				errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("grant \"room\" differs from parameter \"room\""),
				errhint("Give the room once, as parameter \"room\"."));
	lk_grants_set_string(grants, LK_ROOM, room);
}

void
lk_request_imply_join(const LkRequest *request, LkClaims *claims)
{
	LkGrants   *grants = &claims->grants;

	if (request->identity != NULL && request->room != NULL &&
		(grants->given & LK_GRANT_BIT(LK_ROOM_JOIN)) == 0)
		lk_grants_set_boolean(grants, LK_ROOM_JOIN, true);
}

/* Refuse a room grant that LiveKit would take for every room. */
static void
require_room(const LkGrants *grants, LkGrant grant)
{
	if (LK_GRANTED(grants, grant) &&
		((grants->given & LK_GRANT_BIT(LK_ROOM)) == 0 ||
		 grants->value[LK_ROOM].val.string.len == 0))
		ereport(ERROR,
				errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("grant \"%s\" needs a room",
					   lk_grant_table[grant].name),
				errdetail("Without one, LiveKit would take it for every room."),
				errhint("Give parameter \"room\"."));
}

void
lk_request_check(const LkClaims *claims)
{
	const LkGrants *grants = &claims->grants;

	require_room(grants, LK_ROOM_JOIN);
	require_room(grants, LK_ROOM_ADMIN);

	if (claims->identity.data != NULL && claims->identity.length == 0)
		ereport(ERROR,
				errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("parameter \"identity\" must not be empty"),
				errhint("Give NULL for a token without an identity."));
	if (LK_GRANTED(grants, LK_ROOM_JOIN) && claims->identity.data == NULL)
		ereport(ERROR,
				errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("grant \"roomJoin\" needs an identity"),
				errhint("Give parameter \"identity\"."));
	if ((grants->given & LK_GRANT_BIT(LK_CAN_PUBLISH_SOURCES)) != 0 &&
		(grants->given & LK_GRANT_BIT(LK_CAN_PUBLISH)) != 0 &&
		!LK_GRANTED(grants, LK_CAN_PUBLISH))
		ereport(ERROR,
				errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("grant \"canPublishSources\" contradicts canPublish, which is false"),
				errhint("Leave one of them out."));
	if (!lk_grants_suffice(grants) && claims->sha256.data == NULL)
		ereport(ERROR,
				errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("token would grant nothing"),
				errhint("To join a room, give identity and room; livekit_grant_types() lists all grants."));
	if (claims->not_before >= claims->expires_at)
		ereport(ERROR,
				errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("token would never be valid"),
				errdetail("Option \"notBefore\" is not earlier than the end of ttl, which counts from now."));
	if (claims->not_before < 0 || claims->expires_at > LK_LAST_SECOND)
		ereport(ERROR,
				errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("token's times must lie between the years 1970 and 9999"));
}

void
lk_request_unpack(FunctionCallInfo fcinfo, LkRequest *request)
{
	memset(request, 0, sizeof(*request));
	if (!PG_ARGISNULL(ARG_IDENTITY))
		request->identity = PG_GETARG_TEXT_PP(ARG_IDENTITY);
	if (!PG_ARGISNULL(ARG_ROOM))
		request->room = PG_GETARG_TEXT_PP(ARG_ROOM);
	if (!PG_ARGISNULL(ARG_GRANTS))
		request->grants = PG_GETARG_JSONB_P(ARG_GRANTS);
	if (!PG_ARGISNULL(ARG_TTL))
		request->ttl = PG_GETARG_INTERVAL_P(ARG_TTL);
	if (!PG_ARGISNULL(ARG_NAME))
		request->name = PG_GETARG_TEXT_PP(ARG_NAME);
	if (!PG_ARGISNULL(ARG_METADATA))
		request->metadata = PG_GETARG_TEXT_PP(ARG_METADATA);
	if (!PG_ARGISNULL(ARG_ATTRIBUTES))
		request->attributes = PG_GETARG_JSONB_P(ARG_ATTRIBUTES);
	if (!PG_ARGISNULL(ARG_ROOM_CONFIG))
		request->room_config = PG_GETARG_JSONB_P(ARG_ROOM_CONFIG);
	if (!PG_ARGISNULL(ARG_PROJECT))
		request->project = PG_GETARG_TEXT_PP(ARG_PROJECT);
	if (!PG_ARGISNULL(ARG_OPTIONS))
		request->options = PG_GETARG_JSONB_P(ARG_OPTIONS);
}

void
lk_request_read(const LkRequest *request, TimestampTz now, LkClaims *claims)
{
	LkText		room = take_text(request->room, "room", LK_MAX_NAME);

	/* grants is large, and lk_grants_read sets what counts of it */
	memset(claims, 0, offsetof(LkClaims, grants));
	claims->identity = take_text(request->identity, "identity", LK_MAX_NAME);
	claims->name = take_text(request->name, "name", LK_MAX_NAME);
	claims->metadata = take_text(request->metadata, "metadata",
								 LK_MAX_METADATA);
	claims->attributes = lk_json_object_arg(request->attributes, "attributes");
	if (claims->attributes)
		check_attributes(claims->attributes);
	claims->room_config = lk_json_object_arg(request->room_config,
											 "room_config");
	lk_grants_read(lk_json_object_arg(request->grants, "grants"),
				   &claims->grants);

	claims->issued_at = claims->not_before = lk_claims_seconds(now);
	claims->expires_at = claims->issued_at + lk_ttl_asked(request->ttl);
	read_options(lk_json_object_arg(request->options, "options"), claims);
	settle_room(claims, room);
}
