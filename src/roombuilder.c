/*-------------------------------------------------------------------------
 *
 * roombuilder.c
 *	  Builds a room configuration, so that nobody writes its JSON by hand.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/roombuilder.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/timestamp.h"

#include "jsonarg.h"
#include "roomconfig.h"

#include "compat.h"

/* The arguments, by position. */
enum
{
	ARG_NAME, ARG_EMPTY_TIMEOUT, ARG_DEPARTURE_TIMEOUT, ARG_MAX_PARTICIPANTS,
	ARG_AGENTS, ARG_AGENT_DISPATCH, ARG_METADATA
};

/* Append a text argument. */
static void
write_text(StringInfo buf, const char *name, FunctionCallInfo fcinfo, int n)
{
	const text *value;

	if (PG_ARGISNULL(n))
		return;
	value = PG_GETARG_TEXT_PP(n);
	lk_wire_name(buf, name);
	lk_wire_string(buf, lk_wire_text(VARDATA_ANY(value),
									 VARSIZE_ANY_EXHDR(value)));
}

/* Append an interval in seconds, as LiveKit counts. */
static void
write_seconds(StringInfo buf, const char *name, const char *argument,
			  FunctionCallInfo fcinfo, int n)
{
	const Interval *value;
	int64		seconds;

	if (PG_ARGISNULL(n))
		return;
	value = PG_GETARG_INTERVAL_P(n);
	seconds = value->day * (int64) SECS_PER_DAY + value->time / USECS_PER_SEC;
	if (seconds > PG_UINT32_MAX)
		ereport(ERROR,
				errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("parameter \"%s\" must be %u seconds at most",
					   argument, PG_UINT32_MAX));
	if (value->month != 0 || seconds < 0 || value->time % USECS_PER_SEC != 0)
		ereport(ERROR,
				errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("parameter \"%s\" must be whole seconds, not negative, and without months",
					   argument));
	lk_wire_name(buf, name);
	lk_wire_integer(buf, seconds);
}

/* Append an agent that is to be dispatched, by its name. */
static void
write_agent(StringInfo buf, Datum name)
{
	const text *value = DatumGetTextPP(name);

	if (buf->data[buf->len - 1] != '[')
		appendStringInfoChar(buf, ',');
	appendStringInfoChar(buf, '{');
	lk_wire_name(buf, "agentName");
	lk_wire_string(buf, lk_wire_text(VARDATA_ANY(value),
									 VARSIZE_ANY_EXHDR(value)));
	appendStringInfoChar(buf, '}');
}

static void
write_names(StringInfo buf, ArrayType *names)
{
	ArrayIterator it = array_create_iterator(names, 0, NULL);
	Datum		name;
	bool		isnull;

	while (array_iterate(it, &name, &isnull))
	{
		if (isnull)
			ereport(ERROR,
					errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					errmsg("elements of parameter \"agents\" must not be null"));
		write_agent(buf, name);
	}
	array_free_iterator(it);
}

/* Append dispatches that say more than a name. */
static void
write_dispatches(StringInfo buf, Jsonb *dispatches)
{
	JsonbIterator *it;
	JsonbValue	v;

	if (!JB_ROOT_IS_ARRAY(dispatches) || JB_ROOT_IS_SCALAR(dispatches))
		ereport(ERROR,
				errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("parameter \"agent_dispatch\" must be an array of objects"),
				errhint("For example: [{\"agentName\": \"helper\", \"metadata\": \"...\"}]."));
	it = JsonbIteratorInit(&dispatches->root);
	while (lk_json_next_element(&it, &v))
	{
		if (buf->data[buf->len - 1] != '[')
			appendStringInfoChar(buf, ',');
		lk_wire_value(buf, &v);
	}
}

static void
write_agents(StringInfo buf, FunctionCallInfo fcinfo)
{
	if (PG_ARGISNULL(ARG_AGENTS) && PG_ARGISNULL(ARG_AGENT_DISPATCH))
		return;
	lk_wire_name(buf, "agents");
	appendStringInfoChar(buf, '[');
	if (!PG_ARGISNULL(ARG_AGENTS))
		write_names(buf, PG_GETARG_ARRAYTYPE_P(ARG_AGENTS));
	if (!PG_ARGISNULL(ARG_AGENT_DISPATCH))
		write_dispatches(buf, PG_GETARG_JSONB_P(ARG_AGENT_DISPATCH));
	appendStringInfoChar(buf, ']');
}

/*
 * livekit_room_config(name, empty_timeout, departure_timeout,
 * max_participants, agents, agent_dispatch, metadata)
 */
PG_FUNCTION_INFO_V1(livekit_room_config);
Datum
livekit_room_config(PG_FUNCTION_ARGS)
{
	StringInfoData buf;
	StringInfoData checked;
	Jsonb	   *config;

	initStringInfo(&buf);
	appendStringInfoChar(&buf, '{');
	write_text(&buf, "name", fcinfo, ARG_NAME);
	write_seconds(&buf, "emptyTimeout", "empty_timeout", fcinfo,
				  ARG_EMPTY_TIMEOUT);
	write_seconds(&buf, "departureTimeout", "departure_timeout", fcinfo,
				  ARG_DEPARTURE_TIMEOUT);
	if (!PG_ARGISNULL(ARG_MAX_PARTICIPANTS))
	{
		lk_wire_name(&buf, "maxParticipants");
		lk_wire_integer(&buf, PG_GETARG_INT32(ARG_MAX_PARTICIPANTS));
	}
	write_agents(&buf, fcinfo);
	write_text(&buf, "metadata", fcinfo, ARG_METADATA);
	appendStringInfoChar(&buf, '}');
	config = lk_wire_jsonb(&buf);

	/* whoever signs it would find what is wrong; it is better found here */
	initStringInfo(&checked);
	appendStringInfoChar(&checked, '{');
	lk_roomconfig_write(&checked, config);
	PG_RETURN_JSONB_P(config);
}
