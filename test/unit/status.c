/*-------------------------------------------------------------------------
 *
 * status.c
 *	  Names are an interface; sentences are for people.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  test/unit/status.c
 *
 *-------------------------------------------------------------------------
 */
#include <ctype.h>

#include "core/status.h"

#include "tap.h"

/* Written out once more: a name that changes breaks whoever compares it. */
static const char *const names[] = {
	[LK_OK] = "ok",
	[LK_TOO_LONG] = "too_long",
	[LK_MALFORMED] = "malformed",
	[LK_BAD_HEADER] = "bad_header",
	[LK_UNSUPPORTED_ALGORITHM] = "unsupported_algorithm",
	[LK_BAD_PAYLOAD] = "bad_payload",
	[LK_TOO_COMPLEX] = "too_complex",
	[LK_DUPLICATE_NAME] = "duplicate_name",
	[LK_AMBIGUOUS_NAME] = "ambiguous_name",
	[LK_BAD_CLAIM] = "bad_claim",
	[LK_NO_ISSUER] = "no_issuer",
	[LK_UNKNOWN_KEY] = "unknown_key",
	[LK_KEYS_UNAVAILABLE] = "keys_unavailable",
	[LK_SIGNATURE_MISMATCH] = "signature_mismatch",
	[LK_NO_EXPIRY] = "no_expiry",
	[LK_EXPIRED] = "expired",
	[LK_NOT_YET_VALID] = "not_yet_valid",
	[LK_NOT_REPRESENTABLE] = "not_representable",
	[LK_NO_DIGEST] = "no_digest",
	[LK_DIGEST_MISMATCH] = "digest_mismatch",
	[LK_CRYPTO_FAILURE] = "crypto_failure",
};

/* A sentence begins with a capital, ends with a full stop, is one line. */
static bool
is_sentence(const char *s)
{
	size_t		n = strlen(s);

	return n > 10 && isupper((unsigned char) s[0]) && s[n - 1] == '.' &&
		isalnum((unsigned char) s[n - 2]) && strchr(s, '\n') == NULL &&
		strstr(s, "  ") == NULL;
}

int
main(void)
{
	int			same_name = 0,
				same_sentence = 0;

	ok(lengthof(names) == LK_NSTATUS, "no status is missing here");
	for (int i = 0; i < LK_NSTATUS; i++)
	{
		const char *name = lk_status_name(i);
		const char *sentence = lk_status_sentence(i);

		ok(name != NULL && strcmp(name, names[i]) == 0, "name %s", names[i]);
		ok(sentence != NULL && is_sentence(sentence),
		   "sentence of %s", names[i]);
		for (int j = 0; j < i; j++)
		{
			same_name += strcmp(name, lk_status_name(j)) == 0;
			same_sentence += strcmp(sentence, lk_status_sentence(j)) == 0;
		}
	}
	ok(same_name == 0, "no two have the same name");
	ok(same_sentence == 0, "no two have the same sentence");
	return done();
}
