/*-------------------------------------------------------------------------
 *
 * column.c
 *	  The columns of the access relation: what they mean.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/column.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/stratnum.h"
#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"
#include "utils/typcache.h"

#include "column.h"
#include "columntext.h"

/* Is a type, which is no domain, good for a meaning? */
static bool is_key(Oid type);
static bool is_string(Oid type);
static bool is_string_or_json(Oid type);
static bool is_jsonb(Oid type);
static bool is_interval(Oid type);

static const struct
{
	size_t		field;			/* of LkRow */
	bool		(*accepts) (Oid type);
	const char *wanted;			/* in words */
}			meanings[LK_NCOLUMNS] =
{
	[LK_COLUMN_ROOM] = {offsetof(LkRow, says.room), is_key, "text, varchar, citext, uuid, an integer, numeric or an enum"},
	[LK_COLUMN_IDENTITY] = {offsetof(LkRow, says.identity), is_key, "text, varchar, citext, uuid, an integer, numeric or an enum"},
	[LK_COLUMN_GRANTS] = {offsetof(LkRow, says.grants), is_jsonb, "jsonb"},
	[LK_COLUMN_TTL] = {offsetof(LkRow, says.ttl), is_interval, "interval"},
	[LK_COLUMN_NAME] = {offsetof(LkRow, says.name), is_string, "text"},
	[LK_COLUMN_METADATA] = {offsetof(LkRow, says.metadata), is_string_or_json, "text, json or jsonb"},
	[LK_COLUMN_ATTRIBUTES] = {offsetof(LkRow, says.attributes), is_jsonb, "jsonb"},
	[LK_COLUMN_ROOM_CONFIG] = {offsetof(LkRow, says.room_config), is_jsonb, "jsonb"},
	[LK_COLUMN_PROJECT] = {offsetof(LkRow, says.project), is_string, "text"},
	[LK_COLUMN_URL] = {offsetof(LkRow, url), is_string, "text"},
};

static char
category_of(Oid type)
{
	char		category;
	bool		preferred;

	get_type_category_preferred(type, &category, &preferred);
	return category;
}

/*
 * A room's name in the token is the value's text.  So a value has one text
 * only: no setting of the caller's may change it, as DateStyle does a date's.
 */
static bool
is_key(Oid type)
{
	switch (type)
	{
		case UUIDOID:
		case INT2OID:
		case INT4OID:
		case INT8OID:
		case NUMERICOID:
			return true;
		default:
			return (category_of(type) == TYPCATEGORY_STRING ||
					category_of(type) == TYPCATEGORY_ENUM) &&
				OidIsValid(lk_column_equality(type));
	}
}

static bool
is_string(Oid type)
{
	return category_of(type) == TYPCATEGORY_STRING;
}

static bool
is_string_or_json(Oid type)
{
	return is_string(type) || type == JSONBOID || type == JSONOID;
}

static bool
is_jsonb(Oid type)
{
	return type == JSONBOID;
}

static bool
is_interval(Oid type)
{
	return type == INTERVALOID;
}

void **
lk_column_field(LkRow *row, LkColumn column)
{
	return (void **) ((char *) row + meanings[column].field);
}

void
lk_column_take(const LkMapped *mapped, LkColumn column, Datum value,
			   LkRow *row)
{
	Oid			type = mapped->type;
	void	  **field = lk_column_field(row, column);

	if (type == JSONBOID && column != LK_COLUMN_METADATA)
		*field = DatumGetJsonbPCopy(value);
	else if (type == INTERVALOID)
		*field = DatumGetPointer(datumCopy(value, false, sizeof(Interval)));
	else
	{
		text	   *found = lk_columntext_of(type, value);

		/* as an empty setting is none */
		if (VARSIZE_ANY_EXHDR(found) > 0 ||
			(column != LK_COLUMN_PROJECT && column != LK_COLUMN_URL))
			*field = found;
	}
}

Oid
lk_column_equality(Oid type)
{
	TypeCacheEntry *entry = lookup_type_cache(type, TYPECACHE_BTREE_OPFAMILY);

	if (!OidIsValid(entry->btree_opf))
		return InvalidOid;
	return get_opfamily_member(entry->btree_opf, entry->btree_opintype,
							   entry->btree_opintype,
							   BTEqualStrategyNumber);
}

const char *
lk_column_map(Oid relation, LkColumn column, const char *name,
			  LkMapped *mapped, bool *missing)
{
	AttrNumber	attnum = get_attnum(relation, name);

	memset(mapped, 0, sizeof(*mapped));
	*missing = attnum <= 0;		/* system columns mean nothing */
	if (*missing)
		return psprintf("There is no column \"%s\".", name);
	mapped->declared = get_atttype(relation, attnum);
	mapped->type = getBaseType(mapped->declared);
	if (!meanings[column].accepts(mapped->type))
		return psprintf("Column \"%s\" must be of %s.",
						name, meanings[column].wanted);
	mapped->attnum = attnum;
	namestrcpy(&mapped->name, name);
	return NULL;
}
