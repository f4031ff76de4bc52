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
#include "utils/builtins.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"

#include "keyfile.h"
#include "keyring.h"
#include "keysource.h"
#include "keytable.h"
#include "names.h"
#include "settings.h"

#include "compat.h"

/*
 * Looking keys up
 */

pg_noreturn static void
raise_problem(const LkSource *source)
{
	ereport(ERROR,
			errcode(source->sqlerrcode),
			errmsg("API keys of source \"%s\" cannot be used", source->name),
			errdetail_log("%s", source->problem),
			errhint("The server log and the view livekit_keys say why."),
			errhidestmt(true), errhidecontext(true));
}

/* The source before this one that has a key of the same name, or NULL. */
static const LkSource *
shadowing_source(const LkSource *source, const LkKey *key)
{
	for (const LkSource *other = lk_sources; other < source; other++)
	{
		if (lk_keys_find(other->keys, key->name.data, key->name.length))
			return other;
	}
	return NULL;
}

/* The same for one key of a source that has others. */
pg_noreturn static void
raise_unusable(const LkKey *key, const char *problem)
{
	ereport(ERROR,
			errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			errmsg("API key \"%s\" cannot be used", key->name.data),
			errdetail_log("%s", problem),
			errhint("The server log and the view livekit_keys say why."),
			errhidestmt(true), errhidecontext(true));
}

/* Does api_key choose among the keys of this source? */
static bool
is_chosen_from(const LkSource *source)
{
	return source == &lk_sources[LK_SOURCE_KEY_FILE] &&
		lk_settings_api_key()[0] != '\0';
}

/* The first key of a source that signs for a project, if it can; or NULL. */
static const LkKey *
active_key(const LkSource *source, const char *project)
{
	for (int i = 0; source->keys != NULL && i < source->keys->nkeys; i++)
	{
		const LkKey *key = &source->keys->keys[i];

		if (!key->is_retired && strcmp(key->project, project) == 0)
			return key;
	}
	return NULL;
}

/* The key of a source that signs; NULL when api_key names one it lacks. */
static const LkKey *
signing_key_of(const LkSource *source, const char *project)
{
	const char *name = lk_settings_api_key();

	if (is_chosen_from(source))
		return lk_keys_find(source->keys, name, strlen(name));
	return active_key(source, project);
}

/* Is it this source's to sign for a project, if none before it does? */
static bool
covers(const LkSource *source, const char *project)
{
	/* the table has keys of projects; all others are of the default */
	if (source == &lk_sources[LK_SOURCE_TABLE])
		return active_key(source, project) != NULL;
	return source->configured && strcmp(project, LK_DEFAULT_PROJECT) == 0;
}

/* Raise the error for a project that no source has a signing key of. */
pg_noreturn static void
no_key(const char *project)
{
	const LkKeys *keys = lk_sources[LK_SOURCE_TABLE].keys;

	for (int i = 0; keys != NULL && i < keys->nkeys; i++)
	{
		if (strcmp(keys->keys[i].project, project) == 0)
			ereport(ERROR,
					errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					errmsg("no key of project \"%s\" signs: all are retired",
						   project));
	}
	if (strcmp(project, LK_DEFAULT_PROJECT) != 0)
		ereport(ERROR,
				errcode(ERRCODE_UNDEFINED_OBJECT),
				errmsg("project \"%s\" does not exist",
					   lk_name_quote(project, strlen(project))),
				errhint("The view livekit_keys lists the projects."));
	ereport(ERROR,
			errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			errmsg("no API key is configured"),
			errhint("Set livekit_token.key_file to the path of a file with lines \"key: secret\", as livekit-server has; or store a key by livekit_key_set."));
}

