/*-------------------------------------------------------------------------
 *
 * ceiling.c
 *	  What the access relation's row lets its user have of what is asked.
 *
 * A row is read as if the relation's owner had asked for it. What the user
 * asks for takes the place of what the row says, one thing after the other,
 * and must not be more. Grants are compared by their effect: a row that does
 * not speak of canPublish lets its user publish, since LiveKit does.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/ceiling.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "ceiling.h"
#include "jsonarg.h"
#include "keyring.h"
#include "names.h"
#include "roomconfig.h"
#include "ttl.h"
#include "url.h"

#include "compat.h"

#define IS_GIVEN(grants, grant) \
	(((grants)->given & LK_GRANT_BIT(grant)) != 0)

pg_noreturn static void
refuse(const char *what, const char *name)
{
	ereport(ERROR,
			errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			errmsg("permission denied for %s \"%s\"", what, name),
			errdetail("It would be more than this room's policies give you."),
			errhint("Leave it out to get what they give."));
}

/*
 * The row
 */

/* Write LiveKit's defaults out, so that the token says what it allows. */
static void
write_defaults(LkGrants *grants)
{
	if (!IS_GIVEN(grants, LK_CAN_PUBLISH))
		lk_grants_set_boolean(grants, LK_CAN_PUBLISH, true);
	if (!IS_GIVEN(grants, LK_CAN_SUBSCRIBE))
		lk_grants_set_boolean(grants, LK_CAN_SUBSCRIBE, true);
	if (!IS_GIVEN(grants, LK_CAN_PUBLISH_DATA))
		lk_grants_set_boolean(grants, LK_CAN_PUBLISH_DATA,
							  LK_GRANTED(grants, LK_CAN_PUBLISH));
}

static void
check_url(const text *url)
{
	const char *problem = url == NULL ? NULL :
		lk_url_problem(text_to_cstring(url));

	if (problem != NULL)
		ereport(ERROR,
				errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("url is not valid"),
				errdetail("%s", problem));
}

static LkRowUse
read_row(const LkRow *row, text *identity, TimestampTz now, LkClaims *claims)
{
	LkRequest	says = row->says;
	int64		seconds = lk_ttl_of_row(says.ttl);

	says.identity = identity;
	says.ttl = NULL;			/* it is bounded, where a request is refused */
	lk_request_read(&says, now, claims);
	lk_request_imply_join(&says, claims);
	if (seconds < 1)
		return LK_ROW_OVER;
	if (!lk_grants_suffice(&claims->grants))
		return LK_ROW_GIVES_NOTHING;
	claims->expires_at = claims->issued_at + seconds;
	write_defaults(&claims->grants);
	lk_request_check(claims);
	if (claims->room_config != NULL)
	{
		StringInfoData buf;

		initStringInfo(&buf);
		lk_roomconfig_write(&buf, claims->room_config);
	}
	check_url(row->url);
	return LK_ROW_GIVES;
}

LkRowUse
lk_ceiling_try(const LkRow *row, text *identity, TimestampTz now,
			   LkClaims *claims, char **problem)
{
	MemoryContext context = CurrentMemoryContext;
	volatile LkRowUse use = LK_ROW_UNUSABLE;

	PG_TRY();
	{
		use = read_row(row, identity, now, claims);
	}
	PG_CATCH();
	{
		ErrorData  *error;

		/* what would be the caller's mistake is the row's here */
		if (!lk_json_at_fault())
			PG_RE_THROW();
		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		FlushErrorState();
		*problem = psprintf("Of what it says: %s.%s%s%s%s", error->message,
							error->detail ? " " : "",
							error->detail ? error->detail : "",
							error->hint ? " " : "",
							error->hint ? error->hint : "");
	}
	PG_END_TRY();
	return use;
}

bool
lk_ceiling_read(const LkRow *row, text *identity, TimestampTz now,
				LkClaims *claims)
{
	char	   *problem;
	LkRowUse	use = lk_ceiling_try(row, identity, now, claims, &problem);

	if (use == LK_ROW_UNUSABLE)
		ereport(ERROR,
				errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				errmsg("the access relation's row cannot be used"),
				errdetail_log("%s", problem),
				errhint("The server log says more, and so does livekit_explain_join."));
	return use == LK_ROW_GIVES;
}

/*
 * Grants
 */

/* Does the row leave it to us what participants may do? */
static bool
is_silent(const LkRow *row)
{
	/* the one scalar that it can be is JSON's null */
	return row->says.grants == NULL || JB_ROOT_IS_SCALAR(row->says.grants);
}

