/*-------------------------------------------------------------------------
 *
 * memory.c
 *	  OpenSSL out of memory, and what is left in its memory.
 *
 * OpenSSL's allocations go through functions of ours, which fail on demand and
 * look into what is held and what is given back.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  test/unit/memory.c
 *
 *-------------------------------------------------------------------------
 */
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "core/base64url.h"
#include "core/jws.h"

#include "tap.h"

#define SECRET	"the secret that these tests sign with"
#define TEXT	"header.payload"

/* What precedes each of OpenSSL's blocks. */
typedef union Block
{
	struct
	{
		union Block *next;
		union Block *prev;
		size_t		size;
	};
	max_align_t align;
} Block;

static Block blocks = {.next = &blocks,.prev = &blocks};

static int	until_failure = -1; /* allocations that still succeed; -1: all */
static int	held;
static int	freed;
static int	freed_unwiped;

static void *
allocate(size_t size, const char *file, int line)
{
	Block	   *block;

	(void) file;
	(void) line;
	if (until_failure == 0)
		return NULL;
	if (until_failure > 0)
		until_failure--;
	block = malloc(sizeof(Block) + size);
	held++;
	block->size = size;
	block->prev = &blocks;
	block->next = blocks.next;
	blocks.next = blocks.next->prev = block;
	return block + 1;
}

static void
release(void *memory, const char *file, int line)
{
	Block	   *block;
	bool		wiped = true;

	(void) file;
	(void) line;
	if (memory == NULL)
		return;
	block = (Block *) memory - 1;
	for (size_t i = 0; i < block->size; i++)
		wiped = wiped && ((uint8_t *) memory)[i] == 0;
	held--;
	freed++;
	freed_unwiped += !wiped;
	block->prev->next = block->next;
	block->next->prev = block->prev;
	free(block);
}

static void *
reallocate(void *memory, size_t size, const char *file, int line)
{
	void	   *moved = allocate(size, file, line);

	if (memory != NULL && moved != NULL)
	{
		size_t		old = ((Block *) memory - 1)->size;

		memcpy(moved, memory, old < size ? old : size);
		release(memory, file, line);
	}
	return moved;
}

/* Whether OpenSSL holds these bytes anywhere. */
static bool
is_held(const void *bytes, size_t n)
{
	for (Block *block = blocks.next; block != &blocks; block = block->next)
		if (memmem(block + 1, block->size, bytes, n) != NULL)
			return true;
	return false;
}

/* Make a key, failing at the first allocation, then at the second... */
static void
fail_to_create(int *failures, int *errors)
{
	LkJwsKey   *key = NULL;

	*failures = *errors = 0;
	while (key == NULL && *failures < 100)
	{
		until_failure = *failures;
		key = lk_jws_key_create(BYTES(SECRET));
		until_failure = -1;
		*failures += key == NULL;
		*errors += ERR_peek_error() != 0;
	}
	lk_jws_key_free(key);
}

static void
test_create_fails(void)
{
	int			failures,
				errors,
				before;

	/* once more than counts: OpenSSL keeps what it needs for its errors */
	fail_to_create(&failures, &errors);
	before = held;
	fail_to_create(&failures, &errors);
	ok(failures >= 5 && failures < 100,
	   "a key is made when its %d allocations succeed", failures);
	ok(errors == 0, "no error of making keys is left in OpenSSL's queue");
	ok(held == before, "making keys in vain leaves nothing allocated");
}

static void
test_sign_fails(LkJwsKey *key)
{
	static const char before[sizeof(TEXT) - 1 + LK_SIGNATURE_LENGTH] = TEXT;
	char		token[sizeof(before)];
	LkStatus	status;
	int			failures = 0,
				written = 0,
				errors = 0;

	do
	{
		memcpy(token, before, sizeof(token));
		until_failure = failures;
		status = lk_jws_sign(key, token, sizeof(TEXT) - 1);
		until_failure = -1;
		errors += ERR_peek_error() != 0;
		if (status == LK_OK)
			break;
		written += memcmp(token, before, sizeof(token)) != 0;
	} while (status == LK_CRYPTO_FAILURE && ++failures < 100);

	ok(status == LK_OK && failures > 0,
	   "signing fails as OpenSSL does, then succeeds");
	ok(written == 0, "signing that fails writes nothing");
	ok(errors == 0, "no error of signing is left in OpenSSL's queue");
}

static void
test_verify_fails(LkJwsKey *key)
{
	char		token[sizeof(TEXT) - 1 + LK_SIGNATURE_LENGTH];
	uint8_t		mac[LK_MAC_LENGTH];
	LkJws		jws;
	LkStatus	status;
	int			failures = 0,
				errors = 0;

	memcpy(token, BYTES(TEXT));
	ok(lk_jws_sign(key, token, sizeof(TEXT) - 1) == LK_OK &&
	   lk_jws_split(token, sizeof(token), &jws) == LK_OK &&
	   lk_base64url_decode(jws.signature, jws.signature_length, mac),
	   "the key still signs");
	do
	{
		until_failure = failures;
		status = lk_jws_verify(key, &jws, mac, sizeof(mac));
		until_failure = -1;
		errors += ERR_peek_error() != 0;
	} while (status == LK_CRYPTO_FAILURE && ++failures < 100);

	ok(status == LK_OK && failures > 0,
	   "verifying fails as OpenSSL does, then succeeds");
	ok(errors == 0, "no error of verifying is left in OpenSSL's queue");
}

/* Who reads a refused token's right signature could sign by it. */
static void
test_refused_leaves_nothing(LkJwsKey *key)
{
	static const uint8_t forged[LK_MAC_LENGTH] = {0};
	uint8_t		mac[LK_MAC_LENGTH];
	uint32_t	state[LK_MAC_LENGTH / 4] = {0}; /* as SHA-256 holds it */
	LkJws		jws;

	HMAC(EVP_sha256(), SECRET, sizeof(SECRET) - 1,
		 (const uint8_t *) TEXT, sizeof(TEXT) - 1, mac, NULL);
	for (size_t i = 0; i < lengthof(state); i++)
		for (size_t j = 0; j < 4; j++)
			state[i] = state[i] << 8 | mac[4 * i + j];

	ok(lk_jws_split(BYTES(TEXT "."), &jws) == LK_OK &&
	   lk_jws_verify(key, &jws, forged, sizeof(forged)) ==
	   LK_SIGNATURE_MISMATCH, "a forged token is refused");
	ok(!is_held(mac, sizeof(mac)) && !is_held(state, sizeof(state)),
	   "no right signature is left in memory that OpenSSL holds");
}

static void
test_free_wipes(LkJwsKey *key)
{
	freed = freed_unwiped = 0;
	lk_jws_key_free(key);
	ok(freed > 0 && freed_unwiped == 0,
	   "freeing a key gives back wiped memory only");
}

int
main(void)
{
	LkJwsKey   *key;

	if (!ok(CRYPTO_set_mem_functions(allocate, reallocate, release),
			"OpenSSL allocates through us"))
		return done();

	/* whatever OpenSSL sets up once must not be what fails */
	key = lk_jws_key_create(BYTES(SECRET));
	test_create_fails();
	test_sign_fails(key);
	test_verify_fails(key);
	test_refused_leaves_nothing(key);
	test_free_wipes(key);
	return done();
}
