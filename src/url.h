/*-------------------------------------------------------------------------
 *
 * url.h
 *	  The address of a LiveKit server.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/url.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef LK_URL_H
#define LK_URL_H

/* Has the URL a user name or password before its host (RFC 3986 3.2.1)? */
extern bool lk_url_has_userinfo(const char *url, size_t length);

/* What is wrong with an address that clients are given; NULL if nothing. */
extern const char *lk_url_problem(const char *url);

/* What is wrong with it as the root of the server's API; NULL if nothing. */
extern const char *lk_url_api_problem(const char *url);

/*
 * The same address for HTTP, palloc'd and without a slash at its end: ws and wss
 * become http and https.
 */
extern char *lk_url_http(const char *url);

#endif							/* LK_URL_H */
