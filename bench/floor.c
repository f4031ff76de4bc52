/*-------------------------------------------------------------------------
 *
 * floor.c
 *	  The least that a token can cost: what all others are measured against.
 *
 * Minting builds the claims, encodes them, signs and encodes the signature;
 * verifying decodes, checks the MAC and scans the JSON.  No allocation, no
 * clock, no random numbers, no doubts: the inputs are known to be good.  The
 * two SHA-256 states that HMAC begins from are computed once per key, and
 * copied as plain structs, which OpenSSL 3 deprecates and nothing beats.
 *
 *		floor KEY SECRET IDENTITY NAME ROOM
 *
 * reads lines, "version", "mint N METADATA" or "verify N TOKEN", and answers
 * each with one: after N times the token, or its identity, or "refused".
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  bench/floor.c
 *
 *-------------------------------------------------------------------------
 */
#define _GNU_SOURCE
#define OPENSSL_SUPPRESS_DEPRECATED

#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* {"alg":"HS256","typ":"JWT"} and a dot */
#define ENCODED_HEADER "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."
#define ID "000102030405060708090a0b0c0d0e0f"
#define LIFETIME 21600			/* seconds */

#define MAX_METADATA (512 * 1024)
#define MAX_PAYLOAD (6 * MAX_METADATA + 4096)	/* every character escaped */
#define MAX_TOKEN (MAX_PAYLOAD / 3 * 4 + 256)

#define BLOCK SHA256_CBLOCK
#define MAC SHA256_DIGEST_LENGTH
#define ENCODED_MAC 43

typedef struct Text
{
	const char *data;
	size_t		length;
} Text;

typedef struct Key
{
	Text		name;
	SHA256_CTX	inner;
	SHA256_CTX	outer;
} Key;

typedef struct Claims
{
	Text		identity;
	Text		name;
	Text		room;
	Text		metadata;
	long		now;
} Claims;

/* What is scanned, and what is remembered of the object at the top. */
typedef struct Scan
{
	const char *end;			/* a NUL */
	Text		identity;
	long		expiry;
} Scan;

static uint8_t payload[MAX_PAYLOAD];
static char token[MAX_TOKEN];

/*
 * base64url
 */

static const char alphabet[] =
"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static uint8_t value_of[256];	/* 0xff: none */

static char *
encode(const uint8_t *s, size_t n, char *out)
{
	uint32_t	bits;

	for (; n >= 3; n -= 3, s += 3)
	{
		bits = (uint32_t) s[0] << 16 | (uint32_t) s[1] << 8 | s[2];
		*out++ = alphabet[bits >> 18];
		*out++ = alphabet[bits >> 12 & 63];
		*out++ = alphabet[bits >> 6 & 63];
		*out++ = alphabet[bits & 63];
	}
	if (n > 0)
	{
		bits = (uint32_t) s[0] << 16 | (n > 1 ? (uint32_t) s[1] << 8 : 0);
		*out++ = alphabet[bits >> 18];
		*out++ = alphabet[bits >> 12 & 63];
		if (n > 1)
			*out++ = alphabet[bits >> 6 & 63];
	}
	return out;
}

static uint8_t *
decode(const char *text, size_t n, uint8_t *out)
{
	const uint8_t *s = (const uint8_t *) text;
	uint32_t	bits;

	for (; n >= 4; n -= 4, s += 4)
	{
		bits = (uint32_t) value_of[s[0]] << 18 | (uint32_t) value_of[s[1]] << 12 |
			(uint32_t) value_of[s[2]] << 6 | value_of[s[3]];
		*out++ = (uint8_t) (bits >> 16);
		*out++ = (uint8_t) (bits >> 8);
		*out++ = (uint8_t) bits;
	}
	if (n > 1)
	{
		bits = (uint32_t) value_of[s[0]] << 18 | (uint32_t) value_of[s[1]] << 12 |
			(n > 2 ? (uint32_t) value_of[s[2]] << 6 : 0);
		*out++ = (uint8_t) (bits >> 16);
		if (n > 2)
			*out++ = (uint8_t) (bits >> 8);
	}
	return out;
}

/*
 * HMAC-SHA256
 */

