/*-------------------------------------------------------------------------
 *
 * explain.c
 *	  Why a role may join a room, or not.
 *
 * First the steps; last the question that livekit_join itself asks: should the
 * steps ever miss a cause, it is still told that there is one. All is asked as
 * the role, and taken back; see rehearsal.c. Nothing is signed.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/explain.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_class.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "funcapi.h"
#include "storage/lmgr.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"
#include "utils/tuplestore.h"

#include "columntext.h"
#include "explain.h"
#include "home.h"
#include "join.h"
#include "owner.h"
#include "policies.h"
#include "question.h"
#include "walk.h"

#include "compat.h"

static const char *const verdict_names[] = {
	[LK_STEP_OK] = "ok",
	[LK_STEP_NOTE] = "note",
	[LK_STEP_REFUSED] = "refused",
};

/*
 * The row that the role does not see
 */

/* Compare the keys of a row with what was asked, byte for byte. */
static void
compare_keys(LkWalk *walk, const char **asked)
{
	const LkMapped *columns = walk->registered.columns;
	int			number = 0;

	for (LkColumn c = 0; c < LK_NKEYS; c++)
	{
		bool		isnull;
		Datum		value;

		if (columns[c].attnum == 0)
			continue;
		value = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc,
							  ++number, &isnull);
		if (!isnull && !lk_columntext_is(columns[c].type, value, asked[c]))
			walk->otherwise =
				MemoryContextStrdup(walk->context,
									text_to_cstring(lk_columntext_of(columns[c].type,
																	 value)));
	}
}

/* Look for the row, as the relation's owner.  The argument is the walk. */
static void
look_for_row(void *arg)
{
	LkWalk	   *walk = arg;
	const LkMapped *columns = walk->registered.columns;
	const char *asked[LK_NKEYS] = {
		text_to_cstring(walk->explanation->room), walk->identity,
	};
	Datum		values[LK_NKEYS];
	int			n = 0;

	for (LkColumn c = 0; c < LK_NKEYS; c++)
	{
		if (columns[c].attnum != 0 &&
			!lk_columntext_to_value(columns[c].type, asked[c], &values[n++]))
			return;
	}
	SPI_connect();
	if (SPI_execute_snapshot(lk_policies_prepare(&walk->registered, LK_ALL_KEYS),
							 values, NULL, GetLatestSnapshot(),
							 InvalidSnapshot, true, false,
							 1) == SPI_OK_SELECT)
	{
		walk->has_looked = true;
		walk->row_is_there = SPI_processed > 0;
		if (walk->row_is_there)
			compare_keys(walk, asked);
	}
	SPI_finish();
}

/* Look for it if the caller could, in a table that is still there. */
static void
look_for_row_if_allowed(void *arg)
{
	LkWalk	   *walk = arg;
	Oid			relation = walk->registered.relation;

	LockRelationOid(relation, AccessShareLock);
	if (get_rel_name(relation) != NULL &&
		get_rel_relkind(relation) != RELKIND_VIEW &&
		lk_owner_may_read(relation))
		lk_owner_read(relation, look_for_row, walk);
}

/* A statement that puts the row into a table. */
static char *
insertion(const LkWalk *walk)
{
	const LkMapped *columns = walk->registered.columns;
	const char *room_column =
		quote_identifier(NameStr(columns[LK_COLUMN_ROOM].name));
	char	   *room = quote_literal_cstr(text_to_cstring(walk->explanation->room));

	if (columns[LK_COLUMN_IDENTITY].attnum == 0)
		return psprintf("INSERT INTO %s (%s) VALUES (%s);",
						walk->relation_name, room_column, room);
	return psprintf("INSERT INTO %s (%s, %s) VALUES (%s, %s);",
					walk->relation_name, room_column,
					quote_identifier(NameStr(columns[LK_COLUMN_IDENTITY].name)),
					room, quote_literal_cstr(walk->identity));
}

static void
add_unseen_row(LkWalk *walk)
{
	walk->subject = "row";
	(void) lk_rehearse_as_caller(look_for_row_if_allowed, walk);
	if (walk->otherwise != NULL)
		lk_walk_add(walk, LK_STEP_REFUSED, "Ask for it as the row has it.",
					psprintf("The row is there, but has \"%s\", which is not the same text.",
							 walk->otherwise));
	else if (walk->row_is_there)
		lk_walk_add(walk, LK_STEP_REFUSED,
					"Change the policies above, or the row, so that they show it.",
					psprintf("The row is there, but the policies do not show it to role \"%s\".",
							 walk->rehearsal.role_name));
	else if (walk->has_looked)
		lk_walk_add(walk, LK_STEP_REFUSED, insertion(walk),
					psprintf("There is no row in %s for this room and this identity.",
							 walk->relation_name));
	else
		lk_walk_add(walk, LK_STEP_REFUSED,
					"Look at the rows, and at the policies above; if it is a view, also at its conditions.",
					psprintf("%s shows the role no row for this room and this identity.",
							 walk->relation_name));
}

/*
 * The answer
 */

/* Has a grant the effect that is expected? */
static bool
has_effect(const LkGrants *granted, const JsonbValue *expected, int i)
{
	const JsonbValue *v = &granted->value[i];
	bool		given = (granted->given & LK_GRANT_BIT(i)) != 0;

	switch (lk_grant_table[i].type)
	{
		case LK_BOOLEAN:
			return LK_GRANTED(granted, i) == expected->val.boolean;
		case LK_STRING:
			return given && lk_grant_same(v, expected);
		case LK_SOURCES:
		case LK_STRINGS:
			if (given)
				return lk_grant_is_within(v, expected) &&
					lk_grant_is_within(expected, v);
			/* who may publish and is not told what, may publish all */
			return i == LK_CAN_PUBLISH_SOURCES &&
				LK_GRANTED(granted, LK_CAN_PUBLISH) &&
				JsonContainerSize(expected->val.binary.data) ==
				LK_NSOURCES_OF_TRACKS;
	}
	return false;
}

