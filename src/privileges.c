/*-------------------------------------------------------------------------
 *
 * privileges.c
 *	  Takes back what ALTER DEFAULT PRIVILEGES gave away.
 *
 * Default privileges apply to the objects of an extension too: where they
 * grant functions to a role such as anon, it could sign tokens the moment
 * the extension is created. REVOKE FROM PUBLIC does not help, and without
 * plpgsql a script cannot loop. So the install script calls this function,
 * drops it, and then grants what it means to.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/privileges.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "commands/extension.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "utils/builtins.h"

/*
 * The REVOKE that each member of the extension needs for each grantee but its
 * owner, and the transaction that made the member.  The function's own
 * search_path is pg_catalog.  An array type, which 17 and later count among
 * the members, has no privileges of its own.
 */
static const char revokes_query[] =
"SELECT DISTINCT d.xmin::text,"
"       format('REVOKE ALL ON %s %s FROM %s', o.kind, i.identity,"
"              CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END)"
"  FROM pg_depend d,"
"       LATERAL (SELECT 'FUNCTION' AS kind, proowner AS owner, coalesce(proacl, acldefault('f', proowner)) AS acl"
"                  FROM pg_proc WHERE oid = d.objid AND d.classid = 'pg_proc'::regclass"
"                UNION ALL"
"                SELECT 'TABLE', relowner, coalesce(relacl, acldefault('r', relowner))"
"                  FROM pg_class WHERE oid = d.objid AND d.classid = 'pg_class'::regclass"
"                UNION ALL"
"                SELECT 'TYPE', typowner, coalesce(typacl, acldefault('T', typowner))"
"                  FROM pg_type WHERE oid = d.objid AND d.classid = 'pg_type'::regclass"
"                   AND typcategory <> 'A') o,"
"       pg_identify_object(d.classid, d.objid, 0) i,"
"       aclexplode(o.acl) a"
" WHERE d.refclassid = 'pg_extension'::regclass AND d.refobjid = $1 AND d.deptype = 'e'"
"   AND a.grantee <> o.owner";

/*
 * livekit_token_revoke_defaults() revokes, from every role but the owner, all
 * privileges on the objects that the running CREATE or ALTER EXTENSION made.
 * Objects made before keep what their owner has granted since.
 */
PG_FUNCTION_INFO_V1(livekit_token_revoke_defaults);
Datum
livekit_token_revoke_defaults(PG_FUNCTION_ARGS)
{
	Oid			types[] = {OIDOID};
	Datum		values[] = {ObjectIdGetDatum(CurrentExtensionObject)};
	SPITupleTable *members;
	uint64		n;

	if (!creating_extension)
		ereport(ERROR,
				errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				errmsg("this function is called by the extension's scripts only"));

	SPI_connect();
	if (SPI_execute_with_args(revokes_query, 1, types, values, NULL, true,
							  0) != SPI_OK_SELECT)
		elog(ERROR, "could not list the extension's privileges");
	members = SPI_tuptable;
	n = SPI_processed;

	for (uint64 i = 0; i < n; i++)
	{
		HeapTuple	row = members->vals[i];
		TransactionId made_by = strtoul(SPI_getvalue(row, members->tupdesc, 1),
										NULL, 10);

		if (!TransactionIdIsCurrentTransactionId(made_by))
			continue;
		if (SPI_execute(SPI_getvalue(row, members->tupdesc, 2), false,
						0) != SPI_OK_UTILITY)
			elog(ERROR, "could not revoke default privileges");
	}
	SPI_finish();
	PG_RETURN_VOID();
}
