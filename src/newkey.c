/*-------------------------------------------------------------------------
 *
 * newkey.c
 *	  Keys and secrets as callers give them.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/newkey.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "keylist.h"
#include "newkey.h"
#include "url.h"

void
lk_newkey_hush(void *arg)
{
	errhidestmt(true);
	errhidecontext(true);
}

char *
lk_newkey_argument(FunctionCallInfo fcinfo, int number, const char *name)
{
	if (PG_ARGISNULL(number))
		ereport(ERROR,
				errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				errmsg("parameter \"%s\" must not be null", name));
	return text_to_cstring(PG_GETARG_TEXT_PP(number));
}

static void
check_name(const char *parameter, const char *value)
{
	if (!lk_key_name_is_valid(value))
		ereport(ERROR,
				errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("invalid value for parameter \"%s\"", parameter),
				errdetail("It must be 1 to %d letters, digits and underscores.",
						  LK_MAX_KEY_NAME));
}

static void
check_secret(const char *secret, const char *api_key)
{
	size_t		length = strlen(secret);

	for (size_t i = 0; i < length; i++)
	{
		if ((unsigned char) secret[i] < ' ')
			ereport(ERROR,
					errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("invalid value for parameter \"%s\"", "api_secret"),
					errdetail("It has a control character."));
	}
	if (length < LK_MIN_SECRET || length > LK_MAX_SECRET)
		ereport(ERROR,
				errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("invalid value for parameter \"%s\"", "api_secret"),
				errdetail("A secret has %d to %d bytes.", LK_MIN_SECRET,
						  LK_MAX_SECRET),
				strlen(api_key) < LK_MIN_SECRET ?
				errhint("livekit_key_generate makes a good one.") :
				errhint("Are API key and secret swapped?"));
}

static void
check_url(const char *url)
{
	const char *problem = url == NULL ? NULL : lk_url_problem(url);

	if (problem != NULL)
		ereport(ERROR,
				errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("invalid value for parameter \"%s\"", "url"),
				errdetail("%s", problem));
}

void
lk_newkey_check_project(const char *project)
{
	check_name("project", project);
}

void
lk_newkey_check(const LkNewKey *key)
{
	lk_newkey_check_project(key->project);
	check_name("api_key", key->api_key);
	check_secret(key->secret, key->api_key);
	check_url(key->url);
}
