/*-------------------------------------------------------------------------
 *
 * lintkeys.c
 *	  What livekit_lint() looks for in secrets, keys, and where they are.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/lintkeys.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "lint.h"
#include "lintsql.h"

const LkLintRule lk_lint_keys[] = {
	/* Secrets, and where they are */
	{"secret_exposed", LK_DANGER,
		"SELECT 'livekit_token.api_secret',"
		" 'Every role can read the secret: without the library preloaded, its setting is like any other.',"
		" 'Give LiveKit a new secret, and keep that in a key file.'"
		" WHERE " FACT("secret_exposed") " = 'on'"},
	{"secret_not_preloaded", LK_DANGER,
		"SELECT format('%s:%s', sourcefile, sourceline),"
		" 'A secret is set, and the library that would hide it is not preloaded.', " PRELOAD
		" FROM pg_file_settings WHERE lower(name) = 'livekit_token.api_secret'"
		" AND " FACT("preloaded") " = 'off'"},
	{"secret_in_file", LK_ADVICE,
		"SELECT format('%s:%s', sourcefile, sourceline),"
		" 'A secret is set in a file of settings, and pg_file_settings shows it to superusers.',"
		" 'Move it to a key file, which can change without a restart.'"
		" FROM pg_file_settings WHERE lower(name) = 'livekit_token.api_secret'"},
	{"secret_in_role_setting", LK_DANGER,
		"WITH " SETTINGS " SELECT whom,"
		" 'A secret is set here; every role can read it in pg_db_role_setting. Give LiveKit a new one.',"
		" format('ALTER %s RESET %I.%I;', whom, split_part(spelt, '.', 1), split_part(spelt, '.', 2))"
		" FROM settings WHERE name = 'livekit_token.api_secret'"},
	{"key_file_directory", LK_DANGER,
		"SELECT coalesce(f.path, f.name),"
		" 'Others than root and the server''s user may write its directory, and so put another file in its place.',"
		" 'Take the right to write the directory from them, or move the file.'"
		" FROM (VALUES ('key_file', " FACT("key_file") ", " FACT("key_file_directory_writable") "),"
		"  ('master_key_file', " FACT("master_key_file") ", " FACT("master_key_file_directory_writable") "))"
		" AS f(name, path, is_writable) WHERE f.is_writable = 'on'"},
	{"master_key_unusable", LK_WARNING,
		"SELECT coalesce(" FACT("master_key_file") ", 'livekit_token.master_key_file'), problem,"
		" 'Without it, keys of the table do not sign, and none can be stored.'"
		" FROM " FACT("master_key_problem") " AS p(problem) WHERE problem IS NOT NULL"},
	{"keys_published", LK_WARNING,
		"SELECT format('publication %I', t.pubname),"
		" 'It carries the sealed keys to every subscriber.',"
		" format('Name its tables one by one, without %s; unless the subscriber is to sign with these keys.', c.oid::regclass)"
		" FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
		" JOIN pg_publication_tables t ON t.schemaname = n.nspname AND t.tablename = c.relname"
		" WHERE c.relnamespace = $1 AND c.relname = 'livekit_sealed_key'"},

	/* Keys */
	{"no_key", LK_WARNING,
		"SELECT 'livekit_keys', 'No API key signs: no token can be made.',"
		" 'Set livekit_token.key_file to a file with lines \"key: secret\", as livekit-server has; or store a key by livekit_key_set.'"
		/* of what cannot be used, key_unusable says why */
		" WHERE NOT EXISTS (SELECT FROM livekit_keys WHERE signs OR status = 'unusable')"},
	{"key_unusable", LK_WARNING,
		"SELECT concat_ws(', key ', source, api_key), reason, 'Mend that; livekit_keys shows whether it worked.'"
		" FROM livekit_keys WHERE status IN ('unusable', 'stale')"},
	{"key_weak", LK_WARNING,
		"SELECT concat_ws(', key ', source, api_key),"
		" 'The secret has fewer than 32 bytes, and could be guessed from any token.',"
		" 'Give LiveKit a new key, with the secret that openssl rand -hex 32 prints.'"
		" FROM livekit_keys WHERE status = 'weak'"},
	{"key_old", LK_WARNING,
		"SELECT concat_ws(', key ', source, api_key),"
		" format('It signs for project \"%s\", and is %s days old.', project,"
		"  floor(extract(epoch FROM clock_timestamp() - since) / 86400)),"
		" 'Make a new one known to LiveKit, then here.'"
		" FROM livekit_keys CROSS JOIN coalesce(created_at, updated_at) AS since"
		" WHERE signs AND clock_timestamp() - since > $2"},
	{"key_unused", LK_ADVICE,
		"SELECT concat_ws(', key ', k.source, k.api_key),"
		" 'It is not the one that signs, but its tokens are still believed.',"
		" CASE WHEN k.source = 'sealed_table' AND s.source = k.source"
		"  THEN format('SELECT %s.livekit_key_retire(%L);', $1::regnamespace, k.api_key)"
		"  ELSE 'Take it out, if nobody else signs with it.' END"
		" FROM livekit_keys k JOIN livekit_keys s ON s.signs AND s.project = k.project"
		" WHERE NOT k.signs AND k.status IN ('active', 'weak')"
		/* a file's second key is how it is rotated */
		" AND (k.source <> 'key_file' OR k.updated_at < clock_timestamp() - interval '1 week')"},
	{"key_retired", LK_ADVICE,
		"SELECT concat_ws(', key ', source, api_key),"
		" 'It was retired, and the last of its tokens has expired.',"
		" format('Drop it by livekit_key_drop(%L), once LiveKit signs no webhooks with it either.', api_key)"
		" FROM livekit_keys WHERE clock_timestamp() - retired_at - interval '1 day'"
		"  > coalesce(make_interval(secs => nullif(" FACT("max_ttl") "::integer, 0)), $2)"},
	{.name = NULL}
};
