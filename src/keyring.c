/*-------------------------------------------------------------------------
 *
 * keyring.c
 *	  The API keys this database holds: found by project, found by name.
 *
 * One keyring a backend.  A source that is configured and cannot be used is
 * an error: passing it over for the next one would sign with a key that
 * nobody chose.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/keyring.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"

#include "keyfile.h"
#include "keyring.h"
#include "names.h"
#include "settings.h"

#include "compat.h"

/* Where keys come from, in the order in which a signing key is looked for. */
enum
{
	LK_SOURCE_SETTING,			/* livekit_token.api_key and api_secret */
	LK_SOURCE_KEY_FILE,			/* livekit_token.key_file */
	LK_SOURCE_ENVIRONMENT		/* LIVEKIT_API_KEY and LIVEKIT_API_SECRET */
};

/* A source of keys, and what it holds now. */
typedef struct Source
{
	const char *name;			/* as livekit_keys shows it */
	int			sqlerrcode;		/* of the error when it cannot be used */
	void		(*refresh) (struct Source *source, TimestampTz now);
	bool		configured;
	LkKeys	   *keys;			/* NULL when there are none */
	const char *problem;		/* why it cannot be used as it is, or NULL */
} Source;

static void refresh_setting(Source *source, TimestampTz now);
static void refresh_key_file(Source *source, TimestampTz now);
static void refresh_environment(Source *source, TimestampTz now);

static Source sources[] = {
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
	[LK_SOURCE_ENVIRONMENT] = {
		.name = "environment",
		.sqlerrcode = ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE,
		.refresh = refresh_environment,
	},
};

/* Let go of a source's keys, and say why if there is a reason. */
static void
drop_keys(Source *source, const char *problem)
{
	if (source->keys)
		MemoryContextDelete(source->keys->context);
	source->keys = NULL;
	source->problem = problem;
}

/* Replace a source's keys by the one pair. */
static void
hold_one(Source *source, const char *name, const char *secret)
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
refresh_setting(Source *source, TimestampTz now)
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
refresh_key_file(Source *source, TimestampTz now)
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
refresh_environment(Source *source, TimestampTz now)
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

/*
 * Looking keys up
 */

pg_noreturn static void
raise_problem(const Source *source)
{
	ereport(ERROR,
			errcode(source->sqlerrcode),
			errmsg("API keys of source \"%s\" cannot be used", source->name),
			errdetail_log("%s", source->problem),
			errhint("The server log and the view livekit_keys say why."),
			errhidestmt(true), errhidecontext(true));
}

/* Does api_key choose among the keys of this source? */
static bool
is_chosen_from(const Source *source)
{
	return source == &sources[LK_SOURCE_KEY_FILE] &&
		lk_settings_api_key()[0] != '\0';
}

/* The key of a source that signs; NULL when api_key names one it lacks. */
static const LkKey *
signing_key_of(const Source *source)
{
	const char *name = lk_settings_api_key();

	if (is_chosen_from(source))
		return lk_keys_find(source->keys, name, strlen(name));
	return &source->keys->keys[0];
}

const LkKey *
lk_keyring_signing_key(const text *project, TimestampTz now)
{
	const LkKey *key;
	const char *lost;

	if (project != NULL &&
		!lk_name_is(LK_DEFAULT_PROJECT, VARDATA_ANY(project),
					VARSIZE_ANY_EXHDR(project)))
		ereport(ERROR,
				errcode(ERRCODE_UNDEFINED_OBJECT),
				errmsg("project \"%s\" does not exist",
					   lk_name_quote(VARDATA_ANY(project),
									 VARSIZE_ANY_EXHDR(project))),
				errhint("The view livekit_keys lists the projects."));

	for (size_t i = 0; i < lengthof(sources); i++)
	{
		Source	   *source = &sources[i];

		source->refresh(source, now);
		if (!source->configured)
			continue;
		if (source->keys == NULL)
			raise_problem(source);
		lost = lk_settings_lost();
		if (lost != NULL)
			ereport(ERROR,
					errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					errmsg("setting \"%s\" was lost when the library was loaded",
						   lost),
					errdetail("The value that this session had for it was refused: it was not valid, or not set by a superuser."),
					errhint("Correct it, or connect without setting it; with livekit_token in shared_preload_libraries it cannot be lost."));
		key = signing_key_of(source);
		if (key == NULL)
			ereport(ERROR,
					errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					errmsg("livekit_token.api_key names no key of the key file"),
					errhint("It must name one, or be empty for the first."),
					errhidestmt(true), errhidecontext(true));
		return key;
	}
	ereport(ERROR,
			errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			errmsg("no API key is configured"),
			errhint("Set livekit_token.key_file to the path of a file with lines \"key: secret\", as livekit-server has."));
}

