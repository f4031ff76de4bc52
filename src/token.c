/*-------------------------------------------------------------------------
 *
 * token.c
 *	  The functions that mint and verify: each reads as the data flows.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/token.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/detoast.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "bounds.h"
#include "mint.h"
#include "refusal.h"

#include "compat.h"

/* Permit what is asked, as livekit_issue does. */
static void
permit_unasked(LkMint *mint)
{
	LkPermit   *permit = &mint->permit;

	permit->now = GetCurrentTimestamp();
	lk_request_read(&mint->request, permit->now, &permit->claims);
	lk_request_imply_join(&mint->request, &permit->claims);
	lk_request_check(&permit->claims);
	permit->project = mint->request.project;
	permit->url = NULL;
}

/* Ask the policies; as long as there are none, who may issue may this too. */
static void
permit_by_policies(LkMint *mint)
{
	LkAccess   *access = lk_access_get();

	if (access != NULL)
	{
		lk_authorize(access, &mint->request, NULL, &mint->permit);
		return;
	}
	lk_authorize_issuer();
	permit_unasked(mint);
}

/*
 * livekit_token(identity, room, grants, ttl, name, metadata, attributes,
 * room_config, project, options) signs what the policies let its caller have.
 */
PG_FUNCTION_INFO_V1(livekit_token);
Datum
livekit_token(PG_FUNCTION_ARGS)
{
	LkMint		mint;

	lk_mint_begin(&mint, LK_VIA_TOKEN);
	lk_request_unpack(fcinfo, &mint.request);
	lk_mint(&mint, permit_by_policies);
	PG_RETURN_TEXT_P(mint.token);
}

/*
 * livekit_issue, with the same arguments, signs without asking the policies.
 */
PG_FUNCTION_INFO_V1(livekit_issue);
Datum
livekit_issue(PG_FUNCTION_ARGS)
{
	LkMint		mint;

	lk_mint_begin(&mint, LK_VIA_ISSUE);
	lk_request_unpack(fcinfo, &mint.request);
	lk_mint(&mint, permit_unasked);
	PG_RETURN_TEXT_P(mint.token);
}

/*
 * livekit_verify(token) returns the claims of a valid token.
 */
PG_FUNCTION_INFO_V1(livekit_verify);
Datum
livekit_verify(PG_FUNCTION_ARGS)
{
	TimestampTz now = GetCurrentTimestamp();
	LkReading	reading = {.status = LK_TOO_LONG};
	text	   *token;

	/* bound the length before a large one is decompressed */
	if (toast_raw_datum_size(PG_GETARG_DATUM(0)) > LK_MAX_TOKEN + VARHDRSZ)
		lk_refuse_token(LK_VIA_VERIFY, &reading, now);
	token = PG_GETARG_TEXT_PP(0);
	lk_reader_read(VARDATA_ANY(token), VARSIZE_ANY_EXHDR(token), now,
				   &reading);
	if (reading.status != LK_OK)
		lk_refuse_token(LK_VIA_VERIFY, &reading, now);
	PG_RETURN_JSONB_P(reading.claims);
}
