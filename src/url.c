/*-------------------------------------------------------------------------
 *
 * url.c
 *	  The address of a LiveKit server.
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

/* Is every byte visible ASCII, as a URL's are (RFC 3986 section 2)? */
static bool
is_printable(const char *s)
{
	for (; *s != '\0'; s++)
	{
		if (*s <= ' ' || *s > '~')
			return false;
	}
	return true;
}

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

const char *
lk_url_problem(const char *url)
{
	static const char *const schemes[] = {
		"wss://", "ws://", "https://", "http://",
	};
	const char *host = NULL;

	for (size_t i = 0; i < lengthof(schemes); i++)
	{
		if (pg_strncasecmp(url, schemes[i], strlen(schemes[i])) == 0)
			host = url + strlen(schemes[i]);
	}
	if (host == NULL || strcspn(host, ":/?#") == 0 || !is_printable(url))
		return "The address of the LiveKit server must begin with wss://, ws://, https:// or http://, name a host, and be visible ASCII.";
	if (lk_url_has_userinfo(url, strlen(url)))
		return "The address is given to clients and must not hold a user name or password.";
	return NULL;
}

const char *
lk_url_api_problem(const char *url)
{
	const char *problem = lk_url_problem(url);

	if (problem == NULL && strpbrk(url, "?#") != NULL)
		return "It must end with a host or a path, since the method's name is appended.";
	return problem;
}

char *
lk_url_http(const char *url)
{
	const char *rest = strstr(url, "://");
	bool		secure = pg_strncasecmp(url, "wss:", 4) == 0 ||
		pg_strncasecmp(url, "https:", 6) == 0;
	char	   *http = psprintf("%s%s", secure ? "https" : "http", rest);
	size_t		length = strlen(http);

	while (http[length - 1] == '/')
		http[--length] = '\0';
	return http;
}
