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

#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "miscadmin.h"
#include "storage/fd.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "keyfile.h"

/* A thousand keys or so; more is not a key file. */
#define MAX_FILE_SIZE	(256 * 1024)

/*
 * How long the file is not looked at again, in microseconds: nobody notices,
 * and a look for every token would cost a busy server a twentieth of them.
 */
#define CHECK_INTERVAL	1000

/* How long a file that was written may be written again unseen, in seconds. */
#define SETTLING_TIME	1

/* What the file looked like when it was read last, well or not. */
static struct stat seen;
static bool seen_valid = false;
static bool settled = false;	/* could it have changed unseen since? */

/* When it was looked at last. */
static TimestampTz checked_at;

/* Why the file cannot be used; empty when it can. */
static char problem[256];

#define PROBLEM(...) (snprintf(problem, sizeof(problem), __VA_ARGS__), false)

/* Has the file changed since it was read? */
static bool
has_changed(const struct stat *now)
{
	return !seen_valid ||
		now->st_dev != seen.st_dev ||
		now->st_ino != seen.st_ino ||
		now->st_size != seen.st_size ||
		now->st_mtim.tv_sec != seen.st_mtim.tv_sec ||
		now->st_mtim.tv_nsec != seen.st_mtim.tv_nsec ||
		now->st_ctim.tv_sec != seen.st_ctim.tv_sec ||
		now->st_ctim.tv_nsec != seen.st_ctim.tv_nsec;
}

/* Does the file lie in the data directory, where backups would carry it? */
static bool
is_in_data_directory(const char *path)
{
	char		file[PATH_MAX];
	char		directory[PATH_MAX];
	size_t		length;

	if (realpath(path, file) == NULL || realpath(DataDir, directory) == NULL)
		return false;			/* opening it will fail, and say why */
	length = strlen(directory);
	return strncmp(file, directory, length) == 0 && file[length] == '/';
}

/* Check the open file as PostgreSQL checks ssl_key_file. */
static bool
check_file(int fd, struct stat *st)
{
	if (fstat(fd, st) != 0)
		return PROBLEM("Could not examine the file: %m.");
	if (!S_ISREG(st->st_mode))
		return PROBLEM("It is not a regular file.");
	if (st->st_uid != geteuid() && st->st_uid != 0)
		return PROBLEM("It must be owned by the database user or root.");
	if (st->st_uid == geteuid() ? (st->st_mode & (S_IRWXG | S_IRWXO)) != 0 :
		(st->st_mode & (S_IWGRP | S_IXGRP | S_IRWXO)) != 0)
		return PROBLEM("It has group or world access: its mode must be u=rw (0600) or less if owned by the database user, or u=rw,g=r (0640) or less if owned by root.");
	if (st->st_size > MAX_FILE_SIZE)
		return PROBLEM("It is larger than %d bytes.", MAX_FILE_SIZE);
	return true;
}

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

/* Read all lines. */
static bool
parse(LkKeys *keys, char *text, size_t length)
{
	int			number = 1;

	if (strlen(text) != length)
		return PROBLEM("It holds a NUL byte.");
	if (strncmp(text, "\xef\xbb\xbf", 3) == 0)
		text += 3;				/* byte order mark */

	for (char *line = text; line != NULL; number++)
	{
		char	   *next = strchr(line, '\n');
		const char *wrong;

		if (next != NULL)
			*next++ = '\0';
		if (line[0] != '\0' && line[strlen(line) - 1] == '\r')
			line[strlen(line) - 1] = '\0';
		wrong = parse_line(keys, line);
		if (wrong != NULL)
			return PROBLEM("Line %d %s.", number, wrong);
		line = next;
	}
	if (keys->nkeys == 0)
		return PROBLEM("It holds no key.");
	return true;
}

/* Read the open file and parse it; the text is wiped in any case. */
static bool
read_file(int fd, LkKeys *keys)
{
	char	   *text = palloc(MAX_FILE_SIZE + 1);
	size_t		length = 0;
	ssize_t		n;
	bool		ok;

	PG_TRY();
	{
		while (length < MAX_FILE_SIZE &&
			   (n = read(fd, text + length, MAX_FILE_SIZE - length)) > 0)
			length += n;
		text[length] = '\0';
		ok = n < 0 ? PROBLEM("Could not read the file: %m.") :
			parse(keys, text, length);
	}
	PG_FINALLY();
	{
		explicit_bzero(text, MAX_FILE_SIZE + 1);
	}
	PG_END_TRY();
	pfree(text);
	return ok;
}

/* Open, check and read the file; NULL, with the problem set, if it is bad. */
static LkKeys *
load(const char *path)
{
	LkKeys	   *keys = NULL;
	struct stat st;
	int			fd;

	if (!is_absolute_path(path))
	{
		(void) PROBLEM("Its path is not absolute.");
		return NULL;
	}
	if (is_in_data_directory(path))
	{
		(void) PROBLEM("It lies within the data directory, so that every base backup would carry it.");
		return NULL;
	}
	/* a FIFO must not make us wait for its writer */
	fd = OpenTransientFile(path, O_RDONLY | O_NONBLOCK | PG_BINARY);
	if (fd < 0)
	{
		(void) PROBLEM("Could not open the file: %m.");
		return NULL;
	}
	if (check_file(fd, &st))
	{
		keys = lk_keys_create();
		if (!read_file(fd, keys))
		{
			MemoryContextDelete(keys->context);
			keys = NULL;
		}
	}
	CloseTransientFile(fd);
	return keys;
}

void
lk_keyfile_forget(void)
{
	seen_valid = false;
	checked_at = 0;
	problem[0] = '\0';
}

TimestampTz
lk_keyfile_modified(void)
{
	return time_t_to_timestamptz(seen.st_mtime);
}

/* Take what was loaded; or say in the log, once, why it could not be. */
static void
adopt(const char *path, LkKeys *loaded, LkKeys **keys, bool changed)
{
	if (loaded == NULL)
	{
		if (changed)
			ereport(LOG_SERVER_ONLY,
					errcode(ERRCODE_CONFIG_FILE_ERROR),
					errmsg("could not use key file \"%s\"", path),
					errdetail("%s", problem),
					*keys ? errhint("The keys that were read last stay in use.") : 0,
					errhidestmt(true), errhidecontext(true));
		return;
	}
	problem[0] = '\0';
	MemoryContextSetParent(loaded->context, TopMemoryContext);
	if (*keys)
		MemoryContextDelete((*keys)->context);
	*keys = loaded;
	if (changed)
		lk_keys_warn_of_weak(loaded);
}

const char *
lk_keyfile_refresh(const char *path, TimestampTz now, LkKeys **keys)
{
	struct stat st;
	bool		changed;

	if (now >= checked_at && now < checked_at + CHECK_INTERVAL)
		return problem[0] ? problem : NULL;

	if (stat(path, &st) != 0)
		memset(&st, 0, sizeof(st)); /* as unlike any file as can be */
	changed = has_changed(&st);
	if (changed || !settled)
	{
		LkKeys	   *loaded = load(path);

		/*
		 * What stat() saw is remembered, not what was read: a change in
		 * between is then seen the next time.  And since the clock of file
		 * systems moves in ticks, a file that has only just been written may
		 * be written again without a sign of it.
		 */
		seen = st;
		seen_valid = true;
		settled = timestamptz_to_time_t(now) > st.st_ctime + SETTLING_TIME;
		adopt(path, loaded, keys, changed);
	}
	checked_at = now;
	return problem[0] ? problem : NULL;
}
