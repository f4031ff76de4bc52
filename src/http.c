/*-------------------------------------------------------------------------
 *
 * http.c
 *	  What a function says to the HTTP client of PostgREST that called it.
 *
 * PostgREST tells of the request in settings of the transaction, and takes the
 * answer's status and headers from others. Without it there are no such
 * settings, and nothing is done.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/http.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/jsonb.h"

#include "http.h"

#define METHOD	"request.method"
#define STATUS	"response.status"
#define HEADERS "response.headers"

#define CREATED	 "201"
#define NO_STORE "[{\"Cache-Control\": \"no-store\"}]"

/* A setting's value, or NULL when it is not there or empty. */
static const char *
setting(const char *name)
{
	const char *value = GetConfigOption(name, true, false);

	return value == NULL || value[0] == '\0' ? NULL : value;
}

void
lk_http_forbid_get(void)
{
	static TimestampTz looked_at = 0;
	const char *method;

	/* a request is a statement; one that signs many tokens is not slowed */
	if (looked_at == GetCurrentStatementStartTimestamp())
		return;
	method = setting(METHOD);
	if (method != NULL &&
		(strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0))
		ereport(ERROR,
				errcode(ERRCODE_READ_ONLY_SQL_TRANSACTION),
				errmsg("a token cannot be had by %s", method),
				errhint("Use POST: the answer to it is not cached."));
	looked_at = GetCurrentStatementStartTimestamp();
}

/* Set a setting until the end of the transaction. */
static void
set_locally(const char *name, const char *value)
{
	(void) set_config_option(name, value, PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_LOCAL, true, 0, false);
}

/* The headers that are set already, and ours unless it is among them. */
static const char *
headers_with_ours(const char *headers)
{
	Datum		theirs;
	Datum		ours;

	if (headers == NULL)
		return NO_STORE;
	theirs = DirectFunctionCall1(jsonb_in, CStringGetDatum(headers));
	ours = DirectFunctionCall1(jsonb_in, CStringGetDatum(NO_STORE));
	if (DatumGetBool(DirectFunctionCall2(jsonb_contains, theirs, ours)))
		return headers;
	theirs = DirectFunctionCall2(jsonb_concat, theirs, ours);
	return DatumGetCString(DirectFunctionCall1(jsonb_out, theirs));
}

void
lk_http_created(void)
{
	if (setting(METHOD) == NULL)
		return;
	set_locally(HEADERS, headers_with_ours(setting(HEADERS)));
	set_locally(STATUS, CREATED);
}
