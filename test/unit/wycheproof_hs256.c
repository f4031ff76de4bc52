/*-------------------------------------------------------------------------
 *
 * wycheproof_hs256.c
 *	  Project Wycheproof's HS256 cases, each decided by the step we expect.
 *
 * The steps are those that core/ has.  No case of these needs the header to be
 * read: the only one with another algorithm ("none", tcId 16) has no signature
 * and falls for that.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  test/unit/wycheproof_hs256.c
 *
 *-------------------------------------------------------------------------
 */
#include "core/base64url.h"
#include "core/jws.h"

#include "tap.h"

typedef enum Step
{
	UNKNOWN,
	ACCEPTED,
	PARTS,						/* not three, or empty ones */
	HEADER,						/* not strict base64url */
	PAYLOAD,
	SIGNATURE,
	MAC							/* a wrong one, or none */
} Step;

static const char *const step_names[] = {
	[UNKNOWN] = "not in the table",
	[ACCEPTED] = "accepted",
	[PARTS] = "refused by its parts",
	[HEADER] = "refused by its header's encoding",
	[PAYLOAD] = "refused by its payload's encoding",
	[SIGNATURE] = "refused by its signature's encoding",
	[MAC] = "refused by its MAC",
};

/* By Wycheproof's tcId. */
static const Step expected[] = {
	[1] = ACCEPTED,
	[2] = MAC,
	[3] = MAC,					/* a signature of no bytes */
	[4] = PARTS,
	[5] = MAC,
	[6] = PARTS,
	[7] = PARTS,
	[8] = MAC,
	[9] = PARTS,
	[10] = PARTS,
	[11] = PARTS,
	[12] = PARTS,
	[13] = PARTS,
	[14] = PARTS,
	[15] = PARTS,
	[16] = MAC,					/* no bytes again */
	[17] = PARTS,
	[348] = ACCEPTED,
	[352] = ACCEPTED,
	[357] = ACCEPTED,
	[358] = ACCEPTED,
	[359] = ACCEPTED,
	[360] = SIGNATURE,
	[361] = SIGNATURE,
	[362] = SIGNATURE,
	[363] = SIGNATURE,
	[364] = SIGNATURE,
	[365] = HEADER,
	[366] = HEADER,
	[367] = ACCEPTED,			/* see has_lost_its_defect */
	[368] = PAYLOAD,
	[369] = PAYLOAD,
	[370] = ACCEPTED,			/* likewise */
	[371] = PAYLOAD,
	[372] = HEADER,				/* see is_lenient */
	[373] = PAYLOAD,			/* likewise */
	[374] = PAYLOAD,
	[375] = PAYLOAD,
	[376] = ACCEPTED,
	[377] = ACCEPTED,
};

/* "Valid" to readers that pass over a character outside the alphabet. */
static bool
is_lenient(int id)
{
	return id == 372 || id == 373;
}

/* "Invalid", yet the text is that of 357, which is valid, word for word. */
static bool
has_lost_its_defect(int id)
{
	return id == 367 || id == 370;
}

/* One line of wycheproof.py. */
typedef struct Case
{
	int			id;
	bool		valid;
	const char *comment;
	const char *key;
	const char *token;
} Case;

static bool
is_base64url(const char *text, size_t n)
{
	uint8_t    *bytes = malloc(lk_base64url_decoded_length(n));
	bool		accepted = lk_base64url_decode(text, n, bytes);

	free(bytes);
	return accepted;
}

/* Read a token as the extension does, short of its JSON. */
static Step
read_token(LkJwsKey *key, const char *token)
{
	LkJws		jws;
	uint8_t    *mac;
	size_t		length;
	Step		step;

	if (lk_jws_split(token, strlen(token), &jws) != LK_OK)
		return PARTS;
	if (!is_base64url(jws.header, jws.header_length))
		return HEADER;
	if (!is_base64url(jws.payload, jws.payload_length))
		return PAYLOAD;

	length = lk_base64url_decoded_length(jws.signature_length);
	mac = malloc(length);
	if (!lk_base64url_decode(jws.signature, jws.signature_length, mac))
		step = SIGNATURE;
	else if (lk_jws_verify(key, &jws, mac, length) != LK_OK)
		step = MAC;
	else
		step = ACCEPTED;
	free(mac);
	return step;
}

static void
test_case(const Case *c, const char *token_357)
{
	Step		wanted = c->id < (int) lengthof(expected) ?
		expected[c->id] : UNKNOWN;
	Step		step = UNKNOWN;
	bool		valid = c->valid;
	uint8_t		secret[64];
	size_t		length = lk_base64url_decoded_length(strlen(c->key));

	if (length <= sizeof(secret) &&
		lk_base64url_decode(c->key, strlen(c->key), secret))
	{
		LkJwsKey   *key = lk_jws_key_create(secret, length);

		step = read_token(key, c->token);
		lk_jws_key_free(key);
	}

	if (has_lost_its_defect(c->id) && strcmp(c->token, token_357) == 0)
		valid = !valid;
	if (is_lenient(c->id))
		valid = !valid;
	if (!ok(step != UNKNOWN && step == wanted && (step == ACCEPTED) == valid,
			"tcId %d, %s: %s", c->id, c->comment, step_names[wanted]))
		printf("# is %s, should be %s\n", step_names[step],
			   valid ? "accepted" : "refused");
}

static bool
parse_line(char *line, Case *c)
{
	char	   *fields[5];

	if (!cut(line, fields, lengthof(fields)))
		return false;
	c->id = atoi(fields[0]);
	c->valid = strcmp(fields[1], "valid") == 0;
	c->comment = fields[2];
	c->key = fields[3];
	c->token = fields[4];
	return c->id > 0;
}

int
main(void)
{
	FILE	   *lines = popen("python3 test/unit/wycheproof.py hs256", "r");
	char	   *line = NULL;
	char	   *token_357 = strdup("");
	size_t		size = 0;
	int			seen[lengthof(expected)] = {0};
	int			not_once = 0;
	Case		c;

	while (getline(&line, &size, lines) > 0)
	{
		if (!parse_line(line, &c))
		{
			ok(false, "a line has five fields");
			continue;
		}
		if (c.id < (int) lengthof(seen))
			seen[c.id]++;
		if (c.id == 357)
		{
			free(token_357);
			token_357 = strdup(c.token);
		}
		test_case(&c, token_357);
	}
	free(line);
	free(token_357);
	ok(pclose(lines) == 0, "wycheproof.py ended well");

	for (size_t i = 0; i < lengthof(expected); i++)
		not_once += seen[i] != (expected[i] != UNKNOWN);
	ok(not_once == 0, "each case was there, once");
	return done();
}
