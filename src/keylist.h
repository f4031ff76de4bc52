/*-------------------------------------------------------------------------
 *
 * keylist.h
 *	  API keys ready to sign with, and the memory they live in.
 *
 * A secret is not kept: a key is the two hash states that HMAC begins from,
 * which OpenSSL wipes when they are freed, and they are freed with the
 * memory context of their list.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/keylist.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef LK_KEYLIST_H
#define LK_KEYLIST_H

#include "key.h"

/* Keys of one source, in their order, and the memory they live in. */
typedef struct LkKeys
{
	MemoryContext context;		/* owns all below; deleting it wipes */
	int			nkeys;
	LkKey	   *keys;
} LkKeys;

/* Is it 1 to LK_MAX_KEY_NAME letters, digits and underscores? */
extern bool lk_key_name_is_valid(const char *name);

/* An empty list below CurrentMemoryContext, to be filled. */
extern LkKeys *lk_keys_create(void);

/*
 * Add a key, or say what is wrong with it: NULL when it was added.  The
 * caller wipes its own copy of the secret.
 */
extern const char *lk_keys_add(LkKeys *list, const char *name,
							   const char *secret, size_t secret_length);

/* Add a key that cannot be used, and why. */
extern void lk_keys_add_unusable(LkKeys *list, const char *name,
								 const char *problem);

/*
 * Warn of secrets that could be guessed: those who could mend it, and for
 * all others the log alone.
 */
extern void lk_keys_warn_of_weak(const LkKeys *list);

/* The key of that name, or NULL. */
extern const LkKey *lk_keys_find(const LkKeys *list, const char *name,
								 int length);

#endif							/* LK_KEYLIST_H */
