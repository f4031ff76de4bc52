/*-------------------------------------------------------------------------
 *
 * apimethods.h
 *	  The methods of LiveKit's server API.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/apimethods.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef LK_APIMETHODS_H
#define LK_APIMETHODS_H

#include "names.h"

/* Lists of names are strings, with blanks between them. */
typedef struct LkMethod
{
	const char *service;
	const char *rpc;
	const char *grants;			/* the least that LiveKit's server demands */
	const char *room_field;		/* of the body: which room they are for */
	const char *required;		/* fields without which it cannot succeed */
	const char *fields;			/* all that there are, in camelCase */
	bool		for_users;		/* may be granted by a policy's roomAdmin */
} LkMethod;

/* The method of that name, "Rpc" or "Service/Rpc"; raises 22023 for none. */
extern const LkMethod *lk_method_find(const char *s, int len);

/* Step to the next name of a list; false at its end. */
extern bool lk_method_next(const char **list, const char **name, int *len);

/* The row of the grant table that a name in `grants` stands for. */
extern int	lk_method_grant(const char *name, int len);

#endif							/* LK_APIMETHODS_H */
