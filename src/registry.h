/*-------------------------------------------------------------------------
 *
 * registry.h
 *	  Registers the access relation.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/registry.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef LK_REGISTRY_H
#define LK_REGISTRY_H

#include "access.h"

/*
 * Why the policies of what is registered would not decide, whoever asks; NULL
 * if they do.
 */
extern const char *lk_registry_problem(const LkAccess *access);

/* Why asking them is slow, or NULL. */
extern const char *lk_registry_warning(const LkAccess *access);

#endif							/* LK_REGISTRY_H */
