/*-------------------------------------------------------------------------
 *
 * keystore.c
 *	  Storing API keys in the table of keys, sealed.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/keystore.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/timestamp.h"

#include "keystore.h"
#include "keytable.h"
#include "owner.h"

#include "compat.h"

static Oid
table_or_error(void)
{
	Oid			table = lk_keytable_oid();

	if (!OidIsValid(table))
		ereport(ERROR,
				errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				errmsg("the table of keys is missing from the extension's schema"),
				errhint("Drop the extension and create it again."));
	return table;
}

const LkMasterKey *
lk_keystore_master(TimestampTz now)
{
	const char *problem;
	const LkMasterKey *master = lk_masterkey_newest(now, &problem);

	if (master == NULL)
		ereport(ERROR,
				errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				errmsg("no master key can be used, so that no secret can be sealed"),
				errdetail_log("%s", problem),
				errhint("Put the output of \"openssl rand -hex 32\" into a file that only the server's user can read, and its path into livekit_token.master_key_file."));
	return master;
}

Oid
lk_keystore_lock(void)
{
	Oid			table = table_or_error();

	PreventCommandIfReadOnly("a change of API keys");

	/* an old snapshot would not show the keys that others stored since */
	if (IsolationUsesXactSnapshot())
		ereport(ERROR,
				errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				errmsg("keys cannot be changed in a transaction that keeps its snapshot"),
				errhint("Use BEGIN ISOLATION LEVEL READ COMMITTED."));
	LockRelationOid(table, ShareRowExclusiveLock);
	return table;
}

bool
lk_keystore_find(Oid table, const char *api_key, pg_uuid_t *id, char **project)
{
	Oid			types[] = {TEXTOID};
	Datum		values[] = {CStringGetTextDatum(api_key)};
	HeapTuple	tuple;
	bool		isnull;

	lk_owner_execute(table,
					 "SELECT id, project FROM %s WHERE api_key OPERATOR(pg_catalog.=) $1",
					 1, types, values, NULL);
	if (SPI_processed == 0)
		return false;
	tuple = SPI_tuptable->vals[0];
	*id = *DatumGetUUIDP(SPI_getbinval(tuple, SPI_tuptable->tupdesc, 1,
									   &isnull));
	*project = SPI_getvalue(tuple, SPI_tuptable->tupdesc, 2);
	return true;
}

char *
lk_keystore_url(Oid table, const char *project)
{
	Oid			types[] = {TEXTOID};
	Datum		values[] = {CStringGetTextDatum(project)};

	lk_owner_execute(table,
					 "SELECT url FROM %s WHERE project OPERATOR(pg_catalog.=) $1 AND url IS NOT NULL"
					 " ORDER BY retired_at IS NULL DESC, created_at DESC LIMIT 1",
					 1, types, values, NULL);
	return SPI_processed == 0 ? NULL :
		SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1);
}

LkSealed
lk_keystore_seal(const LkMasterKey *master, const pg_uuid_t *id,
			 const char *project, const char *api_key, const char *secret,
			 size_t length)
{
	LkSealed	result;
	LkSeal		seal;

	result.nonce = palloc(VARHDRSZ + LK_SEAL_NONCE_LENGTH);
	SET_VARSIZE(result.nonce, VARHDRSZ + LK_SEAL_NONCE_LENGTH);
	if (!pg_strong_random(VARDATA(result.nonce), LK_SEAL_NONCE_LENGTH))
		ereport(ERROR,
				errcode(ERRCODE_INTERNAL_ERROR),
				errmsg("could not generate random values"));
	result.sealed = palloc(VARHDRSZ + length + LK_SEAL_TAG_LENGTH);
	SET_VARSIZE(result.sealed, VARHDRSZ + length + LK_SEAL_TAG_LENGTH);

	seal = lk_keytable_seal(master, (uint8 *) VARDATA(result.nonce), id,
							cstring_to_text(project), cstring_to_text(api_key));
	if (lk_seal(&seal, secret, length,
				(uint8 *) VARDATA(result.sealed)) != LK_SEAL_OK)
		ereport(ERROR,
				errcode(ERRCODE_EXTERNAL_ROUTINE_EXCEPTION),
				errmsg("could not seal a secret"));
	return result;
}

void
lk_keystore_put(Oid table, const LkNewKey *key, TimestampTz now)
{
	Oid			types[] = {UUIDOID, TEXTOID, TEXTOID, TEXTOID, BYTEAOID,
		BYTEAOID, TEXTOID, TIMESTAMPTZOID};
	Datum		values[lengthof(types)];
	char		nulls[lengthof(types)];
	const LkMasterKey *master;
	pg_uuid_t	id;
	char	   *project;
	const char *url = key->url;
	LkSealed	sealed;

	if (!lk_keystore_find(table, key->api_key, &id, &project))
		id = *DatumGetUUIDP(OidFunctionCall0(F_GEN_RANDOM_UUID));
	else if (strcmp(project, key->project) != 0)
		ereport(ERROR,
				errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("API key \"%s\" belongs to project \"%s\"",
					   key->api_key, project),
				errhint("Drop it there first."));
	master = lk_keystore_master(now);
	sealed = lk_keystore_seal(master, &id, key->project, key->api_key,
						  key->secret, strlen(key->secret));
	values[0] = UUIDPGetDatum(&id);
	values[1] = CStringGetTextDatum(key->project);
	values[2] = CStringGetTextDatum(key->api_key);
	values[3] = CStringGetTextDatum(master->id);
	values[4] = PointerGetDatum(sealed.nonce);
	values[5] = PointerGetDatum(sealed.sealed);
	if (url == NULL)
		url = lk_keystore_url(table, key->project);
	values[6] = url ? CStringGetTextDatum(url) : (Datum) 0;
	memset(nulls, ' ', sizeof(nulls));
	nulls[6] = url ? ' ' : 'n';
	values[7] = TimestampTzGetDatum(now);
	lk_owner_execute(table,
					 "INSERT INTO %s AS k (id, project, api_key, master_key, nonce, sealed, url, created_at, updated_at)"
					 " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)"
					 " ON CONFLICT (api_key) DO UPDATE SET master_key = excluded.master_key, nonce = excluded.nonce,"
					 " sealed = excluded.sealed, url = excluded.url, updated_at = excluded.updated_at, retired_at = NULL",
					 lengthof(types), types, values, nulls);
}
