/*-------------------------------------------------------------------------
 *
 * livekit_token.c
 *	  Entry point: what happens when the library is loaded.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/livekit_token.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"

#include "access.h"
#include "audit.h"
#include "counters.h"
#include "identity.h"
#include "keytable.h"
#include "naming.h"
#include "settings.h"
#include "ttl.h"

PG_MODULE_MAGIC;

void		_PG_init(void);

void
_PG_init(void)
{
	lk_settings_before();
	lk_settings_init();
	lk_ttl_init();
	lk_audit_init();
	lk_counters_init();
	lk_identity_init();
	lk_access_init();
	lk_naming_init();
	lk_keytable_init();
	lk_settings_after();
}
