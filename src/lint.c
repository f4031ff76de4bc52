/*-------------------------------------------------------------------------
 *
 * lint.c
 *	  What is dangerous in this database.
 *
 * Runs the rules of lintkeys.c, lintroles.c, lintaccess.c and lintsettings.c,
 * each in a subtransaction: what the caller may not look at is one finding,
 * and not the end of the others.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/lint.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <sys/stat.h>
#include <unistd.h>

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "nodes/pg_list.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/queryenvironment.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"

#include "access.h"
#include "counters.h"
#include "home.h"
#include "lint.h"
#include "masterkey.h"
#include "nested.h"
#include "registry.h"
#include "rehearsal.h"
#include "settings.h"
#include "ttl.h"

#include "compat.h"

static const LkLintRule *const subjects[] = {
	lk_lint_keys,
	lk_lint_roles,
	lk_lint_access,
	lk_lint_settings,
};

static const char *const severity_names[] = {
	[LK_DANGER] = "danger",
	[LK_WARNING] = "warning",
	[LK_ADVICE] = "advice",
};

/*
 * The rules
 */

/* Those that are the relation's columns come last. */
#define FIRST_COLUMN 3
#define NPARAMETERS (FIRST_COLUMN + LK_NCOLUMNS)

/* Our functions whose rows a query can have, under their names. */
static const char *const telling[] = {"livekit_lint_facts", "livekit_keys"};

/* Columns of a rule's query. */
enum
{
	FINDING_OBJECT, FINDING_FINDING, FINDING_MEND, NFINDING
};

typedef struct Finding
{
	const LkLintRule *rule;
	char	   *texts[NFINDING];	/* NULL for a null */
} Finding;

typedef struct Lint
{
	Datum		values[NPARAMETERS];
	char		nulls[NPARAMETERS];
	const LkLintRule *rule;		/* being looked at */
	List	   *findings;		/* of all rules */
	MemoryContext context;		/* of these */
} Lint;

/*
 * Let queries read what a function of ours returns, by its name.  It is found
 * as the extension's: of that name, anybody's may be in the schema by now.
 */
static void
let_tell(const char *name)
{
	Oid			function = lk_home_function(name);
	EphemeralNamedRelation told = palloc0(sizeof(*told));
	ReturnSetInfo rsinfo = {
		.type = T_ReturnSetInfo,
		.econtext = CreateStandaloneExprContext(),
		.allowedModes = SFRM_Materialize | SFRM_Materialize_Random
	};
	FmgrInfo	flinfo;

	LOCAL_FCINFO(fcinfo, 0);

	if (lk_proc_aclcheck(function, GetUserId(), ACL_EXECUTE) != ACLCHECK_OK)
		aclcheck_error(ACLCHECK_NO_PRIV, OBJECT_FUNCTION, name);
	fmgr_info(function, &flinfo);
	InitFunctionCallInfoData(*fcinfo, &flinfo, 0, InvalidOid, NULL,
							 (Node *) &rsinfo);
	(void) FunctionCallInvoke(fcinfo);
	told->md.name = pstrdup(name);
	told->md.tupdesc = rsinfo.setDesc;
	told->md.enrtype = ENR_NAMED_TUPLESTORE;
	told->reldata = rsinfo.setResult;
	(void) SPI_register_relation(told);
}

static Finding *
add(Lint *lint)
{
	Finding    *finding = palloc0(sizeof(*finding));

	finding->rule = lint->rule;
	lint->findings = lappend(lint->findings, finding);
	return finding;
}

/* Run one rule's query; it may raise. */
static void
query(Lint *lint)
{
	Oid			types[NPARAMETERS] = {OIDOID, INTERVALOID, OIDOID};

	for (int i = FIRST_COLUMN; i < NPARAMETERS; i++)
		types[i] = NAMEOID;
	SPI_connect();
	(void) lk_nested_begin();	/* the subtransaction ends it */
	for (size_t i = 0; i < lengthof(telling); i++)
	{
		if (strstr(lint->rule->query, telling[i]) != NULL)
			let_tell(telling[i]);
	}
	if (SPI_execute_with_args(lint->rule->query, NPARAMETERS, types,
							  lint->values, lint->nulls, true,
							  0) != SPI_OK_SELECT)
		elog(ERROR, "could not look for \"%s\"", lint->rule->name);
	MemoryContextSwitchTo(lint->context);
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		Finding    *finding = add(lint);

		for (int c = 0; c < NFINDING; c++)
		{
			finding->texts[c] = SPI_getvalue(SPI_tuptable->vals[i],
											 SPI_tuptable->tupdesc, c + 1);
		}
	}
	SPI_finish();
}

