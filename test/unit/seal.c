/*-------------------------------------------------------------------------
 *
 * seal.c
 *	  Seal and unseal.
 *
 * Held against the test cases for AES-256 in "The Galois/Counter Mode of
 * Operation (GCM)" by McGrew and Viega, appendix B, as submitted to NIST.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  test/unit/seal.c
 *
 *-------------------------------------------------------------------------
 */
#include "core/seal.h"

#include "tap.h"

#define LONGEST_SECRET	16384
#define LIMIT			(1024 * 1024)	/* what seal.c takes at most */

static void
test_vectors(void)
{
#define ZERO	"0000000000000000000000000000000000000000000000000000000000000000"
#define KEY		"feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308"
#define PLAIN	"d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72" \
				"1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"
#define SEALED	"522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa" \
				"8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
	static const struct
	{
		int			number;
		const char *key;
		const char *nonce;
		const char *about;
		const char *plain;
		const char *sealed;
	}			cases[] =
	{
		{13, ZERO, "000000000000000000000000", "", "",
		"530f8afbc74536b9a963b4f1c4cb738b"},
		{14, ZERO, "000000000000000000000000", "",
			"00000000000000000000000000000000",
		"cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919"},
		{15, KEY, "cafebabefacedbaddecaf888", "", PLAIN "1aafd255",
		SEALED "898015adb094dac5d93471bdec1a502270e3cc6c"},
		{16, KEY, "cafebabefacedbaddecaf888",
			"feedfacedeadbeeffeedfacedeadbeefabaddad2", PLAIN,
		SEALED "76fc6ece0f4e1768cddf8853bb2d551b"},
	};

	for (size_t i = 0; i < lengthof(cases); i++)
	{
		uint8_t		key[LK_SEAL_KEY_LENGTH];
		uint8_t		nonce[LK_SEAL_NONCE_LENGTH];
		uint8_t		about[20];
		uint8_t		plain[64];
		uint8_t		wanted[sizeof(plain) + LK_SEAL_TAG_LENGTH];
		LkSeal		seal = {key, nonce, about, read_hex(cases[i].about, about)};
		size_t		length = read_hex(cases[i].plain, plain);
		size_t		sealed_length = read_hex(cases[i].sealed, wanted);
		uint8_t    *sealed = malloc(sealed_length);
		uint8_t    *opened = malloc(length);

		read_hex(cases[i].key, key);
		read_hex(cases[i].nonce, nonce);
		ok(sealed_length == length + LK_SEAL_TAG_LENGTH &&
		   lk_seal(&seal, plain, length, sealed) == LK_SEAL_OK,
		   "test case %d is sealed", cases[i].number);
		is_bytes(sealed, wanted, sealed_length, "to what it says");
		ok(lk_unseal(&seal, wanted, sealed_length, opened) == LK_SEAL_OK,
		   "and is opened");
		is_bytes(opened, plain, length, "to what it was");
		free(sealed);
		free(opened);
	}
}

/* A secret, sealed, and all that opens it. */
typedef struct Example
{
	uint8_t		key[LK_SEAL_KEY_LENGTH];
	uint8_t		nonce[LK_SEAL_NONCE_LENGTH];
	uint8_t		about[40];
	uint8_t		plain[43];
	uint8_t		sealed[43 + LK_SEAL_TAG_LENGTH];
	LkSeal		seal;
} Example;

static void
make_example(Example *e)
{
	fill(e->key, sizeof(e->key), 1);
	fill(e->nonce, sizeof(e->nonce), 2);
	fill(e->about, sizeof(e->about), 3);
	fill(e->plain, sizeof(e->plain), 4);
	e->seal = (LkSeal) {e->key, e->nonce, e->about, sizeof(e->about)};
	ok(lk_seal(&e->seal, e->plain, sizeof(e->plain), e->sealed) == LK_SEAL_OK,
	   "sealed");
}

static bool
is_zero(const uint8_t *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
	{
		if (bytes[i] != 0)
			return false;
	}
	return true;
}

/* Is it refused, with nothing left of what was opened? */
static bool
is_broken(const LkSeal *seal, const uint8_t *sealed, size_t length)
{
	size_t		n = length < LK_SEAL_TAG_LENGTH ? 0 : length - LK_SEAL_TAG_LENGTH;
	uint8_t    *exact = exact_copy(sealed, length);
	uint8_t    *plain = malloc(n);
	bool		broken;

	if (n > 0)
		memset(plain, 0xaa, n);
	broken = lk_unseal(seal, exact, length, plain) == LK_SEAL_BROKEN &&
		is_zero(plain, n);
	free(plain);
	free(exact);
	return broken;
}

