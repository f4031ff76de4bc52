/*-------------------------------------------------------------------------
 *
 * keysource.c
 *	  The sources of API keys, and what each holds now.
 *
 * One of each a backend.  A source that is configured and cannot be used keeps
 * saying why; it is never passed over for the next one.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/keysource.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "keyfile.h"
#include "keysource.h"
#include "keytable.h"
#include "settings.h"

static void refresh_setting(LkSource *source, TimestampTz now);
static void refresh_key_file(LkSource *source, TimestampTz now);
static void refresh_table(LkSource *source, TimestampTz now);
static void refresh_environment(LkSource *source, TimestampTz now);

LkSource lk_sources[LK_NSOURCES] = {
	[LK_SOURCE_SETTING] = {
		.name = "setting",
		.sqlerrcode = ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE,
		.refresh = refresh_setting,
	},
	[LK_SOURCE_KEY_FILE] = {
		.name = "key_file",
		.sqlerrcode = ERRCODE_CONFIG_FILE_ERROR,
		.refresh = refresh_key_file,
	},
	[LK_SOURCE_TABLE] = {
		.name = "sealed_table",
		.sqlerrcode = ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE,
		.refresh = refresh_table,
	},
	[LK_SOURCE_ENVIRONMENT] = {
		.name = "environment",
		.sqlerrcode = ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE,
		.refresh = refresh_environment,
	},
};

/* Let go of a source's keys, and say why if there is a reason. */
static void
drop_keys(LkSource *source, const char *problem)
{
	if (source->keys)
		MemoryContextDelete(source->keys->context);
	source->keys = NULL;
	source->problem = problem;
}

/* Replace a source's keys by the one pair. */
static void
hold_one(LkSource *source, const char *name, const char *secret)
{
	LkKeys	   *keys = lk_keys_create();
	const char *wrong = lk_keys_add(keys, name, secret, strlen(secret));

	drop_keys(source, NULL);
	if (wrong)
	{
		MemoryContextDelete(keys->context);
		/* the words follow "Line 3" as well as "It" */
		source->problem = MemoryContextStrdup(TopMemoryContext,
											  psprintf("It %s.", wrong));
		return;
	}
	MemoryContextSetParent(keys->context, TopMemoryContext);
	source->keys = keys;
	lk_keys_warn_of_weak(keys);
}

/*
 * The sources
 */

/* Is a key file set, or would be had the connection's options let it? */
static bool
key_file_is_meant(void)
{
	return lk_settings_key_file()[0] != '\0' ||
		lk_settings_is_lost("livekit_token.key_file");
}

static void
refresh_setting(LkSource *source, TimestampTz now)
{
	static char *held = NULL;	/* the name the secret is held under */
	const char *name = lk_settings_api_key();
	const char *secret = lk_settings_api_secret();
	const char *problem = NULL;

	source->configured = secret[0] != '\0' || lk_settings_secret_exposed() ||
		(name[0] != '\0' && !key_file_is_meant());
	if (!source->configured)
		return;

	if (lk_settings_secret_exposed())
		problem = "livekit_token.api_secret is set, but the library is not in shared_preload_libraries, so every role can read the secret.";
	else if (secret[0] == '\0')
		problem = "livekit_token.api_key is set, but neither livekit_token.api_secret nor livekit_token.key_file.";
	else if (name[0] == '\0')
		problem = "livekit_token.api_secret is set, but not livekit_token.api_key.";

	if (held != NULL && (problem != NULL || strcmp(held, name) != 0))
	{
		pfree(held);
		held = NULL;
	}
	if (problem != NULL)
		drop_keys(source, problem);
	else if (held == NULL)
	{
		hold_one(source, name, secret);
		held = MemoryContextStrdup(TopMemoryContext, name);
	}
}

static void
refresh_key_file(LkSource *source, TimestampTz now)
{
	static char *held = NULL;	/* the path the keys were read from */
	const char *path = lk_settings_key_file();

	if (path[0] == '\0' && key_file_is_meant())
	{
		source->configured = true;
		drop_keys(source, "livekit_token.key_file was lost when the library was loaded: the value that this session had for it was not set by a superuser.");
		return;
	}
	source->configured = path[0] != '\0';
	if (held == NULL || strcmp(held, path) != 0)
	{
		/* another file: the keys of the old one are none of its */
		drop_keys(source, NULL);
		if (held)
			pfree(held);
		held = NULL;
		held = MemoryContextStrdup(TopMemoryContext, path);
		lk_keyfile_forget();
	}
	source->problem = source->configured ?
		lk_keyfile_refresh(path, now, &source->keys) : NULL;
}

static void
refresh_table(LkSource *source, TimestampTz now)
{
	lk_keytable_refresh(now, &source->keys);
	source->configured = source->keys != NULL;
}

static void
refresh_environment(LkSource *source, TimestampTz now)
{
	static bool done = false;	/* a process's environment stays as it is */
	const char *name;
	const char *secret;

	if (done)
		return;
	name = getenv("LIVEKIT_API_KEY");
	secret = getenv("LIVEKIT_API_SECRET");
	source->configured = (name && name[0]) || (secret && secret[0]);
	if (source->configured)
	{
		if (name && name[0] && secret && secret[0])
			hold_one(source, name, secret);
		else
			source->problem = "Of LIVEKIT_API_KEY and LIVEKIT_API_SECRET one is missing.";
	}
	done = true;
}
