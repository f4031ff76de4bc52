/*-------------------------------------------------------------------------
 *
 * policies.c
 *	  Asks the policies of the access relation, as the caller.
 *
 * A row counts if the caller could SELECT it: the query runs with the caller's
 * rights and search_path, and row-level security does the deciding. Before it
 * runs, the very plan that will run is looked at; where policies would not
 * decide, the question is not asked. It reads the latest snapshot, as foreign
 * keys do, so that an old transaction does not see a row that is gone.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/policies.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/plancache.h"
#include "utils/resowner.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"

#include "columntext.h"
#include "home.h"
#include "inforce.h"
#include "naming.h"
#include "policies.h"

#include "compat.h"

#define RETYPED "The type of a column changed while the policies were being asked."

/* More than one row is too many. */
#define MAX_ROWS	2

void
lk_policies_refuse(const char *cause)
{
	ereport(ERROR,
			errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			errmsg("row-level security is not in force here"),
			errdetail_log("%s", cause),
			errhint("The server log says more, and so does livekit_explain_join."));
}

/*
 * The question as a query
 */

/*
 * Append "a.column OPERATOR(schema.=) $n"; of a domain as what it is over, or
 * there may be a better operator for the domain itself.
 */
static void
append_comparison(StringInfo buf, const LkMapped *column, int parameter)
{
	Oid			equality = lk_column_equality(column->type);
	const char *name = quote_identifier(NameStr(column->name));
	HeapTuple	tuple = SearchSysCache1(OPEROID, ObjectIdGetDatum(equality));
	Form_pg_operator form;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for operator %u", equality);
	form = (Form_pg_operator) GETSTRUCT(tuple);
	appendStringInfo(buf, "%s %s OPERATOR(%s.%s) $%d",
					 parameter == 1 ? " WHERE" : " AND",
					 column->declared == column->type ? psprintf("a.%s", name) :
					 psprintf("CAST(a.%s AS %s)", name,
							  format_type_extended(column->type, -1,
												   FORMAT_TYPE_FORCE_QUALIFY |
												   FORMAT_TYPE_TYPEMOD_GIVEN)),
					 quote_identifier(get_namespace_name(form->oprnamespace)),
					 NameStr(form->oprname), parameter);
	ReleaseSysCache(tuple);
}

/*
 * The query for rows, of a registration whose relation is locked: all columns
 * that are mapped, in their order.  Its parameters are of the types of the
 * keys that are compared and mapped, which are written to types.
 */
static char *
query_text(const LkAccess *access, int keys, Oid *types, int *ntypes)
{
	StringInfoData buf;
	const char *separator = "SELECT";
	Oid			operators[LK_NKEYS];
	int			parameter = 0;

	*ntypes = 0;
	for (LkColumn c = 0; c < LK_NKEYS; c++)
	{
		const LkMapped *column = &access->columns[c];

		if (column->attnum == 0 || (keys & LK_KEY(c)) == 0)
			continue;
		operators[*ntypes] = lk_column_equality(column->type);
		types[(*ntypes)++] = column->type;
	}
	lk_naming_begin(&buf, access->relation, operators, *ntypes);
	for (LkColumn c = 0; c < LK_NCOLUMNS; c++)
	{
		if (access->columns[c].attnum == 0)
			continue;
		appendStringInfo(&buf, "%s a.%s", separator,
						 quote_identifier(NameStr(access->columns[c].name)));
		separator = ",";
	}
	appendStringInfo(&buf, " FROM %s AS a", lk_relation_name(access->relation));
	for (LkColumn c = 0; c < LK_NKEYS; c++)
	{
		if (access->columns[c].attnum != 0 && (keys & LK_KEY(c)) != 0)
			append_comparison(&buf, &access->columns[c], ++parameter);
	}
	return buf.data;
}

static CachedPlanSource *
source_of(SPIPlanPtr plan)
{
	return linitial(SPI_plan_get_plan_sources(plan));
}

/*
 * Are the columns still of the types that they were when they were looked up?
 * Now that the relation is locked, they stay so.
 */
static void
check_types(const LkAccess *access, TupleDesc desc)
{
	int			number = 0;

	for (LkColumn c = 0; c < LK_NCOLUMNS; c++)
	{
		if (access->columns[c].attnum != 0 &&
			TupleDescAttr(desc, number++)->atttypid !=
			access->columns[c].declared)
			lk_policies_refuse(RETYPED);
	}
}

SPIPlanPtr
lk_policies_prepare(const LkAccess *access, int keys)
{
	Oid			types[LK_NKEYS];
	int			ntypes;
	char	   *query = query_text(access, keys, types, &ntypes);
	SPIPlanPtr	plan = SPI_prepare(query, ntypes, types);

	if (plan == NULL)
		elog(ERROR, "could not prepare the question: %s",
			 SPI_result_code_string(SPI_result));
	check_types(access, source_of(plan)->resultDesc);
	return plan;
}

/* What is wrong with the question as it was analysed last, or NULL. */
static const char *
question_problem(SPIPlanPtr plan)
{
	return lk_inforce_problem(linitial(source_of(plan)->query_list),
							  LK_READER_CALLER, NULL).cause;
}

