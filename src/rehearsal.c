/*-------------------------------------------------------------------------
 *
 * rehearsal.c
 *	  Acting as another role, for a question whose effects are taken back.
 *
 * The role is set as SET ROLE sets it, so that the server's own rules say who
 * may, and so that policies see it as they would see a caller. The end of the
 * subtransaction restores the role and all settings.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/rehearsal.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/resowner.h"

#include "identity.h"
#include "inforce.h"
#include "jsonarg.h"
#include "names.h"
#include "nested.h"
#include "owner.h"
#include "rehearsal.h"

#include "compat.h"

/* Where PostgREST puts the claims, and where they go without a mechanism. */
#define CLAIMS	"request.jwt.claims"
#define OURS	"livekit"

/*
 * Who may log in and be the role: itself, and gateways that can become it; but
 * only those that the caller could become, or he would learn what anybody may
 * by making claims.  And what each has at login, of which only what is set for
 * a role is believed: the role's before all roles', this database's before
 * all databases'.
 */
static const char *const logins =
	"SELECT r.rolname::text, s.value, s.believed, r.oid = $1 AS own "
	"FROM pg_roles r LEFT JOIN LATERAL ("
	"  SELECT substr(c, strpos(c, '=') + 1) AS value, d.setrole <> 0 AS believed"
	"  FROM pg_db_role_setting d, unnest(d.setconfig) c"
	"  WHERE d.setrole IN (r.oid, 0)"
	"    AND d.setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))"
	"    AND lower(split_part(c, '=', 1)) = 'livekit_token.identity'"
	"  ORDER BY d.setrole <> 0 DESC, d.setdatabase DESC LIMIT 1) s ON true "
	"WHERE r.rolcanlogin AND (r.oid = $1"
	"   OR NOT r.rolsuper AND pg_has_role(r.oid, $1, '" LK_SET_ROLE "')"
	"  AND pg_has_role(r.oid, '" LK_SET_ROLE "')"
	"  AND pg_has_role(session_user, r.oid, '" LK_SET_ROLE "')) "
	"ORDER BY own DESC, 1";

/* One of them. */
typedef struct Login
{
	const char *role;
	const char *mechanism;		/* NULL: none is set */
	bool		is_believed;
	bool		is_own;			/* the role itself */
} Login;

static Login
read_login(HeapTuple tuple, TupleDesc desc)
{
	char	   *believed = SPI_getvalue(tuple, desc, 3);
	Login		login;

	login.role = SPI_getvalue(tuple, desc, 1);
	login.mechanism = SPI_getvalue(tuple, desc, 2);
	login.is_believed = believed != NULL && believed[0] == 't';
	login.is_own = SPI_getvalue(tuple, desc, 4)[0] == 't';
	if (login.mechanism == NULL)
		login.mechanism = lk_identity_of_server();
	if (login.mechanism != NULL &&
		strcmp(login.mechanism, LK_IDENTITY_ROLE) == 0)
		login.mechanism = NULL;
	return login;
}

/*
 * Take what a login has; true if the others need not be looked at.  What is
 * not believed gives nobody an identity: it counts where nothing else does.
 */
static bool
take_login(LkRehearsal *rehearsal, const Login *login)
{
	if (login->mechanism == NULL)
	{
		/* who logs in and is given no claims comes by no gateway */
		if (login->is_own && rehearsal->claims == NULL)
			return true;
		if (rehearsal->plain_role == NULL && !login->is_own)
			rehearsal->plain_role = login->role;
		return false;
	}
	if (rehearsal->mechanism_role == NULL ||
		(login->is_believed && !rehearsal->is_believed))
	{
		rehearsal->mechanism = login->mechanism;
		rehearsal->mechanism_role = login->role;
		rehearsal->is_believed = login->is_believed;
		return login->is_own &&
			(login->is_believed || rehearsal->claims == NULL);
	}
	if (!login->is_believed ||
		strcmp(login->mechanism, rehearsal->mechanism) == 0)
		return false;
	rehearsal->ambiguity =
		psprintf("Role \"%s\" has it as \"%s\", role \"%s\" as \"%s\"",
				 rehearsal->mechanism_role, rehearsal->mechanism,
				 login->role, login->mechanism);
	rehearsal->mechanism = LK_IDENTITY_ROLE;
	return true;
}

