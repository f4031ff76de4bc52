/*-------------------------------------------------------------------------
 *
 * jws.c
 *	  Split, sign and verify.
 *
 * What signing yields is held against OpenSSL's own HMAC().
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  test/unit/jws.c
 *
 *-------------------------------------------------------------------------
 */
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "core/base64url.h"
#include "core/jws.h"

#include "tap.h"

#define LONGEST_SECRET	200		/* well above SHA-256's block of 64 */
#define LONGEST_TEXT	300

static const char secret[] = "the secret that these tests sign with";

static bool
is_part(const char *part, size_t length, const char *wanted)
{
	return length == strlen(wanted) && memcmp(part, wanted, length) == 0;
}

static void
test_split_accepted(void)
{
	static const struct
	{
		const char *token;
		size_t		length;
		const char *header;
		const char *payload;
		const char *signature;
	}			cases[] =
	{
		{BYTES("a.b.c"), "a", "b", "c"},
		{BYTES("aaa.bb.cccc"), "aaa", "bb", "cccc"},
		{BYTES("a.b."), "a", "b", ""},
		{BYTES(" .=.+"), " ", "=", "+"},
		{"a.b.c.d", 5, "a", "b", "c"},
		{"aa.bb.cc", 6, "aa", "bb", ""},
	};

	for (size_t i = 0; i < lengthof(cases); i++)
	{
		char	   *token = exact_copy(cases[i].token, cases[i].length);
		LkJws		jws;

		ok(lk_jws_split(token, cases[i].length, &jws) == LK_OK &&
		   is_part(jws.header, jws.header_length, cases[i].header) &&
		   is_part(jws.payload, jws.payload_length, cases[i].payload) &&
		   is_part(jws.signature, jws.signature_length, cases[i].signature),
		   "split \"%.*s\"", (int) cases[i].length, cases[i].token);
		free(token);
	}
}

/* A NUL is a byte like others: text behind it must not hide. */
static void
test_split_nul(void)
{
	LkJws		jws;

	ok(lk_jws_split(BYTES("a\0a.b\0.\0"), &jws) == LK_OK &&
	   jws.header_length == 3 && jws.payload_length == 2 &&
	   jws.signature_length == 1, "NUL does not end a part");
	ok(lk_jws_split(BYTES("a.b.c\0.d"), &jws) == LK_MALFORMED,
	   "NUL does not end the token");
}

static void
test_split_refused(void)
{
	static const char *const refused[] = {
		"",							/* no part at all */
		"a",						/* one */
		"abc",
		".",						/* two */
		"a.",
		".b",
		"a.b",
		"..",						/* three, of which some are empty */
		".b.c",
		"a..c",
		".b.",
		"a..",
		"..c",
		"...",						/* four */
		"a.b.c.",
		".a.b.c",
		"a.b..d",
		"a..c.d",
		"a.b.c.d",
		"....",						/* five */
		"a.b.c.d.e",
		"a.b.c..",
	};

	for (size_t i = 0; i < lengthof(refused); i++)
	{
		size_t		length = strlen(refused[i]);
		char	   *token = exact_copy(refused[i], length);
		LkJws		jws;

		ok(lk_jws_split(token, length, &jws) == LK_MALFORMED,
		   "refused: \"%s\"", refused[i]);
		free(token);
	}
}

/* Whether signing n bytes yields what OpenSSL's HMAC() says. */
static bool
is_signed_right(const uint8_t *key_bytes, size_t key_length,
				const uint8_t *text, size_t n)
{
	uint8_t    *exact_key = exact_copy(key_bytes, key_length);
	LkJwsKey   *key = lk_jws_key_create(exact_key, key_length);
	char	   *token = malloc(n + LK_SIGNATURE_LENGTH);
	uint8_t		mac[LK_MAC_LENGTH];
	char		wanted[LK_SIGNATURE_LENGTH] = ".";
	bool		right;

	free(exact_key);
	memcpy(token, text, n);
	HMAC(EVP_sha256(), key_bytes, (int) key_length, text, n, mac, NULL);
	lk_base64url_encode(mac, sizeof(mac), wanted + 1);

	right = lk_jws_sign(key, token, n) == LK_OK &&
		memcmp(token, text, n) == 0 &&
		memcmp(token + n, wanted, sizeof(wanted)) == 0;
	free(token);
	lk_jws_key_free(key);
	return right;
}

