/*-------------------------------------------------------------------------
 *
 * keyadmin.c
 *	  Sets, generates, retires and drops API keys, and seals them anew.
 *
 * Secrets are arguments of these functions. So that none of them gets into the
 * log with an error, whoever raises it, the statement is hidden from the log
 * while they work; nothing but what is sealed reaches a table or a query.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/keyadmin.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "keyring.h"
#include "keystore.h"
#include "keytable.h"
#include "names.h"
#include "owner.h"

#include "compat.h"

/* A generated key: a name as LiveKit's own are, and 256 bits of secret. */
#define NAME_PREFIX			"API"
#define RANDOM_IN_NAME		12
#define GENERATED_SECRET	43

/* Check a key and store it. */
static void
check_and_put(const LkNewKey *key)
{
	TimestampTz now = GetCurrentTimestamp();
	Oid			table;

	lk_newkey_check(key);
	table = lk_keystore_lock();
	SPI_connect();
	lk_keystore_put(table, key, now);
	SPI_finish();
	lk_keyring_warn_of_shadow(key->project, key->api_key, now);
}

/* The same with this secret, which is wiped whatever comes of it. */
static void
store(LkNewKey *key, char *secret)
{
	key->secret = secret;
	PG_TRY();
	{
		check_and_put(key);
	}
	PG_FINALLY();
	{
		explicit_bzero(secret, strlen(secret));
	}
	PG_END_TRY();
}

static char *
url_argument(FunctionCallInfo fcinfo, int number)
{
	return PG_ARGISNULL(number) ? NULL :
		text_to_cstring(PG_GETARG_TEXT_PP(number));
}

/* Random letters and digits. */
static void
random_name(char *s, int length)
{
	static const char alphabet[] =
		"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
	uint8		byte;

	for (int i = 0; i < length;)
	{
		if (!pg_strong_random(&byte, 1))
			ereport(ERROR,
					errcode(ERRCODE_INTERNAL_ERROR),
					errmsg("could not generate random values"));
		/* the last few of 256 would make some letters likelier */
		if (byte < 256 / (sizeof(alphabet) - 1) * (sizeof(alphabet) - 1))
			s[i++] = alphabet[byte % (sizeof(alphabet) - 1)];
	}
	s[length] = '\0';
}

/*
 * livekit_key_set(api_key, api_secret, project, url) stores a key.
 */
PG_FUNCTION_INFO_V1(livekit_key_set);
Datum
livekit_key_set(PG_FUNCTION_ARGS)
{
	ErrorContextCallback quiet = {error_context_stack, lk_newkey_hush, NULL};
	LkNewKey	key;
	char	   *secret;

	error_context_stack = &quiet;
	key.api_key = lk_newkey_argument(fcinfo, 0, "api_key");
	secret = lk_newkey_argument(fcinfo, 1, "api_secret");
	key.project = lk_newkey_argument(fcinfo, 2, "project");
	key.url = url_argument(fcinfo, 3);
	store(&key, secret);
	error_context_stack = quiet.previous;
	PG_RETURN_VOID();
}

/*
 * livekit_key_generate(project, url) makes and stores a key, and returns it.
 */
PG_FUNCTION_INFO_V1(livekit_key_generate);
Datum
livekit_key_generate(PG_FUNCTION_ARGS)
{
	char		name[sizeof(NAME_PREFIX) + RANDOM_IN_NAME] = NAME_PREFIX;
	char		secret[GENERATED_SECRET + 1];
	Datum		values[2];
	bool		nulls[2] = {false};
	TupleDesc	desc;
	LkNewKey	key;

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type is not a row");
	random_name(name + strlen(NAME_PREFIX), RANDOM_IN_NAME);
	random_name(secret, GENERATED_SECRET);
	key.project = lk_newkey_argument(fcinfo, 0, "project");
	key.url = url_argument(fcinfo, 1);
	key.api_key = name;
	values[0] = CStringGetTextDatum(name);
	values[1] = CStringGetTextDatum(secret);
	store(&key, secret);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc),
													  values, nulls)));
}

/*
 * Retiring and dropping
 */

/* Raise 55000 when the key is the last one of its project that signs. */
static void
check_not_last(Oid table, const char *api_key, const char *project)
{
	Oid			types[] = {TEXTOID, TEXTOID};
	Datum		values[] = {CStringGetTextDatum(api_key),
	CStringGetTextDatum(project)};

	lk_owner_execute(table,
					 "SELECT 1 FROM %s WHERE project OPERATOR(pg_catalog.=) $2 AND retired_at IS NULL"
					 " HAVING pg_catalog.bool_and(api_key OPERATOR(pg_catalog.=) $1)",
					 2, types, values, NULL);
	if (SPI_processed > 0)
		ereport(ERROR,
				errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				errmsg("API key \"%s\" is the last one that signs for project \"%s\"",
					   api_key, project),
				errhint("Store another one first, or give force => true."));
}

