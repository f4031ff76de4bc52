/*-------------------------------------------------------------------------
 *
 * reader.c
 *	  Reading an untrusted token: the checks of livekit_verify, in their order.
 *
 * Nothing of the payload but iss is used before the signature holds. RFC
 * 7515 section 5.2, RFC 7519 section 7.2, RFC 8725 sections 3.1 to 3.3.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/reader.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "bounds.h"
#include "claims.h"
#include "core/base64url.h"
#include "payload.h"
#include "reader.h"

/*
 * Headers as LiveKit's SDKs write them, encoded: most tokens have one of
 * these, and it need not be parsed.
 */
static const char *const usual_headers[] = {
	"eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9", /* {"alg":"HS256","typ":"JWT"} */
	"eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9", /* {"typ":"JWT","alg":"HS256"} */
	"eyJhbGciOiJIUzI1NiJ9",		/* {"alg":"HS256"} */
};

bool
lk_reader_member(Jsonb *object, const char *name, JsonbValue *v)
{
	return getKeyJsonValueFromContainer(&object->root, name, strlen(name),
										v) != NULL &&
		v->type != jbvNull;
}

text *
lk_reader_text(Jsonb *object, const char *name)
{
	JsonbValue	v;

	if (object == NULL || !lk_reader_member(object, name, &v) ||
		v.type != jbvString || v.val.string.len == 0)
		return NULL;
	return cstring_to_text_with_len(v.val.string.val, v.val.string.len);
}

Jsonb *
lk_reader_object(Jsonb *object, const char *name)
{
	JsonbValue	v;

	if (object == NULL || !lk_reader_member(object, name, &v) ||
		v.type != jbvBinary || !JsonContainerIsObject(v.val.binary.data))
		return NULL;
	return JsonbValueToJsonb(&v);
}

double
lk_reader_seconds(TimestampTz t)
{
	return (double) t / USECS_PER_SEC + LK_EPOCH;
}

bool
lk_reader_number(const JsonbValue *v, double *seconds)
{
	if (v->type != jbvNumeric)
		return false;
	/* in range: lk_jsonscan bounds digits and exponent */
	*seconds = DatumGetFloat8(DirectFunctionCall1(numeric_float8_no_overflow,
												  NumericGetDatum(v->val.numeric)));
	return true;
}

/* Decode one part; NULL if it is not strict base64url. */
static char *
decode(const char *part, size_t length)
{
	char	   *bytes = palloc(lk_base64url_decoded_length(length) + 1);

	return lk_base64url_decode(part, length, (uint8_t *) bytes) ? bytes : NULL;
}

/* Check the header: HS256 and nothing that changes its meaning. */
static LkStatus
check_header(const LkJws *jws, char *header)
{
	LkPayload	read;
	Jsonb	   *object;
	JsonbValue	v;

	for (size_t i = 0; i < lengthof(usual_headers); i++)
	{
		if (strlen(usual_headers[i]) == jws->header_length &&
			memcmp(usual_headers[i], jws->header, jws->header_length) == 0)
			return LK_OK;
	}

	switch (lk_payload_read(header,
							lk_base64url_decoded_length(jws->header_length),
							LK_NAMES_OF_HEADER, &read))
	{
		case LK_OK:
			object = read.object;
			break;
		case LK_DUPLICATE_NAME:
			return LK_DUPLICATE_NAME;
		case LK_NOT_REPRESENTABLE:
			return LK_NOT_REPRESENTABLE;
		default:
			return LK_BAD_HEADER;
	}
	if (!lk_reader_member(object, "alg", &v) || v.type != jbvString ||
		v.val.string.len != 5 || memcmp(v.val.string.val, "HS256", 5) != 0)
		return LK_UNSUPPORTED_ALGORITHM;
	/* RFC 7515 4.1.11: crit must be understood; b64 comes with it (RFC 7797) */
	if (getKeyJsonValueFromContainer(&object->root, "crit", 4, &v) != NULL ||
		getKeyJsonValueFromContainer(&object->root, "b64", 3, &v) != NULL)
		return LK_BAD_HEADER;
	return LK_OK;
}

/* Find the key that iss names. */
static LkStatus
find_key(LkReading *reading, TimestampTz now)
{
	JsonbValue	iss;

	if (!lk_reader_member(reading->claims, "iss", &iss))
		return LK_NO_ISSUER;
	if (iss.type != jbvString)
		return LK_BAD_CLAIM;
	return lk_keyring_find(iss.val.string.val, iss.val.string.len, now,
						   &reading->key);
}

/* Check exp and nbf (RFC 7519 4.1.4, 4.1.5) with LiveKit's leeway. */
static LkStatus
check_times(const LkTime *expires_at, const LkTime *not_before,
			TimestampTz now)
{
	double		seconds = lk_reader_seconds(now);

	if (!expires_at->given)
		return LK_NO_EXPIRY;
	if (!expires_at->is_number ||
		(not_before->given && !not_before->is_number))
		return LK_BAD_CLAIM;
	if (seconds >= expires_at->seconds + LK_LEEWAY)
		return LK_EXPIRED;
	if (not_before->given && seconds < not_before->seconds - LK_LEEWAY)
		return LK_NOT_YET_VALID;
	return LK_OK;
}

/* The checks up to the first that fails. */
static LkStatus
check_token(const char *token, size_t length, TimestampTz now,
			LkReading *reading)
{
	LkJws		jws;
	char	   *header;
	char	   *payload;
	char	   *signature;
	LkPayload	read;
	LkStatus	status;

	if (length > LK_MAX_TOKEN)
		return LK_TOO_LONG;
	status = lk_jws_split(token, length, &jws);
	if (status != LK_OK)
		return status;
	header = decode(jws.header, jws.header_length);
	payload = decode(jws.payload, jws.payload_length);
	signature = decode(jws.signature, jws.signature_length);
	if (!header || !payload || !signature)
		return LK_MALFORMED;

	status = check_header(&jws, header);
	if (status != LK_OK)
		return status;
	status = lk_payload_read(payload,
							 lk_base64url_decoded_length(jws.payload_length),
							 LK_NAMES_OF_CLAIMS, &read);
	if (status != LK_OK)
		return status;
	reading->claims = read.object;
	reading->expires_at = read.expires_at.seconds;
	reading->not_before = read.not_before.seconds;
	status = find_key(reading, now);
	if (status != LK_OK)
		return status;
	status = lk_jws_verify(reading->key->jws, &jws, (uint8_t *) signature,
						   lk_base64url_decoded_length(jws.signature_length));
	if (status != LK_OK)
		return status;
	return check_times(&read.expires_at, &read.not_before, now);
}

void
lk_reader_read(const char *token, size_t length, TimestampTz now,
			   LkReading *reading)
{
	memset(reading, 0, sizeof(*reading));
	reading->status = check_token(token, length, now, reading);
}

Jsonb *
lk_reader_header(const char *token, size_t length)
{
	LkJws		jws;
	char	   *header;
	LkPayload	read;

	if (length > LK_MAX_TOKEN || lk_jws_split(token, length, &jws) != LK_OK ||
		(header = decode(jws.header, jws.header_length)) == NULL ||
		lk_payload_read(header, lk_base64url_decoded_length(jws.header_length),
						LK_NAMES_OF_HEADER, &read) != LK_OK)
		return NULL;
	return read.object;
}
