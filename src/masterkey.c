/*-------------------------------------------------------------------------
 *
 * masterkey.c
 *	  The master keys, which seal the secrets in the table of keys.
 *
 * They are in a file beside the key file, and as well guarded: a line is 32
 * bytes in hex or base64. The first seals; all open, so that a new one can be
 * put in front of an old one and what is sealed be sealed anew at leisure.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/masterkey.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/base64.h"
#include "common/cryptohash.h"
#include "common/sha2.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "masterkey.h"
#include "secretfile.h"
#include "settings.h"

#include "compat.h"

/* Told apart from whatever else is hashed: an id must not be a digest of use. */
#define ID_PREFIX "livekit_token master key"

/* What the file holds, and the memory it lives in, wiped when it goes. */
typedef struct MasterKeys
{
	MemoryContext context;
	int			nkeys;
	LkMasterKey keys[FLEXIBLE_ARRAY_MEMBER];
} MasterKeys;

/* More are not kept at a time; a new one is made once a year or so. */
#define MAX_KEYS 16

static LkSecretFile file;
static char *held = NULL;		/* the path it was read from */
static MasterKeys *masters = NULL;
static uint64 generation = 0;

static void
wipe(void *arg)
{
	MasterKeys *list = arg;

	explicit_bzero(list->keys, MAX_KEYS * sizeof(LkMasterKey));
}

static MasterKeys *
create(void)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext,
												  "livekit_token master keys",
												  ALLOCSET_SMALL_SIZES);
	MasterKeys *list = MemoryContextAllocZero(context,
											  offsetof(MasterKeys, keys) +
											  MAX_KEYS * sizeof(LkMasterKey));
	MemoryContextCallback *callback =
		MemoryContextAlloc(context, sizeof(MemoryContextCallback));

	list->context = context;
	callback->func = wipe;
	callback->arg = list;
	MemoryContextRegisterResetCallback(context, callback);
	return list;
}

/* Name a key by what does not give it away. */
static void
set_id(LkMasterKey *key)
{
	pg_cryptohash_ctx *context = pg_cryptohash_create(PG_SHA256);
	uint8		digest[PG_SHA256_DIGEST_LENGTH];

	if (context == NULL || pg_cryptohash_init(context) < 0 ||
		pg_cryptohash_update(context, (const uint8 *) ID_PREFIX,
							 strlen(ID_PREFIX)) < 0 ||
		pg_cryptohash_update(context, key->bytes, sizeof(key->bytes)) < 0 ||
		pg_cryptohash_final(context, digest, sizeof(digest)) < 0)
		ereport(ERROR,
				errcode(ERRCODE_EXTERNAL_ROUTINE_EXCEPTION),
				errmsg("could not compute the id of a master key"));
	pg_cryptohash_free(context);
	for (int i = 0; i < LK_MASTER_ID_LENGTH / 2; i++)
		snprintf(key->id + 2 * i, 3, "%02x", digest[i]);
}

/* Read a key in hex or base64; false if it is neither. */
static bool
read_key(const char *s, size_t length, LkMasterKey *key)
{
	uint8		buffer[LK_SEAL_KEY_LENGTH + 3];
	bool		ok = false;

	if (length == 2 * LK_SEAL_KEY_LENGTH &&
		strspn(s, "0123456789abcdefABCDEF") == length)
	{
		(void) hex_decode(s, length, (char *) key->bytes);
		return true;
	}
	if (length == (LK_SEAL_KEY_LENGTH + 2) / 3 * 4 &&
		lk_b64_decode(s, length, buffer, sizeof(buffer)) == LK_SEAL_KEY_LENGTH)
	{
		memcpy(key->bytes, buffer, LK_SEAL_KEY_LENGTH);
		ok = true;
	}
	explicit_bzero(buffer, sizeof(buffer));
	return ok;
}