/* Which grant has another effect than the one expected?  A sentence, or NULL. */
static const char *
difference_of(const LkGrants *granted, const LkGrants *expected)
{
	for (int i = 0; i < lk_ngrants; i++)
	{
		if ((expected->given & LK_GRANT_BIT(i)) != 0 &&
			!has_effect(granted, &expected->value[i], i))
			return psprintf("The grant \"%s\" differs.",
							lk_grant_label(&lk_grant_table[i]));
	}
	return NULL;
}

/* Ask what livekit_join asks. */
static void
ask(void *arg)
{
	LkWalk	   *walk = arg;
	LkExplanation *explanation = walk->explanation;
	LkMint		mint;

	lk_mint_begin(&mint, LK_VIA_JOIN);
	mint.request.room = explanation->room;
	if (walk->door != NULL && !walk->door->tells_url)
		lk_join_ask(&mint);
	else
		lk_join_permit(&mint);
	(void) lk_keyring_signing_key(mint.permit.project, mint.permit.now);
	if (explanation->expected != NULL)
		explanation->difference = difference_of(&mint.permit.claims.grants,
												explanation->expected);
}

static void
add_answer(LkWalk *walk)
{
	LkExplanation *explanation = walk->explanation;
	ErrorData  *error;

	walk->subject = "answer";
	if (walk->rehearsal.ambiguity != NULL)
	{
		explanation->sqlerrcode = ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE;
		lk_walk_add(walk, LK_STEP_REFUSED, NULL,
					"There is none: the caller's identity depends on who logs in.");
		return;
	}
	error = lk_rehearse(&walk->rehearsal, ask, walk);
	if (walk->door == NULL)
	{
		explanation->sqlerrcode = ERRCODE_INSUFFICIENT_PRIVILEGE;
		lk_walk_add(walk, LK_STEP_REFUSED, NULL,
					"The role is told: permission denied for function livekit_join (SQLSTATE 42501).");
	}
	else if (error != NULL)
	{
		explanation->sqlerrcode = error->sqlerrcode;
		lk_walk_add(walk, LK_STEP_REFUSED, NULL,
					psprintf("The role is told: %s (SQLSTATE %s).",
							 error->message,
							 unpack_sql_state(error->sqlerrcode)));
	}
	else
	{
		explanation->may_join = true;
		lk_walk_add(walk, LK_STEP_OK, NULL,
					psprintf("Role \"%s\" would be let in by %s%s.",
							 walk->rehearsal.role_name, walk->door->function,
							 walk->lacks_schema ?
							 ", called by a function of another schema" : ""));
	}
}

void
lk_explain(LkExplanation *explanation)
{
	LkWalk		walk = {
		.explanation = explanation,
		.context = CurrentMemoryContext,
		.subject = "registration",
		.rehearsal = {
			.role = explanation->role,
			.claims = explanation->claims,
		},
	};
	ErrorData  *error;

	lk_question_forbid();
	lk_rehearsal_begin(&walk.rehearsal);
	error = lk_rehearse(&walk.rehearsal, lk_walk_take_steps, &walk);
	if (error != NULL)
	{
		explanation->set_up_wrong = true;
		lk_walk_add_error(&walk, error);
	}
	if (walk.row_unseen)
		add_unseen_row(&walk);
	add_answer(&walk);
}

void
lk_explain_unpack(FunctionCallInfo fcinfo, LkExplanation *explanation)
{
	memset(explanation, 0, sizeof(*explanation));
	if (PG_ARGISNULL(0))
		ereport(ERROR,
				errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				errmsg("parameter \"role\" must not be null"));
	explanation->role = get_role_oid(NameStr(*PG_GETARG_NAME(0)), true);
	if (!OidIsValid(explanation->role))
		ereport(ERROR,
				errcode(ERRCODE_UNDEFINED_OBJECT),
				errmsg("role \"%s\" does not exist",
					   NameStr(*PG_GETARG_NAME(0))),
				errhint("Of a user of a gateway, ask with its role, and name the user in the claims: livekit_explain_join('web_user', 'x', '{\"sub\": \"bob\"}')."));
	if (!PG_ARGISNULL(1))
		explanation->room = PG_GETARG_TEXT_PP(1);
}

/*
 * livekit_explain_join(role, room, claims) returns the steps as rows.
 */
PG_FUNCTION_INFO_V1(livekit_explain_join);
Datum
livekit_explain_join(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	LkExplanation explanation;
	ListCell   *cell;
	int			number = 0;

	lk_explain_unpack(fcinfo, &explanation);
	if (!PG_ARGISNULL(2))
		explanation.claims = PG_GETARG_JSONB_P(2);
	lk_explain(&explanation);

	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	foreach(cell, explanation.steps)
	{
		const LkStep *step = lfirst(cell);
		Datum		values[5];
		bool		nulls[5] = {[4] = step->mend == NULL};

		values[0] = Int32GetDatum(++number);
		values[1] = CStringGetTextDatum(step->subject);
		values[2] = CStringGetTextDatum(verdict_names[step->verdict]);
		values[3] = CStringGetTextDatum(step->finding);
		values[4] = step->mend ? CStringGetTextDatum(step->mend) : (Datum) 0;
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
	return (Datum) 0;
}