const LkKey *
lk_keyring_signing_key(const text *project, TimestampTz now)
{
	const char *name = project ? text_to_cstring(project) : LK_DEFAULT_PROJECT;
	LkSource   *source = NULL;
	const LkSource *other;
	const LkKey *key;
	const char *lost;

	for (int i = 0; i < LK_NSOURCES && source == NULL; i++)
	{
		lk_source_refresh(&lk_sources[i], now);
		if (covers(&lk_sources[i], name))
			source = &lk_sources[i];
	}
	if (source == NULL)
		no_key(name);
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
	key = signing_key_of(source, name);
	if (key == NULL)
		ereport(ERROR,
				errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				errmsg("livekit_token.api_key names no key of the key file"),
				errhint("It must name one, or be empty for the first."),
				errhidestmt(true), errhidecontext(true));
	if (key->jws == NULL)
		raise_unusable(key, key->problem);
	other = shadowing_source(source, key);
	if (other != NULL)
		raise_unusable(key, psprintf("Source \"%s\", which comes first, has a key of this name.",
									 other->name));
	return key;
}

const char *
lk_keyring_url(const text *project, TimestampTz now)
{
	const char *name = project ? text_to_cstring(project) : LK_DEFAULT_PROJECT;
	LkSource   *source = &lk_sources[LK_SOURCE_TABLE];

	lk_source_refresh(source, now);
	for (int i = 0; source->keys != NULL && i < source->keys->nkeys; i++)
	{
		const LkKey *key = &source->keys->keys[i];

		if (!key->is_retired && key->url && strcmp(key->project, name) == 0)
			return pstrdup(key->url);
	}
	return NULL;
}

void
lk_keyring_warn_of_shadow(const char *project, const char *api_key,
						  TimestampTz now)
{
	for (int i = 0; i < LK_SOURCE_TABLE; i++)
	{
		LkSource   *source = &lk_sources[i];

		lk_source_refresh(source, now);
		if (lk_keys_find(source->keys, api_key, strlen(api_key)))
			ereport(WARNING,
					errmsg("API key \"%s\" was stored, but is not used",
						   api_key),
					errdetail("Source \"%s\", which comes first, has a key of this name.",
							  source->name));
		else if (covers(source, project))
			ereport(WARNING,
					errmsg("API key \"%s\" was stored, but does not sign",
						   api_key),
					errdetail("Source \"%s\", which comes first, signs for project \"%s\".",
							  source->name, project));
		else
			continue;
		return;
	}
}

LkStatus
lk_keyring_find(const char *name, int length, TimestampTz now,
				const LkKey **key)
{
	LkStatus	status = LK_UNKNOWN_KEY;

	for (int i = 0; i < LK_NSOURCES; i++)
	{
		LkSource   *source = &lk_sources[i];

		lk_source_refresh(source, now);
		*key = lk_keys_find(source->keys, name, length);
		if (*key != NULL)
			return (*key)->jws != NULL ? LK_OK : LK_KEYS_UNAVAILABLE;
		if (source->configured && source->keys == NULL)
			status = LK_KEYS_UNAVAILABLE;
	}
	return status;
}

void
lk_keyring_raise(const LkKey *key)
{
	if (key != NULL)
		raise_unusable(key, key->problem);
	for (int i = 0; i < LK_NSOURCES; i++)
	{
		if (lk_sources[i].configured && lk_sources[i].keys == NULL)
			raise_problem(&lk_sources[i]);
	}
}

/*
 * livekit_keys() shows all keys of all sources, without their secrets.
 */

enum
{
	COLUMN_PROJECT, COLUMN_API_KEY, COLUMN_SOURCE, COLUMN_STATUS, COLUMN_SIGNS,
	COLUMN_REASON, COLUMN_CREATED_AT, COLUMN_UPDATED_AT, COLUMN_RETIRED_AT,
	COLUMN_MASTER_KEY, COLUMN_URL, NCOLUMNS
};

static void
put_text(Datum *values, bool *nulls, int column, const char *value)
{
	nulls[column] = value == NULL || value[0] == '\0';
	if (!nulls[column])
		values[column] = CStringGetTextDatum(value);
}

static void
put_time(Datum *values, bool *nulls, int column, bool given, TimestampTz value)
{
	nulls[column] = !given;
	values[column] = TimestampTzGetDatum(value);
}

