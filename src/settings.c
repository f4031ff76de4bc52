/*-------------------------------------------------------------------------
 *
 * settings.c
 *	  The settings that name keys, hold one, or go with them.
 *
 * api_secret can be set only in postgresql.conf of a server that preloads
 * the library. Anywhere else it would be a placeholder setting, which every
 * role can read and a reload writes to the log.
 *
 * A server that loads the library later, in a session, has kept our settings
 * as placeholders until then. Connection options of an ordinary user may
 * have replaced one of them; its definition then refuses that value, and
 * what the administrator had set is gone: a key file, or a cap. That is
 * detected, and nothing is signed.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/settings.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/guc.h"
#include "utils/guc_tables.h"

#include "keylist.h"
#include "settings.h"
#include "url.h"

#include "compat.h"

#define PREFIX "livekit_token"

static char *livekit_token_api_key = NULL;
static char *livekit_token_api_secret = NULL;
static char *livekit_token_key_file = NULL;
static char *livekit_token_master_key_file = NULL;
static char *livekit_token_url = NULL;

static bool secret_exposed = false;

/* Every setting but api_secret, and what became of its placeholder. */
static struct
{
	const char *name;
	bool		was_set;		/* before the library was loaded */
	struct config_generic *lost;	/* its definition, when that lost its value */
}			settings[] =
{
	{.name = PREFIX ".key_file"},
	{.name = PREFIX ".master_key_file"},
	{.name = PREFIX ".api_key"},
	{.name = PREFIX ".url"},
	{.name = PREFIX ".default_ttl"},
	{.name = PREFIX ".max_ttl"},
	{.name = PREFIX ".audit"},
	{.name = PREFIX ".audit_refusals"},
};

const char *
lk_settings_api_key(void)
{
	return livekit_token_api_key ? livekit_token_api_key : "";
}

const char *
lk_settings_api_secret(void)
{
	return livekit_token_api_secret ? livekit_token_api_secret : "";
}

const char *
lk_settings_key_file(void)
{
	return livekit_token_key_file ? livekit_token_key_file : "";
}

const char *
lk_settings_master_key_file(void)
{
	return livekit_token_master_key_file ? livekit_token_master_key_file : "";
}

const char *
lk_settings_url(void)
{
	return livekit_token_url ? livekit_token_url : "";
}

bool
lk_settings_secret_exposed(void)
{
	return secret_exposed;
}

/* Has its value been lost?  A reload may have brought it back. */
static bool
is_lost(size_t i)
{
	return settings[i].lost != NULL &&
		settings[i].lost->source == PGC_S_DEFAULT;
}

const char *
lk_settings_lost(void)
{
	for (size_t i = 0; i < lengthof(settings); i++)
	{
		if (is_lost(i))
			return settings[i].name;
	}
	return NULL;
}

bool
lk_settings_is_lost(const char *name)
{
	for (size_t i = 0; i < lengthof(settings); i++)
	{
		if (strcmp(settings[i].name, name) == 0)
			return is_lost(i);
	}
	return false;
}

/* What SHOW gives instead of the secret, to whoever may SHOW it. */
static const char *
show_api_secret(void)
{
	return lk_settings_api_secret()[0] == '\0' ? "" : "********";
}

/*
 * Refuse a secret that is too long when it comes with a reload, in words that
 * do not quote it, as the server's own would.  At the server's start nothing
 * is refused: it would go on with no secret at all, where one that cannot be
 * used is an error when it is used.
 */
static bool
check_api_secret(char **newval, void **extra, GucSource source)
{
	if (process_shared_preload_libraries_in_progress ||
		strlen(*newval) <= LK_MAX_SECRET)
		return true;
	GUC_check_errmsg("invalid value for parameter \"%s\"",
					 PREFIX ".api_secret");
	GUC_check_errdetail("A secret has at most %d bytes.", LK_MAX_SECRET);
	return false;
}

/*
 * The next two check what is being typed; anything else is judged when it is
 * used.  Neither a secret typed in place of a key's name nor a path is quoted.
 */