/* Prepare the question, to be kept with the registration. */
static void
prepare(LkAccess *access)
{
	Oid			types[LK_NKEYS];
	int			ntypes;
	char	   *query = query_text(access, LK_ALL_KEYS, types, &ntypes);
	SPIPlanPtr	plan;
	const char *problem;

	/* one plan for all questions: they differ in the values of a key only */
	plan = SPI_prepare_cursor(query, ntypes, types, CURSOR_OPT_GENERIC_PLAN);
	if (plan == NULL)
		elog(ERROR, "could not prepare the question: %s",
			 SPI_result_code_string(SPI_result));

	/* before it is planned, too: planning may call functions and wrappers */
	problem = question_problem(plan);
	if (problem != NULL)
		lk_policies_refuse(problem);
	if (SPI_keepplan(plan) != 0)
		elog(ERROR, "could not keep the question's plan");
	access->plan = plan;
}

static void
drop_plan(LkAccess *access)
{
	if (access->plan != NULL)
		SPI_freeplan(access->plan);
	access->plan = NULL;
}

/*
 * Pin the plan and look at what it will run.  NULL, or why policies would not
 * decide; then it is not pinned.
 */
static const char *
pin(const LkAccess *access, CachedPlan **pinned)
{
	for (;;)
	{
		const char *problem;

		/* to plan may evaluate what the policies call */
		lk_question_run(true);
		*pinned = SPI_plan_get_cached_plan(access->plan);
		lk_question_run(false);
		problem = question_problem(access->plan);
		if (problem == NULL &&
			(source_of(access->plan)->is_valid || lk_discarding_caches()))
			return NULL;
		ReleaseCachedPlan(*pinned, CurrentResourceOwner);
		if (problem != NULL)
			return problem;

		/* looking, it heard of a change in some catalog: plan anew */
		CHECK_FOR_INTERRUPTS();
	}
}

static void
execute(LkAccess *access, Datum *values)
{
	CachedPlan *pinned;
	const char *problem;
	int			generation;

	if (access->plan != NULL && !source_of(access->plan)->is_valid)
		drop_plan(access);
	if (access->plan == NULL)
		prepare(access);
	if (pin(access, &pinned) != NULL)
	{
		/* it may be of a time when this role had other attributes */
		drop_plan(access);
		prepare(access);
		problem = pin(access, &pinned);
		if (problem != NULL)
			lk_policies_refuse(problem);
	}
	generation = source_of(access->plan)->generation;
	lk_question_run(true);
	if (SPI_execute_snapshot(access->plan, values, NULL, GetLatestSnapshot(),
							 InvalidSnapshot, true, false,
							 MAX_ROWS) != SPI_OK_SELECT)
		elog(ERROR, "could not ask the policies");
	lk_question_run(false);

	/* what ran is what was looked at, unless it was planned once more */
	if (source_of(access->plan)->generation != generation)
	{
		problem = question_problem(access->plan);
		if (problem != NULL)
			lk_policies_refuse(problem);
	}
	ReleaseCachedPlan(pinned, CurrentResourceOwner);
}

/* Take what a row says; false when it is not the one that was asked for. */
static bool
take_row(const LkAccess *access, const char **asked, HeapTuple tuple,
		 TupleDesc desc, LkRow *row)
{
	int			number = 0;

	memset(row, 0, sizeof(*row));
	for (LkColumn c = 0; c < LK_NCOLUMNS; c++)
	{
		const LkMapped *column = &access->columns[c];
		Datum		value;
		bool		isnull;

		if (column->attnum == 0)
			continue;
		if (SPI_gettypeid(desc, ++number) != column->declared)
			lk_policies_refuse(RETYPED);
		value = SPI_getbinval(tuple, desc, number, &isnull);
		if (isnull)
			continue;
		if (c >= LK_NKEYS)
			lk_column_take(&access->columns[c], c, value, row);
		else if (lk_columntext_is(column->type, value, asked[c]))
			*lk_column_field(row, c) = cstring_to_text(asked[c]);
		else
			return false;
	}
	return true;
}

static LkAnswer
ask(LkAccess *access, const LkQuestion *question, LkRow *row,
	MemoryContext context)
{
	const char *asked[LK_NKEYS] = {question->room, question->identity};
	Datum		values[LK_NKEYS];
	int			nvalues = 0;

	for (LkColumn c = 0; c < LK_NKEYS; c++)
	{
		if (access->columns[c].attnum != 0 &&
			!lk_columntext_to_value(access->columns[c].type, asked[c],
									&values[nvalues++]))
			return LK_NO_ROW;
	}
	execute(access, values);
	if (SPI_processed == 0)
		return LK_NO_ROW;
	if (SPI_processed > 1)
		return LK_SEVERAL_ROWS;

	MemoryContextSwitchTo(context);
	return take_row(access, asked, SPI_tuptable->vals[0],
					SPI_tuptable->tupdesc, row) ? LK_ONE_ROW : LK_NO_ROW;
}

LkAnswer
lk_policies_ask(LkAccess *access, LkQuestion *question, LkRow *row)
{
	MemoryContext context = CurrentMemoryContext;
	volatile LkAnswer answer = LK_NO_ROW;

	SPI_connect();
	lk_question_begin(question);
	PG_TRY();
	{
		answer = ask(access, question, row, context);
	}
	PG_FINALLY();
	{
		lk_question_end(question);
	}
	PG_END_TRY();
	SPI_finish();
	MemoryContextSwitchTo(context);
	return answer;
}
