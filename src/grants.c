/*-------------------------------------------------------------------------
 *
 * grants.c
 *	  THE grant table, and all that reads it.
 *
 * A new grant of LiveKit's is one more row here, behind those that LkGrant
 * names and within the rows of its scope. The order of the rows is the order
 * in which a token's grants are written. Names and types: livekit/protocol
 * 1.54, auth/grants.go.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/grants.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/tuplestore.h"

#include "grants.h"
#include "names.h"

const char *const lk_grant_type_names[] = {
	[LK_BOOLEAN] = "boolean",
	[LK_STRING] = "string",
	[LK_STRINGS] = "array of strings",
	[LK_SOURCES] = "array of track sources",
};

const char *const lk_scope_names[LK_NSCOPES] = {
	[LK_SCOPE_VIDEO] = "video",
	[LK_SCOPE_SIP] = "sip",
	[LK_SCOPE_AGENT] = "agent",
	[LK_SCOPE_INFERENCE] = "inference",
	[LK_SCOPE_OBSERVABILITY] = "observability",
	[LK_SCOPE_AGENT_ENDPOINT] = "agentEndpoint",
	[LK_SCOPE_AGENT_THREAD] = "agentThread",
};

static const char *const track_sources[] = {
	"camera", "microphone", "screen_share", "screen_share_audio",
};

StaticAssertDecl(lengthof(track_sources) == LK_NSOURCES_OF_TRACKS,
				 "LK_NSOURCES_OF_TRACKS counts them");

/* ParticipantInfo.Kind, livekit_models.proto */
const char *const lk_kinds[] = {
	"standard", "ingress", "egress", "sip", "agent", "connector", "bridge",
	NULL,
};

/* The table's columns `allows` and `standing`, readably. */
#define ALLOWS		true
#define MODIFIES	false
#define SENSITIVE	LK_SENSITIVE
#define ORDINARY	LK_ORDINARY
#define PARTICIPANT LK_PARTICIPANT

#define VIDEO LK_SCOPE_VIDEO
#define SIP LK_SCOPE_SIP
#define AGENT LK_SCOPE_AGENT
#define ENDPOINT LK_SCOPE_AGENT_ENDPOINT
#define THREAD LK_SCOPE_AGENT_THREAD

