/*-------------------------------------------------------------------------
 *
 * compat.h
 *	  Shims between PostgreSQL versions.  Included last: it completes what the
 *	  headers before it declare.  All of them stand here, and no contract of
 *	  ours: to support another version, or one less, is to go through one file.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/compat.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef LK_COMPAT_H
#define LK_COMPAT_H

#if PG_VERSION_NUM < 180000
#define pg_noreturn _Noreturn
#endif

#ifdef BASE64_H
#if PG_VERSION_NUM >= 180000
#define lk_b64_decode(src, length, dst, size) \
	pg_b64_decode(src, length, dst, size)
#else
#define lk_b64_decode(src, length, dst, size) \
	pg_b64_decode(src, length, (char *) (dst), size)
#endif
#endif

#ifdef GUC_H
#if PG_VERSION_NUM >= 160000
#define lk_guc_malloc(size) guc_malloc(LOG, size)
#define lk_guc_free(pointer) guc_free(pointer)
#else
#define lk_guc_malloc(size) malloc(size)
#define lk_guc_free(pointer) free(pointer)
#endif
#endif

#if PG_VERSION_NUM < 180000 && defined(JSON_H)
static inline void
escape_json_with_len(StringInfo buf, const char *str, int len)
{
	char	   *copy = pnstrdup(str, len);

	escape_json(buf, copy);
	pfree(copy);
}
#endif

#ifdef JSONAPI_H

/* The parser's actions return whether to go on; before 16 they cannot. */
#if PG_VERSION_NUM >= 160000
typedef JsonParseErrorType lk_json_action;
#define LK_JSON_ACTION_RETURN(go_on) \
	return (go_on) ? JSON_SUCCESS : JSON_SEM_ACTION_FAILED
#else
typedef void lk_json_action;
#define LK_JSON_ACTION_RETURN(go_on) return
#endif

#if PG_VERSION_NUM >= 170000
#define lk_json_lexer(json, length, encoding) \
	makeJsonLexContextCstringLen(NULL, json, length, encoding, true)
#define lk_json_lexer_free(lex) freeJsonLexContext(lex)
#else
#define lk_json_lexer(json, length, encoding) \
	makeJsonLexContextCstringLen(json, length, encoding, true)

static inline void
lk_json_lexer_free(JsonLexContext *lex)
{
	pfree(lex->strval->data);
	pfree(lex->strval);
	pfree(lex);
}
#endif

#endif							/* JSONAPI_H */

#ifdef __JSONB_H__

/* 19 has the building of a jsonb in one struct. */
#if PG_VERSION_NUM >= 190000
#define lk_jsonb_push(state, token, value) pushJsonbValue(state, token, value)
#else
typedef struct JsonbInState
{
	JsonbValue *result;
	JsonbParseState *parseState;
} JsonbInState;

static inline void
lk_jsonb_push(JsonbInState *state, JsonbIteratorToken token, JsonbValue *value)
{
	state->result = pushJsonbValue(&state->parseState, token, value);
}
#endif

#endif							/* __JSONB_H__ */

#ifdef INVAL_H

/* A debugging setting: every look at the catalogs finds changes. */
#ifdef DISCARD_CACHES_ENABLED
#define lk_discarding_caches() (debug_discard_caches > 0)
#else
#define lk_discarding_caches() false
#endif

#endif							/* INVAL_H */

#ifdef PARSE_RELATION_H

/* Is this table of a query read with the rights of who runs the query? */
static inline bool
lk_reads_as_caller(const Query *query, RangeTblEntry *rte)
{
#if PG_VERSION_NUM >= 160000
	return rte->perminfoindex != 0 &&
		!OidIsValid(getRTEPermissionInfo(query->rteperminfos, rte)->checkAsUser);
#else
	return !OidIsValid(rte->checkAsUser);
#endif
}

/* Before 16, an entry is left of a view that has been expanded. */
#if PG_VERSION_NUM >= 160000
#define lk_is_expanded_view(rte) false
#else
#define lk_is_expanded_view(rte) ((rte)->relkind == RELKIND_VIEW)
#endif

/* From 18 on, an entry stands for a query's GROUP BY. */
#if PG_VERSION_NUM >= 180000
#define lk_is_grouping(rte) ((rte)->rtekind == RTE_GROUP)
#define lk_grouping(rte) ((rte)->groupexprs)
#else
#define lk_is_grouping(rte) false
#define lk_grouping(rte) NIL
#endif

#endif							/* PARSE_RELATION_H */

#ifdef ACL_H

#if PG_VERSION_NUM >= 160000
#include "catalog/pg_class.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_proc.h"

#define lk_proc_aclcheck(function, role, mode) \
	object_aclcheck(ProcedureRelationId, function, role, mode)
#define lk_schema_aclcheck(schema, role, mode) \
	object_aclcheck(NamespaceRelationId, schema, role, mode)
#define lk_owns_relation(relation, role) \
	object_ownercheck(RelationRelationId, relation, role)
#define lk_can_set_role(member, role) member_can_set_role(member, role)
#define LK_SET_ROLE "SET"		/* to pg_has_role() */
#else
#define lk_proc_aclcheck(function, role, mode) \
	pg_proc_aclcheck(function, role, mode)
#define lk_schema_aclcheck(schema, role, mode) \
	pg_namespace_aclcheck(schema, role, mode)
#define lk_owns_relation(relation, role) \
	pg_class_ownercheck(relation, role)
#define lk_can_set_role(member, role) is_member_of_role(member, role)
#define LK_SET_ROLE "MEMBER"
#endif

#endif							/* ACL_H */

#ifdef GUC_TABLES_H

/* Find the definition of a setting, by a look at them all. */
static inline struct config_generic *
lk_find_setting(const char *name)
{
#if PG_VERSION_NUM >= 160000
	int			n;
	struct config_generic **all = get_guc_variables(&n);
#else
	int			n = GetNumConfigOptions();
	struct config_generic **all = get_guc_variables();
#endif

	for (int i = 0; i < n; i++)
	{
		if (pg_strcasecmp(all[i]->name, name) == 0)
			return all[i];
	}
	return NULL;
}

/*
 * Has it a value, before its definition?  From 17 on, ALTER ROLE ... SET
 * leaves a placeholder without one.
 */
static inline bool
lk_setting_is_set(const char *name)
{
	struct config_generic *setting = lk_find_setting(name);

	return setting != NULL && setting->source != PGC_S_DEFAULT;
}

#endif							/* GUC_TABLES_H */

#ifdef ANALYZE_H
#if PG_VERSION_NUM >= 190000
typedef const JumbleState LkJumbleState;
#else
typedef JumbleState LkJumbleState;
#endif
#endif							/* ANALYZE_H */

#endif							/* LK_COMPAT_H */