/* Put a row; the key is NULL where the source has none that can be used. */
static void
put_row(ReturnSetInfo *rsinfo, const LkSource *source, const LkKey *key,
		const char *status, const char *reason, bool signs)
{
	bool		stored = key != NULL && source == &lk_sources[LK_SOURCE_TABLE];
	bool		filed = key != NULL && source == &lk_sources[LK_SOURCE_KEY_FILE];
	Datum		values[NCOLUMNS] = {0};
	bool		nulls[NCOLUMNS] = {false};
	const char *url = stored ? key->url : NULL;

	if (url == NULL)
		url = lk_settings_url();
	if (url[0] == '\0' && source == &lk_sources[LK_SOURCE_ENVIRONMENT])
		url = lk_settings_environment_url();

	put_text(values, nulls, COLUMN_PROJECT,
			 key ? key->project : LK_DEFAULT_PROJECT);
	put_text(values, nulls, COLUMN_API_KEY, key ? key->name.data : NULL);
	put_text(values, nulls, COLUMN_SOURCE, source->name);
	put_text(values, nulls, COLUMN_STATUS, status);
	values[COLUMN_SIGNS] = BoolGetDatum(signs);
	put_text(values, nulls, COLUMN_REASON, reason);
	put_time(values, nulls, COLUMN_CREATED_AT, stored,
			 stored ? key->created_at : 0);
	put_time(values, nulls, COLUMN_UPDATED_AT, stored || filed,
			 stored ? key->updated_at : lk_keyfile_modified());
	put_time(values, nulls, COLUMN_RETIRED_AT, stored && key->is_retired,
			 stored ? key->retired_at : 0);
	put_text(values, nulls, COLUMN_MASTER_KEY, stored ? key->master_key : NULL);
	put_text(values, nulls, COLUMN_URL, url);
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}

/* Why a key that could be used signs, or does not. */
static const char *
reason_of(const LkSource *source, const LkKey *key, const LkSource *first,
		  const LkKey *signing)
{
	const LkSource *other = shadowing_source(source, key);

	if (other != NULL)
		return psprintf("not used: source \"%s\", which comes first, has a key of this name",
						other->name);
	if (key->is_retired)
		return "verifies only: it is retired";
	if (source != first)
		return "verifies only: another source comes first";
	if (signing == NULL)
		return "verifies only: livekit_token.api_key names a key that is not in the file";
	if (key != signing)
		return source == &lk_sources[LK_SOURCE_TABLE] ?
			"verifies only: a newer key of the project signs" :
			"verifies only: another key of the source signs";
	if (is_chosen_from(source))
		return "signs: livekit_token.api_key names it";
	return source == &lk_sources[LK_SOURCE_TABLE] ?
		"signs: the newest key of the project" :
		"signs: the first key of the first source";
}

/* The source that signs for a project; NULL when none does. */
static const LkSource *
signing_source(const char *project)
{
	for (int i = 0; i < LK_NSOURCES; i++)
	{
		if (covers(&lk_sources[i], project))
			return &lk_sources[i];
	}
	return NULL;
}

/* Put the rows of one source. */
static void
put_source(ReturnSetInfo *rsinfo, const LkSource *source)
{
	if (source->keys == NULL)
	{
		put_row(rsinfo, source, NULL, "unusable", source->problem, false);
		return;
	}
	for (int i = 0; i < source->keys->nkeys; i++)
	{
		const LkKey *key = &source->keys->keys[i];
		const LkSource *first = signing_source(key->project);
		const LkKey *signing = first == NULL || first->keys == NULL ? NULL :
			signing_key_of(first, key->project);

		if (key->jws == NULL)
			put_row(rsinfo, source, key, "unusable", key->problem, false);
		else
			put_row(rsinfo, source, key,
					source->problem ? "stale" : key->is_retired ? "retired" :
					key->weak ? "weak" : "active",
					source->problem ? source->problem :
					reason_of(source, key, first, signing),
					key == signing && shadowing_source(source, key) == NULL);
	}
}

PG_FUNCTION_INFO_V1(livekit_keys);
Datum
livekit_keys(PG_FUNCTION_ARGS)
{
	TimestampTz now = GetCurrentTimestamp();

	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; i < LK_NSOURCES; i++)
		lk_source_refresh(&lk_sources[i], now);
	for (int i = 0; i < LK_NSOURCES; i++)
	{
		if (lk_sources[i].configured)
			put_source((ReturnSetInfo *) fcinfo->resultinfo, &lk_sources[i]);
	}
	return (Datum) 0;
}
