/*-------------------------------------------------------------------------
 *
 * webhook.c
 *	  Webhooks: what LiveKit's server tells, if it is LiveKit's server.
 *
 * The token in the header of a webhook says which body it is for, by a digest.
 * An ordinary token has none, so that nobody but the server can post an event.
 * livekit/protocol, webhook/verifier.go.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/webhook.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/detoast.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/timestamp.h"

#include "audit.h"
#include "bounds.h"
#include "core/digest.h"
#include "payload.h"
#include "refusal.h"

#include "compat.h"

#define SCHEME "Bearer "

/* The token in the header, where LiveKit writes it without a scheme. */
static LkText
token_in(const text *authorization)
{
	LkText		token = {VARDATA_ANY(authorization),
	VARSIZE_ANY_EXHDR(authorization)};
	int			scheme = strlen(SCHEME);

	if (token.length > scheme &&
		pg_strncasecmp(token.data, SCHEME, scheme) == 0)
	{
		token.data += scheme;
		token.length -= scheme;
	}
	return token;
}

/* Check the digest, and read the body that it stands for. */
static LkStatus
read_body(const bytea *body, Jsonb *claims, Jsonb **event)
{
	const char *bytes = VARDATA_ANY(body);
	size_t		length = VARSIZE_ANY_EXHDR(body);
	JsonbValue	digest;
	LkPayload	payload;
	LkStatus	status;

	if (!lk_reader_member(claims, "sha256", &digest) ||
		digest.type != jbvString)
		return LK_NO_DIGEST;
	status = lk_digest_check((const uint8_t *) bytes, length,
							 digest.val.string.val, digest.val.string.len);
	if (status == LK_OK)
	{
		char	   *copy = palloc(length + 1);	/* it is used up */

		memcpy(copy, bytes, length);
		status = lk_payload_read(copy, length, LK_NAMES_OF_HEADER, &payload);
	}
	if (status == LK_OK)
		*event = payload.object;
	return status;
}

/* Refuse a body that is longer than any event. */
pg_noreturn static void
refuse_body(void)
{
	LkCaller	caller;
	LkRequest	nothing = {0};

	lk_audit_caller(&caller);
	PG_TRY();
	{
		ereport(ERROR,
				errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				errmsg("body is too long"),
				errdetail("A webhook has at most %d bytes.", LK_MAX_PAYLOAD),
				errhidestmt(true), errhidecontext(true));
	}
	PG_CATCH();
	{
		lk_audit_refused(LK_VIA_WEBHOOK, &caller, &nothing, NULL);
		PG_RE_THROW();
	}
	PG_END_TRY();
	pg_unreachable();
}

/*
 * livekit_webhook(body, authorization, project) returns the event.
 */
PG_FUNCTION_INFO_V1(livekit_webhook);
Datum
livekit_webhook(PG_FUNCTION_ARGS)
{
	TimestampTz now = GetCurrentTimestamp();
	LkReading	reading = {.status = LK_MALFORMED};
	Jsonb	   *event = NULL;
	LkText		token;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		lk_refuse_token(LK_VIA_WEBHOOK, &reading, now);
	/* bound the lengths before anything large is decompressed */
	if (toast_raw_datum_size(PG_GETARG_DATUM(0)) > LK_MAX_PAYLOAD + VARHDRSZ)
		refuse_body();
	reading.status = LK_TOO_LONG;
	if (toast_raw_datum_size(PG_GETARG_DATUM(1)) > LK_MAX_TOKEN + VARHDRSZ)
		lk_refuse_token(LK_VIA_WEBHOOK, &reading, now);

	token = token_in(PG_GETARG_TEXT_PP(1));
	lk_reader_read(token.data, token.length, now, &reading);
	if (reading.status == LK_OK &&
		strcmp(reading.key->project, PG_ARGISNULL(2) ? LK_DEFAULT_PROJECT :
			   text_to_cstring(PG_GETARG_TEXT_PP(2))) != 0)
		reading.status = LK_UNKNOWN_KEY;	/* another server's */
	if (reading.status == LK_OK)
		reading.status = read_body(PG_GETARG_BYTEA_PP(0), reading.claims,
								   &event);
	if (reading.status != LK_OK)
		lk_refuse_token(LK_VIA_WEBHOOK, &reading, now);
	PG_RETURN_JSONB_P(event);
}
