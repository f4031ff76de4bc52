/*-------------------------------------------------------------------------
 *
 * newkey.h
 *	  Keys and secrets as callers give them.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/newkey.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef LK_NEWKEY_H
#define LK_NEWKEY_H

#include "fmgr.h"

/* A key to be stored. */
typedef struct LkNewKey
{
	const char *project;
	const char *api_key;
	const char *secret;
	const char *url;			/* NULL leaves what the project has */
} LkNewKey;

/* Raise 22023 for a key that may not be stored, or a project that may not be. */
extern void lk_newkey_check(const LkNewKey *key);
extern void lk_newkey_check_project(const char *project);

/*
 * An error context that keeps the statement, which holds a secret, out of the
 * log, whoever raises the error.
 */
extern void lk_newkey_hush(void *arg);

/* An argument that must not be null, as a string; raises 22004. */
extern char *lk_newkey_argument(FunctionCallInfo fcinfo, int number,
								const char *name);

#endif							/* LK_NEWKEY_H */