LkStatus
lk_keyring_find(const char *name, int length, TimestampTz now,
				const LkKey **key)
{
	LkStatus	status = LK_UNKNOWN_KEY;

	for (size_t i = 0; i < lengthof(sources); i++)
	{
		Source	   *source = &sources[i];

		source->refresh(source, now);
		*key = lk_keys_find(source->keys, name, length);
		if (*key != NULL)
			return LK_OK;
		if (source->configured && source->keys == NULL)
			status = LK_KEYS_UNAVAILABLE;
	}
	return status;
}

void
lk_keyring_raise(void)
{
	for (size_t i = 0; i < lengthof(sources); i++)
	{
		if (sources[i].configured && sources[i].keys == NULL)
			raise_problem(&sources[i]);
	}
}

/*
 * livekit_keys() shows all keys of all sources, without their secrets.
 */

enum
{
	COLUMN_PROJECT, COLUMN_API_KEY, COLUMN_SOURCE, COLUMN_STATUS, COLUMN_SIGNS,
	COLUMN_REASON, COLUMN_CREATED_AT, COLUMN_UPDATED_AT, COLUMN_URL, NCOLUMNS
};

static void
put_row(ReturnSetInfo *rsinfo, const Source *source, const LkKey *key,
		const char *status, const char *reason, bool signs)
{
	Datum		values[NCOLUMNS] = {0};
	bool		nulls[NCOLUMNS];
	const char *url = lk_settings_url();

	if (url[0] == '\0' && source == &sources[LK_SOURCE_ENVIRONMENT])
		url = lk_settings_environment_url();

	memset(nulls, false, sizeof(nulls));
	values[COLUMN_PROJECT] = CStringGetTextDatum(LK_DEFAULT_PROJECT);
	nulls[COLUMN_API_KEY] = key == NULL;
	if (key)
		values[COLUMN_API_KEY] = CStringGetTextDatum(key->name.data);
	values[COLUMN_SOURCE] = CStringGetTextDatum(source->name);
	values[COLUMN_STATUS] = CStringGetTextDatum(status);
	values[COLUMN_SIGNS] = BoolGetDatum(signs);
	values[COLUMN_REASON] = CStringGetTextDatum(reason);
	nulls[COLUMN_CREATED_AT] = true;
	nulls[COLUMN_UPDATED_AT] = key == NULL ||
		source != &sources[LK_SOURCE_KEY_FILE];
	if (!nulls[COLUMN_UPDATED_AT])
		values[COLUMN_UPDATED_AT] = TimestampTzGetDatum(lk_keyfile_modified());
	nulls[COLUMN_URL] = url[0] == '\0';
	if (!nulls[COLUMN_URL])
		values[COLUMN_URL] = CStringGetTextDatum(url);
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}

/* Put the rows of one source, the first configured one if it is that. */
static void
put_source(ReturnSetInfo *rsinfo, const Source *source, bool first)
{
	const LkKey *signing;

	if (source->keys == NULL)
	{
		put_row(rsinfo, source, NULL, "unusable", source->problem, false);
		return;
	}
	signing = signing_key_of(source);
	for (int i = 0; i < source->keys->nkeys; i++)
	{
		const LkKey *key = &source->keys->keys[i];
		const char *reason = !first ? "verifies only: another source comes first" :
			signing == NULL ? "verifies only: livekit_token.api_key names a key that is not in the file" :
			key != signing ? "verifies only: another key of the source signs" :
			is_chosen_from(source) ? "signs: livekit_token.api_key names it" :
			"signs: the first key of the first source";

		put_row(rsinfo, source, key,
				source->problem ? "stale" : key->weak ? "weak" : "active",
				source->problem ? source->problem : reason, first && key == signing);
	}
}

PG_FUNCTION_INFO_V1(livekit_keys);
Datum
livekit_keys(PG_FUNCTION_ARGS)
{
	TimestampTz now = GetCurrentTimestamp();
	bool		first = true;

	InitMaterializedSRF(fcinfo, 0);
	for (size_t i = 0; i < lengthof(sources); i++)
	{
		Source	   *source = &sources[i];

		source->refresh(source, now);
		if (!source->configured)
			continue;
		put_source((ReturnSetInfo *) fcinfo->resultinfo, source, first);
		first = false;
	}
	return (Datum) 0;
}
