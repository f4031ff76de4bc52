/*-------------------------------------------------------------------------
 *
 * jws.c
 *	  The parts are the text; only what the key signed verifies.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  test/fuzz/jws.c
 *
 *-------------------------------------------------------------------------
 */
#include "core/base64url.h"
#include "core/jws.h"

#include "fuzz.h"

static LkJwsKey *key;

/* Count the dots; a token has two, neither at its beginning nor adjacent. */
static bool
is_token(const char *text, size_t n)
{
	int			dots = 0;

	for (size_t i = 0; i < n; i++)
	{
		if (text[i] != '.')
			continue;
		if (i == 0 || (dots == 1 && text[i - 1] == '.'))
			return false;
		dots++;
	}
	return dots == 2;
}

/* Decode and verify the signature. */
static bool
verifies(const LkJws *jws)
{
	size_t		length = lk_base64url_decoded_length(jws->signature_length);
	uint8_t    *mac = malloc(length);
	LkStatus	status = LK_MALFORMED;

	if (lk_base64url_decode(jws->signature, jws->signature_length, mac))
	{
		status = lk_jws_verify(key, jws, mac, length);
		HOLDS(status == LK_OK || status == LK_SIGNATURE_MISMATCH);
	}
	free(mac);
	return status == LK_OK;
}

/* Sign header and payload anew: what verified before is this and no other. */
static void
sign_again(const LkJws *jws, bool verified)
{
	size_t		length = jws->header_length + 1 + jws->payload_length;
	size_t		total = length + LK_SIGNATURE_LENGTH;
	char	   *token = malloc(total);
	LkJws		again;

	memcpy(token, jws->header, length);
	HOLDS(lk_jws_sign(key, token, length) == LK_OK);
	HOLDS(memcmp(token, jws->header, length) == 0);
	HOLDS(lk_jws_split(token, total, &again) == LK_OK);
	HOLDS(again.header_length == jws->header_length);
	HOLDS(again.payload_length == jws->payload_length);
	HOLDS(verifies(&again));
	HOLDS(verified ==
		  (jws->signature_length == again.signature_length &&
		   memcmp(jws->signature, again.signature,
				  again.signature_length) == 0));
	free(token);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *token = (const char *) data;
	LkJws		jws;

	if (key == NULL)
		key = lk_jws_key_create("a key", 5);

	if (lk_jws_split(token, size, &jws) != LK_OK)
	{
		HOLDS(!is_token(token, size));
		return 0;
	}
	HOLDS(is_token(token, size));
	HOLDS(jws.header == token);
	HOLDS(jws.payload == jws.header + jws.header_length + 1);
	HOLDS(jws.signature == jws.payload + jws.payload_length + 1);
	HOLDS(jws.signature + jws.signature_length == token + size);
	HOLDS(jws.payload[-1] == '.' && jws.signature[-1] == '.');
	sign_again(&jws, verifies(&jws));
	return 0;
}
