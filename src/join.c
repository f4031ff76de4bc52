/*-------------------------------------------------------------------------
 *
 * join.c
 *	  The functions that let the caller into a room.
 *
 * They differ from livekit_token in what they take and give: a room, and all
 * that a client needs to connect.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/join.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"

#include "http.h"
#include "join.h"
#include "mint.h"
#include "question.h"
#include "settings.h"

#include "compat.h"

/* The columns of livekit_connection. */
enum
{
	COLUMN_SERVER_URL, COLUMN_PARTICIPANT_TOKEN, COLUMN_ROOM, COLUMN_IDENTITY,
	COLUMN_EXPIRES_AT, NCOLUMNS
};

/* Where to connect: what the row says, or else the settings. */
static const char *
server_url(const LkPermit *permit)
{
	const char *url;

	if (permit->url != NULL)
		return text_to_cstring(permit->url);
	url = lk_keyring_url(permit->project, permit->now);
	if (url == NULL)
		url = lk_settings_url();
	if (url[0] == '\0')
		url = lk_settings_environment_url();
	if (url[0] == '\0')
		ereport(ERROR,
				errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				errmsg("no address of a LiveKit server is configured"),
				errdetail_log("Set livekit_token.url, or give the access relation a column for it."),
				errhint("The server log says more."));
	return url;
}

void
lk_join(const LkRequest *request, const char *device,
		LkConnection *connection)
{
	LkAccess   *access;

	lk_mint_begin();
	access = lk_access_get();
	if (access == NULL)
		lk_authorize_nothing();
	lk_authorize(access, request, device, &connection->permit);
	lk_authorize_require_join(&connection->permit);
	connection->url = server_url(&connection->permit);
	connection->token = lk_mint(&connection->permit);
	lk_http_created();
}

/* Seconds since 1970 as a timestamp. */
static TimestampTz
timestamp_of(int64 seconds)
{
	return (seconds - (int64) (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) *
			SECS_PER_DAY) * USECS_PER_SEC;
}

/*
 * livekit_join(room, ttl, device) returns one row, a livekit_connection.
 */
PG_FUNCTION_INFO_V1(livekit_join);
Datum
livekit_join(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	LkRequest	request = {0};
	LkConnection connection;
	Datum		values[NCOLUMNS];
	bool		nulls[NCOLUMNS] = {false};

	if (!PG_ARGISNULL(0))
		request.room = PG_GETARG_TEXT_PP(0);
	if (!PG_ARGISNULL(1))
		request.ttl = PG_GETARG_INTERVAL_P(1);
	lk_join(&request,
			PG_ARGISNULL(2) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(2)),
			&connection);

	values[COLUMN_SERVER_URL] = CStringGetTextDatum(connection.url);
	values[COLUMN_PARTICIPANT_TOKEN] = PointerGetDatum(connection.token);
	values[COLUMN_ROOM] = PointerGetDatum(request.room);
	values[COLUMN_IDENTITY] = PointerGetDatum(connection.permit.identity);
	values[COLUMN_EXPIRES_AT] =
		TimestampTzGetDatum(timestamp_of(connection.permit.claims.expires_at));
	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	if (rsinfo->setDesc->natts != NCOLUMNS)
		elog(ERROR, "return type is not livekit_connection");
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	return (Datum) 0;
}

/*
 * livekit_can_join(room) answers the question without signing.
 */
PG_FUNCTION_INFO_V1(livekit_can_join);
Datum
livekit_can_join(PG_FUNCTION_ARGS)
{
	LkRequest	request = {0};
	LkAccess   *access;

	lk_question_forbid();
	access = lk_access_get();
	if (access == NULL)
		lk_authorize_nothing();
	if (!PG_ARGISNULL(0))
		request.room = PG_GETARG_TEXT_PP(0);
	PG_RETURN_BOOL(lk_authorize_join(access, &request));
}
