/*-------------------------------------------------------------------------
 *
 * secretfile.c
 *	  A file that holds secrets: only the server may read it, and it is read
 *	  again when it changes.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/secretfile.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

#include "miscadmin.h"
#include "storage/fd.h"
#include "utils/timestamp.h"

#include "secretfile.h"

/*
 * How long a file is not looked at again, in microseconds: nobody notices,
 * and a look for every token would cost a busy server a twentieth of them.
 */
#define CHECK_INTERVAL	1000

/* How long a file that was written may be written again unseen, in seconds. */
#define SETTLING_TIME	1

#define PROBLEM(...) \
	(snprintf(file->problem, sizeof(file->problem), __VA_ARGS__), false)

/* Has the file changed since it was read? */
static bool
has_changed(const LkSecretFile *file, const struct stat *now)
{
	const struct stat *seen = &file->seen;

	return !file->seen_valid ||
		now->st_dev != seen->st_dev ||
		now->st_ino != seen->st_ino ||
		now->st_size != seen->st_size ||
		now->st_mtim.tv_sec != seen->st_mtim.tv_sec ||
		now->st_mtim.tv_nsec != seen->st_mtim.tv_nsec ||
		now->st_ctim.tv_sec != seen->st_ctim.tv_sec ||
		now->st_ctim.tv_nsec != seen->st_ctim.tv_nsec;
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
check(LkSecretFile *file, int fd)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return PROBLEM("Could not examine the file: %m.");
	if (!S_ISREG(st.st_mode))
		return PROBLEM("It is not a regular file.");
	if (st.st_uid != geteuid() && st.st_uid != 0)
		return PROBLEM("It must be owned by the database user or root.");
	if (st.st_uid == geteuid() ? (st.st_mode & (S_IRWXG | S_IRWXO)) != 0 :
		(st.st_mode & (S_IWGRP | S_IXGRP | S_IRWXO)) != 0)
		return PROBLEM("It has group or world access: its mode must be u=rw (0600) or less if owned by the database user, or u=rw,g=r (0640) or less if owned by root.");
	if (st.st_size > LK_MAX_SECRET_FILE)
		return PROBLEM("It is larger than %d bytes.", LK_MAX_SECRET_FILE);
	return true;
}

/* Let the parser read the text of the whole file. */
static bool
parse(LkSecretFile *file, char *text, size_t length, LkSecretParser parser,
	  void *arg)
{
	const char *wrong;

	if (strlen(text) != length)
		return PROBLEM("It holds a NUL byte.");
	wrong = parser(text, length, arg);
	if (wrong != NULL)
		return PROBLEM("%s", wrong);
	return true;
}

/* Read the open file and parse it; the text is wiped in any case. */
static bool
read_text(LkSecretFile *file, int fd, LkSecretParser parser, void *arg)
{
	char	   *text = palloc(LK_MAX_SECRET_FILE + 1);
	size_t		length = 0;
	ssize_t		n;
	bool		ok;

	PG_TRY();
	{
		while (length < LK_MAX_SECRET_FILE &&
			   (n = read(fd, text + length, LK_MAX_SECRET_FILE - length)) > 0)
			length += n;
		text[length] = '\0';
		ok = n < 0 ? PROBLEM("Could not read the file: %m.") :
			parse(file, text, length, parser, arg);
	}
	PG_FINALLY();
	{
		explicit_bzero(text, LK_MAX_SECRET_FILE + 1);
	}
	PG_END_TRY();
	pfree(text);
	return ok;
}

/* Open, check and read the file; false, with the problem set, if it is bad. */
static bool
load(LkSecretFile *file, const char *path, LkSecretParser parser, void *arg)
{
	bool		ok;
	int			fd;

	if (!is_absolute_path(path))
		return PROBLEM("Its path is not absolute.");
	if (is_in_data_directory(path))
		return PROBLEM("It lies within the data directory, so that every base backup would carry it.");

	/* a FIFO must not make us wait for its writer */
	fd = OpenTransientFile(path, O_RDONLY | O_NONBLOCK | PG_BINARY);
	if (fd < 0)
		return PROBLEM("Could not open the file: %m.");
	ok = check(file, fd) && read_text(file, fd, parser, arg);
	CloseTransientFile(fd);
	return ok;
}

LkFileNews
lk_secretfile_look(LkSecretFile *file, const char *path, TimestampTz now,
				   LkSecretParser parser, void *arg, bool *changed)
{
	struct stat st;
	bool		ok;

	*changed = false;
	if (now >= file->checked_at && now < file->checked_at + CHECK_INTERVAL)
		return LK_FILE_SAME;

	if (stat(path, &st) != 0)
		memset(&st, 0, sizeof(st)); /* as unlike any file as can be */
	*changed = has_changed(file, &st);
	if (!*changed && file->settled)
	{
		file->checked_at = now;
		return LK_FILE_SAME;
	}

	ok = load(file, path, parser, arg);

	/*
	 * What stat() saw is remembered, not what was read: a change in between
	 * is then seen the next time.  And since the clock of file systems moves
	 * in ticks, a file that has only just been written may be written again
	 * without a sign of it.
	 */
	file->seen = st;
	file->seen_valid = true;
	file->settled = timestamptz_to_time_t(now) > st.st_ctime + SETTLING_TIME;
	file->checked_at = now;
	if (!ok)
		return LK_FILE_REFUSED;
	file->problem[0] = '\0';
	return LK_FILE_READ;
}

void
lk_secretfile_log(const LkSecretFile *file, const char *what,
				  const char *path, const char *hint)
{
	ereport(LOG_SERVER_ONLY,
			errcode(ERRCODE_CONFIG_FILE_ERROR),
			errmsg("could not use %s \"%s\"", what, path),
			errdetail("%s", file->problem),
			hint ? errhint("%s", hint) : 0,
			errhidestmt(true), errhidecontext(true));
}

char *
lk_secretfile_line(char **text)
{
	char	   *line = *text;
	char	   *end;

	if (line == NULL)
		return NULL;
	end = strchr(line, '\n');
	*text = end == NULL ? NULL : end + 1;
	if (end == NULL)
		end = line + strlen(line);
	else
		*end = '\0';
	if (end > line && end[-1] == '\r')
		end[-1] = '\0';
	return line;
}
