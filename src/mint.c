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

#include "http.h"
#include "mint.h"
#include "question.h"

void
lk_mint_begin(void)
{
	lk_question_forbid();
	lk_http_forbid_get();
}

text *
lk_mint(LkPermit *permit)
{
	return lk_claims_sign(&permit->claims,
						  lk_keyring_signing_key(permit->project, permit->now));
}
