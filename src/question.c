/*-------------------------------------------------------------------------
 *
 * question.c
 *	  The question that is asked of the policies: may this caller join?
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/question.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"

#include "grantset.h"
#include "jsonarg.h"
#include "question.h"

#include "compat.h"

/* The one being asked, in the memory of who asks it; NULL when none is. */
static const LkQuestion *asked = NULL;

void
lk_question_begin(LkQuestion *question)
{
	question->outer = asked;
	asked = question;
}

void
lk_question_end(const LkQuestion *question)
{
	asked = question->outer;
}

/* Do the policies run, or did they when the last error was raised? */
static bool running = false;

void
lk_question_run(bool runs)
{
	running = runs;
}

bool
lk_question_runs(void)
{
	return running;
}

void
lk_question_forbid(void)
{
	if (asked == NULL)
		return;
	lk_question_run(false);		/* this is not the policies' own error */
	ereport(ERROR,
			errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			errmsg("a policy of the access relation must not ask for tokens"),
			errdetail_log("A policy called a function that signs a token or asks the policies, while it was being asked itself. In a policy, use livekit_identity() and livekit_join_request()."),
			errhint("The server log says more."));
}

/*
 * Read the grants that are asked for.  False when they are wrong: an error
 * would tell a room that exists from one that does not, since only there are
 * policies asked.  Who is let in has the error afterwards.
 */
static bool
read_grants(Jsonb *asked_for, LkGrants *grants)
{
	MemoryContext context = CurrentMemoryContext;
	volatile bool result = true;

	PG_TRY();
	{
		lk_grants_read(lk_json_object_arg(asked_for, "grants"), grants);
	}
	PG_CATCH();
	{
		if (!lk_json_at_fault())
			PG_RE_THROW();
		MemoryContextSwitchTo(context);
		FlushErrorState();
		result = false;
	}
	PG_END_TRY();
	return result;
}

static void
write_string(StringInfo buf, const char *name, const char *value)
{
	if (value == NULL)
		return;
	lk_wire_name(buf, name);
	lk_wire_string(buf, lk_wire_text(value, strlen(value)));
}

/*
 * livekit_join_request() returns what is being asked, to the policies that
 * are being asked; NULL to everybody else.
 */
PG_FUNCTION_INFO_V1(livekit_join_request);
Datum
livekit_join_request(PG_FUNCTION_ARGS)
{
	StringInfoData buf;
	LkGrants	grants;

	if (asked == NULL)
		PG_RETURN_NULL();

	initStringInfo(&buf);
	appendStringInfoChar(&buf, '{');
	write_string(&buf, "room", asked->room);
	write_string(&buf, "identity", asked->identity);
	write_string(&buf, "device", asked->device);
	lk_wire_name(&buf, "grants");
	if (read_grants(asked->grants, &grants))
	{
		/* as the token spells them, so that a policy knows one name each */
		appendStringInfoChar(&buf, '{');
		lk_grants_write(&buf, &grants);
		appendStringInfoChar(&buf, '}');
	}
	else
		appendStringInfoString(&buf, "null");
	appendStringInfoChar(&buf, '}');

	PG_RETURN_JSONB_P(lk_wire_jsonb(&buf));
}
