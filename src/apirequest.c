/*-------------------------------------------------------------------------
 *
 * apirequest.c
 *	  Requests to LiveKit's server API, signed: for whoever sends them.
 *
 * A body is checked as far as LiveKit's server would ignore what is wrong with
 * it: its own decoder drops unknown fields. Each request has a token of its
 * own, for a minute and for this call only.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/apirequest.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "fmgr.h"
#include "funcapi.h"
#include "mb/pg_wchar.h"
#include "nodes/value.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/timestamp.h"

#include "apimethods.h"
#include "bounds.h"
#include "jsonarg.h"
#include "mint.h"
#include "permission.h"
#include "ttl.h"
#include "url.h"

#include "compat.h"

#define PERMISSION	"permission"	/* the one field that is replaced whole */
#define DESTINATION "destinationRoom"

enum
{
	COLUMN_METHOD, COLUMN_URL, COLUMN_HEADERS, COLUMN_BODY, NCOLUMNS
};

/* A request on its way. */
typedef struct ApiRequest
{
	LkMint		mint;			/* first: it is what lk_mint is given */
	const text *rpc;			/* or NULL */
	Jsonb	   *body;			/* an object, when it is resolved; or NULL */
	const LkMethod *method;
	StringInfoData json;		/* the body as it is sent */
	char	   *url;			/* of the method */
} ApiRequest;

/*
 * The body
 */

pg_noreturn static void
refuse_field(const ApiRequest *request, const char *name, const char *problem)
{
	ereport(ERROR,
			errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			errmsg("field \"%s\" of %s %s", name, request->method->rpc,
				   problem));
}

/* The name of a field, as protocol buffers' JSON has it. */
static char *
find_field(const ApiRequest *request, const JsonbValue *key)
{
	const char *list = request->method->fields;
	const char *s = key->val.string.val;
	int			length = key->val.string.len;
	const char *field;
	int			len;
	LkNearest	nearest;

	lk_nearest_begin(&nearest, s, length);
	while (lk_method_next(&list, &field, &len))
	{
		char	   *name = pnstrdup(field, len);

		if (lk_name_matches(name, s, length))
			return name;
		lk_nearest_offer(&nearest, name);
	}
	ereport(ERROR,
			errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			errmsg("field \"%s\" of %s does not exist",
				   lk_name_quote(s, length), request->method->rpc),
			lk_nearest_hint(&nearest,
							"livekit_api_methods() lists the fields."));
}

/* Get a field's value, by its name; false where it is absent, null or "". */
static bool
get_field(const ApiRequest *request, const char *name, JsonbValue *v)
{
	JsonbIterator *it;
	JsonbValue	key;

	if (request->body == NULL)
		return false;
	it = JsonbIteratorInit(&request->body->root);
	while (lk_json_next_member(&it, &key, v))
	{
		if (v->type != jbvNull &&
			lk_name_matches(name, key.val.string.val, key.val.string.len))
			return v->type != jbvString || v->val.string.len > 0;
	}
	return false;
}

/* Get a field that must be a string; NULL where there is none. */
static text *
get_text_field(const ApiRequest *request, const char *name)
{
	JsonbValue	v;

	if (!get_field(request, name, &v))
		return NULL;
	if (v.type != jbvString)
		refuse_field(request, name, "must be a string");
	return cstring_to_text_with_len(v.val.string.val, v.val.string.len);
}

static void
write_field(ApiRequest *request, const char *name, JsonbValue *v)
{
	lk_wire_name(&request->json, name);
	if (strcmp(name, PERMISSION) != 0)
		lk_wire_value(&request->json, v);
	else if (lk_json_is_object(v))
		lk_permission_write(&request->json, v);
	else
		refuse_field(request, name, "must be an object");
}

/* Write the body, every name in camelCase, nulls left out. */
static void
write_body(ApiRequest *request)
{
	const char *list = request->method->required;
	List	   *seen = NIL;
	JsonbIterator *it;
	JsonbValue	key,
				v;
	const char *field;
	int			len;

	initStringInfo(&request->json);
	appendStringInfoChar(&request->json, '{');
	it = request->body == NULL ? NULL :
		JsonbIteratorInit(&request->body->root);
	while (it != NULL && lk_json_next_member(&it, &key, &v))
	{
		char	   *name = find_field(request, &key);

		if (v.type == jbvNull)
			continue;
		/* jsonb has each name once, but there are two spellings */
		if (list_member(seen, makeString(name)))
			refuse_field(request, name, "is given twice");
		seen = lappend(seen, makeString(name));
		write_field(request, name, &v);
	}
	appendStringInfoChar(&request->json, '}');

	while (lk_method_next(&list, &field, &len))
	{
		char	   *name = pnstrdup(field, len);

		if (!get_field(request, name, &v))
			refuse_field(request, name, "is required");
	}
}