/* Does the row give a grant as it is asked for? */
static bool
gives(const LkRow *row, const LkGrants *given, const LkGrants *asked, int i)
{
	const JsonbValue *v = &asked->value[i];

	switch (lk_grant_table[i].type)
	{
		case LK_BOOLEAN:
			/* a row without grants lets do what participants do */
			return !v->val.boolean || LK_GRANTED(given, i) ||
				(is_silent(row) &&
				 lk_grant_table[i].standing == LK_PARTICIPANT);
		case LK_STRING:
			return IS_GIVEN(given, i) &&
				v->val.string.len == given->value[i].val.string.len &&
				memcmp(v->val.string.val, given->value[i].val.string.val,
					   v->val.string.len) == 0;
		case LK_STRINGS:
			return IS_GIVEN(given, i) &&
				lk_grant_is_within(v, &given->value[i]);
		case LK_SOURCES:
			/* who may publish and is not told what, may publish all */
			if (!IS_GIVEN(given, i))
				return LK_GRANTED(given, LK_CAN_PUBLISH);
			return lk_grant_is_within(v, &given->value[i]);
	}
	return false;
}

static void
hold_grants(const LkRow *row, LkGrants *grants, const LkGrants *asked)
{
	const LkGrants given = *grants;

	for (int i = 0; i < lk_ngrants; i++)
	{
		if (!IS_GIVEN(asked, i))
			continue;
		if (!gives(row, &given, asked, i))
			refuse("grant", lk_grant_label(&lk_grant_table[i]));
		grants->given |= LK_GRANT_BIT(i);
		grants->value[i] = asked->value[i];
	}

	/* what follows canPublish in LiveKit follows it here */
	if (!LK_GRANTED(grants, LK_CAN_PUBLISH) && IS_GIVEN(asked, LK_CAN_PUBLISH))
	{
		if (!IS_GIVEN(asked, LK_CAN_PUBLISH_DATA))
			lk_grants_set_boolean(grants, LK_CAN_PUBLISH_DATA, false);
		if (!IS_GIVEN(asked, LK_CAN_PUBLISH_SOURCES))
			grants->given &= ~LK_GRANT_BIT(LK_CAN_PUBLISH_SOURCES);
	}
}

/*
 * All else
 */

static void
hold_text(const char *what, const char *name, LkText asked, LkText given)
{
	if (asked.data != NULL &&
		(given.data == NULL || asked.length != given.length ||
		 memcmp(asked.data, given.data, asked.length) != 0))
		refuse(what, name);
}

static void
hold_object(const char *name, Jsonb *asked, Jsonb *given)
{
	if (asked != NULL &&
		(given == NULL ||
		 compareJsonbContainers(&asked->root, &given->root) != 0))
		refuse("parameter", name);
}

/* A room configuration as a token has it, whatever its spelling was. */
static Jsonb *
spelled_out(Jsonb *config)
{
	StringInfoData buf;

	if (config == NULL)
		return NULL;
	initStringInfo(&buf);
	appendStringInfoChar(&buf, '{');
	lk_roomconfig_write(&buf, config);
	appendStringInfoChar(&buf, '}');
	return lk_wire_jsonb(&buf);
}

/* Does it name the default project, as nothing does? */
static bool
is_default_project(const text *project)
{
	return project == NULL ||
		lk_name_is(LK_DEFAULT_PROJECT, VARDATA_ANY(project),
				   VARSIZE_ANY_EXHDR(project));
}

static void
hold_project(const text *asked, const text *given)
{
	if (asked == NULL ||
		(is_default_project(asked) && is_default_project(given)))
		return;
	if (given == NULL ||
		!lk_name_is(text_to_cstring(given), VARDATA_ANY(asked),
					VARSIZE_ANY_EXHDR(asked)))
		refuse("parameter", "project");
}

void
lk_ceiling_hold(const LkRow *row, const LkRequest *request, TimestampTz now,
				LkClaims *claims)
{
	static const LkText none = {NULL, 0};
	LkClaims	asked;

	lk_request_read(request, now, &asked);

	hold_grants(row, &claims->grants, &asked.grants);
	hold_text("parameter", "name", asked.name, claims->name);
	hold_text("parameter", "metadata", asked.metadata, claims->metadata);
	hold_object("attributes", asked.attributes, claims->attributes);
	if (asked.room_config != NULL)
		hold_object("room_config", spelled_out(asked.room_config),
					spelled_out(claims->room_config));
	hold_project(request->project, row->says.project);
	hold_text("option", "kind", asked.kind, none);
	hold_text("option", "sha256", asked.sha256, none);
	hold_text("option", "roomPreset", asked.room_preset, none);

	if (request->ttl != NULL)
	{
		if (asked.expires_at > claims->expires_at)
			refuse("parameter", "ttl");
		claims->expires_at = asked.expires_at;
	}
	if (asked.not_before < claims->issued_at)
		refuse("option", "notBefore");
	claims->not_before = asked.not_before;
	lk_request_check(claims);
}
