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
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "authorize.h"
#include "bounds.h"
#include "claims.h"
#include "core/status.h"
#include "reader.h"
#include "request.h"

#include "compat.h"

/* Sign what is asked for.  Who may ask has been settled. */
static text *
mint(FunctionCallInfo fcinfo)
{
	TimestampTz now = GetCurrentTimestamp();
	text	   *project = PG_ARGISNULL(LK_ARG_PROJECT) ? NULL :
		PG_GETARG_TEXT_PP(LK_ARG_PROJECT);
	LkClaims	claims;

	lk_request_read(fcinfo, now, &claims);
	return lk_claims_sign(&claims, lk_keyring_signing_key(project, now));
}

/*
 * livekit_token(identity, room, grants, ttl, name, metadata, attributes,
 * room_config, project, options) signs what the policies let its caller have.
 */
PG_FUNCTION_INFO_V1(livekit_token);
Datum
livekit_token(PG_FUNCTION_ARGS)
{
	lk_authorize(fcinfo);
	PG_RETURN_TEXT_P(mint(fcinfo));
}

/*
 * livekit_issue, with the same arguments, signs without asking the policies.
 */
PG_FUNCTION_INFO_V1(livekit_issue);
Datum
livekit_issue(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(mint(fcinfo));
}

/*
 * Refuse a token: one sentence to the client, the cause to the log.  Nothing
 * of the token is said, not even its iss: where key and secret were swapped,
 * that is the secret.
 */
pg_noreturn static void
refuse(LkStatus status)
{
	if (status == LK_KEYS_UNAVAILABLE)
		lk_keyring_raise();
	ereport(ERROR,
			errcode(ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION),
			errmsg("token refused"),
			errdetail_log("Reason: %s. %s", lk_status_name(status),
						  lk_status_sentence(status)),
			errhidestmt(true), errhidecontext(true));
}

/*
 * livekit_verify(token) returns the claims of a valid token.
 */
PG_FUNCTION_INFO_V1(livekit_verify);
Datum
livekit_verify(PG_FUNCTION_ARGS)
{
	text	   *token;
	LkReading	reading;

	/* bound the length before a large one is decompressed */
	if (toast_raw_datum_size(PG_GETARG_DATUM(0)) > LK_MAX_TOKEN + VARHDRSZ)
		refuse(LK_TOO_LONG);
	token = PG_GETARG_TEXT_PP(0);
	lk_reader_read(VARDATA_ANY(token), VARSIZE_ANY_EXHDR(token),
				   GetCurrentTimestamp(), &reading);
	if (reading.status != LK_OK)
		refuse(reading.status);
	PG_RETURN_JSONB_P(reading.claims);
}