static void
prepare_key(Key *key, Text name, const char *secret)
{
	uint8_t		block[BLOCK] = {0};
	uint8_t		pad[BLOCK];

	if (strlen(secret) > BLOCK)
		SHA256((const uint8_t *) secret, strlen(secret), block);
	else
		memcpy(block, secret, strlen(secret));
	key->name = name;
	for (int i = 0; i < BLOCK; i++)
		pad[i] = block[i] ^ 0x36;
	SHA256_Init(&key->inner);
	SHA256_Update(&key->inner, pad, BLOCK);
	for (int i = 0; i < BLOCK; i++)
		pad[i] = block[i] ^ 0x5c;
	SHA256_Init(&key->outer);
	SHA256_Update(&key->outer, pad, BLOCK);
}

static void
compute_mac(const Key *key, const char *text, size_t n, uint8_t *mac)
{
	SHA256_CTX	work = key->inner;

	SHA256_Update(&work, text, n);
	SHA256_Final(mac, &work);
	work = key->outer;
	SHA256_Update(&work, mac, MAC);
	SHA256_Final(mac, &work);
}

/* Find the first character that a JSON string does not hold as it is. */
static inline const char *
skip_plain(const char *s, const char *end)
{
	while (s < end && (uint8_t) *s >= ' ' && *s != '"' && *s != '\\')
		s++;
	return s;
}

/*
 * Minting
 */

#define PUT(p, literal) \
	(memcpy(p, literal, sizeof(literal) - 1), (p) + sizeof(literal) - 1)

/* Put a JSON string with its quotes. */
static uint8_t *
put_string(uint8_t *p, Text text)
{
	const char *s = text.data;
	const char *end = s + text.length;

	*p++ = '"';
	for (;;)
	{
		const char *special = skip_plain(s, end);
		uint8_t		c = (uint8_t) *special;

		memcpy(p, s, (size_t) (special - s));
		p += special - s;
		if (special == end)
			break;
		if (c >= ' ')
		{
			*p++ = '\\';
			*p++ = c;
		}
		else
			p += sprintf((char *) p, "\\u%04x", c);
		s = special + 1;
	}
	*p++ = '"';
	return p;
}

static uint8_t *
put_number(uint8_t *p, long n)
{
	char		digits[20];
	int			i = sizeof(digits);

	do
		digits[--i] = (char) ('0' + n % 10);
	while ((n /= 10) > 0);
	memcpy(p, digits + i, sizeof(digits) - (size_t) i);
	return p + sizeof(digits) - (size_t) i;
}

__attribute__((noinline)) static char *
mint(const Key *key, const Claims *claims)
{
	uint8_t    *p = payload;
	char	   *end;
	uint8_t		mac[MAC];

	p = put_string(PUT(p, "{\"iss\":"), key->name);
	p = put_string(PUT(p, ",\"sub\":"), claims->identity);
	p = put_number(PUT(p, ",\"iat\":"), claims->now);
	p = put_number(PUT(p, ",\"nbf\":"), claims->now);
	p = put_number(PUT(p, ",\"exp\":"), claims->now + LIFETIME);
	p = put_string(PUT(p, ",\"jti\":\"" ID "\",\"name\":"), claims->name);
	p = put_string(PUT(p, ",\"video\":{\"roomJoin\":true,\"room\":"), claims->room);
	p = put_string(PUT(p, ",\"canPublish\":true,\"canSubscribe\":true},\"metadata\":"),
				   claims->metadata);
	*p++ = '}';

	end = PUT(token, ENCODED_HEADER);
	end = encode(payload, (size_t) (p - payload), end);
	compute_mac(key, token, (size_t) (end - token), mac);
	*end++ = '.';
	return encode(mac, MAC, end);
}

/*
 * Verifying
 */

static const char *
skip_blanks(const char *s)
{
	while (*s == ' ' || *s == '\t' || *s == '\n' || *s == '\r')
		s++;
	return s;
}

/* Find the end of the string that begins before s; NULL if it has none. */
static const char *
scan_string(const char *s, const Scan *scan)
{
	for (;;)
	{
		s = skip_plain(s, scan->end);
		if (*s == '"')
			return s + 1;
		if (*s != '\\' || s + 1 >= scan->end)
			return NULL;
		s += 2;
	}
}

