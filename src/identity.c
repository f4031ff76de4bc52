/*-------------------------------------------------------------------------
 *
 * identity.c
 *	  Who is calling: the identity that policies and tokens speak of.
 *
 * Where many users share one login role, a gateway names the user in a
 * setting of the session. Whoever can run SQL under such a role can write
 * that setting and be anyone; so it counts only where an administrator said
 * of the very role that logged in (ALTER ROLE ... SET) that its sessions may
 * be believed. From anywhere else the setting gives no identity at all, never
 * current_user, which would be a role shared by all.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/identity.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/guc_tables.h"
#include "utils/memutils.h"

#include "identity.h"
#include "payload.h"
#include "wire.h"

#include "compat.h"

#define PREFIX		"livekit_token."
#define SETTING		PREFIX "identity"
#define MAX_KEPT	4096		/* bytes of JSON */
#define LOST		"lost"		/* nothing that could be set has this name */

/* What one word stands for. */
static const struct
{
	const char *word;
	const char *meaning;
}			shorthands[] =
{
	{"postgrest", "request.jwt.claims:sub"},
	{"hasura", "hasura.user:x-hasura-user-id"},
};

static char *livekit_token_identity = NULL;

/* What a value of the setting means. */
typedef struct Meaning
{
	GucSource	source;			/* where the value came from */
	bool		is_valid;
	bool		is_role;
	const char *path;			/* into the JSON that it holds, or NULL */
	char		name[FLEXIBLE_ARRAY_MEMBER];	/* of that setting */
} Meaning;

/* That of the value now; it lives as long as that. */
static const Meaning *current = NULL;

/* What is assumed in its place; NULL for nothing. */
static Meaning *assumed = NULL;

/* The value in full: "role", or "setting", or "setting:path". */
static const char *
meaning_of(const char *value)
{
	for (size_t i = 0; i < lengthof(shorthands); i++)
	{
		if (strcmp(value, shorthands[i].word) == 0)
			return shorthands[i].meaning;
	}
	return value;
}

/* The length of the identifier that s begins with, or 0. */
static size_t
identifier_length(const char *s)
{
	size_t		n = 0;

	while (IS_HIGHBIT_SET(s[n]) || isalpha((unsigned char) s[n]) ||
		   s[n] == '_' ||
		   (n > 0 && (isdigit((unsigned char) s[n]) || s[n] == '$')))
		n++;
	return n;
}

/*
 * The length of the name of a custom setting that s begins with, or 0.  Such
 * names have two parts or more; the server's own have one.
 */
static size_t
setting_name_length(const char *s)
{
	size_t		length = identifier_length(s);
	int			parts = length > 0;

	while (length > 0 && s[length] == '.')
	{
		size_t		n = identifier_length(s + length + 1);

		if (n == 0)
			return 0;
		length += n + 1;
		parts++;
	}
	return parts > 1 ? length : 0;
}

bool
lk_identity_names_setting(const char *name)
{
	return name[0] != '\0' && setting_name_length(name) == strlen(name);
}

/*
 * Step to the next name of a path: all of it, or of {a,b,c} one after the
 * other.  *path is moved behind the name, NULL after the last.
 */
static size_t
next_name(const char **path, const char **name)
{
	const char *s = *path;
	size_t		n;

	if (s[0] != '{' && s[0] != ',')
	{
		*path = NULL;
		*name = s;
		return strlen(s);
	}
	*name = s + 1;
	n = strcspn(s + 1, ",}");
	*path = s[n + 1] == ',' ? s + n + 1 : NULL;
	return n;
}

/* Is it a path of names, none of them empty? */
static bool
path_is_valid(const char *path)
{
	const char *s = path;
	const char *name;

	if (path[0] == '{' && strcspn(path, "}") + 1 != strlen(path))
		return false;
	if (path[0] == ',')
		return false;
	while (s != NULL)
	{
		if (next_name(&s, &name) == 0)
			return false;
	}
	return true;
}

/*
 * Parse a value of the setting.  The result is one piece of malloc'd memory,
 * as the server wants it; NULL when there is none.
 */
static Meaning *
parse(const char *value, GucSource source)
{
	const char *meaning = meaning_of(value);
	size_t		length = strlen(meaning);
	size_t		name_length = setting_name_length(meaning);
	Meaning    *parsed = lk_guc_malloc(offsetof(Meaning, name) + length + 1);

	if (parsed == NULL)
		return NULL;
	memcpy(parsed->name, meaning, length + 1);
	parsed->source = source;
	parsed->path = NULL;
	parsed->is_role = strcmp(meaning, LK_IDENTITY_ROLE) == 0;
	parsed->is_valid = parsed->is_role ||
		(name_length > 0 &&
		 pg_strncasecmp(meaning, PREFIX, strlen(PREFIX)) != 0);
	if (parsed->is_valid && !parsed->is_role && name_length < length)
	{
		parsed->path = parsed->name + name_length + 1;
		parsed->is_valid = meaning[name_length] == ':' &&
			path_is_valid(parsed->path);
		parsed->name[name_length] = '\0';
	}
	return parsed;
}