static void
find_mechanism(LkRehearsal *rehearsal)
{
	MemoryContext context = CurrentMemoryContext;
	Oid			types[] = {OIDOID};
	Datum		values[] = {ObjectIdGetDatum(rehearsal->role)};
	int			level;
	bool		is_found = false;

	rehearsal->mechanism = LK_IDENTITY_ROLE;
	SPI_connect();
	level = lk_nested_begin();
	if (SPI_execute_with_args(logins, lengthof(types), types, values,
							  NULL, true, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not read the settings of roles");
	MemoryContextSwitchTo(context);
	for (uint64 i = 0; i < SPI_processed && !is_found; i++)
	{
		Login		login = read_login(SPI_tuptable->vals[i],
									   SPI_tuptable->tupdesc);

		is_found = take_login(rehearsal, &login);
	}
	lk_nested_end(level);
	SPI_finish();
	MemoryContextSwitchTo(context);
}

void
lk_rehearsal_begin(LkRehearsal *rehearsal)
{
	rehearsal->role_name = GetUserNameFromId(rehearsal->role, false);
	if (InLocalUserIdChange() || InSecurityRestrictedOperation())
		ereport(ERROR,
				errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				errmsg("cannot act as role \"%s\" within a SECURITY DEFINER function",
					   rehearsal->role_name));
	if (IsInParallelMode())
		ereport(ERROR,
				errcode(ERRCODE_INVALID_TRANSACTION_STATE),
				errmsg("cannot act as role \"%s\" within a parallel query",
					   rehearsal->role_name));
	if (!lk_can_set_role(GetUserId(), rehearsal->role) ||
		!lk_can_set_role(GetSessionUserId(), rehearsal->role))
		ereport(ERROR,
				errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				errmsg("permission denied to act as role \"%s\"",
					   rehearsal->role_name),
				errdetail("You can ask for roles that you can SET ROLE to."));
	find_mechanism(rehearsal);
}

/*
 * Claims
 */

/* A JSON value as a setting holds it: a string without its quotes. */
static char *
setting_text(const JsonbValue *v)
{
	if (v->type == jbvString)
		return pnstrdup(v->val.string.val, v->val.string.len);
	return JsonbToCString(NULL, &JsonbValueToJsonb(unconstify(JsonbValue *, v))->root,
						  -1);
}

pg_noreturn static void
refuse_claims(const char *detail)
{
	ereport(ERROR,
			errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			errmsg("claims cannot be set"),
			errdetail("%s", detail));
}

/* Set what an object names: settings that an application may have. */
static void
set_members(Jsonb *object)
{
	JsonbIterator *it = JsonbIteratorInit(&object->root);
	JsonbValue	key,
				v;

	while (lk_json_next_member(&it, &key, &v))
	{
		char	   *name = pnstrdup(key.val.string.val, key.val.string.len);

		if (!lk_identity_names_setting(name) ||
			pg_strncasecmp(name, OURS, strlen(OURS)) == 0)
			refuse_claims(psprintf("\"%s\" is not the name of an application's setting, such as \"app.user_id\".",
								   lk_name_quote(name, strlen(name))));
		lk_nested_set(name, v.type == jbvNull ? "" : setting_text(&v));
	}
}

/* Set what a gateway would have set. */
static void
set_claims(Jsonb *claims)
{
	const char *path;
	const char *setting = lk_identity_setting(&path);
	JsonbValue	scalar;

	/* nothing that this session has set is the role's */
	if (setting != NULL)
		lk_nested_set(setting, "");
	if (claims == NULL)
		return;
	if (JB_ROOT_IS_OBJECT(claims) && (setting == NULL || path != NULL))
		lk_nested_set(setting == NULL ? CLAIMS : setting,
					  JsonbToCString(NULL, &claims->root, -1));
	else if (JB_ROOT_IS_OBJECT(claims))
		set_members(claims);
	else if (setting != NULL && path == NULL && JB_ROOT_IS_SCALAR(claims) &&
			 JsonbExtractScalar(&claims->root, &scalar) &&
			 (scalar.type == jbvString || scalar.type == jbvNumeric))
		lk_nested_set(setting, setting_text(&scalar));
	else
		refuse_claims(path == NULL && setting != NULL ?
					  "They must be a string, a number, or an object of settings and their values." :
					  "They must be an object.");
}

/*
 * Acting
 */

/* Errors that say nothing of what was asked: by class, or whole. */
static const int not_answers[] = {
	ERRCODE_TRANSACTION_ROLLBACK,
	ERRCODE_INSUFFICIENT_RESOURCES,
	ERRCODE_LOCK_NOT_AVAILABLE,
	ERRCODE_OPERATOR_INTERVENTION,
	ERRCODE_SYSTEM_ERROR,
	ERRCODE_INTERNAL_ERROR,
};

static bool
is_answer(int sqlerrcode)
{
	for (size_t i = 0; i < lengthof(not_answers); i++)
	{
		if (not_answers[i] == sqlerrcode ||
			not_answers[i] == ERRCODE_TO_CATEGORY(sqlerrcode))
			return false;
	}
	return true;
}

/* Run act in a subtransaction of its own; see lk_rehearse. */
static ErrorData *
rehearse(const LkRehearsal *rehearsal, void (*act) (void *arg), void *arg)
{
	MemoryContext context = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	ErrorData  *volatile error = NULL;
	volatile bool acting = false;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(context);
	PG_TRY();
	{
		/* the end of the subtransaction is that of these settings */
		if (rehearsal != NULL)
		{
			lk_nested_set("row_security", "on");
			/* a parallel worker knows nothing of what is assumed here */
			lk_nested_set("max_parallel_workers", "0");
			lk_nested_set("role", rehearsal->role_name);
			set_claims(rehearsal->claims);
			lk_owner_confine();
		}
		acting = true;
		act(arg);
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		FlushErrorState();
	}
	PG_END_TRY();
	RollbackAndReleaseCurrentSubTransaction();
	MemoryContextSwitchTo(context);
	CurrentResourceOwner = owner;

	/* a wrong question has no answer */
	if (error != NULL && (!acting || !is_answer(error->sqlerrcode)))
		ReThrowError(error);
	return error;
}

ErrorData *
lk_rehearse(const LkRehearsal *rehearsal, void (*act) (void *arg), void *arg)
{
	ErrorData  *volatile error = NULL;

	lk_identity_assume(rehearsal->mechanism, rehearsal->is_believed);
	lk_inforce_rehearsal_begin();
	PG_TRY();
	{
		error = rehearse(rehearsal, act, arg);
	}
	PG_FINALLY();
	{
		lk_inforce_rehearsal_end();
		lk_identity_assume(NULL, false);
	}
	PG_END_TRY();
	return error;
}

ErrorData *
lk_rehearse_as_caller(void (*act) (void *arg), void *arg)
{
	return rehearse(NULL, act, arg);
}
