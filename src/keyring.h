/*-------------------------------------------------------------------------
 *
 * keyring.h
 *	  The API keys this database holds: found by project, found by name.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/keyring.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef LK_KEYRING_H
#define LK_KEYRING_H

#include "datatype/timestamp.h"
#include "keylist.h"

/* The project of all that name none. */
#define LK_DEFAULT_PROJECT "default"

/*
 * The key that signs for a project; NULL is the default one.  Raises 42704
 * for a project that does not exist, 55000 when no key is configured, F0000
 * when the key file cannot be used.
 */
extern const LkKey *lk_keyring_signing_key(const text *project,
										   TimestampTz now);

/*
 * Find the key that a token names.  LK_OK, LK_UNKNOWN_KEY, or
 * LK_KEYS_UNAVAILABLE when it may be in a source that cannot be used.
 */
extern LkStatus lk_keyring_find(const char *name, int length,
								TimestampTz now, const LkKey **key);

/* Raise the error that made lk_keyring_find answer LK_KEYS_UNAVAILABLE. */
extern void lk_keyring_raise(void);


#endif							/* LK_KEYRING_H */
