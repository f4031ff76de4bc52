/*-------------------------------------------------------------------------
 *
 * jsonscan.c
 *	  Nesting, values and numbers within bounds, whatever the text is.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  test/unit/jsonscan.c
 *
 *-------------------------------------------------------------------------
 */
#include "core/jsonscan.h"

#include "tap.h"

/* Scan a copy that ends with its last byte: nothing may be read behind it. */
static LkStatus
scan(const char *text, size_t length)
{
	char	   *copy = exact_copy(text, length);
	LkStatus	status = lk_jsonscan(copy, length);

	free(copy);
	return status;
}

static void
test_texts(void)
{
	static const struct
	{
		LkStatus	wanted;
		const char *text;
	}			cases[] =
	{
		{LK_OK, ""},
		{LK_OK, "{}"},
		{LK_OK, "{\"iss\":\"APIx\",\"exp\":1700000000.25,"
		"\"video\":{\"canPublishSources\":[\"camera\"]}}"},
		{LK_OK, "null"},

		/* numbers: what follows e, in either case, with a sign or none */
		{LK_OK, "1e308"},
		{LK_OK, "1E+308"},
		{LK_OK, "-1.5e-308"},
		{LK_OK, "1e0000308"},
		{LK_TOO_COMPLEX, "1e309"},
		{LK_TOO_COMPLEX, "1E309"},
		{LK_TOO_COMPLEX, "1e+309"},
		{LK_TOO_COMPLEX, "1e-309"},
		{LK_TOO_COMPLEX, "0e999999999"},
		{LK_TOO_COMPLEX, "-1.5e0000309"},
		{LK_TOO_COMPLEX, "1e99999999999999999999"},
		{LK_TOO_COMPLEX, "1e-99999999999999999999"},
		{LK_TOO_COMPLEX, "1e18446744073709551617"},
		{LK_TOO_COMPLEX, "{\"exp\":1e309}"},
		{LK_TOO_COMPLEX, "[1,2,1e309]"},
		{LK_TOO_COMPLEX, "{\"a\":\"b\",\"exp\" : -1e309 , \"c\":1}"},
		{LK_OK, "1234567890123456789012345678901234567890"},
		{LK_OK, "-123456789012345678901234567890123456789"},
		{LK_OK, "0.12345678901234567890123456789012345e-1"},
		{LK_TOO_COMPLEX, "12345678901234567890123456789012345678901"},
		{LK_TOO_COMPLEX, "-1234567890123456789012345678901234567890"},
		{LK_TOO_COMPLEX, "0.12345678901234567890123456789012345e-12"},
		{LK_OK, "[123456789012345678901,123456789012345678901]"},

		/* strings are passed over */
		{LK_OK, "\"1e309\""},
		{LK_OK, "\"12345678901234567890123456789012345678901\""},
		{LK_OK, "\"a \\\" 1e309\""},
		{LK_OK, "\"\\\\\\\" 1e309\""},
		{LK_OK, "\"\\\" \\\" 1e309\""},
		{LK_OK, "{\"1e309\":{\"1e309\":\"1e309\"}}"},
		{LK_TOO_COMPLEX, "[\"\",1e309]"},
		{LK_TOO_COMPLEX, "[\"a\",1e309]"},
		{LK_TOO_COMPLEX, "[\"\\\\\",1e309]"},
		{LK_TOO_COMPLEX, "[\"\\\\\\\\\",1e309]"},
		{LK_TOO_COMPLEX, "[\"\\\"\",1e309]"},
		{LK_TOO_COMPLEX, "[\"\\\\\\\"\",1e309]"},
		{LK_TOO_COMPLEX, "[\"\\u0022\",1e309,\"\"]"},

		/* what is not JSON is left to the parser */
		{LK_OK, "\"never closed 1e309"},
		{LK_OK, "\"never closed \\\" 1e309"},
		{LK_OK, "\""},
		{LK_OK, "\"\\"},
		{LK_OK, "1e"},
		{LK_OK, "1e+"},
		{LK_OK, "1e1e309"},
		{LK_TOO_COMPLEX, "1e309e1"},
		{LK_OK, "-"},
		{LK_OK, "}}}]]]"},
		{LK_OK, "nonsense \\ \x01 \xff"},
	};

	for (size_t i = 0; i < lengthof(cases); i++)
		ok(scan(cases[i].text, strlen(cases[i].text)) == cases[i].wanted,
		   "%s: %s", lk_status_name(cases[i].wanted),
		   i == lengthof(cases) - 1 ? "nonsense" : cases[i].text);

	ok(scan(BYTES("\"\0\",1e309")) == LK_TOO_COMPLEX &&
	   scan(BYTES("[1,\0 1e309]")) == LK_TOO_COMPLEX,
	   "NUL ends neither string nor text");
}

