/*-------------------------------------------------------------------------
 *
 * jws.c
 *	  JSON Web Signature, compact form, HS256 only (RFC 7515, RFC 7518 3.2).
 *
 * HMAC(K, m) = H((K ^ opad) || H((K ^ ipad) || m)), RFC 2104.  Both inner and
 * outer hash begin with a block that depends on the key alone; their states
 * after that block are kept and copied for each signature.  That is a third
 * of the work of HMAC() on a token of ordinary length, most of which is
 * fetching the algorithm and hashing these blocks again.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/core/jws.c
 *
 *-------------------------------------------------------------------------
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "core/base64url.h"
#include "core/jws.h"

#define BLOCK_LENGTH 64			/* SHA-256's input block */

struct LkJwsKey
{
	EVP_MD_CTX *inner;			/* after K ^ ipad; never written again */
	EVP_MD_CTX *outer;			/* after K ^ opad; never written again */
	EVP_MD_CTX *work;			/* copied into for each signature */
};

/* Begin a hash with the key's block, each byte combined with pad. */
static EVP_MD_CTX *
begin_hash(const uint8_t *block, uint8_t pad)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t		padded[BLOCK_LENGTH];
	bool		ok;

	for (size_t i = 0; i < BLOCK_LENGTH; i++)
		padded[i] = block[i] ^ pad;
	ok = ctx != NULL &&
		EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) &&
		EVP_DigestUpdate(ctx, padded, sizeof(padded));
	OPENSSL_cleanse(padded, sizeof(padded));
	if (ok)
		return ctx;
	EVP_MD_CTX_free(ctx);
	return NULL;
}

LkJwsKey *
lk_jws_key_create(const void *secret, size_t length)
{
	LkJwsKey  *key = calloc(1, sizeof(LkJwsKey));
	uint8_t		block[BLOCK_LENGTH] = {0};
	bool		ok = key != NULL;

	/* a longer secret is replaced by its hash (RFC 2104 section 2) */
	if (length > BLOCK_LENGTH)
		ok = ok && EVP_Digest(secret, length, block, NULL, EVP_sha256(), NULL);
	else if (length > 0)
		memcpy(block, secret, length);

	ok = ok &&
		(key->inner = begin_hash(block, 0x36)) != NULL &&
		(key->outer = begin_hash(block, 0x5c)) != NULL &&
		(key->work = EVP_MD_CTX_new()) != NULL;
	OPENSSL_cleanse(block, sizeof(block));
	if (ok)
		return key;
	ERR_clear_error();
	lk_jws_key_free(key);
	return NULL;
}

void
lk_jws_key_free(LkJwsKey *key)
{
	if (key == NULL)
		return;
	/* EVP_MD_CTX_free wipes the states */
	EVP_MD_CTX_free(key->inner);
	EVP_MD_CTX_free(key->outer);
	EVP_MD_CTX_free(key->work);
	free(key);
}

/* Compute HMAC-SHA256 of data. */
static LkStatus
compute_mac(LkJwsKey *key, const char *data, size_t length, uint8_t *mac)
{
	EVP_MD_CTX *work = key->work;
	bool		ok = EVP_MD_CTX_copy_ex(work, key->inner) &&
		EVP_DigestUpdate(work, data, length) &&
		EVP_DigestFinal_ex(work, mac, NULL) &&
		EVP_MD_CTX_copy_ex(work, key->outer) &&
		EVP_DigestUpdate(work, mac, LK_MAC_LENGTH) &&
		EVP_DigestFinal_ex(work, mac, NULL);

	/* its state still holds the MAC, which of a forged token is a secret */
	EVP_MD_CTX_reset(work);
	if (ok)
		return LK_OK;
	ERR_clear_error();			/* nobody else's errors to find later */
	return LK_CRYPTO_FAILURE;
}

/* Find the end of a part: the next dot or the end of the text. */
static const char *
end_of_part(const char *start, const char *end)
{
	const char *dot = memchr(start, '.', (size_t) (end - start));

	return dot ? dot : end;
}

LkStatus
lk_jws_split(const char *token, size_t length, LkJws *jws)
{
	const char *end = token + length;
	const char *first = end_of_part(token, end);
	const char *second;

	if (first == end)
		return LK_MALFORMED;
	second = end_of_part(first + 1, end);
	if (second == end || end_of_part(second + 1, end) != end)
		return LK_MALFORMED;

	jws->header = token;
	jws->header_length = (size_t) (first - token);
	jws->payload = first + 1;
	jws->payload_length = (size_t) (second - jws->payload);
	jws->signature = second + 1;
	jws->signature_length = (size_t) (end - jws->signature);
	if (jws->header_length == 0 || jws->payload_length == 0)
		return LK_MALFORMED;
	return LK_OK;
}

LkStatus
lk_jws_sign(LkJwsKey *key, char *token, size_t length)
{
	uint8_t		mac[LK_MAC_LENGTH];
	LkStatus	status = compute_mac(key, token, length, mac);

	if (status == LK_OK)
	{
		token[length] = '.';
		lk_base64url_encode(mac, sizeof(mac), token + length + 1);
	}
	OPENSSL_cleanse(mac, sizeof(mac));
	return status;
}

LkStatus
lk_jws_verify(LkJwsKey *key, const LkJws *jws,
			  const uint8_t *signature, size_t length)
{
	uint8_t		mac[LK_MAC_LENGTH];
	LkStatus	status;

	if (length != LK_MAC_LENGTH)
		return LK_SIGNATURE_MISMATCH;

	status = compute_mac(key, jws->header,
						 jws->header_length + 1 + jws->payload_length, mac);
	if (status == LK_OK && CRYPTO_memcmp(mac, signature, sizeof(mac)) != 0)
		status = LK_SIGNATURE_MISMATCH;

	/* the right signature of a forged token must not linger */
	OPENSSL_cleanse(mac, sizeof(mac));
	return status;
}