/*
 * The token
 */

/* A room's name as the token has it. */
static LkText
room_text(const ApiRequest *request, const char *field, const text *room)
{
	LkText		name = lk_wire_text(VARDATA_ANY(room),
									VARSIZE_ANY_EXHDR(room));

	if (name.length > LK_MAX_NAME)
		ereport(ERROR,
				errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				errmsg("field \"%s\" of %s is too long",
					   field, request->method->rpc),
				errdetail("It has %d bytes in UTF-8; LiveKit accepts at most %d.",
						  name.length, LK_MAX_NAME));
	return name;
}

/* Grant what the method needs, and nothing else. */
static void
grant(const ApiRequest *request, const text *room, LkGrants *grants)
{
	const char *list = request->method->grants;
	const char *name;
	int			len;

	grants->given = 0;
	while (lk_method_next(&list, &name, &len))
	{
		int			i = lk_method_grant(name, len);

		if (lk_grant_table[i].type == LK_BOOLEAN)
			lk_grants_set_boolean(grants, i, true);
		else
			lk_grants_set_string(grants, i,
								 room_text(request, DESTINATION,
										   get_text_field(request, DESTINATION)));
	}
	if (request->method->room_field != NULL)
		lk_grants_set_string(grants, LK_ROOM,
							 room_text(request, request->method->room_field,
									   room));
}

/* Let the token be of no use but for this, and soon of none at all. */
static void
narrow(const ApiRequest *request, LkClaims *claims)
{
	const Interval minute = {.time = USECS_PER_MINUTE}; /* to send it at once */
	LkClaims	narrow = {
		.identity = claims->identity,
		.issued_at = claims->issued_at,
		.not_before = claims->issued_at,
		.expires_at = Min(claims->expires_at,
						  claims->issued_at + lk_ttl_of_row(&minute)),
	};

	grant(request, request->mint.request.room, &narrow.grants);
	*claims = narrow;
}

/* Find the address of the method: that of clients, by HTTP. */
static void
find_url(ApiRequest *request)
{
	const char *url = lk_mint_url(&request->mint.permit);
	const char *problem = lk_url_api_problem(url);

	if (problem != NULL)
		ereport(ERROR,
				errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				errmsg("the address of the LiveKit server cannot be used for its API"),
				errdetail("%s", problem));
	request->url = psprintf("%s/twirp/livekit.%s/%s", lk_url_http(url),
							request->method->service, request->method->rpc);
}

/* Find the method, and see that the body is an object. */
static void
resolve(ApiRequest *request)
{
	if (request->rpc == NULL)
		ereport(ERROR,
				errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				errmsg("parameter \"rpc\" must not be null"));
	request->method = lk_method_find(VARDATA_ANY(request->rpc),
									 VARSIZE_ANY_EXHDR(request->rpc));
	if (request->body != NULL)
		request->body = lk_json_object_arg(request->body, "body");
}

/* Permit a request of a trusted back end's. */
static void
permit_unasked(LkMint *mint)
{
	ApiRequest *request = (ApiRequest *) mint;
	LkPermit   *permit = &mint->permit;
	LkRequest	nothing = {0};

	resolve(request);
	if (request->method->room_field != NULL)
		mint->request.room = get_text_field(request,
											request->method->room_field);
	write_body(request);
	permit->now = GetCurrentTimestamp();
	lk_request_read(&nothing, permit->now, &permit->claims);
	permit->claims.expires_at = PG_INT64_MAX;
	narrow(request, &permit->claims);
	permit->project = mint->request.project;
	permit->url = NULL;
	find_url(request);
}

