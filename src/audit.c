/*-------------------------------------------------------------------------
 *
 * audit.c
 *	  What was signed, and what was not: a line in the server log, and a row.
 *
 * The line is written first, since a ROLLBACK takes the row back and not the
 * token. It is one JSON object in UTF-8, whatever the database's encoding, so
 * that whatever reads the log finds one event a line.
 *
 * Of a token that is refused only the reason is told: nothing it holds can be
 * believed, and its iss may be a secret.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/audit.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "access/xlog.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "audit.h"
#include "bounds.h"
#include "home.h"
#include "owner.h"

#include "compat.h"

#define TABLE		"livekit_issued"
#define MAX_CAUSE	1024		/* bytes of it that are logged */

typedef enum Audit
{
	AUDIT_OFF,
	AUDIT_LOG,
	AUDIT_BOTH
} Audit;

static const struct config_enum_entry audits[] = {
	{"off", AUDIT_OFF, false},
	{"log", AUDIT_LOG, false},
	{"both", AUDIT_BOTH, false},
	{NULL, 0, false}
};

static int	livekit_token_audit = AUDIT_LOG;
static bool livekit_token_audit_refusals = true;

/* Why nothing was signed, by SQLSTATE, or by its class. */
static const struct
{
	int			sqlerrcode;
	LkReason	reason;
	bool		is_class;
}			reasons[] =
{
	{ERRCODE_INSUFFICIENT_PRIVILEGE, LK_DENIED, false},
	{ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE, LK_NOT_CONFIGURED, false},
	{ERRCODE_CARDINALITY_VIOLATION, LK_MANY_ROWS, false},
	{ERRCODE_READ_ONLY_SQL_TRANSACTION, LK_READ_ONLY, false},
	{ERRCODE_UNDEFINED_OBJECT, LK_UNKNOWN_PROJECT, false},
	{ERRCODE_CONFIG_FILE_ERROR, LK_KEY_FILE, false},
	{ERRCODE_PROGRAM_LIMIT_EXCEEDED, LK_LIMIT, false},
	{ERRCODE_EXTERNAL_ROUTINE_EXCEPTION, LK_CRYPTO, false},
	{ERRCODE_DATA_EXCEPTION, LK_INVALID_REQUEST, true},
};

/* The columns of livekit_issued. */
enum
{
	COLUMN_ISSUED_AT, COLUMN_JTI, COLUMN_SESSION_ROLE, COLUMN_ROLE,
	COLUMN_IDENTITY, COLUMN_ROOM, COLUMN_PROJECT, COLUMN_API_KEY,
	COLUMN_GRANTS, COLUMN_EXPIRES_AT, COLUMN_VIA, NCOLUMNS
};

static LkOwnerPlan insertion = {
	.statement = "INSERT INTO %s VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
	.nargs = NCOLUMNS,
	.types = {
		[COLUMN_ISSUED_AT] = TIMESTAMPTZOID,
		[COLUMN_JTI] = TEXTOID,
		[COLUMN_SESSION_ROLE] = NAMEOID,
		[COLUMN_ROLE] = NAMEOID,
		[COLUMN_IDENTITY] = TEXTOID,
		[COLUMN_ROOM] = TEXTOID,
		[COLUMN_PROJECT] = TEXTOID,
		[COLUMN_API_KEY] = TEXTOID,
		[COLUMN_GRANTS] = JSONBOID,
		[COLUMN_EXPIRES_AT] = TIMESTAMPTZOID,
		[COLUMN_VIA] = TEXTOID,
	},
};

void
lk_audit_init(void)
{
	DefineCustomEnumVariable("livekit_token.audit",
							 "Sets where it is recorded what was signed.",
							 "\"log\" is the server log, \"both\" also the table livekit_issued.",
							 &livekit_token_audit, AUDIT_LOG, audits,
							 PGC_SUSET, 0,
							 NULL, NULL, NULL);
	DefineCustomBoolVariable("livekit_token.audit_refusals",
							 "Records in the server log what was not signed, and why.",
							 "Not with livekit_token.audit off.",
							 &livekit_token_audit_refusals, true,
							 PGC_SUSET, 0,
							 NULL, NULL, NULL);
}

void
lk_audit_begin(void)
{
	if (livekit_token_audit == AUDIT_BOTH && XactReadOnly &&
		!RecoveryInProgress())
		ereport(ERROR,
				errcode(ERRCODE_READ_ONLY_SQL_TRANSACTION),
				errmsg("cannot sign in a read-only transaction, where the row that tells of it cannot be written"),
				errhint("livekit_token.audit is 'both'; with 'log' nothing is written but the server log."));
}

/*
 * The line
 */

static void
put_ascii(StringInfo line, const char *name, const char *text)
{
	LkText		wire = {text, strlen(text)};

	lk_wire_member(line, name, wire);
}

