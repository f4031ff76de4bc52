/*-------------------------------------------------------------------------
 *
 * walk.c
 *	  The steps to the answer whether a role may join a room.
 *
 * They are those of authorize.c, one after the other, in the words of whoever
 * has to mend something.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/walk.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_namespace.h"
#include "catalog/pg_proc.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/plancache.h"

#include "ceiling.h"
#include "columntext.h"
#include "home.h"
#include "inforce.h"
#include "join.h"
#include "policies.h"
#include "policylist.h"
#include "walk.h"

#include "compat.h"

static const LkDoor doors[] = {
	{"livekit_join", true}, {"livekit_token_source", true}, {"livekit_token", false},
};

/*
 * Rows
 */

void
lk_walk_add(LkWalk *walk, LkVerdict verdict, const char *mend, const char *finding)
{
	LkStep	   *step = palloc(sizeof(*step));

	step->subject = walk->subject;
	step->verdict = verdict;
	step->finding = finding;
	step->mend = mend;
	walk->explanation->steps = lappend(walk->explanation->steps, step);
	walk->refused |= verdict == LK_STEP_REFUSED;
}

/* What mends an error: its hint, unless that only says that the log says more. */
static const char *
mend_of(const LkWalk *walk, const ErrorData *error)
{
	if (strcmp(walk->subject, "url") == 0)
		return error->detail_log;
	if (error->hint != NULL && error->detail_log == NULL)
		return error->hint;
	switch (error->sqlerrcode)
	{
		case ERRCODE_CONFIG_FILE_ERROR:
			return "Correct the key file; SELECT * FROM livekit_keys;";
		case ERRCODE_INSUFFICIENT_PRIVILEGE:
			return "Grant the role what it lacks.";
		default:
			return "Mend what the finding says.";
	}
}

void
lk_walk_add_error(LkWalk *walk, const ErrorData *error)
{
	const char *detail = error->detail_log ? error->detail_log : error->detail;

	lk_walk_add(walk, LK_STEP_REFUSED, mend_of(walk, error),
				psprintf("%s (SQLSTATE %s).%s%s", error->message,
						 unpack_sql_state(error->sqlerrcode),
						 detail ? " " : "", detail ? detail : ""));
}

/*
 * Steps
 */

static void
step_registration(LkWalk *walk)
{
	StringInfoData buf;
	LkAccess   *access = lk_access_get();

	walk->access = access;
	if (access != NULL)
	{
		/* for when the steps are done, and it may be read anew */
		walk->registered = *access;
		walk->registered.plan = NULL;
		walk->relation_name = get_rel_name(access->relation) == NULL ? NULL :
			lk_relation_name(access->relation);
	}
	if (access == NULL)
	{
		lk_walk_add(walk, LK_STEP_REFUSED,
					"SELECT livekit_register_access('...');",
					"No access relation is registered, so that nobody may join by policies.");
		return;
	}
	if (access->problem != NULL)
	{
		lk_walk_add(walk, LK_STEP_REFUSED,
					psprintf("Register %s again by livekit_register_access, and name its columns as they are now.",
							 walk->relation_name != NULL ?
							 walk->relation_name : "another one"),
					access->problem);
		return;
	}
	initStringInfo(&buf);
	appendStringInfo(&buf, "%s is registered; the room is in column \"%s\"",
					 walk->relation_name,
					 NameStr(access->columns[LK_COLUMN_ROOM].name));
	if (access->columns[LK_COLUMN_IDENTITY].attnum != 0)
		appendStringInfo(&buf, ", the identity in \"%s\".",
						 NameStr(access->columns[LK_COLUMN_IDENTITY].name));
	else
		appendStringInfoString(&buf, "; whoever sees a row may join its room.");
	lk_walk_add(walk, LK_STEP_OK, NULL, buf.data);
}

static void
step_session(LkWalk *walk)
{
	LkProblem	problem = lk_inforce_session_problem();

	if (problem.cause != NULL)
		lk_walk_add(walk, LK_STEP_REFUSED, problem.mend, problem.cause);
	else
		lk_walk_add(walk, LK_STEP_OK, NULL,
					psprintf("Asked as role \"%s\".", walk->rehearsal.role_name));
}

/* The first column that the role may not read, or NULL. */
static const char *
unreadable_column(const LkAccess *access)
{
	for (LkColumn c = 0; c < LK_NCOLUMNS; c++)
	{
		const LkMapped *column = &access->columns[c];

		if (column->attnum != 0 &&
			pg_attribute_aclcheck(access->relation, column->attnum,
								  GetUserId(), ACL_SELECT) != ACLCHECK_OK)
			return NameStr(column->name);
	}
	return NULL;
}

/* The function by which the role may ask, or NULL. */
static const LkDoor *
find_door(void)
{
	for (size_t i = 0; i < lengthof(doors); i++)
	{
		Oid			function = lk_home_function(doors[i].function);

		if (OidIsValid(function) &&
			lk_proc_aclcheck(function, GetUserId(), ACL_EXECUTE) == ACLCHECK_OK)
			return &doors[i];
	}
	return NULL;
}