/* Does it open, to what it was? */
static bool
is_whole(const Example *e)
{
	uint8_t		plain[sizeof(e->plain)];

	return lk_unseal(&e->seal, e->sealed, sizeof(e->sealed),
					 plain) == LK_SEAL_OK &&
		memcmp(plain, e->plain, sizeof(plain)) == 0;
}

/* Change each bit in turn of something that the example consists of. */
static void
test_bits(Example *e, uint8_t *bytes, size_t n, const char *name)
{
	int			wrong = 0;

	for (size_t bit = 0; bit < 8 * n; bit++)
	{
		bytes[bit / 8] ^= 1 << bit % 8;
		wrong += !is_broken(&e->seal, e->sealed, sizeof(e->sealed));
		bytes[bit / 8] ^= 1 << bit % 8;
	}
	ok(wrong == 0, "each bit of %s counts", name);
	ok(is_whole(e), "opened as it was");
}

static void
test_changes(void)
{
	Example		e;

	make_example(&e);
	ok(is_whole(&e), "opened");
	test_bits(&e, e.sealed, sizeof(e.plain), "what is sealed");
	test_bits(&e, e.sealed + sizeof(e.plain), LK_SEAL_TAG_LENGTH, "the tag");
	test_bits(&e, e.nonce, sizeof(e.nonce), "the nonce");
	test_bits(&e, e.about, sizeof(e.about), "what it is about");
	test_bits(&e, e.key, sizeof(e.key), "the key");
}

/* The right bytes, but cut elsewhere, or in another order. */
static void
test_cuts(void)
{
	Example		e;
	uint8_t		longer[sizeof(e.sealed) + LK_SEAL_TAG_LENGTH] = {0};
	int			wrong = 0;

	make_example(&e);
	memcpy(longer, e.sealed, sizeof(e.sealed));
	for (size_t n = 0; n <= sizeof(longer); n++)
		wrong += n != sizeof(e.sealed) && !is_broken(&e.seal, longer, n);
	ok(wrong == 0, "neither shorter nor longer");

	wrong = 0;
	for (size_t n = 0; n < sizeof(e.about); n++)
	{
		e.seal.about_length = n;
		wrong += !is_broken(&e.seal, e.sealed, sizeof(e.sealed));
	}
	e.seal.about_length = sizeof(e.about);
	ok(wrong == 0, "nor less of what it is about");

	memcpy(longer, e.sealed + sizeof(e.plain), LK_SEAL_TAG_LENGTH);
	memcpy(longer + LK_SEAL_TAG_LENGTH, e.sealed, sizeof(e.plain));
	ok(is_broken(&e.seal, longer, sizeof(e.sealed)), "nor with the tag in front");
	ok(is_broken(&e.seal, (const uint8_t *) "", 0), "nor nothing");
	ok(is_whole(&e), "all as it was");
}

/* A tag shorter than the whole one must not do, not even its first bytes. */
static void
test_tag_alone(void)
{
	Example		e;
	uint8_t		tag[LK_SEAL_TAG_LENGTH];
	uint8_t		nothing[1] = {0xaa};
	int			wrong = 0;

	make_example(&e);
	ok(lk_seal(&e.seal, "", 0, tag) == LK_SEAL_OK, "nothing, sealed, is a tag");
	ok(lk_unseal(&e.seal, tag, sizeof(tag), nothing) == LK_SEAL_OK &&
	   nothing[0] == 0xaa, "and opens to nothing");
	for (size_t n = 0; n < sizeof(tag); n++)
		wrong += !is_broken(&e.seal, tag, n);
	ok(wrong == 0, "what is shorter than a tag is broken");
}

