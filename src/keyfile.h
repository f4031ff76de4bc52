/*-------------------------------------------------------------------------
 *
 * keyfile.h
 *	  The key file: LiveKit's own format, an API key and its secret a line.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/keyfile.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef LK_KEYFILE_H
#define LK_KEYFILE_H

#include "keyring.h"

/*
 * Bring *keys up to date with the file at path, which is looked at once a
 * millisecond at most.  Returns NULL, or a sentence saying why the file cannot
 * be used; *keys then stay what they were, NULL if there never were any.  The
 * caller forgets *keys when the path changes.
 */
extern const char *lk_keyfile_refresh(const char *path, TimestampTz now,
									  LkKeys **keys);

/* Look at the file the next time, whatever the time; the path has changed. */
extern void lk_keyfile_forget(void);

/* When the file that was read last was written. */
extern TimestampTz lk_keyfile_modified(void);

#endif							/* LK_KEYFILE_H */
