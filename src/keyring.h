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

/*
 * The key that signs for a project; NULL is the default one.  Raises 42704
 * for a project that does not exist, 55000 when no key is configured, F0000
 * when the key file cannot be used.
 */
extern const LkKey *lk_keyring_signing_key(const text *project,
										   TimestampTz now);

/* The project's address, of its newest key that has one; or NULL. */
extern const char *lk_keyring_url(const text *project, TimestampTz now);

/* Warn when a key that was stored in the table will not be used. */
extern void lk_keyring_warn_of_shadow(const char *project,
									  const char *api_key, TimestampTz now);

/*
 * Find the key that a token names.  LK_OK, LK_UNKNOWN_KEY, or
 * LK_KEYS_UNAVAILABLE when it may be in a source that cannot be used.
 */
extern LkStatus lk_keyring_find(const char *name, int length,
								TimestampTz now, const LkKey **key);

/*
 * Raise the error that made lk_keyring_find answer LK_KEYS_UNAVAILABLE, with
 * the key that it found.
 */
extern void lk_keyring_raise(const LkKey *key);

#endif							/* LK_KEYRING_H */
