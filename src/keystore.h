/*-------------------------------------------------------------------------
 *
 * keystore.h
 *	  Storing API keys in the table of keys, sealed.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/keystore.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef LK_KEYSTORE_H
#define LK_KEYSTORE_H

#include "masterkey.h"
#include "newkey.h"
#include "utils/uuid.h"

/* A secret sealed for a row. */
typedef struct LkSealed
{
	bytea	   *nonce;
	bytea	   *sealed;
} LkSealed;

/*
 * The table, locked against other changes until the transaction ends.  Raises
 * 25006 where nothing can be written, and 55000 in REPEATABLE READ and
 * SERIALIZABLE.
 */
extern Oid	lk_keystore_lock(void);

/*
 * Seal and store a key, in place of one of its name.  SPI is connected and
 * the table locked.  Raises 22023 for a key of another project, and 55000
 * without a master key.
 */
extern void lk_keystore_put(Oid table, const LkNewKey *key, TimestampTz now);

/* Find a key's row: its id and project.  False when there is none. */
extern bool lk_keystore_find(Oid table, const char *api_key, pg_uuid_t *id,
							 char **project);

/* A project's url: that of its newest key that verifies, or that did; or NULL. */
extern char *lk_keystore_url(Oid table, const char *project);

/* The master key that seals; raises 55000 when there is none. */
extern const LkMasterKey *lk_keystore_master(TimestampTz now);

/* Seal a secret for a row. */
extern LkSealed lk_keystore_seal(const LkMasterKey *master,
								 const pg_uuid_t *id, const char *project,
								 const char *api_key, const char *secret,
								 size_t length);

#endif							/* LK_KEYSTORE_H */