static void
test_sign(void)
{
	uint8_t		bytes[LONGEST_TEXT];
	int			wrong = 0;

	for (size_t n = 0; n <= LONGEST_SECRET; n++)
	{
		fill(bytes, sizeof(bytes), (uint32_t) n);
		wrong += !is_signed_right(bytes, n, bytes + 200, 100);
	}
	ok(wrong == 0, "signing agrees with OpenSSL, secrets of each length");

	wrong = 0;
	for (size_t n = 0; n <= LONGEST_TEXT; n++)
	{
		fill(bytes, sizeof(bytes), (uint32_t) n);
		wrong += !is_signed_right((const uint8_t *) BYTES(secret), bytes, n);
	}
	ok(wrong == 0, "signing agrees with OpenSSL, texts of each length");
}

/* Split a token and verify it by its own signature. */
static LkStatus
verify(LkJwsKey *key, const char *token, size_t length)
{
	LkJws		jws;
	uint8_t		mac[LK_MAC_LENGTH];

	if (lk_jws_split(token, length, &jws) != LK_OK ||
		jws.signature_length != LK_SIGNATURE_LENGTH - 1 ||
		!lk_base64url_decode(jws.signature, jws.signature_length, mac))
		return LK_MALFORMED;
	return lk_jws_verify(key, &jws, mac, sizeof(mac));
}

#define TEXT "header.payload"

/* A token of TEXT, split, with its decoded signature. */
typedef struct Signed
{
	char		token[sizeof(TEXT) - 1 + LK_SIGNATURE_LENGTH];
	LkJws		jws;
	uint8_t		mac[LK_MAC_LENGTH];
} Signed;

static void
sign(LkJwsKey *key, Signed *s)
{
	memcpy(s->token, BYTES(TEXT));
	ok(lk_jws_sign(key, s->token, sizeof(TEXT) - 1) == LK_OK &&
	   lk_jws_split(s->token, sizeof(s->token), &s->jws) == LK_OK &&
	   lk_base64url_decode(s->jws.signature, s->jws.signature_length, s->mac),
	   "sign, split, decode");
}

static void
test_verify(LkJwsKey *key)
{
	Signed		s;
	int			wrong;

	sign(key, &s);
	ok(lk_jws_verify(key, &s.jws, s.mac, sizeof(s.mac)) == LK_OK,
	   "our own signature holds");
	ok(lk_jws_verify(key, &s.jws, s.mac, sizeof(s.mac)) == LK_OK,
	   "and once more");

	wrong = 0;
	for (size_t bit = 0; bit < 8 * sizeof(s.mac); bit++)
	{
		s.mac[bit / 8] ^= 1 << bit % 8;
		wrong += lk_jws_verify(key, &s.jws, s.mac, sizeof(s.mac)) !=
			LK_SIGNATURE_MISMATCH;
		s.mac[bit / 8] ^= 1 << bit % 8;
	}
	ok(wrong == 0, "each bit of the signature counts");

	wrong = 0;
	for (size_t bit = 0; bit < 8 * (sizeof(TEXT) - 1); bit++)
	{
		s.token[bit / 8] ^= 1 << bit % 8;
		wrong += lk_jws_verify(key, &s.jws, s.mac, sizeof(s.mac)) !=
			LK_SIGNATURE_MISMATCH;
		s.token[bit / 8] ^= 1 << bit % 8;
	}
	ok(wrong == 0, "each bit of header, dot and payload counts");

	memcpy(s.token, BYTES("heade.rpayload"));
	ok(verify(key, s.token, sizeof(s.token)) == LK_SIGNATURE_MISMATCH,
	   "the place of the dot counts");
	memcpy(s.token, BYTES(TEXT));
	ok(verify(key, s.token, sizeof(s.token)) == LK_OK, "all as it was");
}

