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
#include "question.h"

#include "compat.h"

/* The columns of livekit_connection. */
enum
{
	COLUMN_SERVER_URL, COLUMN_PARTICIPANT_TOKEN, COLUMN_ROOM, COLUMN_IDENTITY,
	COLUMN_EXPIRES_AT, NCOLUMNS
};

void
lk_join_ask(LkMint *mint)
{
	LkAccess   *access = lk_access_get();

	if (access == NULL)
		lk_authorize_nothing();
	lk_authorize(access, &mint->request, mint->device, &mint->permit);
	lk_authorize_require(&mint->permit, LK_ROOM_JOIN);
}

void
lk_join_permit(LkMint *mint)
{
	lk_join_ask(mint);
	mint->url = lk_mint_url(&mint->permit);
}

void
lk_join(LkMint *mint, LkPermitter permitter)
{
	lk_mint(mint, permitter);
	lk_http_created();
}

/*
 * livekit_join(room, ttl, device) returns one row, a livekit_connection.
 */
PG_FUNCTION_INFO_V1(livekit_join);
Datum
livekit_join(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	LkMint		mint;
	Datum		values[NCOLUMNS];
	bool		nulls[NCOLUMNS] = {false};

	lk_mint_begin(&mint, LK_VIA_JOIN);
	if (!PG_ARGISNULL(0))
		mint.request.room = PG_GETARG_TEXT_PP(0);
	if (!PG_ARGISNULL(1))
		mint.request.ttl = PG_GETARG_INTERVAL_P(1);
	if (!PG_ARGISNULL(2))
		mint.device = text_to_cstring(PG_GETARG_TEXT_PP(2));
	lk_join(&mint, lk_join_permit);

	values[COLUMN_SERVER_URL] = CStringGetTextDatum(mint.url);
	values[COLUMN_PARTICIPANT_TOKEN] = PointerGetDatum(mint.token);
	values[COLUMN_ROOM] = PointerGetDatum(mint.request.room);
	values[COLUMN_IDENTITY] = PointerGetDatum(mint.permit.identity);
	values[COLUMN_EXPIRES_AT] =
		TimestampTzGetDatum(lk_claims_timestamp(mint.permit.claims.expires_at));
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
