/*-------------------------------------------------------------------------
 *
 * inspect.c
 *	  livekit_inspect: why a token works, does not, or will disappoint.
 *
 * For a person who asks.  It never raises, and tells what the checks of
 * livekit_verify found, together with what can be read of a token that they
 * refused: there, nothing is trusted and nothing is used.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/inspect.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "access/detoast.h"
#include "access/htup_details.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "advice.h"
#include "bounds.h"
#include "grants.h"
#include "reader.h"

#include "compat.h"

enum
{
	COLUMN_VALID, COLUMN_REASON, COLUMN_DETAIL, COLUMN_API_KEY,
	COLUMN_PROJECT, COLUMN_IDENTITY, COLUMN_ROOM, COLUMN_GRANTS,
	COLUMN_ISSUED_AT, COLUMN_NOT_BEFORE, COLUMN_EXPIRES_AT, COLUMN_SIZE,
	COLUMN_HEADER, COLUMN_CLAIMS, NCOLUMNS
};

/*
 * Sentences
 */

/* A span of time in its largest unit: "3 minutes". */
static const char *
span(double seconds)
{
	static const struct
	{
		const char *name;
		double		seconds;
	}			units[] =
	{
		{"day", SECS_PER_DAY}, {"hour", SECS_PER_HOUR},
		{"minute", SECS_PER_MINUTE}, {"second", 1},
	};
	double		n = 0;
	size_t		i = 0;

	for (; i < lengthof(units); i++)
	{
		n = floor(seconds / units[i].seconds);
		if (n >= 1)
			break;
	}
	if (i == lengthof(units))
		return "less than a second";
	if (seconds > 36525.0 * SECS_PER_DAY)
		return "more than a century";
	return psprintf("%.0f %s%s", n, units[i].name, n == 1 ? "" : "s");
}

/* The claim iss as a string, or NULL. */
static const char *
issuer_of(Jsonb *claims)
{
	JsonbValue	v;

	if (!lk_reader_member(claims, "iss", &v) || v.type != jbvString)
		return NULL;
	return pnstrdup(v.val.string.val, v.val.string.len);
}

/* What a refused token suffers from, with what makes this one particular. */
static const char *
explain_refusal(const LkReading *reading, TimestampTz now)
{
	double		seconds = lk_reader_seconds(now);
	const char *issuer;

	switch (reading->status)
	{
		case LK_EXPIRED:
			return psprintf("The token expired %s ago; ask for a new one. If it is new, compare the clocks of the machine that signed it and of this one.",
							span(seconds - reading->expires_at));
		case LK_NOT_YET_VALID:
			return psprintf("The token becomes valid in %s; if that should be now, compare the clocks of the machine that signed it and of this one.",
							span(reading->not_before - seconds));
		case LK_UNKNOWN_KEY:
			issuer = issuer_of(reading->claims);
			if (strlen(issuer) >= LK_MIN_SECRET)
				return "The token is signed by an API key that this database does not hold. Its name is as long as a secret: perhaps API key and secret were swapped, and then the secret is public now and must be replaced.";
			return psprintf("The token is signed by API key \"%s\", which this database does not hold.",
							issuer);
		case LK_SIGNATURE_MISMATCH:
			return psprintf("The signature is not that of API key \"%s\": the token was changed, or it was signed with another secret.",
							issuer_of(reading->claims));
		default:
			return lk_status_sentence(reading->status);
	}
}

/*
 * Columns
 */

static void
put_text(Datum *values, bool *nulls, int column, text *value)
{
	nulls[column] = value == NULL;
	values[column] = PointerGetDatum(value);
}

/* A claim that is a time; infinity where timestamptz does not reach. */
static void
put_time(Datum *values, bool *nulls, int column, Jsonb *claims,
		 const char *name)
{
	JsonbValue	v;
	double		seconds;
	double		microseconds;
	TimestampTz t;

	if (!lk_reader_member(claims, name, &v) || !lk_reader_number(&v, &seconds))
		return;
	microseconds = rint((seconds - lk_reader_seconds(0)) * USECS_PER_SEC);
	if (microseconds >= (double) END_TIMESTAMP)
		TIMESTAMP_NOEND(t);
	else if (microseconds < (double) MIN_TIMESTAMP)
		TIMESTAMP_NOBEGIN(t);
	else
		t = (TimestampTz) microseconds;
	nulls[column] = false;
	values[column] = TimestampTzGetDatum(t);
}

