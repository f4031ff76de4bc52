/*-------------------------------------------------------------------------
 *
 * columntext.c
 *	  The values of a column as text, and text as values.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/columntext.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/resowner.h"
#include "utils/uuid.h"

#include "columntext.h"

/* Read a uuid as PostgreSQL writes it; false for any other text. */
static bool
read_uuid(const char *text, Datum *value)
{
	pg_uuid_t  *uuid = palloc(sizeof(*uuid));
	char		digits[2 * UUID_LEN];
	int			n = 0;

	if (strlen(text) != 2 * UUID_LEN + 4)
		return false;
	for (int i = 0; text[i] != '\0'; i++)
	{
		if (i == 8 || i == 13 || i == 18 || i == 23)
		{
			if (text[i] != '-')
				return false;
		}
		else if (strchr("0123456789abcdef", text[i]) != NULL)
			digits[n++] = text[i];
		else
			return false;
	}
	(void) hex_decode(digits, n, (char *) uuid->data);
	*value = UUIDPGetDatum(uuid);
	return true;
}

/* Is it sure that the type takes this text? */
static bool
takes(Oid type, const char *text)
{
	switch (type)
	{
		case TEXTOID:
		case VARCHAROID:
		case BPCHAROID:
			return true;
		case INT4OID:
		case INT8OID:
			return strlen(text) <= 9 && text[0] != '\0' &&
				strspn(text, "0123456789") == strlen(text);
		default:
			return false;
	}
}

static Datum
input(Oid type, const char *text)
{
	Oid			function;
	Oid			parameter;

	if (type == TEXTOID || type == VARCHAROID)
		return CStringGetTextDatum(text);
	getTypeInputInfo(type, &function, &parameter);
	return OidInputFunctionCall(function, unconstify(char *, text),
								parameter, -1);
}

/*
 * The same for a text that the type may refuse, by whatever error.  It is a
 * subtransaction's, so that what an input function holds is let go.
 */
static bool
try_input(Oid type, const char *text, Datum *value)
{
	MemoryContext context = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	volatile bool taken = false;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(context);
	PG_TRY();
	{
		*value = input(type, text);
		ReleaseCurrentSubTransaction();
		taken = true;
	}
	PG_CATCH();
	{
		ErrorData  *error;
		int			category;

		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
		MemoryContextSwitchTo(context);
		CurrentResourceOwner = owner;
		category = ERRCODE_TO_CATEGORY(error->sqlerrcode);
		if (category != ERRCODE_DATA_EXCEPTION &&
			category != ERRCODE_TO_CATEGORY(ERRCODE_UNDEFINED_OBJECT))
			ReThrowError(error);
	}
	PG_END_TRY();
	MemoryContextSwitchTo(context);
	CurrentResourceOwner = owner;
	return taken;
}

bool
lk_columntext_to_value(Oid type, const char *text, Datum *value)
{
	if (type == UUIDOID)
		return read_uuid(text, value);
	if (!takes(type, text))
		return try_input(type, text, value);
	*value = input(type, text);
	return true;
}

text *
lk_columntext_of(Oid type, Datum value)
{
	Oid			function;
	bool		is_varlena;
	char	   *string;

	if (type == TEXTOID || type == VARCHAROID)
		return DatumGetTextPCopy(value);
	getTypeOutputInfo(type, &function, &is_varlena);
	string = OidOutputFunctionCall(function, value);
	if (type == BPCHAROID)
		string[bpchartruelen(string, strlen(string))] = '\0';
	return cstring_to_text(string);
}

bool
lk_columntext_is(Oid type, Datum value, const char *asked)
{
	/* a uuid is written one way, and was read in that one only */
	if (type == UUIDOID)
		return true;
	return strcmp(text_to_cstring(lk_columntext_of(type, value)), asked) == 0;
}
