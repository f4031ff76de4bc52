/*-------------------------------------------------------------------------
 *
 * authorize.c
 *	  May this caller have a token signed, and what may it say?
 *
 * The order of the checks is that of their cost and of what they give away:
 * first what is the same for every question, then the policies, then what is
 * asked. A refusal does not say whether a room exists.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/authorize.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_proc.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "authorize.h"
#include "bounds.h"
#include "ceiling.h"
#include "home.h"
#include "identity.h"
#include "inforce.h"
#include "policies.h"

#include "compat.h"

#define ISSUE "livekit_issue"

/* Why a caller is refused; each with what the caller is told. */
typedef enum Refusal
{
	NOT_REFUSED,
	NO_IDENTITY,
	MARKED_IDENTITY,
	OTHER_IDENTITY,
	NO_ROOM
} Refusal;

static const char *const refusals[] = {
	[NO_IDENTITY] = "the caller has no identity",
	[MARKED_IDENTITY] = "an identity must not contain \"#\"",
	[OTHER_IDENTITY] = "a token is signed for the caller's own identity only",
	[NO_ROOM] = "permission denied for this room",
};

pg_noreturn static void
refuse(Refusal refusal, const char *cause)
{
	ereport(ERROR,
			errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			errmsg("%s", refusals[refusal]),
			cause ? errdetail_log("%s", cause) : 0);
}

/*
 * Without policies
 */

void
lk_authorize_nothing(void)
{
	ereport(ERROR,
			errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			errmsg("no access relation is registered"),
			errdetail_log("There are no policies that could let role \"%s\" into a room. Register the table whose policies decide with livekit_register_access; without it, roles that may execute livekit_issue can sign.",
						  GetUserNameFromId(GetUserId(), true)),
			errhint("The server log says more, and so does livekit_explain_join."));
}

void
lk_authorize_issuer(void)
{
	Oid			issue = lk_home_function(ISSUE);

	if (!OidIsValid(issue) ||
		lk_proc_aclcheck(issue, GetUserId(), ACL_EXECUTE) != ACLCHECK_OK)
		lk_authorize_nothing();
}

/*
 * With policies
 */

/* The identity that the token will have: the caller's own, and a device. */
static text *
token_identity(const char *own, const char *device)
{
	const char *identity = own;

	if (device != NULL)
	{
		if (device[0] == '\0' || strchr(device, LK_DEVICE_MARK) != NULL)
			ereport(ERROR,
					errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("parameter \"device\" must not be empty or contain \"%c\"",
						   LK_DEVICE_MARK));
		identity = psprintf("%s%c%s", own, LK_DEVICE_MARK, device);
	}
	if (lk_wire_text(identity, strlen(identity)).length > LK_MAX_NAME)
		ereport(ERROR,
				errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				errmsg("the caller's identity is too long"),
				errdetail("It may have %d bytes in UTF-8, with the device if there is one.",
						  LK_MAX_NAME));
	return cstring_to_text(identity);
}

/* Raise 55000 when no question can be asked, whatever it is. */
static void
check_setup(const LkAccess *access)
{
	const char *problem = lk_inforce_session_problem().cause;

	if (problem != NULL)
		lk_policies_refuse(problem);
	if (access->problem != NULL)
		ereport(ERROR,
				errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				errmsg("the access relation is not what was registered"),
				errdetail_log("%s Register it again with livekit_register_access.",
							  access->problem),
				errhint("The server log says more, and so does livekit_explain_join."));
}

/*
 * Ask whether this caller may join, and read what the row gives. *cause is
 * for the log.
 */
static Refusal
decide(LkAccess *access, const LkRequest *request, const char *device,
	   LkRow *row, LkPermit *permit, const char **cause)
{
	LkQuestion	question = {.device = device,.grants = request->grants};

	*cause = NULL;
	check_setup(access);
	question.identity = lk_identity_get(cause);
	if (question.identity == NULL)
		return NO_IDENTITY;
	if (strchr(question.identity, LK_DEVICE_MARK) != NULL)
		return MARKED_IDENTITY;
	permit->identity = token_identity(question.identity, device);
	if (request->room == NULL)
	{
		*cause = "No room was given.";
		return NO_ROOM;
	}
	question.room = text_to_cstring(request->room);
	if (request->identity != NULL &&
		strcmp(text_to_cstring(request->identity), question.identity) != 0)
		return OTHER_IDENTITY;

	switch (lk_policies_ask(access, &question, row))
	{
		case LK_NO_ROW:
			*cause = "The policies show this caller no row for it.";
			return NO_ROOM;
		case LK_SEVERAL_ROWS:
			ereport(ERROR,
					errcode(ERRCODE_CARDINALITY_VIOLATION),
					errmsg("the policies show more than one row for this room"),
					errhint("One row must say what the caller may do; a unique index on room and identity makes sure of it."));
		case LK_ONE_ROW:
			break;
	}
	permit->now = GetCurrentTimestamp();
	if (!lk_ceiling_read(row, permit->identity, permit->now, &permit->claims))
	{
		*cause = "The row's ttl is over, or it grants nothing.";
		return NO_ROOM;
	}
	return NOT_REFUSED;
}

/* The same, or raise the error. */
static void
decide_or_refuse(LkAccess *access, const LkRequest *request,
				 const char *device, LkRow *row, LkPermit *permit)
{
	const char *cause;
	Refusal		refusal = decide(access, request, device, row, permit,
								 &cause);

	if (refusal != NOT_REFUSED)
		refuse(refusal, cause);
	permit->project = row->says.project;
	permit->url = row->url;
}

void
lk_authorize(LkAccess *access, const LkRequest *request, const char *device,
			 LkPermit *permit)
{
	LkRow		row;

	decide_or_refuse(access, request, device, &row, permit);
	lk_ceiling_hold(&row, request, permit->now, &permit->claims);
}

void
lk_authorize_grant(LkAccess *access, const LkRequest *request, LkGrant grant,
				   LkPermit *permit)
{
	LkRow		row;

	decide_or_refuse(access, request, NULL, &row, permit);
	lk_authorize_require(permit, grant);
}

bool
lk_authorize_join(LkAccess *access, const LkRequest *request)
{
	LkRow		row;
	LkPermit	permit;
	const char *cause;

	if (decide(access, request, NULL, &row, &permit, &cause) != NOT_REFUSED)
		return false;
	return LK_GRANTED(&permit.claims.grants, LK_ROOM_JOIN);
}

void
lk_authorize_require(const LkPermit *permit, LkGrant grant)
{
	if (!LK_GRANTED(&permit->claims.grants, grant))
		refuse(NO_ROOM, psprintf("The row does not grant %s.",
								 lk_grant_table[grant].name));
}
