/*-------------------------------------------------------------------------
 *
 * wycheproof_aes256gcm.c
 *	  Project Wycheproof's cases of AES-GCM, those with the sizes we use.
 *
 * A valid case is sealed to what it says, and opened; an invalid one is not
 * opened, and leaves nothing.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  test/unit/wycheproof_aes256gcm.c
 *
 *-------------------------------------------------------------------------
 */
#include "core/seal.h"

#include "tap.h"

#define LONGEST		1024		/* bytes, of what a case seals or is about */
#define VALID		39
#define INVALID		27

/* One line of wycheproof.py. */
enum
{
	ID, RESULT, COMMENT, KEY, NONCE, ABOUT, PLAIN, SEALED, TAG, FIELDS
};

static bool
is_sealed_to(const LkSeal *seal, const uint8_t *plain, size_t length,
			 const uint8_t *wanted)
{
	uint8_t    *sealed = malloc(length + LK_SEAL_TAG_LENGTH);
	bool		same =
	lk_seal(seal, plain, length, sealed) == LK_SEAL_OK &&
	memcmp(sealed, wanted, length + LK_SEAL_TAG_LENGTH) == 0;

	free(sealed);
	return same;
}

static bool
is_opened_to(const LkSeal *seal, const uint8_t *sealed, size_t length,
			 const uint8_t *wanted)
{
	uint8_t    *copy = exact_copy(sealed, length + LK_SEAL_TAG_LENGTH);
	uint8_t    *opened = malloc(length);
	LkSealResult result = lk_unseal(seal, copy, length + LK_SEAL_TAG_LENGTH,
									opened);
	bool		same = memcmp(opened, wanted, length) == 0;

	if (result != LK_SEAL_OK && length > 0 && same)
		ok(false, "what is not opened leaves nothing");
	free(copy);
	free(opened);
	return result == LK_SEAL_OK && same;
}

static void
test_case(char *const *fields, bool valid)
{
	uint8_t		key[LK_SEAL_KEY_LENGTH];
	uint8_t		nonce[LK_SEAL_NONCE_LENGTH];
	uint8_t		about[LONGEST];
	uint8_t		plain[LONGEST];
	uint8_t		sealed[LONGEST + LK_SEAL_TAG_LENGTH];
	LkSeal		seal = {key, nonce, about, read_hex(fields[ABOUT], about)};
	size_t		length = read_hex(fields[PLAIN], plain);

	read_hex(fields[KEY], key);
	read_hex(fields[NONCE], nonce);
	read_hex(fields[TAG], sealed + read_hex(fields[SEALED], sealed));
	ok(is_opened_to(&seal, sealed, length, plain) == valid &&
	   is_sealed_to(&seal, plain, length, sealed) == valid,
	   "tcId %s, %s: %s", fields[ID], fields[COMMENT],
	   valid ? "sealed, and opened" : "not opened");
}

int
main(void)
{
	FILE	   *lines = popen("python3 test/unit/wycheproof.py aes256gcm", "r");
	char	   *line = NULL;
	size_t		size = 0;
	char	   *fields[FIELDS];
	int			seen[2] = {0};

	while (getline(&line, &size, lines) > 0)
	{
		bool		valid;

		if (!cut(line, fields, FIELDS))
		{
			ok(false, "a line has %d fields", FIELDS);
			continue;
		}
		valid = strcmp(fields[RESULT], "valid") == 0;
		seen[valid]++;
		test_case(fields, valid);
	}
	free(line);
	ok(pclose(lines) == 0, "wycheproof.py ended well");
	ok(seen[true] == VALID && seen[false] == INVALID, "each case was there");
	return done();
}
