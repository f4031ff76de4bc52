/*-------------------------------------------------------------------------
 *
 * report.c
 *	  What the rows of the access relation let their users do.
 *
 * The rows are read as the relation's owner and with row_security off, so that
 * a report is whole, or an error. They are fetched a few at a time, and each is
 * forgotten when it is reported.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/report.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"

#include "authorize.h"
#include "ceiling.h"
#include "columntext.h"
#include "keylist.h"
#include "owner.h"
#include "policies.h"

#include "compat.h"

#define BATCH			1000	/* rows fetched at once */
#define SERVER_WIDE		"server_wide"

enum
{
	COLUMN_ROOM, COLUMN_IDENTITY, COLUMN_GRANTS, COLUMN_TTL, COLUMN_PROJECT,
	COLUMN_NOTABLE, COLUMN_PROBLEM, NCOLUMNS
};

typedef struct Report
{
	LkAccess	access;			/* a copy, without its plan */
	int			keys;			/* that are compared, */
	Datum		asked[LK_NKEYS];	/* and what with; */
	const text *texts[LK_NKEYS];	/* as it was asked, or NULL */
	TimestampTz now;
	MemoryContext context;		/* of the report */
	MemoryContext row_context;	/* reset after each row */
	char	   *project;		/* of the row before, if it had one, */
	char	   *project_problem;	/* and what was wrong with it */
	ReturnSetInfo *rsinfo;
	Datum		values[NCOLUMNS];
	bool		nulls[NCOLUMNS];
} Report;

static void
put(Report *report, int column, Datum value)
{
	report->values[column] = value;
	report->nulls[column] = false;
}

/* Does it reach beyond the room that it is for? */
static bool
is_server_wide(int grant)
{
	return (lk_grant_table[grant].scope != LK_SCOPE_VIDEO ||
			lk_grant_table[grant].allows) &&
		grant != LK_ROOM_JOIN && grant != LK_ROOM_ADMIN;
}

static bool
is_granted(const LkGrants *grants, int i)
{
	if (lk_grant_table[i].type == LK_BOOLEAN)
		return LK_GRANTED(grants, i);
	return (grants->given & LK_GRANT_BIT(i)) != 0;
}

/* Put the names of what a DBA wants to know of. */
static void
put_notable(Report *report, const LkGrants *grants)
{
	Datum		names[LK_MAX_GRANTS + 1];
	int			n = 0;
	bool		server_wide = false;

	for (int i = 0; i < lk_ngrants; i++)
	{
		if (!is_granted(grants, i) ||
			lk_grant_table[i].standing != LK_SENSITIVE)
			continue;
		names[n++] = CStringGetTextDatum(lk_grant_label(&lk_grant_table[i]));
		server_wide |= is_server_wide(i);
	}
	if (server_wide)
		names[n++] = CStringGetTextDatum(SERVER_WIDE);
	if (n > 0)
		put(report, COLUMN_NOTABLE,
			PointerGetDatum(construct_array(names, n, TEXTOID, -1, false,
											TYPALIGN_INT)));
}

static void
put_claims(Report *report, const LkClaims *claims)
{
	Interval   *ttl = palloc0(sizeof(*ttl));

	put(report, COLUMN_GRANTS,
		JsonbPGetDatum(lk_grants_jsonb(&claims->grants)));
	ttl->time = (claims->expires_at - claims->issued_at) * USECS_PER_SEC;
	put(report, COLUMN_TTL, IntervalPGetDatum(ttl));
	put_notable(report, &claims->grants);
}

static void
put_problem(Report *report, const char *problem)
{
	put(report, COLUMN_PROBLEM, CStringGetTextDatum(problem));
}

/* Is what a row says of itself of no use?  A sentence, or NULL. */
static const char *
key_problem(const Report *report, const LkRow *row)
{
	if (row->says.room == NULL)
		return "Its room is null.";
	if (report->access.columns[LK_COLUMN_IDENTITY].attnum == 0)
		return NULL;
	if (row->says.identity == NULL)
		return "Its identity is null, and nobody's.";
	if (strchr(text_to_cstring(row->says.identity), LK_DEVICE_MARK) != NULL)
		return "Its identity contains \"#\", which parts an identity from a device.";
	return NULL;
}