/* Append what somebody else made, in the database's encoding or not. */
static void
put_foreign(StringInfo line, const char *name, const char *text)
{
	lk_wire_member(line, name, lk_wire_readable(text, strlen(text)));
}

/* A role's name; it may have been dropped since it logged in. */
static char *
role_name(Oid role)
{
	char	   *name = GetUserNameFromId(role, true);

	return name != NULL ? name : psprintf("unknown (OID=%u)", role);
}

void
lk_audit_caller(LkCaller *caller)
{
	char	   *session_role;
	char	   *role;

	memset(caller, 0, sizeof(*caller));
	if (livekit_token_audit == AUDIT_OFF ||
		!message_level_is_interesting(LOG_SERVER_ONLY))
		return;
	session_role = role_name(GetSessionUserId());
	role = role_name(GetUserId());
	caller->session_role = lk_wire_readable(session_role,
											strlen(session_role));
	caller->role = lk_wire_readable(role, strlen(role));
}

/* Begin a line: what happened, and who is calling. */
static void
begin(StringInfo line, const char *event, LkVia via, const LkCaller *caller,
	  const char *jti)
{
	initStringInfo(line);
	appendStringInfoChar(line, '{');
	put_ascii(line, "event", event);
	if (jti != NULL)
		put_ascii(line, "jti", jti);
	put_ascii(line, "via", lk_via_names[via]);
	lk_wire_member(line, "session_role", caller->session_role);
	lk_wire_member(line, "role", caller->role);
}

static void
finish(StringInfo line)
{
	ErrorContextCallback *callers = error_context_stack;

	appendStringInfoChar(line, '}');
	error_context_stack = NULL; /* of a context nothing would be told */
	ereport(LOG_SERVER_ONLY,
			errmsg_internal("livekit_token: %s", line->data),
			errhidestmt(true), errhidecontext(true));
	error_context_stack = callers;
}

/*
 * Tokens that were signed
 */

static LkText
room_of(const LkClaims *claims)
{
	LkText		room = {NULL, 0};

	if ((claims->grants.given & LK_GRANT_BIT(LK_ROOM)) != 0)
	{
		room.data = claims->grants.value[LK_ROOM].val.string.val;
		room.length = claims->grants.value[LK_ROOM].val.string.len;
	}
	return room;
}

/* Append what the token says. */
static void
put_claims(StringInfo line, const LkClaims *claims, const LkKey *key)
{
	lk_wire_member(line, "identity", claims->identity);
	lk_wire_member(line, "room", room_of(claims));
	put_ascii(line, "project", key->project);
	lk_wire_member(line, "api_key", key->name);
	lk_wire_name(line, "grants");
	appendStringInfoChar(line, '{');
	lk_grants_write(line, &claims->grants);
	appendStringInfoChar(line, '}');
	lk_wire_name(line, "issued_at");
	lk_wire_integer(line, claims->issued_at);
	lk_wire_name(line, "expires_at");
	lk_wire_integer(line, claims->expires_at);
}

/* A text of the wire as a value of a column; a null where there is none. */
static Datum
column_text(LkText text, char *null)
{
	char	   *s;

	*null = text.data == NULL ? 'n' : ' ';
	if (text.data == NULL)
		return (Datum) 0;
	s = pg_any_to_server(text.data, text.length, PG_UTF8);
	if (s != text.data)
		return CStringGetTextDatum(s);
	return PointerGetDatum(cstring_to_text_with_len(s, text.length));
}

static void
insert(Oid table, LkVia via, const LkClaims *claims, const LkKey *key)
{
	Datum		values[NCOLUMNS] = {0};
	char		nulls[NCOLUMNS];
	NameData	session_role;
	NameData	role;

	memset(nulls, ' ', sizeof(nulls));
	namestrcpy(&session_role, role_name(GetSessionUserId()));
	namestrcpy(&role, role_name(GetUserId()));

	values[COLUMN_ISSUED_AT] =
		TimestampTzGetDatum(lk_claims_timestamp(claims->issued_at));
	values[COLUMN_JTI] = CStringGetTextDatum(claims->id);
	values[COLUMN_SESSION_ROLE] = NameGetDatum(&session_role);
	values[COLUMN_ROLE] = NameGetDatum(&role);
	values[COLUMN_IDENTITY] = column_text(claims->identity,
										  &nulls[COLUMN_IDENTITY]);
	values[COLUMN_ROOM] = column_text(room_of(claims), &nulls[COLUMN_ROOM]);
	values[COLUMN_PROJECT] = CStringGetTextDatum(key->project);
	values[COLUMN_API_KEY] = column_text(key->name, &nulls[COLUMN_API_KEY]);
	values[COLUMN_GRANTS] = JsonbPGetDatum(lk_grants_jsonb(&claims->grants));
	values[COLUMN_EXPIRES_AT] =
		TimestampTzGetDatum(lk_claims_timestamp(claims->expires_at));
	values[COLUMN_VIA] = CStringGetTextDatum(lk_via_names[via]);

	SPI_connect();
	lk_owner_execute_plan(table, &insertion, values, nulls);
	SPI_finish();
}

