/*-------------------------------------------------------------------------
 *
 * keyimport.c
 *	  Imports API keys from lines as .env files have them.
 *
 * Errors speak of a line by its number, never by what it holds, and nothing is
 * stored unless all of it can be.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/keyimport.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "catalog/pg_authid.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "storage/fd.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "keyring.h"
#include "keystore.h"
#include "keytable.h"
#include "owner.h"
#include "secretfile.h"

#include "compat.h"

/* What a name may end in; before it, and an underscore, stands the project. */
static const struct
{
	const char *name;
	size_t		field;			/* of LkNewKey */
}			variables[] =
{
	{"LIVEKIT_URL", offsetof(LkNewKey, url)},
	{"LIVEKIT_API_KEY", offsetof(LkNewKey, api_key)},
	{"LIVEKIT_API_SECRET", offsetof(LkNewKey, secret)},
};

/* More projects are not imported at a time. */
#define MAX_PROJECTS 1000

/* What has been read: a key for each project. */
typedef struct Import
{
	const char *project;		/* of names that have none */
	int			nkeys;
	LkNewKey	keys[MAX_PROJECTS];
} Import;

pg_noreturn static void
wrong_line(int number, const char *problem)
{
	ereport(ERROR,
			errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			errmsg("line %d %s", number, problem),
			errhint("Nothing has been changed."));
}

static const char **
field_of(LkNewKey *key, size_t variable)
{
	return (const char **) ((char *) key + variables[variable].field);
}

/* The key of a project, of which nothing is known at first. */
static LkNewKey *
key_of(Import *import, const char *project, int number)
{
	for (int i = 0; i < import->nkeys; i++)
	{
		if (strcmp(import->keys[i].project, project) == 0)
			return &import->keys[i];
	}
	if (import->nkeys == MAX_PROJECTS)
		wrong_line(number, "names one project too many");
	import->keys[import->nkeys].project = project;
	return &import->keys[import->nkeys++];
}

/*
 * Reading.  The text is cut into strings where it lies.
 */

static char *
skip_blanks(char *s)
{
	return s + strspn(s, " \t");
}

/* Cut a value out of a line: quoted, or up to a comment or the end. */
static char *
cut_value(char *s, int number)
{
	char		quote = *s;
	char	   *out = s;
	char	   *end;

	if (quote != '"' && quote != '\'')
	{
		for (end = s; *end != '\0'; end++)
		{
			if (*end == '#' && (end == s || end[-1] == ' ' || end[-1] == '\t'))
				break;
		}
		while (end > s && (end[-1] == ' ' || end[-1] == '\t'))
			end--;
		*end = '\0';
		return s;
	}
	for (end = s + 1; *end != quote; end++)
	{
		if (quote == '"' && *end == '\\' && (end[1] == '"' || end[1] == '\\'))
			end++;
		if (*end == '\0')
			wrong_line(number, "has a quote that is not closed");
		*out++ = *end;
	}
	end = skip_blanks(end + 1);
	if (*end != '\0' && *end != '#')
		wrong_line(number, "has something behind the value");
	*out = '\0';
	return s;
}

/* The length of the name that a line begins with, or 0. */
static size_t
name_length(const char *s)
{
	if (s[0] >= '0' && s[0] <= '9')
		return 0;
	return strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_");
}

/* Take a variable, if it is one of ours. */
static void
take(Import *import, char *name, size_t length, char *value, int number)
{
	for (size_t i = 0; i < lengthof(variables); i++)
	{
		size_t		ours = strlen(variables[i].name);
		size_t		prefix = length - ours;
		const char **field;

		if (length < ours ||
			memcmp(name + prefix, variables[i].name, ours) != 0 ||
			prefix == 1 || (prefix > 0 && name[prefix - 1] != '_'))
			continue;
		field = field_of(key_of(import, prefix == 0 ? import->project :
								pnstrdup(name, prefix - 1), number), i);
		if (*field != NULL)
			wrong_line(number, "has a name that was there before");
		*field = value;
		return;
	}
}

static void
read_line(Import *import, char *line, int number)
{
	char	   *name = skip_blanks(line);
	char	   *s;
	size_t		length;

	if (name[0] == '\0' || name[0] == '#')
		return;
	if (strncmp(name, "export", 6) == 0 && (name[6] == ' ' || name[6] == '\t'))
		name = skip_blanks(name + 6);
	length = name_length(name);
	s = skip_blanks(name + length);
	if (length == 0 || *s != '=')
		wrong_line(number, "is not NAME=value");
	take(import, name, length, cut_value(skip_blanks(s + 1), number), number);
}

static void
read_all(Import *import, char *text)
{
	char	   *line;

	if (strncmp(text, "\xef\xbb\xbf", 3) == 0)
		text += 3;				/* byte order mark */
	for (int number = 1; (line = lk_secretfile_line(&text)) != NULL; number++)
		read_line(import, line, number);
}

/*
 * Storing
 */

