/*-------------------------------------------------------------------------
 *
 * keylist.c
 *	  API keys ready to sign with, and the memory they live in.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/keylist.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#include "keylist.h"
#include "names.h"

/* The context of a list goes: wipe and free what OpenSSL allocated. */
static void
free_keys(void *arg)
{
	LkKeys	   *list = arg;

	for (int i = 0; i < list->nkeys; i++)
		lk_jws_key_free(list->keys[i].jws);
	list->nkeys = 0;
}

LkKeys *
lk_keys_create(void)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext,
												  "livekit_token keys",
												  ALLOCSET_SMALL_SIZES);
	LkKeys	   *list = MemoryContextAllocZero(context, sizeof(LkKeys));
	MemoryContextCallback *callback = MemoryContextAlloc(context,
														 sizeof(MemoryContextCallback));

	list->context = context;
	callback->func = free_keys;
	callback->arg = list;
	MemoryContextRegisterResetCallback(context, callback);
	return list;
}

bool
lk_key_name_is_valid(const char *name)
{
	size_t		length = strlen(name);

	return length > 0 && length <= LK_MAX_KEY_NAME &&
		strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_") == length;
}

/* Add a key of the default project that has no secret yet. */
static LkKey *
new_key(LkKeys *list, const char *name)
{
	LkKey	   *key;

	if (list->keys == NULL)
		list->keys = MemoryContextAlloc(list->context, sizeof(LkKey));
	else
		list->keys = repalloc(list->keys, (list->nkeys + 1) * sizeof(LkKey));
	key = &list->keys[list->nkeys];
	memset(key, 0, sizeof(*key));
	key->name.data = MemoryContextStrdup(list->context, name);
	key->name.length = strlen(name);
	key->project = LK_DEFAULT_PROJECT;
	list->nkeys++;				/* now free_keys knows it */
	return key;
}

const char *
lk_keys_add(LkKeys *list, const char *name, const char *secret,
			size_t secret_length)
{
	LkKey	   *key;

	if (!lk_key_name_is_valid(name))
		return "has an API key that is not 1 to 70 letters, digits and underscores";
	if (secret_length == 0)
		return "has an empty secret";
	for (size_t i = 0; i < secret_length; i++)
	{
		if ((unsigned char) secret[i] < ' ')
			return "has a control character in its secret";
	}
	if (secret_length > LK_MAX_SECRET)
		return "has a secret of more than 16384 bytes";
	/* tokens, messages and views show an API key, hence not these */
	if (secret_length < LK_MIN_SECRET && strlen(name) >= LK_MIN_SECRET)
		return "seems to have API key and secret swapped: a secret is what has 32 characters or more";
	if (lk_keys_find(list, name, strlen(name)) != NULL)
		return "has an API key that was there before";

	key = new_key(list, name);
	key->weak = secret_length < LK_MIN_SECRET;
	key->jws = lk_jws_key_create(secret, secret_length);
	if (key->jws == NULL)
		ereport(ERROR,
				errcode(ERRCODE_EXTERNAL_ROUTINE_EXCEPTION),
				errmsg("could not prepare an API key for signing"));
	return NULL;
}

void
lk_keys_add_unusable(LkKeys *list, const char *name, const char *problem)
{
	new_key(list, name)->problem = MemoryContextStrdup(list->context, problem);
}

void
lk_keys_warn_of_weak(const LkKeys *list)
{
	for (int i = 0; i < list->nkeys; i++)
	{
		if (list->keys[i].weak)
			ereport(superuser() ? WARNING : LOG_SERVER_ONLY,
					errmsg("secret of API key \"%s\" is shorter than %d bytes",
						   list->keys[i].name.data, LK_MIN_SECRET),
					errhint("Replace it; livekit-server generate-keys or openssl rand -hex 32 makes a good one."),
					errhidestmt(true), errhidecontext(true));
	}
}

const LkKey *
lk_keys_find(const LkKeys *list, const char *name, int length)
{
	if (list == NULL)
		return NULL;
	for (int i = 0; i < list->nkeys; i++)
	{
		if (lk_name_is(list->keys[i].name.data, name, length))
			return &list->keys[i];
	}
	return NULL;
}