void
lk_audit_issued(LkVia via, const LkCaller *caller, const LkClaims *claims,
				const LkKey *key)
{
	StringInfoData line;

	if (caller->role.data != NULL)
	{
		begin(&line, "issued", via, caller, claims->id);
		put_claims(&line, claims, key);
		finish(&line);
	}
	if (livekit_token_audit == AUDIT_BOTH && !RecoveryInProgress())
		insert(lk_home_require_table(TABLE), via, claims, key);
	lk_counters_issued(via);
}

/*
 * What was refused
 */

/* May a line be written?  Begins it if so. */
static bool
begin_refusal(StringInfo line, LkVia via, const LkCaller *caller,
			  LkBucket bucket, int64 *suppressed)
{
	if (caller->role.data == NULL || !livekit_token_audit_refusals ||
		!lk_counters_may_log(bucket, suppressed))
		return false;
	begin(line, "refused", via, caller, NULL);
	return true;
}

static void
finish_refusal(StringInfo line, const char *sqlstate, const char *reason,
			   const char *cause, int64 suppressed)
{
	put_ascii(line, "sqlstate", sqlstate);
	put_ascii(line, "reason", reason);
	put_foreign(line, "cause", cause);
	if (suppressed > 0)
	{
		lk_wire_name(line, "suppressed");
		lk_wire_integer(line, suppressed);
	}
	finish(line);
}

/* The reason for an error; false if it is none of those that refuse. */
static bool
reason_of(int sqlerrcode, LkReason *reason)
{
	for (size_t i = 0; i < lengthof(reasons); i++)
	{
		if (reasons[i].sqlerrcode ==
			(reasons[i].is_class ? ERRCODE_TO_CATEGORY(sqlerrcode) :
			 sqlerrcode))
		{
			*reason = reasons[i].reason;
			return true;
		}
	}
	return false;
}

/* Append what was asked for, unless nothing of the kind has that length. */
static void
put_asked(StringInfo line, const char *name, const text *asked)
{
	if (asked != NULL && VARSIZE_ANY_EXHDR(asked) <= LK_MAX_NAME)
		put_foreign(line, name, text_to_cstring(asked));
}

/* What the log has as the cause, cut: a policy may have raised anything. */
static const char *
cause_of(const ErrorData *error)
{
	const char *cause = error->detail_log ? error->detail_log :
		error->message ? error->message : "missing error text";

	return pnstrdup(cause, pg_mbcliplen(cause, strlen(cause), MAX_CAUSE));
}

void
lk_audit_refused(LkVia via, const LkCaller *caller, const LkRequest *request,
				 const text *identity)
{
	MemoryContext context = MemoryContextSwitchTo(CurTransactionContext);
	ErrorData  *error = CopyErrorData();
	LkReason	reason;
	int64		suppressed;
	StringInfoData line;

	if (reason_of(error->sqlerrcode, &reason))
	{
		lk_counters_refused(reason);
		if (begin_refusal(&line, via, caller, LK_BUCKET_REQUESTS, &suppressed))
		{
			put_asked(&line, "identity",
					  identity != NULL ? identity : request->identity);
			put_asked(&line, "room", request->room);
			finish_refusal(&line, unpack_sql_state(error->sqlerrcode),
						   lk_reason_names[reason], cause_of(error),
						   suppressed);
		}
	}
	FreeErrorData(error);
	MemoryContextSwitchTo(context);
}

void
lk_audit_token_refused(LkVia via, LkStatus status, int sqlerrcode)
{
	LkCaller	caller;
	int64		suppressed;
	StringInfoData line;

	lk_counters_token_refused(status);
	lk_audit_caller(&caller);
	if (begin_refusal(&line, via, &caller, LK_BUCKET_TOKENS, &suppressed))
		finish_refusal(&line, unpack_sql_state(sqlerrcode),
					   lk_status_name(status), lk_status_sentence(status),
					   suppressed);
}

/*
 * livekit_issued_prune(before) deletes rows, as the table's owner.
 */
PG_FUNCTION_INFO_V1(livekit_issued_prune);
Datum
livekit_issued_prune(PG_FUNCTION_ARGS)
{
	Oid			types[] = {TIMESTAMPTZOID};
	Datum		values[1];
	uint64		deleted;

	if (PG_ARGISNULL(0))
		ereport(ERROR,
				errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				errmsg("parameter \"before\" must not be null"));
	PreventCommandIfReadOnly("livekit_issued_prune()");
	values[0] = PG_GETARG_DATUM(0);
	SPI_connect();
	lk_owner_execute(lk_home_require_table(TABLE),
					 "DELETE FROM %s WHERE issued_at OPERATOR(pg_catalog.<) $1",
					 lengthof(types), types, values, NULL);
	deleted = SPI_processed;
	SPI_finish();
	PG_RETURN_INT64((int64) deleted);
}
