/*-------------------------------------------------------------------------
 *
 * digest.c
 *	  The digest of a webhook's body.
 *
 * Held against the examples of FIPS 180-4 and of RFC 6234 section 8.5, and
 * against every text that is one character, bit, or byte off.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  test/unit/digest.c
 *
 *-------------------------------------------------------------------------
 */
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/sha.h>

#include "core/digest.h"

#include "tap.h"

#define MILLION	1000000

/* A body with + and / in its digest, as LiveKit would post it. */
#define BODY	"{\"id\":\"EV_0\"}"
#define DIGEST	"GbTofnrnfMz/GiUu/awM8K4hq97+KVIl21069tDokxY="

static int	until_failure = -1; /* allocations that still succeed; -1: all */

static void *
allocate(size_t size, const char *file, int line)
{
	(void) file;
	(void) line;
	if (until_failure == 0)
		return NULL;
	if (until_failure > 0)
		until_failure--;
	return malloc(size);
}

static void *
reallocate(void *memory, size_t size, const char *file, int line)
{
	(void) file;
	(void) line;
	return until_failure == 0 ? NULL : realloc(memory, size);
}

static void
release(void *memory, const char *file, int line)
{
	(void) file;
	(void) line;
	free(memory);
}

/* Check with copies that end where their memory does. */
static LkStatus
check(const void *body, size_t length, const char *digest, size_t digest_length)
{
	uint8_t    *body_copy = exact_copy(body, length);
	char	   *digest_copy = exact_copy(digest, digest_length);
	LkStatus	status = lk_digest_check(body_copy, length, digest_copy,
										 digest_length);

	free(body_copy);
	free(digest_copy);
	return status;
}

static void
test_vectors(void)
{
	static const struct
	{
		const char *body;
		const char *digest;
	}			cases[] =
	{
		{"", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="},
		{"abc", "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="},
		{"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
		"JI1qYdIGOLjlwCaTDD5gOaM85Flk/yFn9uzt1BnbBsE="},
		{"abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn"
			"hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
		"z1sWp3ivg4ADbOWeewSSNwskmxHo8HpRr6xFA3r+6dE="},
		{"\xbd", "aDJXIKq9fILzD1VLMT0FcMlazLt9xLWq4RIEwI/+cys="},
		{BODY, DIGEST},
	};
	uint8_t    *million = malloc(MILLION);

	for (size_t i = 0; i < lengthof(cases); i++)
		ok(check(cases[i].body, strlen(cases[i].body), cases[i].digest,
				 strlen(cases[i].digest)) == LK_OK,
		   "vector %zu", i + 1);
	memset(million, 'a', MILLION);
	ok(check(million, MILLION,
			 BYTES("zcduXJkU+5KBocfihNc+Z/GAmkiklyAOBG05zMcRLNA=")) == LK_OK,
	   "a million times a");
	free(million);
}

/* Bodies of all lengths about SHA-256's blocks, NUL bytes among them. */
static void
test_lengths(void)
{
	uint8_t		body[300];
	int			right = 0,
				wrong = 0;

	fill(body, sizeof(body), 8);
	body[0] = body[7] = body[63] = body[64] = body[127] = '\0';
	for (size_t n = 0; n < sizeof(body); n++)
	{
		uint8_t		bytes[SHA256_DIGEST_LENGTH];
		char		digest[45];

		SHA256(body, n, bytes);
		EVP_EncodeBlock((unsigned char *) digest, bytes, sizeof(bytes));
		right += check(body, n, digest, 44) == LK_OK;
		wrong += check(body, n + 1, digest, 44) == LK_DIGEST_MISMATCH;
		if (n > 0)
			wrong += check(body, n - 1, digest, 44) == LK_DIGEST_MISMATCH;
	}
	ok(right == (int) lengthof(body), "bodies of 0 to 299 bytes");
	ok(wrong == 2 * (int) lengthof(body) - 1, "none with a byte more or less");
}

/* Every bit of the body, and every other character of the digest. */
static void
test_changes(void)
{
	char		body[] = BODY;
	char		digest[] = DIGEST;
	int			accepted = 0;

	for (size_t bit = 0; bit < 8 * strlen(body); bit++)
	{
		body[bit / 8] ^= 1 << bit % 8;
		accepted += check(body, strlen(BODY), BYTES(DIGEST)) != LK_DIGEST_MISMATCH;
		body[bit / 8] ^= 1 << bit % 8;
	}
	ok(accepted == 0, "no bit of the body may change");

	for (size_t i = 0; i < strlen(DIGEST); i++)
	{
		for (int c = 0; c < 256; c++)
		{
			digest[i] = (char) c;
			accepted += (check(BYTES(BODY), digest, strlen(DIGEST)) == LK_OK) !=
				(digest[i] == DIGEST[i]);
		}
		digest[i] = DIGEST[i];
	}
	ok(accepted == 0, "no character of the digest may be another");
}

/* Texts that are not the digest in standard base64 with its padding. */
static void
test_spellings(void)
{
	static const struct
	{
		const char *digest;
		size_t		length;
		const char *name;
	}			cases[] =
	{
		{BYTES(""), "empty"},
		{BYTES("="), "padding"},
		{BYTES("GbTofnrnfMz/GiUu/awM8K4hq97+KVIl21069tDokxY"), "without padding"},
		{BYTES(DIGEST "="), "with more padding"},
		{BYTES("GbTofnrnfMz_GiUu_awM8K4hq97-KVIl21069tDokxY="), "base64url"},
		{BYTES("GbTofnrnfMz_GiUu_awM8K4hq97-KVIl21069tDokxY"), "base64url without padding"},
		{BYTES(DIGEST "\0"), "a NUL behind"},
		{BYTES(DIGEST "\n"), "a line feed behind"},
		{BYTES(" " DIGEST), "a blank before"},
		{BYTES(DIGEST DIGEST), "twice"},
		{BYTES("19b4e87e7ae77cccff1a252efdac0cf0ae21abdefe295225db5d3af6d0e89316"), "in hex"},
		{BYTES("47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="), "that of nothing"},
		{BYTES("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"), "NUL bytes"},
	};
	int			accepted = 0;

	for (size_t i = 0; i < lengthof(cases); i++)
		ok(check(BYTES(BODY), cases[i].digest, cases[i].length) == LK_DIGEST_MISMATCH,
		   "%s", cases[i].name);
	for (size_t n = 0; n < strlen(DIGEST); n++)
		accepted += check(BYTES(BODY), DIGEST, n) != LK_DIGEST_MISMATCH;
	ok(accepted == 0, "nor any that is cut");
}

/* What cannot be computed is no digest: neither a right one nor a wrong one. */
static void
test_failures(void)
{
	int			failures = 0;
	LkStatus	status = LK_OK;

	for (int n = 0; n < 100; n++)
	{
		until_failure = n;
		status = lk_digest_check((const uint8_t *) BODY, strlen(BODY),
								 BYTES(DIGEST));
		until_failure = -1;
		if (status != LK_CRYPTO_FAILURE)
			break;
		failures++;
	}
	ok(failures > 0 && status == LK_OK, "%d allocations may fail", failures);
}

int
main(void)
{
	ok(CRYPTO_set_mem_functions(allocate, reallocate, release) == 1,
	   "OpenSSL's memory is ours to refuse");
	test_vectors();
	test_lengths();
	test_changes();
	test_spellings();
	test_failures();
	return done();
}
