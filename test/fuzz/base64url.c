/*-------------------------------------------------------------------------
 *
 * base64url.c
 *	  What is decoded encodes to the same text, and the other way round.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  test/fuzz/base64url.c
 *
 *-------------------------------------------------------------------------
 */
#include <openssl/evp.h>

#include "core/base64url.h"

#include "fuzz.h"

/* OpenSSL's decoder, fed plain base64 with padding, must yield the same. */
static void
decode_by_openssl(const char *text, size_t n, const uint8_t *wanted)
{
	size_t		padded = (n + 3) / 4 * 4;
	uint8_t    *plain = malloc(padded + 1);
	uint8_t    *bytes = malloc(padded + 1);

	for (size_t i = 0; i < padded; i++)
		plain[i] = i >= n ? '=' :
			text[i] == '-' ? '+' :
			text[i] == '_' ? '/' : (uint8_t) text[i];
	HOLDS(EVP_DecodeBlock(bytes, plain, (int) padded) ==
		  (int) (padded / 4 * 3));
	HOLDS(memcmp(bytes, wanted, lk_base64url_decoded_length(n)) == 0);
	free(plain);
	free(bytes);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t		length = lk_base64url_decoded_length(size);
	uint8_t    *bytes = malloc(length);
	char	   *text = malloc(size);

	if (lk_base64url_decode((const char *) data, size, bytes))
	{
		HOLDS(lk_base64url_encode(bytes, length, text) == size);
		HOLDS(memcmp(text, data, size) == 0);
		decode_by_openssl(text, size, bytes);
	}
	free(bytes);
	free(text);

	length = lk_base64url_encoded_length(size);
	bytes = malloc(size);
	text = malloc(length);
	memcpy(text, data, size);
	HOLDS(lk_base64url_encode((const uint8_t *) text, size, text) == length);
	HOLDS(lk_base64url_decode(text, length, bytes));
	HOLDS(memcmp(bytes, data, size) == 0);
	free(bytes);
	free(text);
	return 0;
}
