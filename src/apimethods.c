/*-------------------------------------------------------------------------
 *
 * apimethods.c
 *	  THE table of LiveKit's server API, and all that reads it.
 *
 * A new method of LiveKit's is one more row. Fields: livekit/protocol 1.54;
 * grants: what the services of livekit-server 1.13 check (pkg/service).
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/apimethods.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/tuplestore.h"

#include "apimethods.h"
#include "grantset.h"

#include "compat.h"

/* The table's last column, readably. */
#define FOR_USERS		true
#define FOR_BACK_ENDS	false

static const LkMethod methods[] = {
	{"RoomService", "CreateRoom", "roomCreate", NULL, "name",
		"name roomPreset emptyTimeout departureTimeout "
		"maxParticipants nodeId metadata tags egress minPlayoutDelay "
		"maxPlayoutDelay syncStreams replayEnabled agents", FOR_BACK_ENDS},
	{"RoomService", "ListRooms", "roomList", NULL, "",
		"names", FOR_BACK_ENDS},
	{"RoomService", "DeleteRoom", "roomCreate", NULL, "room",
		"room", FOR_BACK_ENDS},
	{"RoomService", "ListParticipants", "roomAdmin", "room", "room",
		"room", FOR_BACK_ENDS},
	{"RoomService", "GetParticipant", "roomAdmin", "room", "room identity",
		"room identity revokeTokenTs", FOR_BACK_ENDS},
	{"RoomService", "RemoveParticipant", "roomAdmin", "room", "room identity",
		"room identity revokeTokenTs", FOR_USERS},
	{"RoomService", "MutePublishedTrack", "roomAdmin", "room", "room identity",
		"room identity trackSid muted", FOR_USERS},
	{"RoomService", "UpdateParticipant", "roomAdmin", "room", "room identity",
		"room identity metadata permission name attributes", FOR_USERS},
	{"RoomService", "UpdateSubscriptions", "roomAdmin", "room", "room identity",
		"room identity trackSids subscribe participantTracks", FOR_BACK_ENDS},
	{"RoomService", "SendData", "roomAdmin", "room", "room",
		"room data kind destinationSids destinationIdentities topic "
		"nonce", FOR_USERS},
	{"RoomService", "UpdateRoomMetadata", "roomAdmin", "room", "room",
		"room metadata", FOR_USERS},
	{"RoomService", "ForwardParticipant", "roomAdmin destinationRoom", "room", "room identity destinationRoom",
		"room identity destinationRoom", FOR_BACK_ENDS},
	{"RoomService", "MoveParticipant", "roomAdmin destinationRoom", "room", "room identity destinationRoom",
		"room identity destinationRoom", FOR_BACK_ENDS},
	{"RoomService", "PerformRpc", "roomAdmin", "room", "room destinationIdentity",
		"room destinationIdentity method payload responseTimeoutMs", FOR_BACK_ENDS},
	{"Egress", "StartEgress", "roomRecord", NULL, "outputs",
		"roomName template web media preset advanced outputs storage "
		"webhooks", FOR_BACK_ENDS},
	{"Egress", "UpdateLayout", "roomRecord", NULL, "egressId",
		"egressId layout", FOR_BACK_ENDS},
	{"Egress", "UpdateStream", "roomRecord", NULL, "egressId",
		"egressId addOutputUrls removeOutputUrls addDestinations", FOR_BACK_ENDS},
	{"Egress", "ListEgress", "roomRecord", NULL, "",
		"roomName egressId active pageToken", FOR_BACK_ENDS},
	{"Egress", "StopEgress", "roomRecord", NULL, "egressId",
		"egressId", FOR_BACK_ENDS},
	{"Egress", "StartRoomCompositeEgress", "roomRecord", NULL, "roomName",
		"roomName layout audioOnly audioMixing videoOnly "
		"customBaseUrl file stream segments preset advanced "
		"fileOutputs streamOutputs segmentOutputs imageOutputs "
		"webhooks", FOR_BACK_ENDS},
	{"Egress", "StartWebEgress", "roomRecord", NULL, "url",
		"url audioOnly videoOnly awaitStartSignal file stream "
		"segments preset advanced fileOutputs streamOutputs "
		"segmentOutputs imageOutputs webhooks", FOR_BACK_ENDS},
	{"Egress", "StartParticipantEgress", "roomRecord", NULL, "roomName identity",
		"roomName identity screenShare preset advanced fileOutputs "
		"streamOutputs segmentOutputs imageOutputs webhooks", FOR_BACK_ENDS},
	{"Egress", "StartTrackCompositeEgress", "roomRecord", NULL, "roomName",
		"roomName audioTrackId videoTrackId file stream segments "
		"preset advanced fileOutputs streamOutputs segmentOutputs "
		"imageOutputs webhooks", FOR_BACK_ENDS},
	{"Egress", "StartTrackEgress", "roomRecord", NULL, "roomName trackId",
		"roomName trackId file websocketUrl webhooks", FOR_BACK_ENDS},
	{"Ingress", "CreateIngress", "ingressAdmin", NULL, "participantIdentity",
		"inputType url name roomName participantIdentity "
		"participantName participantMetadata bypassTranscoding "
		"enableTranscoding audio video enabled", FOR_BACK_ENDS},
	{"Ingress", "UpdateIngress", "ingressAdmin", NULL, "ingressId",
		"ingressId name roomName participantIdentity participantName "
		"participantMetadata bypassTranscoding enableTranscoding "
		"audio video enabled", FOR_BACK_ENDS},
	{"Ingress", "ListIngress", "ingressAdmin", NULL, "",
		"pageToken roomName ingressId", FOR_BACK_ENDS},
	{"Ingress", "DeleteIngress", "ingressAdmin", NULL, "ingressId",
		"ingressId", FOR_BACK_ENDS},
	{"SIP", "ListSIPTrunk", "sip.admin", NULL, "",
		"page", FOR_BACK_ENDS},
	{"SIP", "CreateSIPInboundTrunk", "sip.admin", NULL, "trunk",
		"trunk", FOR_BACK_ENDS},
	{"SIP", "CreateSIPOutboundTrunk", "sip.admin", NULL, "trunk",
		"trunk", FOR_BACK_ENDS},
	{"SIP", "UpdateSIPInboundTrunk", "sip.admin", NULL, "sipTrunkId",
		"sipTrunkId replace update", FOR_BACK_ENDS},
	{"SIP", "UpdateSIPOutboundTrunk", "sip.admin", NULL, "sipTrunkId",
		"sipTrunkId replace update", FOR_BACK_ENDS},
	{"SIP", "GetSIPInboundTrunk", "sip.admin", NULL, "sipTrunkId",
		"sipTrunkId", FOR_BACK_ENDS},
	{"SIP", "GetSIPOutboundTrunk", "sip.admin", NULL, "sipTrunkId",
		"sipTrunkId", FOR_BACK_ENDS},
	{"SIP", "ListSIPInboundTrunk", "sip.admin", NULL, "",
		"page trunkIds numbers", FOR_BACK_ENDS},
	{"SIP", "ListSIPOutboundTrunk", "sip.admin", NULL, "",
		"page trunkIds numbers", FOR_BACK_ENDS},
	{"SIP", "DeleteSIPTrunk", "sip.admin", NULL, "sipTrunkId",
		"sipTrunkId", FOR_BACK_ENDS},
	{"SIP", "CreateSIPDispatchRule", "sip.admin", NULL, "",
		"dispatchRule rule trunkIds hidePhoneNumber inboundNumbers "
		"name metadata attributes roomPreset roomConfig", FOR_BACK_ENDS},
	{"SIP", "UpdateSIPDispatchRule", "sip.admin", NULL, "sipDispatchRuleId",
		"sipDispatchRuleId replace update", FOR_BACK_ENDS},
	{"SIP", "ListSIPDispatchRule", "sip.admin", NULL, "",
		"page dispatchRuleIds trunkIds", FOR_BACK_ENDS},
	{"SIP", "DeleteSIPDispatchRule", "sip.admin", NULL, "sipDispatchRuleId",
		"sipDispatchRuleId", FOR_BACK_ENDS},
	{"SIP", "CreateSIPParticipant", "sip.call", NULL, "sipCallTo roomName",
		"sipTrunkId trunk sipRequestUri sipToHeader sipFromHeader "
		"sipCallTo toUserOverride sipNumber roomName "
		"participantIdentity participantName participantMetadata "
		"participantAttributes dtmf playRingtone playDialtone "
		"dialtone hidePhoneNumber headers includeHeaders "
		"ringingTimeout maxCallDuration krispEnabled mediaEncryption "
		"media waitUntilAnswered displayName destination "
		"sipSourceCallId", FOR_BACK_ENDS},
	{"SIP", "TransferSIPParticipant", "sip.call roomAdmin", "roomName", "participantIdentity roomName transferTo",
		"participantIdentity roomName transferTo playDialtone "
		"dialtone headers ringingTimeout", FOR_BACK_ENDS},
	{"AgentDispatchService", "CreateDispatch", "roomAdmin", "room", "room",
		"agentName room metadata restartPolicy deployment attributes "
		"threadId", FOR_BACK_ENDS},
	{"AgentDispatchService", "DeleteDispatch", "roomAdmin", "room", "dispatchId room",
		"dispatchId room", FOR_BACK_ENDS},
	{"AgentDispatchService", "ListDispatch", "roomAdmin", "room", "room",
		"dispatchId room", FOR_BACK_ENDS},
};

