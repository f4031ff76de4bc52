/*-------------------------------------------------------------------------
 *
 * keyfile.c
 *	  The key file: LiveKit's own format, an API key and its secret a line.
 *
 * The file is read anew when its device, inode, size or times change, so
 * that keys are rotated without a restart; replace it by rename(2), since a
 * file caught half written is read as it is. One that cannot be used leaves
 * the keys that were read last in force, and says why once in the log.
 * Nothing of its content is ever reported but the number of a line.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/keyfile.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "keyfile.h"
#include "secretfile.h"

static LkSecretFile file;

/*
 * Parsing.  The buffer is cut into strings where it lies.
 */

static char *
skip_blanks(char *s)
{
	while (*s == ' ' || *s == '\t')
		s++;
	return s;
}

/* Is there nothing more on the line but a comment? */
static bool
at_end(const char *s)
{
	return *s == '\0' || *s == '#';
}

/*
 * Cut a value out of the line: quoted, or up to a blank.  *rest is what
 * follows.  NULL when a quote is not closed.
 */
static char *
cut_value(char *s, char **rest)
{
	char		quote = *s;
	char	   *end;

	if (quote == '"' || quote == '\'')
	{
		end = strchr(++s, quote);
		if (end == NULL)
			return NULL;
	}
	else
	{
		quote = '\0';
		end = s + strcspn(s, " \t");
	}
	*rest = *end == '\0' ? end : end + 1;
	if (quote == '\0' && *end != '\0')
		*rest = skip_blanks(end);
	*end = '\0';
	return s;
}

/* Read one line, "name: secret"; NULL, or what is wrong with it. */
static const char *
parse_line(LkKeys *keys, char *line)
{
	char	   *colon;
	char	   *name;
	char	   *secret;
	char	   *rest;

	line = skip_blanks(line);
	if (at_end(line))
		return NULL;
	colon = strchr(line, ':');
	if (colon == NULL)
		return "has no colon between API key and secret";
	*colon = '\0';
	name = cut_value(line, &rest);
	if (name == NULL || !at_end(skip_blanks(rest)))
		return "has more than an API key before the colon";
	line = skip_blanks(colon + 1);
	if (at_end(line))
		return "has no secret";
	secret = cut_value(line, &rest);
	if (secret == NULL)
		return "has a quote that is not closed";
	if (!at_end(skip_blanks(rest)))
		return "has more than a secret after the colon";
	return lk_keys_add(keys, name, secret, strlen(secret));
}

/* Read all lines into a list of keys. */
static const char *
parse(char *text, size_t length, void *arg)
{
	LkKeys	   *keys = lk_keys_create();
	char	   *line;

	*(LkKeys **) arg = keys;
	if (strncmp(text, "\xef\xbb\xbf", 3) == 0)
		text += 3;				/* byte order mark */
	for (int number = 1; (line = lk_secretfile_line(&text)) != NULL; number++)
	{
		const char *wrong = parse_line(keys, line);

		if (wrong != NULL)
			return psprintf("Line %d %s.", number, wrong);
	}
	return keys->nkeys == 0 ? "It holds no key." : NULL;
}

void
lk_keyfile_forget(void)
{
	memset(&file, 0, sizeof(file));
}

TimestampTz
lk_keyfile_modified(void)
{
	return time_t_to_timestamptz(file.seen.st_mtime);
}

const char *
lk_keyfile_refresh(const char *path, TimestampTz now, LkKeys **keys)
{
	LkKeys	   *loaded = NULL;
	bool		changed;

	switch (lk_secretfile_look(&file, path, now, parse, &loaded, &changed))
	{
		case LK_FILE_SAME:
			break;
		case LK_FILE_READ:
			MemoryContextSetParent(loaded->context, TopMemoryContext);
			if (*keys)
				MemoryContextDelete((*keys)->context);
			*keys = loaded;
			if (changed)
				lk_keys_warn_of_weak(loaded);
			break;
		case LK_FILE_REFUSED:
			if (loaded)
				MemoryContextDelete(loaded->context);
			if (changed)
				lk_secretfile_log(&file, "key file", path, *keys ?
								  "The keys that were read last stay in use." : NULL);
			break;
	}
	return file.problem[0] ? file.problem : NULL;
}
