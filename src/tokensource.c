/*-------------------------------------------------------------------------
 *
 * tokensource.c
 *	  The token endpoint that LiveKit's client SDKs speak.
 *
 * TokenSource.endpoint of the SDKs posts a JSON object with those of these
 * members that the application has set. What the caller may not choose is
 * refused, not ignored, since the client would go on as if it had been
 * granted.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/tokensource.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/jsonb.h"

#include "join.h"
#include "jsonarg.h"
#include "names.h"

#include "compat.h"

/* A request on its way. */
typedef struct Source
{
	LkMint		mint;			/* first: it is what lk_join is given */
	Jsonb	   *body;			/* or NULL */
} Source;

/* The members of the body, which may be in snake_case or camelCase. */
static const struct
{
	const char *label;			/* as errors call it */
	const char *name;
	bool		object;			/* or a string */
	size_t		field;			/* of LkRequest */
}			members[] =
{
	{"room_name", "roomName", false, offsetof(LkRequest, room)},
	{"participant_identity", "participantIdentity", false, offsetof(LkRequest, identity)},
	{"participant_name", "participantName", false, offsetof(LkRequest, name)},
	{"participant_metadata", "participantMetadata", false, offsetof(LkRequest, metadata)},
	{"participant_attributes", "participantAttributes", true, offsetof(LkRequest, attributes)},
	{"room_config", "roomConfig", true, offsetof(LkRequest, room_config)},
};

/* Find the member that a name stands for, or raise 22023. */
static size_t
find_member(const JsonbValue *key)
{
	const char *s = key->val.string.val;
	int			len = key->val.string.len;
	LkNearest	nearest;

	lk_nearest_begin(&nearest, s, len);
	for (size_t i = 0; i < lengthof(members); i++)
	{
		if (lk_name_matches(members[i].name, s, len))
			return i;
		lk_nearest_offer(&nearest, members[i].label);
	}
	ereport(ERROR,
			errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			errmsg("request member \"%s\" does not exist",
				   lk_name_quote(s, len)),
			lk_nearest_hint(&nearest,
							"Members are room_name, participant_identity, participant_name, participant_metadata, participant_attributes and room_config."));
}

/* Is it what protocol buffers write for a field that is not set? */
static bool
is_unset(const JsonbValue *v)
{
	return v->type == jbvNull ||
		(v->type == jbvString && v->val.string.len == 0) ||
		(lk_json_is_object(v) && JsonContainerSize(v->val.binary.data) == 0);
}

static void *
member_value(size_t i, JsonbValue *v)
{
	if (members[i].object ? !lk_json_is_object(v) : v->type != jbvString)
		ereport(ERROR,
				errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("request member \"%s\" must be %s, not %s",
					   members[i].label,
					   members[i].object ? "an object" : "a string",
					   lk_json_type(v)));
	if (members[i].object)
		return JsonbValueToJsonb(v);
	return cstring_to_text_with_len(v->val.string.val, v->val.string.len);
}

static void
read_body(Jsonb *body, LkRequest *request)
{
	JsonbIterator *it;
	JsonbValue	key,
				v;
	uint32		seen = 0;

	body = lk_json_object_arg(body, "body");
	if (body == NULL)
		return;
	it = JsonbIteratorInit(&body->root);
	while (lk_json_next_member(&it, &key, &v))
	{
		size_t		i = find_member(&key);

		if (is_unset(&v))
			continue;
		if (seen & (1u << i))
			ereport(ERROR,
					errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("request member \"%s\" is given twice",
						   members[i].label));
		seen |= 1u << i;
		*(void **) ((char *) request + members[i].field) =
			member_value(i, &v);
	}
}

/* Part the identity that is asked for from the device in it. */
static const char *
take_device(LkRequest *request)
{
	char	   *identity;
	char	   *device;

	if (request->identity == NULL)
		return NULL;
	identity = text_to_cstring(request->identity);
	device = strchr(identity, LK_DEVICE_MARK);
	if (device == NULL)
		return NULL;
	*device = '\0';
	request->identity = cstring_to_text(identity);
	return device + 1;
}

static void
permit(LkMint *mint)
{
	Source	   *source = (Source *) mint;

	if (source->body != NULL)
		read_body(source->body, &mint->request);
	mint->device = take_device(&mint->request);
	lk_join_permit(mint);
}

static void
push_member(JsonbInState *state, const char *name, const char *value,
			int length)
{
	JsonbValue	v;

	v.type = jbvString;
	v.val.string.val = unconstify(char *, name);
	v.val.string.len = strlen(name);
	lk_jsonb_push(state, WJB_KEY, &v);
	v.val.string.val = unconstify(char *, value);
	v.val.string.len = length;
	lk_jsonb_push(state, WJB_VALUE, &v);
}

/*
 * livekit_token_source(body) returns server_url and participant_token.
 */
PG_FUNCTION_INFO_V1(livekit_token_source);
Datum
livekit_token_source(PG_FUNCTION_ARGS)
{
	Source		source;
	JsonbInState state = {0};

	lk_mint_begin(&source.mint, LK_VIA_TOKEN_SOURCE);
	source.body = PG_ARGISNULL(0) ? NULL : PG_GETARG_JSONB_P(0);
	lk_join(&source.mint, permit);

	lk_jsonb_push(&state, WJB_BEGIN_OBJECT, NULL);
	push_member(&state, "server_url", source.mint.url,
				strlen(source.mint.url));
	push_member(&state, "participant_token", VARDATA_ANY(source.mint.token),
				VARSIZE_ANY_EXHDR(source.mint.token));
	lk_jsonb_push(&state, WJB_END_OBJECT, NULL);
	PG_RETURN_JSONB_P(JsonbValueToJsonb(state.result));
}