/* Pass over one value; NULL if it is none. */
static const char *
scan_value(const char *s, int depth, Scan *scan)
{
	bool		object = *s == '{';
	char		close = object ? '}' : ']';

	if (*s == '"')
		return scan_string(s + 1, scan);
	if (!object && *s != '[')
	{
		size_t		n = strspn(s, "+-.0123456789Eaeflnrstu");

		return n > 0 ? s + n : NULL;
	}
	if (depth > 64)
		return NULL;
	s = skip_blanks(s + 1);
	if (*s == close)
		return s + 1;
	for (;;)
	{
		const char *name = s + 1;
		const char *value;

		if (object)
		{
			if (*s != '"' || (s = scan_string(name, scan)) == NULL)
				return NULL;
			s = skip_blanks(s);
			if (*s++ != ':')
				return NULL;
			s = skip_blanks(s);
		}
		value = s;
		if ((s = scan_value(value, depth + 1, scan)) == NULL)
			return NULL;
		if (depth == 0 && object && memcmp(name, "exp\"", 4) == 0)
			scan->expiry = strtol(value, NULL, 10);
		else if (depth == 0 && object && memcmp(name, "sub\"", 4) == 0)
			scan->identity = (Text) {value + 1, (size_t) (s - value) - 2};
		s = skip_blanks(s);
		if (*s == close)
			return s + 1;
		if (*s++ != ',')
			return NULL;
		s = skip_blanks(s);
	}
}

/* Decode and scan one part; false if it is not one JSON value. */
static bool
read_part(const char *part, size_t n, Scan *scan)
{
	uint8_t    *end = decode(part, n, payload);

	*end = '\0';
	scan->end = (const char *) end;
	return scan_value((const char *) payload, 0, scan) == scan->end;
}

__attribute__((noinline)) static bool
verify(const Key *key, Text text, long now, Scan *scan)
{
	const char *end = text.data + text.length;
	const char *first = memchr(text.data, '.', text.length);
	const char *last = first ? memchr(first + 1, '.', (size_t) (end - first - 1)) : NULL;
	uint8_t		mac[MAC];
	uint8_t		theirs[MAC + 3];

	if (last == NULL || end - last - 1 != ENCODED_MAC ||
		!read_part(text.data, (size_t) (first - text.data), scan) ||
		!read_part(first + 1, (size_t) (last - first - 1), scan))
		return false;
	compute_mac(key, text.data, (size_t) (last - text.data), mac);
	decode(last + 1, ENCODED_MAC, theirs);
	return CRYPTO_memcmp(mac, theirs, MAC) == 0 && now < scan->expiry + 60;
}

/*
 * The loops
 */

static Text
text_of(const char *s)
{
	return (Text) {s, strlen(s)};
}

static void
answer(Text result)
{
	printf("%.*s\n", (int) result.length, result.data);
}

static void
mint_many(const Key *key, Claims *claims, long n)
{
	Text		made = {token, 0};

	claims->now = time(NULL);
	for (long i = 0; i < n; i++)
		made.length = (size_t) (mint(key, claims) - token);
	answer(made);
}

static void
verify_many(const Key *key, Text text, long n)
{
	long		now = time(NULL);
	Scan		scan = {0};
	bool		good = true;

	for (long i = 0; i < n && good; i++)
		good = verify(key, text, now, &scan);
	answer(good ? scan.identity : text_of("refused"));
}

int
main(int argc, char **argv)
{
	Key			key;
	Claims		claims;
	char	   *line = NULL;
	size_t		room = 0;
	ssize_t		length;

	if (argc != 6)
		return 2;
	memset(value_of, 0xff, sizeof(value_of));
	for (int i = 0; i < 64; i++)
		value_of[(uint8_t) alphabet[i]] = (uint8_t) i;
	prepare_key(&key, text_of(argv[1]), argv[2]);
	claims = (Claims) {text_of(argv[3]), text_of(argv[4]), text_of(argv[5]), {0}, 0};

	while ((length = getline(&line, &room, stdin)) > 0)
	{
		char	   *what = line;
		char	   *count;

		line[length - 1] = '\0';
		if (strsep(&what, " ") && (count = strsep(&what, " ")) && what)
		{
			Text		rest = text_of(what);

			if (line[0] == 'm' && rest.length <= MAX_METADATA)
			{
				claims.metadata = rest;
				mint_many(&key, &claims, atol(count));
			}
			else if (line[0] == 'v' && rest.length < MAX_PAYLOAD)
				verify_many(&key, rest, atol(count));
			else
				return 2;
		}
		else
			printf("OpenSSL %s\n", OpenSSL_version(OPENSSL_FULL_VERSION_STRING));
		fflush(stdout);
	}
	free(line);
	return 0;
}