static void
step_privileges(LkWalk *walk)
{
	const LkAccess *access = walk->access;
	Oid			home = lk_home_schema();
	Oid			schema = get_rel_namespace(access->relation);
	const char *role = quote_identifier(walk->rehearsal.role_name);
	const char *column;

	if (walk->door == NULL)
	{
		lk_walk_add(walk, LK_STEP_REFUSED,
					psprintf("GRANT EXECUTE ON FUNCTION %s TO %s;",
							 quote_qualified_identifier(get_namespace_name(home),
														doors[0].function), role),
					psprintf("The role may not execute %s.",
							 doors[0].function));
		return;
	}
	walk->lacks_schema =
		lk_schema_aclcheck(home, GetUserId(), ACL_USAGE) != ACLCHECK_OK;
	if (walk->lacks_schema)
		lk_walk_add(walk, LK_STEP_NOTE,
					psprintf("Unless there is such a function: GRANT USAGE ON SCHEMA %s TO %s.",
							 quote_identifier(get_namespace_name(home)), role),
					psprintf("The role may not use schema \"%s\", and can join only by a function of another schema that calls %s.",
							 get_namespace_name(home), walk->door->function));
	walk->explanation->set_up_wrong =
		lk_schema_aclcheck(schema, GetUserId(), ACL_USAGE) != ACLCHECK_OK;
	if (walk->explanation->set_up_wrong)
	{
		lk_walk_add(walk, LK_STEP_REFUSED,
					psprintf("GRANT USAGE ON SCHEMA %s TO %s;",
							 quote_identifier(get_namespace_name(schema)), role),
					psprintf("The role may not use schema \"%s\".",
							 get_namespace_name(schema)));
		return;
	}
	column = pg_class_aclcheck(access->relation, GetUserId(),
							   ACL_SELECT) == ACLCHECK_OK ? NULL :
		unreadable_column(access);
	walk->explanation->set_up_wrong = column != NULL;
	if (column != NULL)
		lk_walk_add(walk, LK_STEP_REFUSED,
					psprintf("GRANT SELECT ON %s TO %s;",
							 walk->relation_name, role),
					psprintf("The role may not read column \"%s\" of %s.",
							 column, walk->relation_name));
	else
		lk_walk_add(walk, LK_STEP_OK, NULL,
					psprintf("The role may execute %s, and read %s.",
							 walk->door->function, walk->relation_name));
}

/* Add why a text is of no use for a key's type; false if there is no reason. */
static bool
add_key_problem(LkWalk *walk, LkColumn key, const char *text)
{
	const LkMapped *column = &walk->access->columns[key];
	Datum		value;

	if (column->attnum == 0 ||
		lk_columntext_to_value(column->type, text, &value))
		return false;
	lk_walk_add(walk, LK_STEP_REFUSED, "Ask for one as a row has it.",
				psprintf("Column \"%s\" is of type %s, of which \"%s\" is no value as PostgreSQL writes it.",
						 NameStr(column->name), format_type_be(column->type), text));
	return true;
}

static void
step_room(LkWalk *walk)
{
	text	   *room = walk->explanation->room;

	if (room == NULL)
		lk_walk_add(walk, LK_STEP_REFUSED, "Name a room.",
					"No room is given.");
	else if (!add_key_problem(walk, LK_COLUMN_ROOM, text_to_cstring(room)) &&
			 !add_key_problem(walk, LK_COLUMN_IDENTITY, walk->identity))
		lk_walk_add(walk, LK_STEP_OK, NULL,
					psprintf("The room is \"%s\".", text_to_cstring(room)));
}

/* Tell of the policies of a table that are for the role. */
static void
add_policies(LkWalk *walk, Oid table)
{
	bool		permitted;
	List	   *policies = lk_policylist(table, &permitted);
	ListCell   *cell;

	walk->subject = "policy";
	foreach(cell, policies)
		lk_walk_add(walk, LK_STEP_NOTE, NULL, lfirst(cell));
	/* beneath a view, no row of one table need not be no row of the view */
	if (!permitted)
		lk_walk_add(walk, table == walk->access->relation ?
					LK_STEP_REFUSED : LK_STEP_NOTE,
					psprintf("CREATE POLICY ... ON %s FOR SELECT TO %s USING (...);",
							 lk_relation_name(table),
							 quote_identifier(walk->rehearsal.role_name)),
					psprintf("No permissive policy on %s is for this role, so that it sees no row.",
							 lk_relation_name(table)));
}

