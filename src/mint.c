/*-------------------------------------------------------------------------
 *
 * mint.c
 *	  The step that all functions that sign have in common.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/mint.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "http.h"
#include "mint.h"
#include "question.h"
#include "settings.h"

void
lk_mint_begin(LkMint *mint, LkVia via)
{
	/* all else is large, and filled in when it is permitted */
	memset(mint, 0, offsetof(LkMint, permit));
	mint->via = via;
	lk_audit_caller(&mint->caller);
	mint->permit.identity = NULL;
}

static void
sign(LkMint *mint, LkPermitter permitter)
{
	LkPermit   *permit = &mint->permit;
	const LkKey *key;

	lk_http_forbid_get();
	lk_audit_begin();
	permitter(mint);
	key = lk_keyring_signing_key(permit->project, permit->now);
	mint->token = lk_claims_sign(&permit->claims, key);
	lk_audit_issued(mint->via, &mint->caller, &permit->claims, key);
}

/*
 * Is the error being handled a refusal?  What a policy raises is none, unless
 * it denies.
 */
static bool
is_refusal(void)
{
	return !lk_question_runs() ||
		geterrcode() == ERRCODE_INSUFFICIENT_PRIVILEGE;
}

void
lk_mint(LkMint *mint, LkPermitter permitter)
{
	lk_question_forbid();		/* who asks the policies tells of the error */
	lk_question_run(false);
	PG_TRY();
	{
		sign(mint, permitter);
	}
	PG_CATCH();
	{
		if (is_refusal())
			lk_audit_refused(mint->via, &mint->caller, &mint->request,
							 mint->permit.identity);
		PG_RE_THROW();
	}
	PG_END_TRY();
}

const char *
lk_mint_url(const LkPermit *permit)
{
	const char *url;

	if (permit->url != NULL)
		return text_to_cstring(permit->url);
	url = lk_keyring_url(permit->project, permit->now);
	if (url == NULL)
		url = lk_settings_url();
	if (url[0] == '\0')
		url = lk_settings_environment_url();
	if (url[0] != '\0')
		return url;

	/* that there is no such project is the better answer */
	(void) lk_keyring_signing_key(permit->project, permit->now);
	ereport(ERROR,
			errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			errmsg("no address of a LiveKit server is configured"),
			errdetail_log("Set livekit_token.url, or give the access relation a column for it."),
			errhint("The server log says more, and so does livekit_explain_join."));
}
