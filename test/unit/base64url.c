/*-------------------------------------------------------------------------
 *
 * base64url.c
 *	  Every text has one decoding or none, every decoding one text.
 *
 * What encoding yields is held against OpenSSL's encoder; what decoding
 * accepts against a rule written here; and what it yields against encoding.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  test/unit/base64url.c
 *
 *-------------------------------------------------------------------------
 */
#include <openssl/evp.h>

#include "core/base64url.h"

#include "tap.h"

#define LONGEST 300				/* of all lengths that are tried in turn */

static const char alphabet[] =
"ABCDEFGHIJKLMNOPQRSTUVWXYZ"
"abcdefghijklmnopqrstuvwxyz"
"0123456789-_";

/* Texts accepted that do not come back from encoding what was decoded. */
static int	altered;

/* Decode from and to memory without a byte to spare. */
static bool
is_accepted(const char *text, size_t n)
{
	size_t		length = lk_base64url_decoded_length(n);
	char	   *src = exact_copy(text, n);
	uint8_t    *bytes = malloc(length);
	char	   *again = malloc(n);
	bool		accepted = lk_base64url_decode(src, n, bytes);

	if (accepted && (lk_base64url_encode(bytes, length, again) != n ||
					 memcmp(again, src, n) != 0))
		altered++;
	free(src);
	free(bytes);
	free(again);
	return accepted;
}

/* The rule: the alphabet only, no lone character, unused bits zero. */
static bool
is_canonical(const char *text, size_t n)
{
	static const int unused[] = {0, 0, 15, 3};
	const char *last = alphabet;

	for (size_t i = 0; i < n; i++)
	{
		last = memchr(alphabet, text[i], sizeof(alphabet) - 1);
		if (last == NULL)
			return false;
	}
	return n % 4 != 1 && ((last - alphabet) & unused[n % 4]) == 0;
}

static void
test_lengths(void)
{
	int			wrong = 0;

	for (size_t n = 0; n <= 4 * LONGEST; n++)
	{
		wrong += lk_base64url_encoded_length(n) != (8 * n + 5) / 6;
		wrong += lk_base64url_decoded_length(n) != 6 * n / 8;
	}
	ok(wrong == 0, "lengths are eight bits for a byte, six for a character");
}

/* Write what OpenSSL makes of n bytes, without padding, in our alphabet. */
static size_t
encode_by_openssl(const uint8_t *bytes, size_t n, char *text)
{
	size_t		length = (size_t) EVP_EncodeBlock((uint8_t *) text,
												  bytes, (int) n);

	while (length > 0 && text[length - 1] == '=')
		length--;
	for (size_t i = 0; i < length; i++)
		if (text[i] == '+')
			text[i] = '-';
		else if (text[i] == '/')
			text[i] = '_';
	return length;
}

static void
test_encode(void)
{
	uint8_t		bytes[LONGEST];
	char		wanted[LONGEST * 2];
	int			wrong = 0,
				wrong_in_place = 0,
				wrong_decoded = 0,
				not_decoded = 0;

	for (size_t n = 0; n <= LONGEST; n++)
	{
		size_t		length;
		char	   *text,
				   *in_place;
		uint8_t    *decoded;

		fill(bytes, n, (uint32_t) n);
		length = encode_by_openssl(bytes, n, wanted);
		text = malloc(length);
		wrong += lk_base64url_encode(bytes, n, text) != length ||
			memcmp(text, wanted, length) != 0;

		in_place = malloc(length);
		memcpy(in_place, bytes, n);
		wrong_in_place +=
			lk_base64url_encode((uint8_t *) in_place, n, in_place) != length ||
			memcmp(in_place, wanted, length) != 0;

		decoded = malloc(n);
		if (!lk_base64url_decode(wanted, length, decoded))
			not_decoded++;
		else
			wrong_decoded += memcmp(decoded, bytes, n) != 0;

		free(text);
		free(in_place);
		free(decoded);
	}
	ok(wrong == 0, "encoding agrees with OpenSSL at each length");
	ok(wrong_in_place == 0, "encoding in place gives the same");
	ok(not_decoded == 0, "decoding accepts what OpenSSL encodes");
	ok(wrong_decoded == 0, "decoding gives the bytes back");
}

