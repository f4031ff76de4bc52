/*-------------------------------------------------------------------------
 *
 * home.c
 *	  Where the extension's own objects are.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/home.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/dependency.h"
#include "catalog/pg_extension.h"
#include "catalog/pg_proc.h"
#include "commands/extension.h"
#include "utils/builtins.h"
#include "utils/catcache.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "home.h"

#include "compat.h"

#define EXTENSION "livekit_token"

Oid
lk_extension_schema(const char *name)
{
	Relation	catalog = table_open(ExtensionRelationId, AccessShareLock);
	SysScanDesc scan;
	ScanKeyData key;
	HeapTuple	tuple;
	Oid			result = InvalidOid;

	ScanKeyInit(&key, Anum_pg_extension_extname, BTEqualStrategyNumber,
				F_NAMEEQ, CStringGetDatum(name));
	scan = systable_beginscan(catalog, ExtensionNameIndexId, true, NULL, 1,
							  &key);
	tuple = systable_getnext(scan);
	if (HeapTupleIsValid(tuple))
		result = ((Form_pg_extension) GETSTRUCT(tuple))->extnamespace;
	systable_endscan(scan);
	table_close(catalog, AccessShareLock);
	return result;
}

Oid
lk_home_schema(void)
{
	return lk_extension_schema(EXTENSION);
}

Oid
lk_home_table(const char *name)
{
	Oid			home = lk_home_schema();

	return OidIsValid(home) ? get_relname_relid(name, home) : InvalidOid;
}

Oid
lk_home_require_table(const char *name)
{
	Oid			table = lk_home_table(name);

	if (!OidIsValid(table))
		ereport(ERROR,
				errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				errmsg("table \"%s\" is missing from the extension's schema",
					   name),
				errhint("Drop the extension and create it again."));
	return table;
}

Oid
lk_home_function(const char *name)
{
	Oid			home = lk_home_schema();
	Oid			extension = get_extension_oid(EXTENSION, true);
	CatCList   *list = SearchSysCacheList1(PROCNAMEARGSNSP,
										   CStringGetDatum(name));
	Oid			result = InvalidOid;

	for (int i = 0; i < list->n_members; i++)
	{
		Form_pg_proc form =
			(Form_pg_proc) GETSTRUCT(&list->members[i]->tuple);

		if (form->pronamespace == home &&
			getExtensionOfObject(ProcedureRelationId, form->oid) == extension)
			result = form->oid;
	}
	ReleaseSysCacheList(list);
	return result;
}

char *
lk_relation_name(Oid relation)
{
	char	   *name = get_rel_name(relation);
	char	   *schema = get_namespace_name(get_rel_namespace(relation));

	if (name == NULL || schema == NULL)
		ereport(ERROR,
				errcode(ERRCODE_UNDEFINED_TABLE),
				errmsg("relation with OID %u does not exist", relation));
	return quote_qualified_identifier(schema, name);
}
