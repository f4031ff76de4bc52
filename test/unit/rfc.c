/*-------------------------------------------------------------------------
 *
 * rfc.c
 *	  The examples of RFC 4648, RFC 4231 and RFC 7515.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  test/unit/rfc.c
 *
 *-------------------------------------------------------------------------
 */
#include "core/base64url.h"
#include "core/jws.h"

#include "tap.h"

/* RFC 4648 section 10 without its padding, and RFC 7515 appendix C. */
static void
test_encoding(void)
{
	static const struct
	{
		const char *bytes;
		size_t		length;
		const char *text;
	}			examples[] =
	{
		{BYTES(""), ""},
		{BYTES("f"), "Zg"},
		{BYTES("fo"), "Zm8"},
		{BYTES("foo"), "Zm9v"},
		{BYTES("foob"), "Zm9vYg"},
		{BYTES("fooba"), "Zm9vYmE"},
		{BYTES("foobar"), "Zm9vYmFy"},
		{BYTES("\x03\xec\xff\xe0\xc1"), "A-z_4ME"},
	};

	for (size_t i = 0; i < lengthof(examples); i++)
	{
		const char *wanted = examples[i].text;
		size_t		n = strlen(wanted);
		char		text[16] = "";
		uint8_t		bytes[16];

		ok(lk_base64url_encode((const uint8_t *) examples[i].bytes,
							   examples[i].length, text) == n &&
		   strcmp(text, wanted) == 0,
		   "encode to \"%s\"", wanted);
		ok(lk_base64url_decode(wanted, n, bytes) &&
		   lk_base64url_decoded_length(n) == examples[i].length &&
		   memcmp(bytes, examples[i].bytes, examples[i].length) == 0,
		   "decode \"%s\"", wanted);
	}
}

#define TEN(s) s s s s s s s s s s

/*
 * RFC 4231.  Case 5 is left out: it asks for a truncated MAC, which HS256
 * does not have.  Any text can be signed, so that these are, dots or none;
 * verifying goes over header and payload and one byte between, whatever it is.
 */
static void
test_hmac(void)
{
	static const struct
	{
		int			number;
		const char *key;
		size_t		key_length;
		const char *data;
		size_t		length;
		const char *mac;
	}			cases[] =
	{
		{1, BYTES(TEN("\x0b") TEN("\x0b")),
			BYTES("Hi There"),
		"\xb0\x34\x4c\x61\xd8\xdb\x38\x53\x5c\xa8\xaf\xce\xaf\x0b\xf1\x2b"
		"\x88\x1d\xc2\x00\xc9\x83\x3d\xa7\x26\xe9\x37\x6c\x2e\x32\xcf\xf7"},
		{2, BYTES("Jefe"),
			BYTES("what do ya want for nothing?"),
		"\x5b\xdc\xc1\x46\xbf\x60\x75\x4e\x6a\x04\x24\x26\x08\x95\x75\xc7"
		"\x5a\x00\x3f\x08\x9d\x27\x39\x83\x9d\xec\x58\xb9\x64\xec\x38\x43"},
		{3, BYTES(TEN("\xaa") TEN("\xaa")),
			BYTES(TEN("\xdd\xdd\xdd\xdd\xdd")),
		"\x77\x3e\xa9\x1e\x36\x80\x0e\x46\x85\x4d\xb8\xeb\xd0\x91\x81\xa7"
		"\x29\x59\x09\x8b\x3e\xf8\xc1\x22\xd9\x63\x55\x14\xce\xd5\x65\xfe"},
		{4, BYTES("\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d"
				  "\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19"),
			BYTES(TEN("\xcd\xcd\xcd\xcd\xcd")),
		"\x82\x55\x8a\x38\x9a\x44\x3c\x0e\xa4\xcc\x81\x98\x99\xf2\x08\x3a"
		"\x85\xf0\xfa\xa3\xe5\x78\xf8\x07\x7a\x2e\x3f\xf4\x67\x29\x66\x5b"},
		{6, BYTES(TEN(TEN("\xaa")) TEN("\xaa\xaa\xaa") "\xaa"),
			BYTES("Test Using Larger Than Block-Size Key - Hash Key First"),
		"\x60\xe4\x31\x59\x1e\xe0\xb6\x7f\x0d\x8a\x26\xaa\xcb\xf5\xb7\x7f"
		"\x8e\x0b\xc6\x21\x37\x28\xc5\x14\x05\x46\x04\x0f\x0e\xe3\x7f\x54"},
		{7, BYTES(TEN(TEN("\xaa")) TEN("\xaa\xaa\xaa") "\xaa"),
			BYTES("This is a test using a larger than block-size key and a "
				  "larger than block-size data. The key needs to be hashed "
				  "before being used by the HMAC algorithm."),
		"\x9b\x09\xff\xa7\x1b\x94\x2f\xcb\x27\x63\x5f\xbc\xd5\xb0\xe9\x44"
		"\xbf\xdc\x63\x64\x4f\x07\x13\x93\x8a\x7f\x51\x53\x5c\x3a\x35\xe2"},
	};

	for (size_t i = 0; i < lengthof(cases); i++)
	{
		LkJwsKey   *key = lk_jws_key_create(cases[i].key, cases[i].key_length);
		char		text[256];
		char		name[32];
		uint8_t		mac[LK_MAC_LENGTH] = {0};
		LkJws		jws = {
			.header = cases[i].data,
			.header_length = 0,
			.payload = cases[i].data + 1,
			.payload_length = cases[i].length - 1
		};

		snprintf(name, sizeof(name), "RFC 4231 case %d", cases[i].number);
		memcpy(text, cases[i].data, cases[i].length);
		ok(lk_jws_sign(key, text, cases[i].length) == LK_OK &&
		   lk_base64url_decode(text + cases[i].length + 1,
							   LK_SIGNATURE_LENGTH - 1, mac),
		   "%s is signed", name);
		is_bytes(mac, cases[i].mac, LK_MAC_LENGTH, name);
		ok(lk_jws_verify(key, &jws, (const uint8_t *) cases[i].mac,
						 LK_MAC_LENGTH) == LK_OK, "%s verifies", name);
		lk_jws_key_free(key);
	}
}