static bool
check_api_key(char **newval, void **extra, GucSource source)
{
	if (source < PGC_S_INTERACTIVE || (*newval)[0] == '\0' ||
		lk_key_name_is_valid(*newval))
		return true;
	GUC_check_errmsg("invalid value for parameter \"%s\"", PREFIX ".api_key");
	GUC_check_errdetail("An API key has 1 to %d letters, digits and underscores.",
						LK_MAX_KEY_NAME);
	return false;
}

static bool
check_path(const char *newval, GucSource source, const char *name)
{
	if (source < PGC_S_INTERACTIVE || newval[0] == '\0' ||
		is_absolute_path(newval))
		return true;
	GUC_check_errmsg("invalid value for parameter \"%s\"", name);
	GUC_check_errdetail("The path of the file must be absolute.");
	return false;
}

static bool
check_key_file(char **newval, void **extra, GucSource source)
{
	return check_path(*newval, source, PREFIX ".key_file");
}

static bool
check_master_key_file(char **newval, void **extra, GucSource source)
{
	return check_path(*newval, source, PREFIX ".master_key_file");
}

static bool
check_url(char **newval, void **extra, GucSource source)
{
	const char *problem = (*newval)[0] == '\0' ? NULL : lk_url_problem(*newval);

	if (problem == NULL)
		return true;
	/* without the value, which may hold a password */
	GUC_check_errmsg("invalid value for parameter \"%s\"", PREFIX ".url");
	GUC_check_errdetail("%s", problem);
	return false;
}

const char *
lk_settings_environment_url(void)
{
	const char *url = getenv("LIVEKIT_URL");

	return url == NULL || lk_url_problem(url) != NULL ? "" : url;
}

void
lk_settings_before(void)
{
	if (process_shared_preload_libraries_in_progress)
		return;
	for (size_t i = 0; i < lengthof(settings); i++)
		settings[i].was_set = lk_setting_is_set(settings[i].name);
	secret_exposed = lk_setting_is_set(PREFIX ".api_secret");
}

void
lk_settings_init(void)
{
	DefineCustomStringVariable(PREFIX ".api_key",
							   "Names the API key that signs.",
							   "With livekit_token.api_secret, the key of that secret; otherwise one of the key file, whose first key signs when this is empty.",
							   &livekit_token_api_key, "",
							   PGC_SUSET, GUC_SUPERUSER_ONLY,
							   check_api_key, NULL, NULL);
	DefineCustomStringVariable(PREFIX ".key_file",
							   "Sets the path of the file with API keys and secrets.",
							   "A line is \"key: secret\", as in livekit-server's own key file.",
							   &livekit_token_key_file, "",
							   PGC_SUSET, GUC_SUPERUSER_ONLY,
							   check_key_file, NULL, NULL);
	DefineCustomStringVariable(PREFIX ".master_key_file",
							   "Sets the path of the file with the master keys.",
							   "They seal the secrets in the table of keys; a line is 32 bytes in hex or base64, and the first line seals.",
							   &livekit_token_master_key_file, "",
							   PGC_SUSET, GUC_SUPERUSER_ONLY,
							   check_master_key_file, NULL, NULL);
	DefineCustomStringVariable(PREFIX ".url",
							   "Sets the address of the LiveKit server, as clients reach it.",
							   NULL,
							   &livekit_token_url, "",
							   PGC_SUSET, 0,
							   check_url, NULL, NULL);
	if (process_shared_preload_libraries_in_progress)
		DefineCustomStringVariable(PREFIX ".api_secret",
								   "Sets the secret of livekit_token.api_key.",
								   "livekit_token.key_file is the better place.",
								   &livekit_token_api_secret, "",
								   PGC_POSTMASTER,
								   GUC_SUPERUSER_ONLY | GUC_NO_SHOW_ALL |
								   GUC_NOT_IN_SAMPLE |
								   GUC_DISALLOW_IN_AUTO_FILE,
								   check_api_secret, NULL, show_api_secret);
}

void
lk_settings_after(void)
{
	MarkGUCPrefixReserved(PREFIX);
	for (size_t i = 0; i < lengthof(settings); i++)
	{
		struct config_generic *setting = settings[i].was_set ?
			lk_find_setting(settings[i].name) : NULL;

		if (setting != NULL && setting->source == PGC_S_DEFAULT)
			settings[i].lost = setting;
	}
}