/* The same; what exhausts it is an answer, too: anybody may create that. */
static void
look(void *arg)
{
	PG_TRY();
	{
		query(arg);
	}
	PG_CATCH();
	{
		int			code = geterrcode();

		if (code == ERRCODE_INTERNAL_ERROR ||
			ERRCODE_TO_CATEGORY(code) == ERRCODE_INSUFFICIENT_RESOURCES)
			errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED);
		PG_RE_THROW();
	}
	PG_END_TRY();
}

static void
apply(Lint *lint, const LkLintRule *rule)
{
	ErrorData  *error;

	lint->rule = rule;
	error = lk_rehearse_as_caller(look, lint);
	if (error != NULL)
		add(lint)->texts[FINDING_FINDING] =
			psprintf("Not looked for: %s.", error->message);
}

/* A finding without an object says why there may be others. */
static bool
is_unknown(const Finding *finding)
{
	return finding->texts[FINDING_OBJECT] == NULL;
}

/* What is worst first; then by name, byte by byte. */
static int
compare(const ListCell *a, const ListCell *b)
{
	const Finding *x = lfirst(a);
	const Finding *y = lfirst(b);
	int			result;

	if (is_unknown(x) != is_unknown(y))
		return is_unknown(x) ? 1 : -1;
	if (x->rule->severity != y->rule->severity)
		return x->rule->severity < y->rule->severity ? -1 : 1;
	result = strcmp(x->rule->name, y->rule->name);
	for (int c = 0; c < NFINDING && result == 0; c++)
	{
		if (x->texts[c] != NULL && y->texts[c] != NULL)
			result = strcmp(x->texts[c], y->texts[c]);
	}
	return result;
}

static void
put(ReturnSetInfo *rsinfo, const Finding *finding)
{
	Datum		values[NFINDING + 2] = {0};
	bool		nulls[NFINDING + 2] = {false};

	values[0] = CStringGetTextDatum(finding->rule->name);
	values[1] = CStringGetTextDatum(is_unknown(finding) ? "unknown" :
									severity_names[finding->rule->severity]);
	for (int c = 0; c < NFINDING; c++)
	{
		nulls[c + 2] = finding->texts[c] == NULL;
		if (!nulls[c + 2])
			values[c + 2] = CStringGetTextDatum(finding->texts[c]);
	}
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}

/* What is registered, as parameters; it may be read anew meanwhile. */
static void
set_access(Lint *lint)
{
	const LkAccess *access = lk_access_get();
	LkAccess   *copy;

	if (access == NULL || access->problem != NULL)
		return;
	copy = palloc(sizeof(*copy));
	*copy = *access;
	lint->values[FIRST_COLUMN - 1] = ObjectIdGetDatum(copy->relation);
	lint->nulls[FIRST_COLUMN - 1] = ' ';
	for (int i = 0; i < LK_NCOLUMNS; i++)
	{
		if (copy->columns[i].attnum == 0)
			continue;
		lint->values[FIRST_COLUMN + i] = NameGetDatum(&copy->columns[i].name);
		lint->nulls[FIRST_COLUMN + i] = ' ';
	}
}

/*
 * livekit_lint(max_key_age)
 */
PG_FUNCTION_INFO_V1(livekit_lint);
Datum
livekit_lint(PG_FUNCTION_ARGS)
{
	Lint		lint = {.context = CurrentMemoryContext};
	ListCell   *cell;

	if (PG_ARGISNULL(0))
		ereport(ERROR,
				errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				errmsg("parameter \"max_key_age\" must not be null"));
	InitMaterializedSRF(fcinfo, 0);
	memset(lint.nulls, 'n', sizeof(lint.nulls));
	lint.values[0] = ObjectIdGetDatum(lk_home_schema());
	lint.values[1] = PG_GETARG_DATUM(0);
	lint.nulls[0] = lint.nulls[1] = ' ';
	set_access(&lint);
	for (size_t i = 0; i < lengthof(subjects); i++)
	{
		for (const LkLintRule *rule = subjects[i]; rule->name; rule++)
			apply(&lint, rule);
	}
	list_sort(lint.findings, compare);
	foreach(cell, lint.findings)
		put((ReturnSetInfo *) fcinfo->resultinfo, lfirst(cell));
	return (Datum) 0;
}

