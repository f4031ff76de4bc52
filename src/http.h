/*-------------------------------------------------------------------------
 *
 * http.h
 *	  What a function says to the HTTP client of PostgREST that called it.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/http.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef LK_HTTP_H
#define LK_HTTP_H

/*
 * Raise 25006 within a GET or HEAD: PostgREST answers 405.  Its answer could
 * be cached, and would be a token.
 */
extern void lk_http_forbid_get(void);

/* Answer a request, if there is one, with 201 and Cache-Control: no-store. */
extern void lk_http_created(void);

#endif							/* LK_HTTP_H */