bool
lk_method_next(const char **list, const char **name, int *len)
{
	const char *s = *list + strspn(*list, " ");

	*name = s;
	*len = strcspn(s, " ");
	*list = s + *len;
	return *len > 0;
}

int
lk_method_grant(const char *name, int len)
{
	for (int i = 0; i < lk_ngrants; i++)
	{
		if (lk_name_is(lk_grant_label(&lk_grant_table[i]), name, len))
			return i;
	}
	elog(ERROR, "a method needs a grant that does not exist");
}

const LkMethod *
lk_method_find(const char *s, int len)
{
	const char *slash = memchr(s, '/', len);
	const char *rpc = slash == NULL ? s : slash + 1;
	LkNearest	nearest;

	lk_nearest_begin(&nearest, rpc, len - (rpc - s));
	for (size_t i = 0; i < lengthof(methods); i++)
	{
		const LkMethod *method = &methods[i];
		int			service = strlen(method->service);

		if (lk_name_is(method->rpc, s, len) ||
			(len > service && s[service] == '/' &&
			 memcmp(s, method->service, service) == 0 &&
			 lk_name_is(method->rpc, s + service + 1, len - service - 1)))
			return method;
		lk_nearest_offer(&nearest, method->rpc);
	}
	ereport(ERROR,
			errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			errmsg("method \"%s\" of LiveKit's server API does not exist",
				   lk_name_quote(s, len)),
			lk_nearest_hint(&nearest,
							"livekit_api_methods() lists the methods."));
}