/* Can the row's project not sign?  A sentence, or NULL. */
static const char *
project_problem(const Report *report, const text *project)
{
	MemoryContext context = CurrentMemoryContext;
	const char *volatile problem = NULL;

	PG_TRY();
	{
		(void) lk_keyring_signing_key(project, report->now);
	}
	PG_CATCH();
	{
		ErrorData  *error;

		if (geterrcode() != ERRCODE_UNDEFINED_OBJECT &&
			geterrcode() != ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE &&
			geterrcode() != ERRCODE_CONFIG_FILE_ERROR)
			PG_RE_THROW();
		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		FlushErrorState();
		problem = psprintf("Nothing can be signed for it: %s.",
						   error->message);
	}
	PG_END_TRY();
	return problem;
}

/* The same; it is looked up once for rows of one project. */
static const char *
known_project_problem(Report *report, const text *project)
{
	char	   *name = project == NULL ? "" : text_to_cstring(project);

	if (report->project == NULL || strcmp(report->project, name) != 0)
	{
		const char *problem = project_problem(report, project);

		if (report->project != NULL)
			pfree(report->project);
		if (report->project_problem != NULL)
			pfree(report->project_problem);
		report->project = MemoryContextStrdup(report->context, name);
		report->project_problem = problem == NULL ? NULL :
			MemoryContextStrdup(report->context, problem);
	}
	return report->project_problem;
}

/* Put what a row is good for. */
static void
put_use(Report *report, const LkRow *row)
{
	const char *problem = key_problem(report, row);
	LkClaims	claims;
	text	   *identity = row->says.identity;
	char	   *unusable;

	if (problem == NULL)
		problem = known_project_problem(report, row->says.project);
	if (problem != NULL)
	{
		put_problem(report, problem);
		return;
	}
	if (identity == NULL)		/* without the column, anybody's who sees it */
		identity = cstring_to_text("anybody");
	switch (lk_ceiling_try(row, identity, report->now, &claims, &unusable))
	{
		case LK_ROW_GIVES:
			put_claims(report, &claims);
			if (!LK_GRANTED(&claims.grants, LK_ROOM_JOIN))
				put_problem(report, "It does not grant roomJoin.");
			break;
		case LK_ROW_OVER:
			put_problem(report, "Its ttl is over.");
			break;
		case LK_ROW_GIVES_NOTHING:
			put_problem(report, "It grants nothing.");
			break;
		case LK_ROW_UNUSABLE:
			put_problem(report, unusable);
			break;
	}
}

/* Read a row, its keys as text. */
static void
read_row(const LkAccess *access, HeapTuple tuple, TupleDesc desc, LkRow *row)
{
	int			number = 0;

	memset(row, 0, sizeof(*row));
	for (LkColumn c = 0; c < LK_NCOLUMNS; c++)
	{
		Datum		value;
		bool		isnull;

		if (access->columns[c].attnum == 0)
			continue;
		value = SPI_getbinval(tuple, desc, ++number, &isnull);
		if (!isnull)
			lk_column_take(&access->columns[c], c, value, row);
	}
}

/*
 * Is it a row that was asked for?  An equality may hold for other texts, by
 * which livekit_join finds no row.
 */
static bool
is_asked_for(const Report *report, LkRow *row)
{
	for (LkColumn c = 0; c < LK_NKEYS; c++)
	{
		const text *asked = report->texts[c];
		const text *is = asked == NULL ? NULL : *lk_column_field(row, c);

		if (asked != NULL &&
			(is == NULL ||
			 VARSIZE_ANY_EXHDR(is) != VARSIZE_ANY_EXHDR(asked) ||
			 memcmp(VARDATA_ANY(is), VARDATA_ANY(asked),
					VARSIZE_ANY_EXHDR(is)) != 0))
			return false;
	}
	return true;
}

