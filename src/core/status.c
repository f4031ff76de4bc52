/*-------------------------------------------------------------------------
 *
 * status.c
 *	  Why a token is accepted or refused: names and sentences.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/core/status.c
 *
 *-------------------------------------------------------------------------
 */
#include <assert.h>
#include <stddef.h>

#include "core/status.h"

static const struct
{
	const char *name;
	const char *sentence;
}			status_table[] =
{
	[LK_OK] = {"ok",
		"The signature holds and the token is valid now."},
	[LK_TOO_LONG] = {"too_long",
		"The text is longer than any token within LiveKit's limits."},
	[LK_MALFORMED] = {"malformed",
		"A token is three parts of unpadded base64url joined by dots, without blanks or line ends; copy it again, whole."},
	[LK_BAD_HEADER] = {"bad_header",
		"The header is not a JSON object that can be trusted, or it has \"crit\", which LiveKit does not use."},
	[LK_UNSUPPORTED_ALGORITHM] = {"unsupported_algorithm",
		"LiveKit's tokens are signed with HS256 and nothing else; sign it with that algorithm."},
	[LK_BAD_PAYLOAD] = {"bad_payload",
		"The payload is not a JSON object in valid UTF-8."},
	[LK_TOO_COMPLEX] = {"too_complex",
		"The JSON is nested deeper than 64 levels, has more than 65536 values, or a number with too many digits."},
	[LK_DUPLICATE_NAME] = {"duplicate_name",
		"A name occurs twice in one JSON object, and readers differ in which one counts; write it once."},
	[LK_AMBIGUOUS_NAME] = {"ambiguous_name",
		"A known name is spelt in another letter case, and LiveKit's server would take it for the known one; spell it exactly."},
	[LK_BAD_CLAIM] = {"bad_claim",
		"The claim \"iss\" must be a string, and \"exp\" and \"nbf\" must be numbers of seconds since 1970."},
	[LK_NO_ISSUER] = {"no_issuer",
		"The claim \"iss\" is missing, so no API key can be looked up; set it to the API key that signs."},
	[LK_UNKNOWN_KEY] = {"unknown_key",
		"The token is signed by an API key that this database does not hold."},
	[LK_KEYS_UNAVAILABLE] = {"keys_unavailable",
		"The API keys of this database cannot be read; see the server log and the view livekit_keys."},
	[LK_SIGNATURE_MISMATCH] = {"signature_mismatch",
		"The signature is not that of the API key it names: the token was changed, or the key's secret differs."},
	[LK_NO_EXPIRY] = {"no_expiry",
		"The claim \"exp\" is missing; a token must expire."},
	[LK_EXPIRED] = {"expired",
		"The token has expired; ask for a new one."},
	[LK_NOT_YET_VALID] = {"not_yet_valid",
		"The token is not valid yet; if it should be, compare the clocks of the machine that signed it and of this one."},
	[LK_NOT_REPRESENTABLE] = {"not_representable",
		"The token has characters that the database's encoding lacks; use a database in UTF8."},
	[LK_NO_DIGEST] = {"no_digest",
		"The claim \"sha256\" is missing, so the token is not that of a webhook."},
	[LK_DIGEST_MISMATCH] = {"digest_mismatch",
		"The claim \"sha256\" is not the digest of this body; give the body as it came, byte for byte."},
	[LK_CRYPTO_FAILURE] = {"crypto_failure",
		"OpenSSL could not compute the signature."},
};

static_assert(sizeof(status_table) / sizeof(status_table[0]) == LK_NSTATUS,
			  "every status needs its row");

const char *
lk_status_name(LkStatus status)
{
	return status_table[status].name;
}

const char *
lk_status_sentence(LkStatus status)
{
	return status_table[status].sentence;
}
