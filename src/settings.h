/*-------------------------------------------------------------------------
 *
 * settings.h
 *	  The settings that name keys, hold one, or go with them.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/settings.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef LK_SETTINGS_H
#define LK_SETTINGS_H

/* Their values; "" when not set. */
extern const char *lk_settings_api_key(void);
extern const char *lk_settings_api_secret(void);
extern const char *lk_settings_key_file(void);
extern const char *lk_settings_master_key_file(void);
extern const char *lk_settings_url(void);

/* LIVEKIT_URL, if it is what livekit_token.url would accept; else "". */
extern const char *lk_settings_environment_url(void);

/*
 * Has api_secret been given to a server that does not preload the library?
 * Then every role can read it.
 */
extern bool lk_settings_secret_exposed(void);

/*
 * The name of a setting whose value was lost when the library was loaded into
 * a running session, because it had been replaced by one that was refused;
 * or NULL.
 */
extern const char *lk_settings_lost(void);

/* Was the value of this one lost so? */
extern bool lk_settings_is_lost(const char *name);

/* Take note of what was set before; called before any setting is defined. */
extern void lk_settings_before(void);

/* Define api_key, api_secret, key_file and url. */
extern void lk_settings_init(void);

/* Reserve the prefix, and look at what was lost; called after all others. */
extern void lk_settings_after(void);

#endif							/* LK_SETTINGS_H */
