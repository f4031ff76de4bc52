/*-------------------------------------------------------------------------
 *
 * seal.c
 *	  Sealing a secret: AES-256-GCM (NIST SP 800-38D).
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/core/seal.c
 *
 *-------------------------------------------------------------------------
 */
#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "core/seal.h"

/* Far more than any secret; and OpenSSL's lengths are ints. */
#define MAX_LENGTH (1024 * 1024)

/* Begin with key, nonce and what it is about; NULL when OpenSSL fails. */
static EVP_CIPHER_CTX *
begin(const LkSeal *seal, int encrypt)
{
	EVP_CIPHER_CTX *context;
	int			n;

	ERR_clear_error();
	if (seal->about_length > MAX_LENGTH)
		return NULL;
	context = EVP_CIPHER_CTX_new();
	if (context != NULL &&
		EVP_CipherInit_ex(context, EVP_aes_256_gcm(), NULL, seal->key,
						  seal->nonce, encrypt) == 1 &&
		EVP_CipherUpdate(context, NULL, &n, seal->about,
						 (int) seal->about_length) == 1)
		return context;
	EVP_CIPHER_CTX_free(context);
	return NULL;
}

LkSealResult
lk_seal(const LkSeal *seal, const void *plain, size_t length, uint8_t *sealed)
{
	EVP_CIPHER_CTX *context;
	LkSealResult result = LK_SEAL_FAILURE;
	int			n;

	if (length > MAX_LENGTH)
		return LK_SEAL_FAILURE;
	context = begin(seal, 1);
	if (context == NULL)
		return LK_SEAL_FAILURE;
	if (EVP_CipherUpdate(context, sealed, &n, plain, (int) length) == 1 &&
		EVP_CipherFinal_ex(context, sealed + n, &n) == 1 &&
		EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_GET_TAG, LK_SEAL_TAG_LENGTH,
							sealed + length) == 1)
		result = LK_SEAL_OK;
	EVP_CIPHER_CTX_free(context);	/* which wipes it */
	return result;
}

LkSealResult
lk_unseal(const LkSeal *seal, const uint8_t *sealed, size_t length,
		  void *plain)
{
	EVP_CIPHER_CTX *context;
	LkSealResult result = LK_SEAL_FAILURE;
	uint8_t		tag[LK_SEAL_TAG_LENGTH];
	int			n;

	if (length < LK_SEAL_TAG_LENGTH ||
		length > MAX_LENGTH + LK_SEAL_TAG_LENGTH)
		return LK_SEAL_BROKEN;
	length -= LK_SEAL_TAG_LENGTH;
	for (int i = 0; i < LK_SEAL_TAG_LENGTH; i++)
		tag[i] = sealed[length + i];

	context = begin(seal, 0);
	if (context == NULL)
		return LK_SEAL_FAILURE;
	if (EVP_CipherUpdate(context, plain, &n, sealed, (int) length) == 1 &&
		EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_SET_TAG, LK_SEAL_TAG_LENGTH,
							tag) == 1)
		result = EVP_CipherFinal_ex(context, (uint8_t *) plain + n, &n) == 1 ?
			LK_SEAL_OK : LK_SEAL_BROKEN;
	EVP_CIPHER_CTX_free(context);
	if (result != LK_SEAL_OK)
		OPENSSL_cleanse(plain, length);
	ERR_clear_error();
	return result;
}