static void
report_row(Report *report, HeapTuple tuple, TupleDesc desc)
{
	MemoryContext old = MemoryContextSwitchTo(report->row_context);
	LkRow		row;

	memset(report->nulls, true, sizeof(report->nulls));
	read_row(&report->access, tuple, desc, &row);
	if (!is_asked_for(report, &row))
	{
		MemoryContextSwitchTo(old);
		MemoryContextReset(report->row_context);
		return;
	}
	if (row.says.room != NULL)
		put(report, COLUMN_ROOM, PointerGetDatum(row.says.room));
	if (row.says.identity != NULL)
		put(report, COLUMN_IDENTITY, PointerGetDatum(row.says.identity));
	put(report, COLUMN_PROJECT,
		row.says.project ? PointerGetDatum(row.says.project) :
		CStringGetTextDatum(LK_DEFAULT_PROJECT));
	put_use(report, &row);
	tuplestore_putvalues(report->rsinfo->setResult, report->rsinfo->setDesc,
						 report->values, report->nulls);
	MemoryContextSwitchTo(old);
	MemoryContextReset(report->row_context);
}

/* Report all rows that are asked for.  The argument is the report. */
static void
report_rows(void *arg)
{
	Report	   *report = arg;
	Portal		portal;

	SPI_connect();
	PushActiveSnapshot(GetLatestSnapshot());	/* as livekit_join does */
	portal = SPI_cursor_open(NULL,
							 lk_policies_prepare(&report->access, report->keys),
							 report->asked, NULL, true);
	PopActiveSnapshot();
	for (;;)
	{
		SPI_cursor_fetch(portal, true, BATCH);
		if (SPI_processed == 0)
			break;
		for (uint64 i = 0; i < SPI_processed; i++)
		{
			CHECK_FOR_INTERRUPTS();
			report_row(report, SPI_tuptable->vals[i], SPI_tuptable->tupdesc);
		}
		SPI_freetuptable(SPI_tuptable);
	}
	SPI_cursor_close(portal);
	SPI_finish();
}

/* Take what is registered, if the caller may read all of it. */
static void
take_access(Report *report)
{
	const LkAccess *access = lk_access_get();

	if (access == NULL)
		ereport(ERROR,
				errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				errmsg("no access relation is registered"));
	if (access->problem != NULL)
		ereport(ERROR,
				errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				errmsg("the access relation is not what was registered"),
				errdetail("%s", access->problem));
	if (!lk_owner_may_read(access->relation))
		ereport(ERROR,
				errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				errmsg("permission denied to read all rows of the access relation"),
				errdetail("Only its owner and superusers can do that, and roles with BYPASSRLS that may SELECT from it if it is a table."));

	/* it may be read anew meanwhile */
	report->access = *access;
	report->access.plan = NULL;
}

/* Take what is asked for; false where no row can have it. */
static bool
take_keys(Report *report, FunctionCallInfo fcinfo)
{
	int			n = 0;

	for (LkColumn c = 0; c < LK_NKEYS; c++)
	{
		const LkMapped *column = &report->access.columns[c];
		const char *asked;

		if (PG_ARGISNULL(c) || column->attnum == 0)
			continue;
		report->texts[c] = PG_GETARG_TEXT_PP(c);
		asked = text_to_cstring(report->texts[c]);
		if (!lk_columntext_to_value(column->type, asked, &report->asked[n]) ||
			!lk_columntext_is(column->type, report->asked[n], asked))
			return false;		/* livekit_join finds no row by it */
		n++;
		report->keys |= LK_KEY(c);
	}
	return true;
}

/*
 * livekit_access_report(room, identity)
 */
PG_FUNCTION_INFO_V1(livekit_access_report);
Datum
livekit_access_report(PG_FUNCTION_ARGS)
{
	Report		report = {
		.now = GetCurrentTimestamp(),
		.rsinfo = (ReturnSetInfo *) fcinfo->resultinfo,
		.context = CurrentMemoryContext,
	};

	take_access(&report);
	InitMaterializedSRF(fcinfo, 0);
	if (!take_keys(&report, fcinfo))
		return (Datum) 0;
	ereport(NOTICE,
			errmsg("policies may let in fewer than these rows say"),
			errhint("livekit_explain_join answers for one role."));
	report.row_context = AllocSetContextCreate(CurrentMemoryContext,
											   "livekit report row",
											   ALLOCSET_DEFAULT_SIZES);
	lk_owner_read(report.access.relation, report_rows, &report);
	return (Datum) 0;
}