/* All claims that hold grants, as one object. */
static Jsonb *
grants_of(Jsonb *claims)
{
	JsonbInState state = {0};

	lk_jsonb_push(&state, WJB_BEGIN_OBJECT, NULL);
	for (int i = 0; i < LK_NSCOPES; i++)
	{
		JsonbValue	key;
		JsonbValue	v;

		if (!lk_reader_member(claims, lk_scope_names[i], &v))
			continue;
		key.type = jbvString;
		key.val.string.val = unconstify(char *, lk_scope_names[i]);
		key.val.string.len = strlen(lk_scope_names[i]);
		lk_jsonb_push(&state, WJB_KEY, &key);
		lk_jsonb_push(&state, WJB_VALUE, &v);
	}
	lk_jsonb_push(&state, WJB_END_OBJECT, NULL);
	return JsonbValueToJsonb(state.result);
}

static void
put_claims(Datum *values, bool *nulls, Jsonb *claims)
{
	text	   *identity = lk_reader_text(claims, "sub");

	if (identity == NULL)		/* then LiveKit's server takes jti */
		identity = lk_reader_text(claims, "jti");
	put_text(values, nulls, COLUMN_API_KEY, lk_reader_text(claims, "iss"));
	put_text(values, nulls, COLUMN_IDENTITY, identity);
	put_text(values, nulls, COLUMN_ROOM,
			 lk_reader_text(lk_reader_object(claims, "video"), "room"));
	put_time(values, nulls, COLUMN_ISSUED_AT, claims, "iat");
	put_time(values, nulls, COLUMN_NOT_BEFORE, claims, "nbf");
	put_time(values, nulls, COLUMN_EXPIRES_AT, claims, "exp");
	nulls[COLUMN_GRANTS] = nulls[COLUMN_CLAIMS] = false;
	values[COLUMN_GRANTS] = JsonbPGetDatum(grants_of(claims));
	values[COLUMN_CLAIMS] = JsonbPGetDatum(claims);
}

/*
 * livekit_inspect(token) returns one row, whatever the text.
 */
PG_FUNCTION_INFO_V1(livekit_inspect);
Datum
livekit_inspect(PG_FUNCTION_ARGS)
{
	TimestampTz now = GetCurrentTimestamp();
	Size		size = toast_raw_datum_size(PG_GETARG_DATUM(0)) - VARHDRSZ;
	LkReading	reading = {.status = LK_TOO_LONG};
	Jsonb	   *header = NULL;
	Datum		values[NCOLUMNS] = {0};
	bool		nulls[NCOLUMNS];
	TupleDesc	tupdesc;

	if (get_call_result_type(fcinfo, NULL, &tupdesc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	memset(nulls, true, sizeof(nulls));

	if (size <= LK_MAX_TOKEN)
	{
		text	   *token = PG_GETARG_TEXT_PP(0);

		size = VARSIZE_ANY_EXHDR(token);
		lk_reader_read(VARDATA_ANY(token), size, now, &reading);
		header = lk_reader_header(VARDATA_ANY(token), size);
	}
	if (reading.claims)
		put_claims(values, nulls, reading.claims);
	if (reading.key)
		put_text(values, nulls, COLUMN_PROJECT,
				 cstring_to_text(reading.key->project));
	nulls[COLUMN_HEADER] = header == NULL;
	values[COLUMN_HEADER] = PointerGetDatum(header);

	values[COLUMN_VALID] = BoolGetDatum(reading.status == LK_OK);
	values[COLUMN_REASON] = CStringGetTextDatum(lk_status_name(reading.status));
	values[COLUMN_DETAIL] =
		CStringGetTextDatum(reading.status == LK_OK ?
							lk_advice(reading.claims) :
							explain_refusal(&reading, now));
	values[COLUMN_SIZE] = Int32GetDatum((int32) size);
	nulls[COLUMN_VALID] = nulls[COLUMN_REASON] = nulls[COLUMN_DETAIL] =
		nulls[COLUMN_SIZE] = false;
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(tupdesc, values, nulls)));
}