/* RFC 7515 appendix A.1, written in place as the extension does. */
static void
test_jws(void)
{
	static const char header[] = "{\"typ\":\"JWT\",\r\n \"alg\":\"HS256\"}";
	static const char payload[] =
	"{\"iss\":\"joe\",\r\n"
	" \"exp\":1300819380,\r\n"
	" \"http://example.com/is_root\":true}";
	static const char secret[] =
	"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUu"
	"TwjAzZr1Z9CAow";
	static const char wanted[] =
	"eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9"
	"."
	"eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNv"
	"bS9pc19yb290Ijp0cnVlfQ"
	"."
	"dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
	static const uint8_t mac[LK_MAC_LENGTH] = {
		116, 24, 223, 180, 151, 153, 224, 37, 79, 250, 96, 125, 216, 173,
		187, 186, 22, 212, 37, 77, 105, 214, 191, 240, 91, 88, 5, 88, 83,
		132, 141, 121
	};
	uint8_t		bytes[128];
	char		token[sizeof(wanted)] = "";
	size_t		length;
	LkJwsKey   *key;
	LkJws		jws;

	ok(lk_base64url_decoded_length(sizeof(secret) - 1) == 64 &&
	   lk_base64url_decode(secret, sizeof(secret) - 1, bytes),
	   "RFC 7515 A.1: the key is 64 bytes");
	key = lk_jws_key_create(bytes, 64);

	length = lk_base64url_encode((const uint8_t *) header,
								 sizeof(header) - 1, token);
	token[length++] = '.';
	memcpy(token + length, payload, sizeof(payload) - 1);
	length += lk_base64url_encode((const uint8_t *) token + length,
								  sizeof(payload) - 1, token + length);
	ok(length + LK_SIGNATURE_LENGTH == sizeof(wanted) - 1 &&
	   lk_jws_sign(key, token, length) == LK_OK, "RFC 7515 A.1 is signed");
	if (!ok(strcmp(token, wanted) == 0, "RFC 7515 A.1: the token"))
		printf("# %s\n", token);

	ok(lk_jws_split(wanted, sizeof(wanted) - 1, &jws) == LK_OK,
	   "RFC 7515 A.1 has three parts");
	ok(lk_base64url_decoded_length(jws.header_length) == sizeof(header) - 1 &&
	   lk_base64url_decode(jws.header, jws.header_length, bytes) &&
	   memcmp(bytes, header, sizeof(header) - 1) == 0,
	   "RFC 7515 A.1: the header");
	ok(lk_base64url_decoded_length(jws.payload_length) ==
	   sizeof(payload) - 1 &&
	   lk_base64url_decode(jws.payload, jws.payload_length, bytes) &&
	   memcmp(bytes, payload, sizeof(payload) - 1) == 0,
	   "RFC 7515 A.1: the payload");
	ok(lk_base64url_decode(jws.signature, jws.signature_length, bytes) &&
	   memcmp(bytes, mac, sizeof(mac)) == 0, "RFC 7515 A.1: the signature");
	ok(lk_jws_verify(key, &jws, mac, sizeof(mac)) == LK_OK,
	   "RFC 7515 A.1 verifies");
	lk_jws_key_free(key);
}

int
main(void)
{
	test_encoding();
	test_hmac();
	test_jws();
	return done();
}