/* May it be typed?  Says why not. */
static bool
may_be_typed(const Meaning *parsed, const char *value, GucSource source)
{
	if (!parsed->is_valid)
	{
		GUC_check_errdetail("It must be \"role\", \"postgrest\", \"hasura\", or the name of a custom setting, which may be followed by a colon and a name in the JSON object that the setting holds.");
		GUC_check_errhint("For example \"app.user_id\", or \"request.jwt.claims:sub\", or \"request.jwt.claims:{app,user}\".");
		return false;
	}
	if (source != PGC_S_TEST && !parsed->is_role)
	{
		GUC_check_errmsg("parameter \"%s\" cannot be set to \"%s\" within a session",
						 SETTING, value);
		GUC_check_errhint("Set it for the role that logs in: ALTER ROLE ... SET %s = '%s'.",
						  SETTING, value);
		return false;
	}
	return true;
}

/*
 * What is typed is refused when it is wrong. A value that comes with a file
 * or with the login is accepted even then, and gives no identity when it is
 * used: refused here, it would leave "role" in its place.
 */
static bool
check_identity(char **newval, void **extra, GucSource source)
{
	Meaning    *parsed = parse(*newval, source);

	if (parsed == NULL)
		return false;
	if (source >= PGC_S_INTERACTIVE && !may_be_typed(parsed, *newval, source))
	{
		lk_guc_free(parsed);
		return false;
	}
	*extra = parsed;
	return true;
}

static void
assign_identity(const char *newval, void *extra)
{
	current = extra;
}

void
lk_identity_init(void)
{
	bool		was_set = !process_shared_preload_libraries_in_progress &&
		lk_setting_is_set(SETTING);

	DefineCustomStringVariable(SETTING,
							   "Sets where the caller's identity comes from.",
							   "\"role\" is the current role; a custom setting counts only when this is set for the role that logs in.",
							   &livekit_token_identity, LK_IDENTITY_ROLE,
							   PGC_SUSET, 0,
							   check_identity, assign_identity, NULL);

	/*
	 * Loaded in a running session, the definition refuses a value that the
	 * connection's options put in place of the role's, and falls back to
	 * "role".  Parallel workers are to know of it, so it is in the value.
	 */
	if (was_set && current->source == PGC_S_DEFAULT)
		SetConfigOption(SETTING, LOST, PGC_SUSET, PGC_S_OVERRIDE);
}

/* The member of an object, which is one itself or the end of the path. */
static bool
find_member(Jsonb *object, const char *path, JsonbValue *v)
{
	JsonbContainer *container = &object->root;

	while (path != NULL)
	{
		const char *name;
		size_t		length = next_name(&path, &name);

		if (getKeyJsonValueFromContainer(container, name, length, v) == NULL)
			return false;
		if (path == NULL)
			break;
		if (v->type != jbvBinary ||
			!JsonContainerIsObject(v->val.binary.data))
			return false;
		container = v->val.binary.data;
	}
	return true;
}

/* Read the identity out of the JSON that a setting holds. */
static char *
identity_in_json(const char *setting, const char *json, const char *path,
				 const char **cause)
{
	LkText		text = {json, strlen(json)};
	LkPayload	payload;
	JsonbValue	v;

	if (!pg_verifymbstr(json, strlen(json), true))
	{
		*cause = psprintf("The setting \"%s\" is not valid in the database's encoding.",
						  setting);
		return NULL;
	}

	/* of SQL_ASCII nothing is known, and what is read must be UTF-8 anyway */
	if (GetDatabaseEncoding() != PG_SQL_ASCII)
		text = lk_wire_text(json, strlen(json));
	if (lk_payload_read(pnstrdup(text.data, text.length), text.length,
						LK_NAMES_OF_HEADER, &payload) != LK_OK)
	{
		*cause = psprintf("The setting \"%s\" does not hold a JSON object, or one that could be read in two ways.",
						  setting);
		return NULL;
	}
	if (!find_member(payload.object, path, &v))
	{
		*cause = psprintf("The JSON object in the setting \"%s\" has no member \"%s\".",
						  setting, path);
		return NULL;
	}
	if (v.type == jbvString)
		return pnstrdup(v.val.string.val, v.val.string.len);
	if (v.type == jbvNumeric)
		return DatumGetCString(DirectFunctionCall1(numeric_out,
												   NumericGetDatum(v.val.numeric)));
	*cause = psprintf("The member \"%s\" of the JSON object in the setting \"%s\" is neither a string nor a number.",
					  path, setting);
	return NULL;
}

