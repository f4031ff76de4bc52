/*-------------------------------------------------------------------------
 *
 * secretfile.h
 *	  A file that holds secrets: only the server may read it, and it is read
 *	  again when it changes.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/secretfile.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef LK_SECRETFILE_H
#define LK_SECRETFILE_H

#include <sys/stat.h>

#include "datatype/timestamp.h"

/* A thousand keys or so; more is not such a file. */
#define LK_MAX_SECRET_FILE	(256 * 1024)

/*
 * Read the text of a file, which is wiped afterwards; the lines may be cut
 * where they lie.  NULL, or a sentence: what is wrong with it.
 */
typedef const char *(*LkSecretParser) (char *text, size_t length, void *arg);

/* What is known of a file; zero at first, and when the path changes. */
typedef struct LkSecretFile
{
	struct stat seen;			/* when it was read last, well or not */
	bool		seen_valid;
	bool		settled;		/* could it have changed unseen since? */
	TimestampTz checked_at;
	char		problem[256];	/* why it cannot be used; "" when it can */
} LkSecretFile;

/* What a look at a file found. */
typedef enum LkFileNews
{
	LK_FILE_SAME,
	LK_FILE_READ,				/* the parser has read it */
	LK_FILE_REFUSED				/* it cannot be used as it is now */
} LkFileNews;

/*
 * Look at a file, once a millisecond at most, and read it when it has
 * changed.  *changed says whether that was more than a precaution.
 */
extern LkFileNews lk_secretfile_look(LkSecretFile *file, const char *path,
									 TimestampTz now, LkSecretParser parser,
									 void *arg, bool *changed);

/* Log, once for each change, that a file cannot be used. */
extern void lk_secretfile_log(const LkSecretFile *file, const char *what,
							  const char *path, const char *hint);

/*
 * Step to the next line of a text, without its end, of either kind.  NULL
 * after the last.
 */
extern char *lk_secretfile_line(char **text);

#endif							/* LK_SECRETFILE_H */
