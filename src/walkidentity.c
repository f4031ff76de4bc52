/*-------------------------------------------------------------------------
 *
 * walkidentity.c
 *	  The step of an explanation that says whose identity it is.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/walkidentity.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "bounds.h"
#include "identity.h"
#include "join.h"
#include "walk.h"

#include "compat.h"

/* Tell of logins that differ in where the identity comes from. */
static void
add_logins(LkWalk *walk)
{
	const LkRehearsal *rehearsal = &walk->rehearsal;
	const char *plain = rehearsal->plain_role == NULL ? NULL :
		psprintf("If role \"%s\" is a gateway, set it there, such as ALTER ROLE %s SET livekit_token.identity = 'postgrest'.",
				 rehearsal->plain_role,
				 quote_identifier(rehearsal->plain_role));

	if (rehearsal->ambiguity != NULL)
	{
		walk->explanation->set_up_wrong = true;
		lk_walk_add(walk, LK_STEP_REFUSED,
					"Ask for a role that one gateway becomes; or set livekit_token.identity for all of them alike.",
					psprintf("Roles that can become this one differ in livekit_token.identity: %s.",
							 rehearsal->ambiguity));
	}
	else if (rehearsal->mechanism_role == NULL && rehearsal->claims != NULL)
		lk_walk_add(walk, LK_STEP_NOTE, plain,
					"The claims give no identity: livekit_token.identity is \"role\" for who logs in as this role or can become it.");
	else if (rehearsal->mechanism_role != NULL && plain != NULL)
		lk_walk_add(walk, LK_STEP_NOTE, plain,
					psprintf("Role \"%s\" can become this one, too; livekit_token.identity is \"role\" there.",
							 rehearsal->plain_role));
}

void
lk_walk_identity(LkWalk *walk)
{
	const LkRehearsal *rehearsal = &walk->rehearsal;
	const char *cause;
	const char *path;
	const char *whence = rehearsal->mechanism_role == NULL ?
		"as the current role" :
		psprintf("from %s, as livekit_token.identity says for role \"%s\"",
				 rehearsal->mechanism, rehearsal->mechanism_role);

	add_logins(walk);
	if (walk->refused)
		return;
	walk->identity = lk_identity_get(&cause);
	walk->explanation->set_up_wrong = walk->identity == NULL &&
		rehearsal->mechanism_role != NULL &&
		(!rehearsal->is_believed || lk_identity_setting(&path) == NULL);
	if (walk->identity == NULL)
		lk_walk_add(walk, LK_STEP_REFUSED,
					rehearsal->claims == NULL && rehearsal->is_believed ?
					"Give the claims that the gateway would set, as the third argument." :
					NULL,
					psprintf("The caller has no identity, %s. %s", whence, cause));
	else if (lk_wire_text(walk->identity,
						  strlen(walk->identity)).length > LK_MAX_NAME)
		lk_walk_add(walk, LK_STEP_REFUSED, "Choose shorter identities.",
					psprintf("The identity, %s, has more than %d bytes in UTF-8.",
							 whence, LK_MAX_NAME));
	else if (strchr(walk->identity, LK_DEVICE_MARK) != NULL)
		lk_walk_add(walk, LK_STEP_REFUSED,
					"Choose identities without it.",
					psprintf("The identity is \"%s\", %s; \"%c\" parts an identity from a device.",
							 walk->identity, whence, LK_DEVICE_MARK));
	else
		lk_walk_add(walk, LK_STEP_OK, NULL,
					psprintf("The identity is \"%s\", %s.", walk->identity, whence));
}