/*
 * The identity that was read last, of what: a policy may ask for it with each
 * row, and a gateway repeats itself.
 */
static struct
{
	char	   *path;			/* NULL when nothing is kept */
	char	   *json;
	char	   *identity;
}			last;

/* Keep what was read of JSON that is short enough to be compared. */
static void
keep(const char *path, const char *json, const char *identity)
{
	char	   *old[] = {last.path, last.json, last.identity};

	if (strlen(json) > MAX_KEPT)
		return;
	last.path = NULL;
	last.json = MemoryContextStrdup(TopMemoryContext, json);
	last.identity = MemoryContextStrdup(TopMemoryContext, identity);
	last.path = MemoryContextStrdup(TopMemoryContext, path);
	for (size_t i = 0; i < lengthof(old); i++)
	{
		if (old[i] != NULL)
			pfree(old[i]);
	}
}

static bool
is_kept(const char *path, const char *json)
{
	return last.path != NULL && strcmp(last.json, json) == 0 &&
		strcmp(last.path, path) == 0;
}

/* Read the identity out of a setting of the session. */
static char *
identity_in_setting(const char *name, const char *path, const char **cause)
{
	const char *value = GetConfigOption(name, true, false);
	char	   *identity;

	/* after SET LOCAL and the end of its transaction it is there, and empty */
	if (value == NULL || value[0] == '\0')
	{
		*cause = psprintf("The setting \"%s\" has no value in this transaction.",
						  name);
		return NULL;
	}
	if (path == NULL)
		return pstrdup(value);
	if (is_kept(path, value))
		return pstrdup(last.identity);
	identity = identity_in_json(name, value, path, cause);
	if (identity == NULL)
		return NULL;
	if (identity[0] == '\0')
	{
		*cause = psprintf("The member \"%s\" of the JSON object in the setting \"%s\" is empty.",
						  path, name);
		return NULL;
	}
	keep(path, value, identity);
	return identity;
}

/* Read the identity from where the setting says that it is. */
static char *
read_identity(const char **cause)
{
	const Meaning *meaning = assumed != NULL ? assumed : current;

	*cause = NULL;
	if (meaning->is_role)
		return GetUserNameFromId(GetUserId(), false);
	if (strcmp(meaning->name, LOST) == 0)
		*cause = "The value of " SETTING " was lost when the library was loaded: the connection's options had replaced it.";
	else if (meaning->source != PGC_S_USER &&
			 meaning->source != PGC_S_DATABASE_USER)
		*cause = SETTING " is not set for the role that logged in (ALTER ROLE ... SET), but elsewhere; there only \"role\" counts.";
	else if (!meaning->is_valid)
		*cause = "The value of " SETTING " is not valid.";
	else
		return identity_in_setting(meaning->name, meaning->path, cause);
	return NULL;
}

const char *
lk_identity_of_server(void)
{
	return current->source > PGC_S_DEFAULT && current->source < PGC_S_GLOBAL ?
		livekit_token_identity : NULL;
}

void
lk_identity_assume(const char *value, bool is_believed)
{
	if (assumed != NULL)
		lk_guc_free(assumed);
	assumed = value == NULL ? NULL :
		parse(value, is_believed ? PGC_S_USER : PGC_S_DATABASE);
	if (value != NULL && assumed == NULL)
		elog(ERROR, "out of memory");
}

const char *
lk_identity_setting(const char **path)
{
	*path = NULL;
	if (assumed == NULL || assumed->is_role || !assumed->is_valid)
		return NULL;
	*path = assumed->path;
	return assumed->name;
}

char *
lk_identity_get(const char **cause)
{
	char	   *identity = read_identity(cause);

	/*
	 * Roles are the cluster's, and a connection's options come before its
	 * encoding is known: neither has been checked as text is.
	 */
	if (identity != NULL &&
		!pg_verifymbstr(identity, strlen(identity), true))
	{
		*cause = "The identity is not valid in the database's encoding.";
		return NULL;
	}
	return identity;
}

/*
 * livekit_identity() returns the caller's identity, or NULL.
 */
PG_FUNCTION_INFO_V1(livekit_identity);
Datum
livekit_identity(PG_FUNCTION_ARGS)
{
	const char *cause;
	char	   *identity = lk_identity_get(&cause);

	if (identity == NULL)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(identity));
}
