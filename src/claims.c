/*-------------------------------------------------------------------------
 *
 * claims.c
 *	  What a token says, and the token that says it.
 *
 * The payload is written once, in one pass, into the buffer that becomes the
 * result: behind a varlena's header and the encoded JWT header, where it is
 * then encoded in place and signed. Registered claims: RFC 7519 section 4.1;
 * the others: livekit/protocol, auth/grants.go.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/claims.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "datatype/timestamp.h"

#include "bounds.h"
#include "core/base64url.h"
#include "core/jsonscan.h"
#include "core/jws.h"

#include "claims.h"
#include "roomconfig.h"

/* {"alg":"HS256","typ":"JWT"} */
#define ENCODED_HEADER "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9"

#define ID_BYTES (LK_ID_LENGTH / 2)	/* never the same twice */

/*
 * Take random bytes for one token's id.  They are fetched for many at a time:
 * asking the generator costs as much as the rest of a signature.  An id only
 * has to differ from all others, so one that lies ready is no worse.  No
 * backend is forked from one that has a supply.
 */
static const uint8 *
random_id(void)
{
	static uint8 supply[64 * ID_BYTES];
	static size_t used = sizeof(supply);

	if (used == sizeof(supply))
	{
		if (!pg_strong_random(supply, sizeof(supply)))
			ereport(ERROR,
					errcode(ERRCODE_INTERNAL_ERROR),
					errmsg("could not generate random values"));
		used = 0;
	}
	used += ID_BYTES;
	return supply + used - ID_BYTES;
}

/* Append the claim "jti" (RFC 7519 4.1.7), and keep it. */
static void
write_id(StringInfo buf, char *hex)
{
	static const char digits[] = "0123456789abcdef";
	const uint8 *id = random_id();

	for (int i = 0; i < ID_BYTES; i++)
	{
		hex[2 * i] = digits[id[i] >> 4];
		hex[2 * i + 1] = digits[id[i] & 15];
	}
	hex[LK_ID_LENGTH] = '\0';
	lk_wire_name(buf, "jti");
	appendStringInfoCharMacro(buf, '"');
	appendBinaryStringInfo(buf, hex, LK_ID_LENGTH);
	appendStringInfoCharMacro(buf, '"');
}

static void
write_time(StringInfo buf, const char *name, int64 seconds)
{
	lk_wire_name(buf, name);
	lk_wire_integer(buf, seconds);
}

/* Append the payload: every claim in its fixed order. */
static void
write_payload(StringInfo buf, LkClaims *claims, const LkKey *key)
{
	appendStringInfoCharMacro(buf, '{');
	lk_wire_member(buf, "iss", key->name);
	lk_wire_member(buf, "sub", claims->identity);
	write_time(buf, "iat", claims->issued_at);
	write_time(buf, "nbf", claims->not_before);
	write_time(buf, "exp", claims->expires_at);
	write_id(buf, claims->id);
	lk_wire_member(buf, "name", claims->name);
	lk_wire_member(buf, "kind", claims->kind);
	lk_grants_write(buf, &claims->grants);
	if (claims->room_config)
		lk_roomconfig_write(buf, claims->room_config);
	lk_wire_member(buf, "roomPreset", claims->room_preset);
	lk_wire_member(buf, "sha256", claims->sha256);
	lk_wire_member(buf, "metadata", claims->metadata);
	if (claims->attributes)
	{
		JsonbValue	attributes;

		attributes.type = jbvBinary;
		attributes.val.binary.data = &claims->attributes->root;
		lk_wire_name(buf, "attributes");
		lk_wire_value(buf, &attributes);
	}
	appendStringInfoCharMacro(buf, '}');
}

TimestampTz
lk_claims_timestamp(int64 seconds)
{
	return (seconds - LK_EPOCH) * USECS_PER_SEC;
}

int64
lk_claims_seconds(TimestampTz t)
{
	return t / USECS_PER_SEC - (t % USECS_PER_SEC < 0) + LK_EPOCH;
}

text *
lk_claims_sign(LkClaims *claims, const LkKey *key)
{
	StringInfoData buf;
	int			start;			/* of the payload */
	size_t		length;
	text	   *token;

	initStringInfo(&buf);
	if (claims->metadata.length > 0)	/* the one text that may be long */
		enlargeStringInfo(&buf, claims->metadata.length / 3 * 4 + 1024);
	buf.len = VARHDRSZ;			/* its bytes are set at the end */
	appendBinaryStringInfo(&buf, ENCODED_HEADER ".", sizeof(ENCODED_HEADER));
	start = buf.len;
	write_payload(&buf, claims, key);

	length = buf.len - start;
	if (length > LK_MAX_PAYLOAD)
		ereport(ERROR,
				errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				errmsg("token is too long"),
				errdetail("Its payload would have %zu bytes; the limit is %d.",
						  length, LK_MAX_PAYLOAD));

	/* what is signed here can be read here; a short one has few values */
	if (length > LK_MAX_VALUES &&
		lk_jsonscan(buf.data + start, length) != LK_OK)
		ereport(ERROR,
				errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				errmsg("token has too many values"),
				errdetail("Attributes, tags and lists may have %d values in all.",
						  LK_MAX_VALUES));

	enlargeStringInfo(&buf, lk_base64url_encoded_length(length) - length +
					  LK_SIGNATURE_LENGTH);
	buf.len = start + lk_base64url_encode((uint8_t *) buf.data + start, length,
										  buf.data + start);
	if (lk_jws_sign(key->jws, buf.data + VARHDRSZ,
					buf.len - VARHDRSZ) != LK_OK)
		ereport(ERROR,
				errcode(ERRCODE_EXTERNAL_ROUTINE_EXCEPTION),
				errmsg("could not compute a signature"));
	buf.len += LK_SIGNATURE_LENGTH;

	if (buf.len - VARHDRSZ > LK_LONG_TOKEN)
		ereport(WARNING,
				errmsg("token has %d characters", buf.len - VARHDRSZ),
				errdetail("Clients send it in a URL, and many proxies and servers accept no more than 8 kB there."),
				errhint("Keep metadata, attributes and room configuration small."));

	token = (text *) buf.data;
	SET_VARSIZE(token, buf.len);
	return token;
}