const LkGrantRow lk_grant_table[] = {
	[LK_ROOM_CREATE] =
	{VIDEO, "roomCreate", LK_BOOLEAN, "false", ALLOWS, SENSITIVE, "Create and delete rooms."},
	[LK_ROOM_LIST] =
	{VIDEO, "roomList", LK_BOOLEAN, "false", ALLOWS, SENSITIVE, "List the rooms of the server."},
	[LK_ROOM_RECORD] =
	{VIDEO, "roomRecord", LK_BOOLEAN, "false", ALLOWS, SENSITIVE, "Start and stop recordings and streams (Egress)."},
	[LK_ROOM_ADMIN] =
	{VIDEO, "roomAdmin", LK_BOOLEAN, "false", ALLOWS, SENSITIVE, "Moderate the room: remove and mute participants, change their permissions."},
	[LK_ROOM_JOIN] =
	{VIDEO, "roomJoin", LK_BOOLEAN, "false", ALLOWS, PARTICIPANT, "Join the room."},
	[LK_ROOM] =
	{VIDEO, "room", LK_STRING, "any room", MODIFIES, ORDINARY, "The room that roomJoin and roomAdmin are for."},
	[LK_CAN_PUBLISH] =
	{VIDEO, "canPublish", LK_BOOLEAN, "true", MODIFIES, PARTICIPANT, "Publish tracks."},
	[LK_CAN_SUBSCRIBE] =
	{VIDEO, "canSubscribe", LK_BOOLEAN, "true", MODIFIES, PARTICIPANT, "Subscribe to the tracks of others."},
	[LK_CAN_PUBLISH_DATA] =
	{VIDEO, "canPublishData", LK_BOOLEAN, "canPublish", MODIFIES, PARTICIPANT, "Publish data messages."},
	[LK_CAN_PUBLISH_SOURCES] =
	{VIDEO, "canPublishSources", LK_SOURCES, "all", MODIFIES, PARTICIPANT, "Publish tracks of these sources only."},
	{VIDEO, "canUpdateOwnMetadata", LK_BOOLEAN, "false", MODIFIES, ORDINARY, "Change one's own name, metadata and attributes."},
	{VIDEO, "ingressAdmin", LK_BOOLEAN, "false", ALLOWS, SENSITIVE, "Manage every ingress of the server."},
	{VIDEO, "hidden", LK_BOOLEAN, "false", MODIFIES, SENSITIVE, "Be invisible to the other participants."},
	{VIDEO, "recorder", LK_BOOLEAN, "false", MODIFIES, SENSITIVE, "Be shown as a recorder of the room."},
	{VIDEO, "agent", LK_BOOLEAN, "false", ALLOWS, SENSITIVE, "Register as a worker of the Agents framework."},
	{VIDEO, "canSubscribeMetrics", LK_BOOLEAN, "false", MODIFIES, PARTICIPANT, "Subscribe to the metrics of participants."},
	{VIDEO, "canManageAgentSession", LK_BOOLEAN, "false", MODIFIES, SENSITIVE, "Manage the session of an agent in the room."},
	{VIDEO, "destinationRoom", LK_STRING, "none", MODIFIES, SENSITIVE, "The room to which a participant may be forwarded or moved."},
	{SIP, "admin", LK_BOOLEAN, "false", ALLOWS, SENSITIVE, "Manage SIP trunks and dispatch rules."},
	{SIP, "call", LK_BOOLEAN, "false", ALLOWS, SENSITIVE, "Make outbound SIP calls."},
	{AGENT, "admin", LK_BOOLEAN, "false", ALLOWS, SENSITIVE, "Create, update and delete cloud agents."},
	{AGENT, "simulationAdmin", LK_BOOLEAN, "false", ALLOWS, SENSITIVE, "Manage simulations and scenarios of agents."},
	{AGENT, "databaseAdmin", LK_BOOLEAN, "false", ALLOWS, SENSITIVE, "Manage the databases of agents."},
	{AGENT, "dispatchAdmin", LK_BOOLEAN, "false", ALLOWS, SENSITIVE, "Manage the queue of agent dispatches."},
	{LK_SCOPE_INFERENCE, "perform", LK_BOOLEAN, "false", ALLOWS, SENSITIVE, "Use the inference services (LLM, STT, TTS)."},
	{LK_SCOPE_OBSERVABILITY, "write", LK_BOOLEAN, "false", ALLOWS, SENSITIVE, "Write observability data."},
	{ENDPOINT, "call", LK_BOOLEAN, "false", ALLOWS, SENSITIVE, "Call the non-public HTTP endpoints of agents."},
	{ENDPOINT, "agentName", LK_STRING, "every agent", MODIFIES, ORDINARY, "The agent whose endpoints may be called."},
	{ENDPOINT, "deployment", LK_STRING, "every deployment", MODIFIES, ORDINARY, "The deployment whose endpoints may be called."},
	{THREAD, "all", LK_BOOLEAN, "false", MODIFIES, SENSITIVE, "Extend the other thread grants to every thread and scope."},
	{THREAD, "scope", LK_STRING, "none", MODIFIES, ORDINARY, "The scope within which threads may be listed and created."},
	{THREAD, "threadIds", LK_STRINGS, "none", MODIFIES, ORDINARY, "The threads that may be read, written and deleted."},
	{THREAD, "list", LK_BOOLEAN, "false", ALLOWS, ORDINARY, "List agent threads."},
	{THREAD, "create", LK_BOOLEAN, "false", ALLOWS, ORDINARY, "Create agent threads."},
	{THREAD, "write", LK_BOOLEAN, "false", ALLOWS, ORDINARY, "Send to agent threads."},
	{THREAD, "read", LK_BOOLEAN, "false", ALLOWS, ORDINARY, "Read agent threads."},
	{THREAD, "delete", LK_BOOLEAN, "false", ALLOWS, SENSITIVE, "Delete agent threads."},
};

const int	lk_ngrants = lengthof(lk_grant_table);

StaticAssertDecl(lengthof(lk_grant_table) <= LK_MAX_GRANTS,
				 "LkGrants.given has a bit for each grant");

int
lk_scope_find(const char *s, int len)
{
	for (int i = 0; i < LK_NSCOPES; i++)
	{
		if (lk_name_matches(lk_scope_names[i], s, len))
			return i;
	}
	return -1;
}

int
lk_grant_find(LkScope scope, const char *s, int len)
{
	for (int i = 0; i < lk_ngrants; i++)
	{
		if (lk_grant_table[i].scope == scope &&
			lk_name_matches(lk_grant_table[i].name, s, len))
			return i;
	}
	return -1;
}

bool
lk_source_known(const char *s, int len)
{
	for (size_t i = 0; i < lengthof(track_sources); i++)
	{
		if (lk_name_is(track_sources[i], s, len))
			return true;
	}
	return false;
}

bool
lk_kind_known(const char *s, int len)
{
	for (const char *const *kind = lk_kinds; *kind; kind++)
	{
		if (lk_name_is(*kind, s, len))
			return true;
	}
	return false;
}

/*
 * livekit_grant_types() returns the table as rows.
 */
PG_FUNCTION_INFO_V1(livekit_grant_types);
Datum
livekit_grant_types(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;

	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; i < lk_ngrants; i++)
	{
		const LkGrantRow *row = &lk_grant_table[i];
		Datum		values[6];
		bool		nulls[6] = {false};

		values[0] = CStringGetTextDatum(row->name);
		values[1] = CStringGetTextDatum(lk_scope_names[row->scope]);
		values[2] = CStringGetTextDatum(lk_grant_type_names[row->type]);
		values[3] = CStringGetTextDatum(row->value_if_absent);
		values[4] = BoolGetDatum(row->standing == LK_SENSITIVE);
		values[5] = CStringGetTextDatum(row->description);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
	return (Datum) 0;
}