/* Read one line; NULL, or what is wrong with it. */
static const char *
parse_line(MasterKeys *list, char *line)
{
	LkMasterKey *key = &list->keys[list->nkeys];
	size_t		length;

	line += strspn(line, " \t");
	length = strcspn(line, " \t#");
	if (length == 0 && (line[0] == '\0' || line[0] == '#'))
		return NULL;
	if (line[length + strspn(line + length, " \t")] != '\0' &&
		line[length + strspn(line + length, " \t")] != '#')
		return "has more than a key";
	line[length] = '\0';
	if (list->nkeys == MAX_KEYS)
		return "is one too many: a file holds 16 master keys at most";
	if (!read_key(line, length, key))
		return "is not 32 bytes in hex or base64";
	set_id(key);
	for (int i = 0; i < list->nkeys; i++)
	{
		if (strcmp(list->keys[i].id, key->id) == 0)
			return "has a key that was there before";
	}
	list->nkeys++;
	return NULL;
}

static const char *
parse(char *text, size_t length, void *arg)
{
	MasterKeys *list = create();
	char	   *line;

	*(MasterKeys **) arg = list;
	for (int number = 1; (line = lk_secretfile_line(&text)) != NULL; number++)
	{
		const char *wrong = parse_line(list, line);

		if (wrong != NULL)
			return psprintf("Line %d %s.", number, wrong);
	}
	return list->nkeys == 0 ? "It holds no key." : NULL;
}

/* Do two lists have the same keys, in one order? */
static bool
is_same(const MasterKeys *a, const MasterKeys *b)
{
	return a != NULL && a->nkeys == b->nkeys &&
		memcmp(a->keys, b->keys, a->nkeys * sizeof(LkMasterKey)) == 0;
}

/* Let go of what was read; of another file, or of none. */
static void
forget(void)
{
	if (masters)
		MemoryContextDelete(masters->context);
	if (held)
		pfree(held);
	masters = NULL;
	held = NULL;
	memset(&file, 0, sizeof(file));
	generation++;
}

static void
refresh(TimestampTz now)
{
	const char *path = lk_settings_master_key_file();
	MasterKeys *loaded = NULL;
	bool		changed;

	if (held == NULL || strcmp(held, path) != 0)
	{
		forget();
		held = MemoryContextStrdup(TopMemoryContext, path);
	}
	if (path[0] == '\0')
		return;
	switch (lk_secretfile_look(&file, path, now, parse, &loaded, &changed))
	{
		case LK_FILE_SAME:
			break;
		case LK_FILE_READ:
			MemoryContextSetParent(loaded->context, TopMemoryContext);
			if (!is_same(masters, loaded))
				generation++;
			if (masters)
				MemoryContextDelete(masters->context);
			masters = loaded;
			break;
		case LK_FILE_REFUSED:
			if (loaded)
				MemoryContextDelete(loaded->context);
			if (changed)
				lk_secretfile_log(&file, "master key file", path, masters ?
								  "The master keys that were read last stay in use." : NULL);
			break;
	}
}

const LkMasterKey *
lk_masterkey_newest(TimestampTz now, const char **problem)
{
	refresh(now);
	*problem = NULL;
	if (masters != NULL)
		return &masters->keys[0];
	*problem = lk_settings_master_key_file()[0] == '\0' ?
		"livekit_token.master_key_file is not set." : file.problem;
	return NULL;
}

static const LkMasterKey *
find(const char *id)
{
	for (int i = 0; masters != NULL && i < masters->nkeys; i++)
	{
		if (strcmp(masters->keys[i].id, id) == 0)
			return &masters->keys[i];
	}
	return NULL;
}

const LkMasterKey *
lk_masterkey_find(const char *id, TimestampTz now)
{
	const LkMasterKey *key;

	refresh(now);
	key = find(id);
	if (key != NULL)
		return key;

	/* it may have come with the file since that was looked at */
	file.checked_at = 0;
	refresh(now);
	return find(id);
}

uint64
lk_masterkey_generation(TimestampTz now)
{
	refresh(now);
	return generation;
}