static void
test_refused(void)
{
	static const struct
	{
		const char *text;
		size_t		length;
		const char *name;
	}			refused[] =
	{
		{BYTES("Zg=="), "padding of two"},
		{BYTES("Zm8="), "padding of one"},
		{BYTES("Zg="), "padding that is not whole"},
		{BYTES("Zm9v="), "padding without need"},
		{BYTES("===="), "padding alone"},
		{BYTES("Zg==Zg"), "padding within"},
		{BYTES("Zm9v\n"), "a line feed behind"},
		{BYTES("Zm9v\r\n"), "a line end behind"},
		{BYTES("Zm\r\n9v"), "a line end within"},
		{BYTES("Zm9\r"), "a carriage return"},
		{BYTES(" Zm9v"), "a blank before"},
		{BYTES("Zm 9v"), "a blank within"},
		{BYTES("Zm9v "), "a blank behind"},
		{BYTES("    "), "blanks alone"},
		{BYTES("Zm9v\t"), "a tab"},
		{BYTES("Zm9v\0"), "a NUL behind"},
		{BYTES("Zm\0v"), "a NUL within"},
		{BYTES("Zm+v"), "the plus of plain base64"},
		{BYTES("Zm/v"), "the slash of plain base64"},
		{BYTES("Zm.v"), "a dot"},
		{BYTES("Zm9v\xc3\xa9"), "a character beyond ASCII"},
		{BYTES("Z"), "one character"},
		{BYTES("Zm9vY"), "five characters"},
		{BYTES("Zh"), "unused bits that are not zero, of four"},
		{BYTES("Zm9"), "unused bits that are not zero, of two"},
		{BYTES("Zm9vZm9"), "unused bits that are not zero, further on"},
	};

	for (size_t i = 0; i < lengthof(refused); i++)
		ok(!is_accepted(refused[i].text, refused[i].length),
		   "refused: %s", refused[i].name);
}

/* Every value of a byte at every place, among zero and among one bits. */
static void
test_every_byte(void)
{
	for (size_t length = 1; length <= 9; length++)
	{
		int			wrong = 0;
		char		text[9];

		for (size_t place = 0; place < length; place++)
			for (int byte = 0; byte < 256; byte++)
				for (const char *around = "A_"; *around; around++)
				{
					memset(text, *around, length);
					text[place] = (char) byte;
					wrong += is_accepted(text, length) !=
						is_canonical(text, length);
				}
		ok(wrong == 0, "each byte at each place of %zu", length);
	}
}

static void
test_lone_character(void)
{
	char		text[LONGEST + 2];
	int			wrong = 0;

	memset(text, 'A', sizeof(text));
	for (size_t n = 1; n <= LONGEST + 1; n += 4)
		wrong += is_accepted(text, n);
	ok(wrong == 0, "no length is one more than a multiple of four");
}

/* Count what is accepted of all texts: as many as there are decodings. */
static void
test_all_short(void)
{
	char		text[3];
	int			accepted = 0;

	for (int i = 0; i < 256 * 256; i++)
	{
		text[0] = (char) (i / 256);
		text[1] = (char) (i % 256);
		accepted += is_accepted(text, 2);
	}
	ok(accepted == 256, "256 texts of two characters are accepted");

	accepted = 0;
	for (int i = 0; i < 64 * 64 * 64; i++)
	{
		text[0] = alphabet[i / 4096];
		text[1] = alphabet[i / 64 % 64];
		text[2] = alphabet[i % 64];
		accepted += is_accepted(text, 3);
	}
	ok(accepted == 65536, "65536 texts of three characters are accepted");
}

/* Every pair of characters in both halves of a whole group. */
static void
test_every_pair(void)
{
	char		text[4];
	int			accepted = 0;

	for (int i = 0; i < 64 * 64; i++)
	{
		text[0] = alphabet[i / 64];
		text[1] = alphabet[i % 64];
		text[2] = alphabet[63 - i / 64];
		text[3] = alphabet[63 - i % 64];
		accepted += is_accepted(text, 4);
	}
	ok(accepted == 4096, "each pair of characters is accepted");
}

int
main(void)
{
	test_lengths();
	test_encode();
	test_refused();
	test_every_byte();
	test_lone_character();
	test_all_short();
	test_every_pair();
	ok(altered == 0, "whatever was accepted encodes to itself");
	return done();
}