/* Change a key's row by a statement with its name as $1 and the time as $2. */
static void
change_key(FunctionCallInfo fcinfo, const char *statement)
{
	Oid			table = lk_keystore_lock();
	char	   *api_key = lk_newkey_argument(fcinfo, 0, "api_key");
	Oid			types[] = {TEXTOID, TIMESTAMPTZOID};
	Datum		values[] = {CStringGetTextDatum(api_key),
	TimestampTzGetDatum(GetCurrentTimestamp())};
	pg_uuid_t	id;
	char	   *project;

	SPI_connect();
	if (!lk_keystore_find(table, api_key, &id, &project))
		ereport(ERROR,
				errcode(ERRCODE_UNDEFINED_OBJECT),
				errmsg("API key \"%s\" does not exist",
					   lk_name_quote(api_key, strlen(api_key))),
				errhint("The view livekit_keys lists the keys; only those of source \"sealed_table\" are changed here."));
	if (PG_ARGISNULL(1) || !PG_GETARG_BOOL(1))
		check_not_last(table, api_key, project);
	lk_owner_execute(table, statement, 2, types, values, NULL);
	SPI_finish();
}

/*
 * livekit_key_retire(api_key, force) lets a key verify, and no longer sign.
 */
PG_FUNCTION_INFO_V1(livekit_key_retire);
Datum
livekit_key_retire(PG_FUNCTION_ARGS)
{
	change_key(fcinfo, "UPDATE %s SET retired_at = $2, updated_at = $2"
			   " WHERE api_key OPERATOR(pg_catalog.=) $1 AND retired_at IS NULL");
	PG_RETURN_VOID();
}

/*
 * livekit_key_drop(api_key, force) forgets a key.
 */
PG_FUNCTION_INFO_V1(livekit_key_drop);
Datum
livekit_key_drop(PG_FUNCTION_ARGS)
{
	change_key(fcinfo, "DELETE FROM %s WHERE api_key OPERATOR(pg_catalog.=) $1"
			   " AND $2 IS NOT NULL");
	PG_RETURN_VOID();
}

/*
 * Sealing anew
 */

/* Seal one row with the newest master key; its secret is the same. */
static void
rewrap_row(Oid table, HeapTuple tuple, TupleDesc desc, TimestampTz now)
{
	const LkMasterKey *newest;
	Oid			types[] = {UUIDOID, TEXTOID, BYTEAOID, BYTEAOID,
		TIMESTAMPTZOID};
	Datum		values[lengthof(types)];
	pg_uuid_t  *id;
	char	   *project;
	char	   *api_key;
	const char *problem;
	char	   *secret;
	size_t		length;
	LkSealed	sealed;

	problem = lk_keytable_open(tuple, desc, now, &secret, &length);
	api_key = SPI_getvalue(tuple, desc, LK_SEALED_API_KEY);
	if (problem != NULL)
		ereport(ERROR,
				errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				errmsg("API key \"%s\" cannot be opened", api_key),
				errdetail_log("%s", problem),
				errhint("The server log and the view livekit_keys say why. Nothing has been changed."));
	project = SPI_getvalue(tuple, desc, LK_SEALED_PROJECT);
	id = DatumGetUUIDP(lk_keytable_column(tuple, desc, LK_SEALED_ID));

	PG_TRY();
	{
		/* to open the row may have been to look at the file again */
		newest = lk_keystore_master(now);
		sealed = lk_keystore_seal(newest, id, project, api_key, secret, length);
	}
	PG_FINALLY();
	{
		explicit_bzero(secret, length);
	}
	PG_END_TRY();

	values[0] = UUIDPGetDatum(id);
	values[1] = CStringGetTextDatum(newest->id);
	values[2] = PointerGetDatum(sealed.nonce);
	values[3] = PointerGetDatum(sealed.sealed);
	values[4] = TimestampTzGetDatum(now);
	lk_owner_execute(table,
					 "UPDATE %s SET master_key = $2, nonce = $3, sealed = $4, updated_at = $5"
					 " WHERE id OPERATOR(pg_catalog.=) $1",
					 lengthof(types), types, values, NULL);
}

/*
 * livekit_key_rewrap() seals with the newest master key what is sealed with
 * an older one, and returns how many keys these were.
 */
PG_FUNCTION_INFO_V1(livekit_key_rewrap);
Datum
livekit_key_rewrap(PG_FUNCTION_ARGS)
{
	Oid			table = lk_keystore_lock();
	TimestampTz now = GetCurrentTimestamp();
	const LkMasterKey *newest = lk_keystore_master(now);
	Oid			types[] = {TEXTOID};
	Datum		values[] = {CStringGetTextDatum(newest->id)};
	SPITupleTable *rows;
	int32		count;

	SPI_connect();
	lk_owner_execute(table,
					 "SELECT * FROM %s WHERE master_key OPERATOR(pg_catalog.<>) $1",
					 1, types, values, NULL);
	rows = SPI_tuptable;
	for (uint64 i = 0; i < rows->numvals; i++)
		rewrap_row(table, rows->vals[i], rows->tupdesc, now);
	count = rows->numvals;
	SPI_finish();
	PG_RETURN_INT32(count);
}