/* Two that are sealed by one key do not open in each other's place. */
static void
test_others(void)
{
	Example		e;
	Example		other;
	LkSeal		mixed;

	make_example(&e);
	make_example(&other);
	fill(other.nonce, sizeof(other.nonce), 5);
	ok(lk_seal(&other.seal, other.plain, sizeof(other.plain),
			   other.sealed) == LK_SEAL_OK && is_whole(&other), "another nonce");
	ok(memcmp(e.sealed, other.sealed, sizeof(e.sealed)) != 0,
	   "the same looks otherwise");
	ok(is_broken(&e.seal, other.sealed, sizeof(other.sealed)) &&
	   is_broken(&other.seal, e.sealed, sizeof(e.sealed)), "each has its own");

	/* what it is about, and what is sealed, are not one text */
	mixed = e.seal;
	mixed.about_length--;
	ok(is_broken(&mixed, e.sealed, sizeof(e.sealed)), "about one byte less");
	mixed.about_length = 0;
	ok(is_broken(&mixed, e.sealed, sizeof(e.sealed)), "about nothing");
	ok(lk_seal(&mixed, e.plain, sizeof(e.plain), e.sealed) == LK_SEAL_OK &&
	   is_broken(&e.seal, e.sealed, sizeof(e.sealed)),
	   "and the other way round");
}

static bool
is_sealed_and_opened(const LkSeal *seal, size_t length)
{
	uint8_t    *plain = malloc(length);
	uint8_t    *sealed = malloc(length + LK_SEAL_TAG_LENGTH);
	uint8_t    *opened = malloc(length);
	bool		right;

	fill(plain, length, (uint32_t) length);
	right = lk_seal(seal, plain, length, sealed) == LK_SEAL_OK &&
		lk_unseal(seal, sealed, length + LK_SEAL_TAG_LENGTH,
				  opened) == LK_SEAL_OK &&
		(length == 0 || memcmp(plain, opened, length) == 0) &&
		/* in the clear nowhere */
		(length < 8 || memmem(sealed, length, plain, 8) == NULL);
	free(plain);
	free(sealed);
	free(opened);
	return right;
}

static void
test_lengths(void)
{
	static const size_t lengths[] = {
		LONGEST_SECRET - 1, LONGEST_SECRET, LONGEST_SECRET + 1, LIMIT,
	};
	Example		e;
	int			wrong = 0;

	make_example(&e);
	for (size_t n = 0; n <= 100; n++)
		wrong += !is_sealed_and_opened(&e.seal, n);
	ok(wrong == 0, "0 to 100 bytes");
	for (size_t i = 0; i < lengthof(lengths); i++)
		ok(is_sealed_and_opened(&e.seal, lengths[i]), "%zu bytes", lengths[i]);
}

/* Beyond the limit nothing is read or written: not one byte of it is there. */
static void
test_limit(void)
{
	static const size_t lengths[] = {
		LIMIT + 1, INT32_MAX, (size_t) INT32_MAX + 1, UINT32_MAX,
		(size_t) UINT32_MAX + 1 + 43, SIZE_MAX - LK_SEAL_TAG_LENGTH, SIZE_MAX,
	};
	Example		e;
	uint8_t    *none = malloc(0);
	int			wrong = 0;

	make_example(&e);
	for (size_t i = 0; i < lengthof(lengths); i++)
	{
		size_t		n = lengths[i];

		wrong += lk_seal(&e.seal, none, n, none) != LK_SEAL_FAILURE;
		if (n < SIZE_MAX - LK_SEAL_TAG_LENGTH)
			n += LK_SEAL_TAG_LENGTH;
		wrong += lk_unseal(&e.seal, none, n, none) != LK_SEAL_BROKEN;
	}
	ok(wrong == 0, "more than the limit is not sealed, nor opened");

	wrong = 0;
	for (size_t i = 0; i < lengthof(lengths); i++)
	{
		uint8_t		bytes[sizeof(e.sealed)];

		e.seal.about_length = lengths[i];
		wrong += lk_seal(&e.seal, e.plain, sizeof(e.plain), bytes) !=
			LK_SEAL_FAILURE;
		memset(bytes, 0xaa, sizeof(bytes));
		wrong += lk_unseal(&e.seal, e.sealed, sizeof(e.sealed), bytes) !=
			LK_SEAL_FAILURE;
	}
	ok(wrong == 0, "nor is it about more than the limit");
	e.seal.about_length = sizeof(e.about);
	ok(is_whole(&e), "all as it was");
	free(none);
}

int
main(void)
{
	test_vectors();
	test_changes();
	test_cuts();
	test_tag_alone();
	test_others();
	test_lengths();
	test_limit();
	return done();
}
