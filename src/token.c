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

#include "authorize.h"
#include "bounds.h"
#include "core/status.h"
#include "mint.h"
#include "reader.h"
#include "request.h"

#include "compat.h"

/* Permit what is asked, as livekit_issue does. */
static void
permit_unasked(const LkRequest *request, LkPermit *permit)
{
	permit->now = GetCurrentTimestamp();
	lk_request_read(request, permit->now, &permit->claims);
	lk_request_imply_join(request, &permit->claims);
	lk_request_check(&permit->claims);
	permit->project = request->project;
	permit->url = NULL;
}

/*
 * livekit_token(identity, room, grants, ttl, name, metadata, attributes,
 * room_config, project, options) signs what the policies let its caller have.
 */
PG_FUNCTION_INFO_V1(livekit_token);
Datum
livekit_token(PG_FUNCTION_ARGS)
{
	LkAccess   *access;
	LkRequest	request;
	LkPermit	permit;

	lk_mint_begin();
	access = lk_access_get();
	if (access == NULL)
		lk_authorize_issuer(fcinfo->flinfo->fn_oid);
	lk_request_unpack(fcinfo, &request);
	if (access == NULL)
		permit_unasked(&request, &permit);
	else
		lk_authorize(access, &request, NULL, &permit);
	PG_RETURN_TEXT_P(lk_mint(&permit));
}

/*
 * livekit_issue, with the same arguments, signs without asking the policies.
 */
PG_FUNCTION_INFO_V1(livekit_issue);
Datum
livekit_issue(PG_FUNCTION_ARGS)
{
	LkRequest	request;
	LkPermit	permit;

	lk_mint_begin();
	lk_request_unpack(fcinfo, &request);
	permit_unasked(&request, &permit);
	PG_RETURN_TEXT_P(lk_mint(&permit));
}

/*
 * Refuse a token: one sentence to the client, the cause to the log.  Nothing
 * of the token is said, not even its iss: where key and secret were swapped,
 * that is the secret.
 */
pg_noreturn static void
refuse(LkStatus status, const LkKey *key)
{
	if (status == LK_KEYS_UNAVAILABLE)
		lk_keyring_raise(key);
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
		refuse(LK_TOO_LONG, NULL);
	token = PG_GETARG_TEXT_PP(0);
	lk_reader_read(VARDATA_ANY(token), VARSIZE_ANY_EXHDR(token),
				   GetCurrentTimestamp(), &reading);
	if (reading.status != LK_OK)
		refuse(reading.status, reading.key);
	PG_RETURN_JSONB_P(reading.claims);
}
