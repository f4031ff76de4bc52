/*-------------------------------------------------------------------------
 *
 * events.c
 *	  What is counted and told: by which function, and why not.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/events.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "events.h"

const char *const lk_via_names[] = {
	[LK_VIA_TOKEN] = "livekit_token",
	[LK_VIA_ISSUE] = "livekit_issue",
	[LK_VIA_JOIN] = "livekit_join",
	[LK_VIA_TOKEN_SOURCE] = "livekit_token_source",
	[LK_VIA_API_REQUEST] = "livekit_api_request",
	[LK_VIA_ROOM_REQUEST] = "livekit_room_request",
	[LK_VIA_VERIFY] = "livekit_verify",
	[LK_VIA_WEBHOOK] = "livekit_webhook",
};

const char *const lk_reason_names[LK_NREASONS] = {
	[LK_DENIED] = "denied",
	[LK_NOT_CONFIGURED] = "not_configured",
	[LK_MANY_ROWS] = "several_rows",
	[LK_READ_ONLY] = "read_only",
	[LK_UNKNOWN_PROJECT] = "unknown_project",
	[LK_KEY_FILE] = "key_file",
	[LK_LIMIT] = "limit",
	[LK_INVALID_REQUEST] = "invalid_request",
	[LK_CRYPTO] = "crypto",
};
