/*-------------------------------------------------------------------------
 *
 * grantset.h
 *	  The grants that a caller asks for, and that a token gives.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/grantset.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef LK_GRANTSET_H
#define LK_GRANTSET_H

#include "grants.h"
#include "wire.h"

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

/* A grant as errors call it: video's without a scope, as callers write them. */
extern const char *lk_grant_label(const LkGrantRow *row);

/* Are two values of one grant the same? */
extern bool lk_grant_same(const JsonbValue *a, const JsonbValue *b);

/* Is every element of an array of strings in the other? */
extern bool lk_grant_is_within(const JsonbValue *array,
							   const JsonbValue *other);

/* Set a grant as if a caller had given it. */
extern void lk_grants_set_boolean(LkGrants *grants, LkGrant grant, bool value);
extern void lk_grants_set_string(LkGrants *grants, LkGrant grant, LkText value);

/* Is there one that allows anything by itself? */
extern bool lk_grants_suffice(const LkGrants *grants);

/* Append the members "video", "sip", ... of a payload. */
extern void lk_grants_write(StringInfo buf, const LkGrants *grants);

/* The same members as an object, in the database's encoding. */
extern Jsonb *lk_grants_jsonb(const LkGrants *grants);

#endif							/* LK_GRANTSET_H */