/* Look at the tables beneath, and at their policies. */
static void
step_table(LkWalk *walk)
{
	SPIPlanPtr	plan = lk_policies_prepare(walk->access, LK_ALL_KEYS);
	CachedPlanSource *source;
	List	   *tables = NIL;
	ListCell   *cell;
	LkProblem	problem;

	MemoryContextSwitchTo(walk->context);	/* SPI has left it */
	source = linitial(SPI_plan_get_plan_sources(plan));
	problem = lk_inforce_problem(linitial(source->query_list),
								 LK_READER_CALLER, &tables);
	if (problem.cause != NULL)
	{
		lk_walk_add(walk, LK_STEP_REFUSED, problem.mend, problem.cause);
		return;
	}
	foreach(cell, tables)
	{
		walk->subject = "table";
		lk_walk_add(walk, LK_STEP_OK, NULL,
					psprintf("Row-level security of %s binds the role.",
							 lk_relation_name(lfirst_oid(cell))));
		add_policies(walk, lfirst_oid(cell));
		if (walk->refused)
			return;
	}
}

static void
step_row(LkWalk *walk)
{
	LkQuestion	question = {
		.room = text_to_cstring(walk->explanation->room),
		.identity = walk->identity,
	};

	switch (lk_policies_ask(walk->access, &question, &walk->row))
	{
		case LK_NO_ROW:
			walk->row_unseen = true;	/* told when the caller has looked */
			walk->refused = true;
			break;
		case LK_SEVERAL_ROWS:
			lk_walk_add(walk, LK_STEP_REFUSED,
						"A unique index on room and identity, or policies that show one row, see to it that there is one.",
						"The policies show the role more than one row.");
			break;
		case LK_ONE_ROW:
			lk_walk_add(walk, LK_STEP_OK, NULL, "The policies show the role one row.");
	}
}

static void
step_grants(LkWalk *walk)
{
	LkPermit   *permit = &walk->permit;
	char	   *problem;

	permit->identity = cstring_to_text(walk->identity);
	permit->now = GetCurrentTimestamp();
	switch (lk_ceiling_try(&walk->row, permit->identity, permit->now,
						   &permit->claims, &problem))
	{
		case LK_ROW_UNUSABLE:
			lk_walk_add(walk, LK_STEP_REFUSED, "Correct the row.",
						psprintf("The row cannot be used. %s", problem));
			return;
		case LK_ROW_OVER:
			walk->subject = "ttl";
			lk_walk_add(walk, LK_STEP_REFUSED, "Give the row a longer ttl.",
						"The row's ttl is over.");
			return;
		case LK_ROW_GIVES_NOTHING:
			lk_walk_add(walk, LK_STEP_REFUSED,
						"Leave roomJoin out of the row's grants.",
						"The row grants nothing.");
			return;
		case LK_ROW_GIVES:
			break;
	}
	if (!LK_GRANTED(&permit->claims.grants, LK_ROOM_JOIN))
		lk_walk_add(walk, LK_STEP_REFUSED, "Leave roomJoin out of the row's grants.",
					"The row does not grant roomJoin.");
	else
		lk_walk_add(walk, LK_STEP_OK, NULL,
					JsonbToCString(NULL,
								   &lk_grants_jsonb(&permit->claims.grants)->root, -1));
}

static void
step_ttl(LkWalk *walk)
{
	const LkClaims *claims = &walk->permit.claims;

	lk_walk_add(walk, LK_STEP_OK, NULL,
				psprintf("The token would be valid for " INT64_FORMAT " seconds.",
						 claims->expires_at - claims->issued_at));
}

static void
step_key(LkWalk *walk)
{
	LkPermit   *permit = &walk->permit;
	const LkKey *key;

	permit->project = walk->row.says.project;
	permit->url = walk->row.url;
	key = lk_keyring_signing_key(permit->project, permit->now);
	lk_walk_add(walk, LK_STEP_OK, NULL,
				psprintf("API key \"%s\" of project \"%s\" would sign.",
						 key->name.data, key->project));
}

static void
step_url(LkWalk *walk)
{
	if (walk->door->tells_url)
		lk_walk_add(walk, LK_STEP_OK, NULL,
					psprintf("The client would connect to %s.",
							 lk_mint_url(&walk->permit)));
}

static const struct
{
	const char *subject;
	void		(*take) (LkWalk *walk);
}			steps[] =
{
	{"registration", step_registration},
	{"session", step_session},
	{"privileges", step_privileges},
	{"identity", lk_walk_identity},
	{"room", step_room},
	{"table", step_table},
	{"row", step_row},
	{LK_STEP_GRANTS, step_grants},
	{"ttl", step_ttl},
	{"key", step_key},
	{"url", step_url},
};

void
lk_walk_take_steps(void *arg)
{
	LkWalk	   *walk = arg;

	walk->door = find_door();
	SPI_connect();
	for (size_t i = 0; i < lengthof(steps) && !walk->refused; i++)
	{
		MemoryContextSwitchTo(walk->context);
		walk->subject = steps[i].subject;
		steps[i].take(walk);
	}
	SPI_finish();
}
