/*-------------------------------------------------------------------------
 *
 * tap.c
 *	  Tests of an application's policies, by pgTAP.
 *
 * pgTAP is the user's to install, in whatever schema; its functions are looked
 * up when they are needed.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/tap.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "commands/extension.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/syscache.h"

#include "explain.h"
#include "home.h"
#include "jsonarg.h"

#include "compat.h"

#define PGTAP "pgtap"

/* Call a function of pgTAP's, which returns text. */
static char *
call(const char *name, int nargs, Oid *types, Datum *args)
{
	Oid			schema = lk_extension_schema(PGTAP);
	Oid			function;

	if (!OidIsValid(schema))
		ereport(ERROR,
				errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				errmsg("pgTAP is not installed in this database"),
				errhint("CREATE EXTENSION pgtap;"));
	/* by the schema's OID, whatever its name is meanwhile */
	function = GetSysCacheOid3(PROCNAMEARGSNSP, Anum_pg_proc_oid,
							   CStringGetDatum(name),
							   PointerGetDatum(buildoidvector(types, nargs)),
							   ObjectIdGetDatum(schema));
	if (!OidIsValid(function))
		ereport(ERROR,
				errcode(ERRCODE_UNDEFINED_FUNCTION),
				errmsg("pgTAP has no function %s of these arguments", name));
	if (lk_proc_aclcheck(function, GetUserId(), ACL_EXECUTE) != ACLCHECK_OK)
		aclcheck_error(ACLCHECK_NO_PRIV, OBJECT_FUNCTION, name);
	return TextDatumGetCString(nargs == 1 ?
							   OidFunctionCall1(function, args[0]) :
							   OidFunctionCall2(function, args[0], args[1]));
}

/* Append what pgTAP makes of a comment. */
static void
append_diagnosis(StringInfo buf, const char *sentence)
{
	Oid			types[] = {TEXTOID};
	Datum		args[] = {CStringGetTextDatum(sentence)};

	appendStringInfo(buf, "\n%s", call("diag", 1, types, args));
}

/* The text of a test: ok() and, if it failed, why. */
static text *
test(bool passed, const char *description, const LkExplanation *explanation)
{
	Oid			types[] = {BOOLOID, TEXTOID};
	Datum		args[] = {BoolGetDatum(passed),
	CStringGetTextDatum(description)};
	StringInfoData buf;
	ListCell   *cell;

	initStringInfo(&buf);
	appendStringInfoString(&buf, call("ok", 2, types, args));
	if (passed)
		return cstring_to_text(buf.data);

	if (explanation->difference != NULL)
		append_diagnosis(&buf, explanation->difference);
	foreach(cell, explanation->steps)
	{
		const LkStep *step = lfirst(cell);

		/* what refuses; or where nothing does, what is granted */
		if (step->verdict != LK_STEP_REFUSED &&
			(!explanation->may_join || strcmp(step->subject, LK_STEP_GRANTS) != 0))
			continue;
		append_diagnosis(&buf, psprintf("%s: %s", step->subject,
										step->finding));
		if (step->mend != NULL)
			append_diagnosis(&buf, step->mend);
	}
	return cstring_to_text(buf.data);
}

/* The description given last, or one that says what is tested. */
static char *
description_of(FunctionCallInfo fcinfo, const LkExplanation *explanation,
			   const char *what)
{
	int			last = PG_NARGS() - 1;

	if (!PG_ARGISNULL(last))
		return text_to_cstring(PG_GETARG_TEXT_PP(last));
	return psprintf("role %s%s%s %s room %s", NameStr(*PG_GETARG_NAME(0)),
					explanation->claims ? " with claims " : "",
					explanation->claims ?
					JsonbToCString(NULL, &explanation->claims->root, -1) : "",
					what, explanation->room == NULL ? "NULL" :
					text_to_cstring(explanation->room));
}

static void
explain(FunctionCallInfo fcinfo, int claims, const LkGrants *expected,
		LkExplanation *explanation)
{
	lk_explain_unpack(fcinfo, explanation);
	if (!PG_ARGISNULL(claims))
		explanation->claims = PG_GETARG_JSONB_P(claims);
	explanation->expected = expected;
	lk_explain(explanation);
}

/*
 * livekit_tap_can_join(role, room, claims, description)
 */
PG_FUNCTION_INFO_V1(livekit_tap_can_join);
Datum
livekit_tap_can_join(PG_FUNCTION_ARGS)
{
	LkExplanation explanation;

	explain(fcinfo, 2, NULL, &explanation);
	PG_RETURN_TEXT_P(test(explanation.may_join,
						  description_of(fcinfo, &explanation, "can join"),
						  &explanation));
}

/*
 * livekit_tap_cannot_join(role, room, claims, description): a mistake in the
 * set-up keeps everybody out, and shows nothing of the policies.
 */
PG_FUNCTION_INFO_V1(livekit_tap_cannot_join);
Datum
livekit_tap_cannot_join(PG_FUNCTION_ARGS)
{
	LkExplanation explanation;

	explain(fcinfo, 2, NULL, &explanation);
	PG_RETURN_TEXT_P(test(explanation.sqlerrcode ==
						  ERRCODE_INSUFFICIENT_PRIVILEGE &&
						  !explanation.set_up_wrong,
						  description_of(fcinfo, &explanation, "cannot join"),
						  &explanation));
}

/*
 * livekit_tap_grants(role, room, grants, claims, description)
 */
PG_FUNCTION_INFO_V1(livekit_tap_grants);
Datum
livekit_tap_grants(PG_FUNCTION_ARGS)
{
	LkExplanation explanation;
	LkGrants	expected;

	lk_grants_read(PG_ARGISNULL(2) ? NULL :
				   lk_json_object_arg(PG_GETARG_JSONB_P(2), "grants"),
				   &expected);
	explain(fcinfo, 3, &expected, &explanation);
	PG_RETURN_TEXT_P(test(explanation.may_join &&
						  explanation.difference == NULL,
						  description_of(fcinfo, &explanation,
										 "has these grants in"),
						  &explanation));
}
