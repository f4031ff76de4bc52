/*-------------------------------------------------------------------------
 *
 * grants.h
 *	  The grants of a token: what there are, what a caller asked for.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/grants.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef LK_GRANTS_H
#define LK_GRANTS_H

#include "wire.h"

/* The claims that hold grants, in the order they are written. */
typedef enum LkScope
{
	LK_SCOPE_VIDEO,
	LK_SCOPE_SIP,
	LK_SCOPE_AGENT,
	LK_SCOPE_INFERENCE,
	LK_SCOPE_OBSERVABILITY,
	LK_SCOPE_AGENT_ENDPOINT,
	LK_SCOPE_AGENT_THREAD
} LkScope;

#define LK_NSCOPES	(LK_SCOPE_AGENT_THREAD + 1)

typedef enum LkGrantType
{
	LK_BOOLEAN,
	LK_STRING,
	LK_STRINGS,
	LK_SOURCES					/* strings, each a track source */
} LkGrantType;

extern const char *const lk_grant_type_names[];

typedef struct LkGrantRow
{
	LkScope		scope;
	const char *name;			/* as LiveKit spells it, in camelCase */
	LkGrantType type;
	const char *value_if_absent;	/* what LiveKit's server assumes */
	bool		allows;			/* by itself, or only shapes another? */
	bool		sensitive;		/* would a DBA want to know who has it? */
	const char *description;
} LkGrantRow;

extern const LkGrantRow lk_grant_table[];
extern const int lk_ngrants;

/* Grants that the code knows by name: the first rows of the table. */
typedef enum LkGrant
{
	LK_ROOM_CREATE,
	LK_ROOM_LIST,
	LK_ROOM_RECORD,
	LK_ROOM_ADMIN,
	LK_ROOM_JOIN,
	LK_ROOM,
	LK_CAN_PUBLISH,
	LK_CAN_SUBSCRIBE,
	LK_CAN_PUBLISH_DATA,
	LK_CAN_PUBLISH_SOURCES
} LkGrant;

#define LK_MAX_GRANTS 64

/* What is granted.  Only the values whose bit is set in `given` count. */
typedef struct LkGrants
{
	uint64		given;
	JsonbValue	value[LK_MAX_GRANTS];
} LkGrants;

#define LK_GRANT_BIT(grant)		(UINT64CONST(1) << (grant))

/* Is it given, and true? */
#define LK_GRANTED(grants, grant) \
	(((grants)->given & LK_GRANT_BIT(grant)) != 0 && \
	 (grants)->value[grant].val.boolean)

/*
 * Read a caller's grants; NULL gives none.  Raises 22023 for an unknown name,
 * a wrong type, and a grant given twice.
 */
extern void lk_grants_read(Jsonb *jsonb, LkGrants *grants);

/* Set a grant as if a caller had given it. */
extern void lk_grants_set_boolean(LkGrants *grants, LkGrant grant, bool value);
extern void lk_grants_set_string(LkGrants *grants, LkGrant grant, LkText value);

/* Is there one that allows anything by itself? */
extern bool lk_grants_suffice(const LkGrants *grants);

/* Append the members "video", "sip", ... of a payload. */
extern void lk_grants_write(StringInfo buf, LkGrants *grants);

/* The claims of the scopes, by LkScope. */
extern const char *const lk_scope_names[LK_NSCOPES];

/* The scope of a claim, the row of a name, in either spelling; or -1. */
extern int	lk_scope_find(const char *s, int len);
extern int	lk_grant_find(LkScope scope, const char *s, int len);

/* Is s a track source that LiveKit knows? */
extern bool lk_source_known(const char *s, int len);

/* The kinds of participant, ended by NULL; and is s one of them? */
extern const char *const lk_kinds[];
extern bool lk_kind_known(const char *s, int len);

#endif							/* LK_GRANTS_H */