/* A signature that begins with a zero byte counts behind it as well. */
static void
test_zero_byte(LkJwsKey *key)
{
	char		token[sizeof("000.payload") - 1 + LK_SIGNATURE_LENGTH];
	size_t		length = sizeof(token) - LK_SIGNATURE_LENGTH;
	uint8_t		mac[LK_MAC_LENGTH] = {1};
	LkJws		jws;
	int			wrong = 0;

	for (int i = 0; i < 1000 && mac[0] != 0; i++)
	{
		snprintf(token, sizeof(token), "%03d.payload", i);
		if (lk_jws_sign(key, token, length) != LK_OK ||
			lk_jws_split(token, sizeof(token), &jws) != LK_OK ||
			!lk_base64url_decode(jws.signature, jws.signature_length, mac))
			break;
	}
	ok(mac[0] == 0 && lk_jws_verify(key, &jws, mac, sizeof(mac)) == LK_OK,
	   "a signature that begins with a zero byte");
	for (size_t i = 1; i < sizeof(mac); i++)
	{
		mac[i] ^= 1;
		wrong += lk_jws_verify(key, &jws, mac, sizeof(mac)) == LK_OK;
		mac[i] ^= 1;
	}
	ok(wrong == 0, "what follows the zero byte counts");
}

/* The right signature and what follows it, but cut elsewhere. */
static void
test_signature_length(LkJwsKey *key)
{
	Signed		s;
	uint8_t		longer[2 * LK_MAC_LENGTH] = {0};
	int			wrong = 0;

	sign(key, &s);
	memcpy(longer, s.mac, sizeof(s.mac));
	for (size_t n = 0; n <= sizeof(longer); n++)
	{
		uint8_t    *exact = exact_copy(longer, n);

		wrong += lk_jws_verify(key, &s.jws, exact, n) !=
			(n == LK_MAC_LENGTH ? LK_OK : LK_SIGNATURE_MISMATCH);
		free(exact);
	}
	ok(wrong == 0, "a signature is 32 bytes, neither more nor less");
}

static void
test_other_keys(LkJwsKey *key)
{
	static const struct
	{
		const char *secret;
		size_t		length;
		const char *name;
	}			others[] =
	{
		{BYTES("the secret that these tests sign witH"), "one bit"},
		{BYTES("the secret that these tests sign wit"), "one less"},
		{BYTES("the secret that these tests sign with\n"), "a line feed more"},
		{BYTES(""), "none"},
	};
	Signed		ours,
				theirs;

	sign(key, &ours);
	for (size_t i = 0; i < lengthof(others); i++)
	{
		LkJwsKey   *other = lk_jws_key_create(others[i].secret,
											  others[i].length);

		sign(other, &theirs);
		ok(lk_jws_verify(other, &ours.jws, ours.mac, sizeof(ours.mac)) ==
		   LK_SIGNATURE_MISMATCH &&
		   lk_jws_verify(key, &theirs.jws, theirs.mac, sizeof(theirs.mac)) ==
		   LK_SIGNATURE_MISMATCH, "another secret: %s", others[i].name);
		ok(verify(key, ours.token, sizeof(ours.token)) == LK_OK &&
		   verify(other, theirs.token, sizeof(theirs.token)) == LK_OK,
		   "each key knows its own still");
		lk_jws_key_free(other);
	}
}

/* A key has what it needs: the secret may be wiped once it is made. */
static void
test_secret_wiped(LkJwsKey *key)
{
	char	   *copy = exact_copy(BYTES(secret));
	LkJwsKey   *wiped = lk_jws_key_create(copy, sizeof(secret) - 1);
	Signed		s;

	memset(copy, 0, sizeof(secret) - 1);
	free(copy);
	sign(wiped, &s);
	ok(verify(key, s.token, sizeof(s.token)) == LK_OK,
	   "a key does without the secret it was made from");
	lk_jws_key_free(wiped);
}

int
main(void)
{
	LkJwsKey   *key = lk_jws_key_create(BYTES(secret));

	test_split_accepted();
	test_split_nul();
	test_split_refused();
	test_sign();
	test_verify(key);
	test_zero_byte(key);
	test_signature_length(key);
	test_other_keys(key);
	test_secret_wiped(key);
	lk_jws_key_free(key);
	lk_jws_key_free(NULL);
	return done();
}