/* Check that each project has what a key needs. */
static void
check(const Import *import)
{
	if (import->nkeys == 0)
		ereport(ERROR,
				errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("there is no key to import"),
				errhint("Lines are LIVEKIT_API_KEY=..., LIVEKIT_API_SECRET=... and LIVEKIT_URL=..., or NAME_LIVEKIT_API_KEY=... for the project NAME."));
	for (int i = 0; i < import->nkeys; i++)
	{
		const LkNewKey *key = &import->keys[i];

		lk_newkey_check_project(key->project);
		if (key->api_key == NULL || key->secret == NULL)
			ereport(ERROR,
					errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("project \"%s\" lacks %s", key->project,
						   key->api_key == NULL ? "LIVEKIT_API_KEY" :
						   "LIVEKIT_API_SECRET"),
					errhint("Nothing has been changed."));
		lk_newkey_check(key);
	}
}

/* Drop the other keys of a project. */
static void
drop_others(Oid table, const LkNewKey *key)
{
	Oid			types[] = {TEXTOID, TEXTOID};
	Datum		values[] = {CStringGetTextDatum(key->project),
	CStringGetTextDatum(key->api_key)};

	lk_owner_execute(table,
					 "DELETE FROM %s WHERE project OPERATOR(pg_catalog.=) $1"
					 " AND api_key OPERATOR(pg_catalog.<>) $2",
					 2, types, values, NULL);
}

/* Read a text and store what it holds; the text is wiped in any case. */
static int
import_text(char *text, size_t length, const char *project, bool overwrite)
{
	Import	   *import = palloc0(sizeof(*import));
	TimestampTz now = GetCurrentTimestamp();
	Oid			table;

	import->project = project;
	PG_TRY();
	{
		if (strlen(text) != length)
			ereport(ERROR,
					errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("the text to import holds a NUL byte"),
					errhint("Nothing has been changed."));
		read_all(import, text);
		check(import);
		table = lk_keystore_lock();
		SPI_connect();
		/* first, since a key may move from one project to another */
		for (int i = 0; overwrite && i < import->nkeys; i++)
		{
			LkNewKey   *key = &import->keys[i];

			if (key->url == NULL)
				key->url = lk_keystore_url(table, key->project);
			drop_others(table, key);
		}
		for (int i = 0; i < import->nkeys; i++)
			lk_keystore_put(table, &import->keys[i], now);
		SPI_finish();
		for (int i = 0; i < import->nkeys; i++)
			lk_keyring_warn_of_shadow(import->keys[i].project,
									  import->keys[i].api_key, now);
	}
	PG_FINALLY();
	{
		explicit_bzero(text, length);
	}
	PG_END_TRY();
	return import->nkeys;
}

static char *
project_argument(FunctionCallInfo fcinfo)
{
	return PG_ARGISNULL(1) ? LK_DEFAULT_PROJECT :
		text_to_cstring(PG_GETARG_TEXT_PP(1));
}

/*
 * livekit_key_import(env, project, overwrite) stores the keys in a text.
 */
PG_FUNCTION_INFO_V1(livekit_key_import);
Datum
livekit_key_import(PG_FUNCTION_ARGS)
{
	ErrorContextCallback quiet = {error_context_stack, lk_newkey_hush, NULL};
	char	   *text;
	int			count;

	error_context_stack = &quiet;
	text = lk_newkey_argument(fcinfo, 0, "env");
	count = import_text(text, strlen(text), project_argument(fcinfo),
						!PG_ARGISNULL(2) && PG_GETARG_BOOL(2));
	error_context_stack = quiet.previous;
	PG_RETURN_INT32(count);
}

/* Read a file of the server's; palloc'd, with a NUL behind it. */
static char *
read_file(const char *path, size_t *length)
{
	int			fd = OpenTransientFile(path, O_RDONLY | O_NONBLOCK | PG_BINARY);
	char	   *text = palloc(LK_MAX_SECRET_FILE + 1);
	struct stat st;
	ssize_t		n;

	if (fd < 0)
		ereport(ERROR,
				errcode_for_file_access(),
				errmsg("could not open file \"%s\": %m", path));
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) ||
		st.st_size > LK_MAX_SECRET_FILE)
		ereport(ERROR,
				errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("file \"%s\" is not a regular file of up to %d bytes",
					   path, LK_MAX_SECRET_FILE));
	for (*length = 0; *length < LK_MAX_SECRET_FILE; *length += n)
	{
		n = read(fd, text + *length, LK_MAX_SECRET_FILE - *length);
		if (n < 0)
			ereport(ERROR,
					errcode_for_file_access(),
					errmsg("could not read file \"%s\": %m", path));
		if (n == 0)
			break;
	}
	CloseTransientFile(fd);
	text[*length] = '\0';
	return text;
}

/*
 * livekit_key_import_file(path, project, overwrite) stores the keys in a file
 * of the server's, so that no statement holds a secret.
 */
PG_FUNCTION_INFO_V1(livekit_key_import_file);
Datum
livekit_key_import_file(PG_FUNCTION_ARGS)
{
	char	   *path = lk_newkey_argument(fcinfo, 0, "path");
	char	   *text;
	size_t		length;

	if (!has_privs_of_role(GetUserId(), ROLE_PG_READ_SERVER_FILES))
		ereport(ERROR,
				errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				errmsg("permission denied to import keys from a file"),
				errdetail("Only members of role \"%s\" may do that.",
						  "pg_read_server_files"));
	if (!is_absolute_path(path))
		ereport(ERROR,
				errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("the path of a file to import must be absolute"));
	text = read_file(path, &length);
	PG_RETURN_INT32(import_text(text, length, project_argument(fcinfo),
								!PG_ARGISNULL(2) && PG_GETARG_BOOL(2)));
}