/* Put the room into the body, where it must not be another one. */
static void
bind_room(ApiRequest *request, text *room)
{
	text	   *given = get_text_field(request, request->method->room_field);
	JsonbInState state = {0};
	JsonbValue	v;
	Jsonb	   *bound;

	if (given != NULL)
	{
		if (strcmp(text_to_cstring(given), text_to_cstring(room)) != 0)
			refuse_field(request, request->method->room_field,
						 "differs from parameter \"room\"");
		return;
	}
	lk_jsonb_push(&state, WJB_BEGIN_OBJECT, NULL);
	v.type = jbvString;
	v.val.string.val = unconstify(char *, request->method->room_field);
	v.val.string.len = strlen(request->method->room_field);
	lk_jsonb_push(&state, WJB_KEY, &v);
	v.val.string.val = VARDATA_ANY(room);
	v.val.string.len = VARSIZE_ANY_EXHDR(room);
	lk_jsonb_push(&state, WJB_VALUE, &v);
	lk_jsonb_push(&state, WJB_END_OBJECT, NULL);
	bound = JsonbValueToJsonb(state.result);
	request->body = request->body == NULL ? bound :
		DatumGetJsonbP(DirectFunctionCall2(jsonb_concat,
										   JsonbPGetDatum(request->body),
										   JsonbPGetDatum(bound)));
}

/* Permit it to whom the policies give roomAdmin in the room. */
static void
permit_by_policies(LkMint *mint)
{
	ApiRequest *request = (ApiRequest *) mint;
	LkAccess   *access = lk_access_get();

	if (access == NULL)
		lk_authorize_nothing();
	resolve(request);
	if (!request->method->for_users)
		ereport(ERROR,
				errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("method \"%s\" is not for users",
					   request->method->rpc),
				errhint("It may be called by livekit_api_request."));
	if (mint->request.room != NULL)
		bind_room(request, mint->request.room);
	write_body(request);
	mint->request.grants =
		DatumGetJsonbP(DirectFunctionCall1(jsonb_in,
										   CStringGetDatum("{\"roomAdmin\": true}")));
	lk_authorize_grant(access, &mint->request, LK_ROOM_ADMIN, &mint->permit);
	narrow(request, &mint->permit.claims);
	find_url(request);
}

/*
 * The row
 */

static Jsonb *
headers(const ApiRequest *request)
{
	return DatumGetJsonbP(DirectFunctionCall1(jsonb_in,
											  CStringGetDatum(psprintf("{\"Authorization\": \"Bearer %s\", \"Content-Type\": \"application/json\"}",
																	   text_to_cstring(request->mint.token)))));
}

static Datum
row_of(FunctionCallInfo fcinfo, const ApiRequest *request)
{
	Datum		values[NCOLUMNS];
	bool		nulls[NCOLUMNS] = {false};
	TupleDesc	desc;

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	values[COLUMN_METHOD] = CStringGetTextDatum("POST");
	values[COLUMN_URL] = CStringGetTextDatum(request->url);
	values[COLUMN_HEADERS] = JsonbPGetDatum(headers(request));
	values[COLUMN_BODY] =
		CStringGetTextDatum(pg_any_to_server(request->json.data,
											 request->json.len, PG_UTF8));
	return HeapTupleGetDatum(heap_form_tuple(desc, values, nulls));
}

/* Begin with the arguments that both functions have. */
static void
begin(ApiRequest *request, LkVia via, FunctionCallInfo fcinfo, int body)
{
	lk_mint_begin(&request->mint, via);
	request->rpc = PG_ARGISNULL(0) ? NULL : PG_GETARG_TEXT_PP(0);
	request->body = PG_ARGISNULL(body) ? NULL : PG_GETARG_JSONB_P(body);
}

/*
 * livekit_api_request(rpc, body, project), for trusted back ends.
 */
PG_FUNCTION_INFO_V1(livekit_api_request);
Datum
livekit_api_request(PG_FUNCTION_ARGS)
{
	ApiRequest	request;

	begin(&request, LK_VIA_API_REQUEST, fcinfo, 1);
	if (!PG_ARGISNULL(2))
		request.mint.request.project = PG_GETARG_TEXT_PP(2);
	lk_mint(&request.mint, permit_unasked);
	return row_of(fcinfo, &request);
}

/*
 * livekit_room_request(rpc, room, body), for users.
 */
PG_FUNCTION_INFO_V1(livekit_room_request);
Datum
livekit_room_request(PG_FUNCTION_ARGS)
{
	ApiRequest	request;

	begin(&request, LK_VIA_ROOM_REQUEST, fcinfo, 2);
	if (!PG_ARGISNULL(1))
		request.mint.request.room = PG_GETARG_TEXT_PP(1);
	lk_mint(&request.mint, permit_by_policies);
	return row_of(fcinfo, &request);
}