/*
 * What no catalog says
 */

static void
put_fact(ReturnSetInfo *rsinfo, const char *fact, const char *value)
{
	Datum		values[2];
	bool		nulls[2] = {false, value == NULL || value[0] == '\0'};

	values[0] = CStringGetTextDatum(fact);
	values[1] = nulls[1] ? (Datum) 0 : CStringGetTextDatum(value);
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}

static const char *
on_off(bool on)
{
	return on ? "on" : "off";
}

/* May others put another file in the place of this one? */
static const char *
directory_writable(const char *path)
{
	char	   *directory = pstrdup(path);
	struct stat st;

	if (path[0] == '\0')
		return NULL;
	get_parent_directory(directory);
	if (stat(directory, &st) != 0)
		return NULL;
	return on_off((st.st_uid != 0 && st.st_uid != geteuid()) ||
				  ((st.st_mode & (S_IWGRP | S_IWOTH)) != 0 &&
				   (st.st_mode & S_ISVTX) == 0));
}

static void
put_files(ReturnSetInfo *rsinfo)
{
	const char *problem = NULL;

	put_fact(rsinfo, "key_file", lk_settings_key_file());
	put_fact(rsinfo, "key_file_directory_writable",
			 directory_writable(lk_settings_key_file()));
	put_fact(rsinfo, "master_key_file", lk_settings_master_key_file());
	put_fact(rsinfo, "master_key_file_directory_writable",
			 directory_writable(lk_settings_master_key_file()));
	if (lk_settings_master_key_file()[0] != '\0')
		(void) lk_masterkey_newest(GetCurrentTimestamp(), &problem);
	put_fact(rsinfo, "master_key_problem", problem);
}

/* Whether policies decide, and how fast. */
typedef struct Decision
{
	const LkAccess *access;
	const char *problem;
	const char *warning;
} Decision;

/* Find out; it raises what asking them would. */
static void
look_at_policies(void *arg)
{
	Decision   *decision = arg;

	decision->problem = lk_registry_problem(decision->access);
	if (decision->problem == NULL)
		decision->warning = lk_registry_warning(decision->access);
}

static void
put_access(ReturnSetInfo *rsinfo)
{
	LkAccess   *access = lk_access_get();
	Decision	decision = {.access = access};
	ErrorData  *error = NULL;

	if (access != NULL && access->problem != NULL)
		decision.problem = access->problem;
	else if (access != NULL && IsInParallelMode())
		look_at_policies(&decision);	/* there are no subtransactions */
	else if (access != NULL)
		error = lk_rehearse_as_caller(look_at_policies, &decision);
	put_fact(rsinfo, "access_problem", decision.problem);
	put_fact(rsinfo, "access_warning", decision.warning);
	put_fact(rsinfo, "access_unknown", error ? error->message : NULL);
	put_fact(rsinfo, "access_is_gone",
			 access == NULL ? NULL :
			 on_off(get_rel_name(access->relation) == NULL));
}

static void
put_clock(ReturnSetInfo *rsinfo)
{
	double		seconds;
	int64		tokens = lk_counters_skew(&seconds);

	put_fact(rsinfo, "skew_tokens", psprintf(INT64_FORMAT, tokens));
	put_fact(rsinfo, "skew_seconds", psprintf("%.0f", seconds));
}

/*
 * livekit_lint_facts()
 */
PG_FUNCTION_INFO_V1(livekit_lint_facts);
Datum
livekit_lint_facts(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;

	InitMaterializedSRF(fcinfo, 0);
	put_fact(rsinfo, "preloaded", on_off(lk_counters_are_shared()));
	put_fact(rsinfo, "secret_exposed", on_off(lk_settings_secret_exposed()));
	put_fact(rsinfo, "lost_setting", lk_settings_lost());
	put_files(rsinfo);
	put_fact(rsinfo, "url", lk_settings_url());
	put_fact(rsinfo, "environment_url", lk_settings_environment_url());
	put_fact(rsinfo, "max_ttl", psprintf("%d", lk_ttl_max()));
	put_access(rsinfo);
	put_clock(rsinfo);
	return (Datum) 0;
}
