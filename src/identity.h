/*-------------------------------------------------------------------------
 *
 * identity.h
 *	  Who is calling: the identity that policies and tokens speak of.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/identity.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef LK_IDENTITY_H
#define LK_IDENTITY_H

/*
 * The caller's identity, palloc'd, in the database's encoding; or NULL, and
 * *cause is a sentence for the log: why there is none.  Never raises for what
 * a setting holds.
 */
extern char *lk_identity_get(const char **cause);

/* The value of livekit_token.identity for the current role. */
#define LK_IDENTITY_ROLE "role"

/*
 * The value that the server's files or its command line give to who has no
 * other; NULL for none, and where this session has another.
 */
extern const char *lk_identity_of_server(void);

/*
 * Until it is called with NULL, have identities come from where a value of
 * livekit_token.identity says, as if it were set for the role that logged in;
 * or elsewhere, where it is not believed.
 */
extern void lk_identity_assume(const char *value, bool is_believed);

/*
 * The setting that is to hold the identity then, and the path in its JSON, or
 * NULL for its text; NULL for the current role.
 */
extern const char *lk_identity_setting(const char **path);

/* Could a custom setting have this name? */
extern bool lk_identity_names_setting(const char *name);

/* Define the setting livekit_token.identity. */
extern void lk_identity_init(void);

#endif							/* LK_IDENTITY_H */