/*
 * livekit_api_methods() returns the table as rows.
 */

enum
{
	COLUMN_SERVICE, COLUMN_RPC, COLUMN_GRANTS, COLUMN_ROOM_FIELD,
	COLUMN_REQUIRED, COLUMN_FIELDS, NCOLUMNS
};

#define MAX_NAMES 64			/* of one list */

/* A list as text[]. */
static Datum
array_of(const char *list)
{
	Datum		names[MAX_NAMES];
	int			n = 0;
	const char *name;
	int			len;

	while (lk_method_next(&list, &name, &len))
	{
		Assert(n < MAX_NAMES);
		names[n++] = PointerGetDatum(cstring_to_text_with_len(name, len));
	}
	return PointerGetDatum(construct_array(names, n, TEXTOID, -1, false,
										   TYPALIGN_INT));
}

PG_FUNCTION_INFO_V1(livekit_api_methods);
Datum
livekit_api_methods(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;

	InitMaterializedSRF(fcinfo, 0);
	for (size_t i = 0; i < lengthof(methods); i++)
	{
		const LkMethod *method = &methods[i];
		Datum		values[NCOLUMNS] = {0};
		bool		nulls[NCOLUMNS] = {false};

		values[COLUMN_SERVICE] = CStringGetTextDatum(method->service);
		values[COLUMN_RPC] = CStringGetTextDatum(method->rpc);
		values[COLUMN_GRANTS] = array_of(method->grants);
		nulls[COLUMN_ROOM_FIELD] = method->room_field == NULL;
		if (method->room_field != NULL)
			values[COLUMN_ROOM_FIELD] = CStringGetTextDatum(method->room_field);
		values[COLUMN_REQUIRED] = array_of(method->required);
		values[COLUMN_FIELDS] = array_of(method->fields);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
	return (Datum) 0;
}