/* Write open, close around, and so on: the text's length is 2 * depth. */
static void
nest(char *text, int depth, const char *brackets)
{
	size_t		kinds = strlen(brackets) / 2;

	for (int i = 0; i < depth; i++)
	{
		size_t		kind = (size_t) i % kinds;

		text[i] = brackets[2 * kind];
		text[2 * depth - 1 - i] = brackets[2 * kind + 1];
	}
}

static void
test_depth(void)
{
	static const char *const brackets[] = {"[]", "{}", "[]{}"};
	static char deep[200000];
	char		text[2 * LK_MAX_DEPTH + 2];

	for (size_t i = 0; i < lengthof(brackets); i++)
	{
		nest(text, LK_MAX_DEPTH, brackets[i]);
		ok(scan(text, 2 * LK_MAX_DEPTH) == LK_OK,
		   "%s at the limit", brackets[i]);
		nest(text, LK_MAX_DEPTH + 1, brackets[i]);
		ok(scan(text, 2 * LK_MAX_DEPTH + 2) == LK_TOO_COMPLEX,
		   "%s beyond the limit", brackets[i]);
		ok(scan(text, LK_MAX_DEPTH + 1) == LK_TOO_COMPLEX,
		   "%s beyond the limit, never closed", brackets[i]);
	}

	nest(text, LK_MAX_DEPTH + 1, "[]");
	text[0] = text[2 * LK_MAX_DEPTH + 1] = '"';
	ok(scan(text, 2 * LK_MAX_DEPTH + 2) == LK_OK,
	   "brackets in a string are text");

	nest(deep, sizeof(deep) / 2, "[]");
	ok(scan(deep, sizeof(deep)) == LK_TOO_COMPLEX,
	   "100000 arrays within each other");
}

/* Values as the scanner counts them: one for each of "[", "{" and ",". */
static void
test_values(void)
{
	static const char *const values[] = {
		"[]", "{}", "0,", "{},[],\"\"", "1,\",\""
	};
	static const int counts[] = {1, 1, 1, 4, 1};
	static char text[LK_MAX_VALUES * 5 + 1];

	for (size_t i = 0; i < lengthof(values); i++)
	{
		size_t		n = strlen(values[i]);
		size_t		repeats = LK_MAX_VALUES / (size_t) counts[i];

		for (size_t j = 0; j < repeats * n; j++)
			text[j] = values[i][j % n];
		ok(scan(text, repeats * n) == LK_OK,
		   "as many %s as may be", values[i]);
		text[repeats * n] = ',';
		ok(scan(text, repeats * n + 1) == LK_TOO_COMPLEX,
		   "and one value more");
	}
}

static void
test_backslashes(void)
{
	static char text[200000];

	memset(text, '\\', sizeof(text));
	text[0] = '"';
	ok(scan(text, sizeof(text)) == LK_OK, "a string of backslashes");

	/* the last of them escapes the quote, or is escaped itself */
	memcpy(text + sizeof(text) - 6, BYTES("\"1e309"));
	ok(scan(text, sizeof(text)) == LK_OK, "199993 backslashes and a quote");
	ok(scan(text + 1, sizeof(text) - 1) == LK_OK, "the same outside");
	text[1] = '"';
	ok(scan(text + 1, sizeof(text) - 1) == LK_TOO_COMPLEX,
	   "199992 backslashes and a quote");
}

/* People are told the limits that hold. */
static void
test_sentence(void)
{
	const char *sentence = lk_status_sentence(LK_TOO_COMPLEX);
	char		levels[32],
				values[32];

	snprintf(levels, sizeof(levels), " %d levels", LK_MAX_DEPTH);
	snprintf(values, sizeof(values), " %d values", LK_MAX_VALUES);
	ok(strstr(sentence, levels) != NULL && strstr(sentence, values) != NULL,
	   "the sentence names the limits");
}

int
main(void)
{
	test_texts();
	test_depth();
	test_values();
	test_backslashes();
	test_sentence();
	return done();
}
