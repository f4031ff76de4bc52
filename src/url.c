/*-------------------------------------------------------------------------
 *
 * url.c
 *	  What a URL gives away.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/url.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "url.h"

bool
lk_url_has_userinfo(const char *url, size_t length)
{
	const char *end = url + length;
	const char *s = url;

	/* the authority stands between "//" and the next slash, ? or # */
	while (end - s >= 2 && (s[0] != '/' || s[1] != '/'))
		s++;
	if (end - s < 2)
		return false;
	for (s += 2; s < end && strchr("/?#", *s) == NULL; s++)
	{
		if (*s == '@')
			return true;
	}
	return false;
}
