/*-------------------------------------------------------------------------
 *
 * lintsettings.c
 *	  What livekit_lint() looks for in settings, the log and its own tables.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/lintsettings.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "lint.h"
#include "lintsql.h"

/* A mend: set it for the database. */
#define SET(assignment) \
	"format('ALTER DATABASE %I SET " assignment ";', current_database())"

const LkLintRule lk_lint_settings[] = {
	/* What the server logs */
	{"bound_values_logged", LK_WARNING,
		"WITH " SETTINGS ", logging AS (SELECT setrole, name, value, whom FROM settings"
		"  WHERE here AND setrole <> 0 UNION ALL SELECT 0, name, setting, NULL FROM pg_settings)"
		" SELECT concat_ws(' of ', name, whom),"
		" format('%s = %s logs statements with their bound values, tokens and secrets among them.', name, value),"
		" coalesce('ALTER ' || whom || ' SET log_parameter_max_length = 0;', " SET("log_parameter_max_length = 0") ")"
		" FROM logging l WHERE current_setting('log_parameter_max_length') <> '0'"
		" AND NOT EXISTS (SELECT FROM settings s WHERE s.here AND s.setrole = nullif(l.setrole, 0)"
		"  AND s.name = 'log_parameter_max_length' AND s.value = '0')"
		" AND (name = 'log_statement' AND value IN ('mod', 'all')"
		"  OR name IN ('log_min_duration_statement', 'log_min_duration_sample') AND value <> '-1'"
		"  OR name = 'log_transaction_sample_rate' AND value <> '0')"},
	{"bound_values_logged_on_error", LK_WARNING,
		"WITH " SETTINGS " SELECT concat_ws(' of ', name, whom),"
		" 'Failed statements are logged with their bound values, tokens and secrets among them.',"
		" coalesce('ALTER ' || whom || ' RESET ' || name || ';', " SET("log_parameter_max_length_on_error = 0") ")"
		" FROM (SELECT name, value, whom FROM settings WHERE here AND setrole <> 0"
		"  UNION ALL SELECT name, setting, NULL FROM pg_settings) s"
		" WHERE name = 'log_parameter_max_length_on_error' AND value <> '0'"},
	{"plans_logged", LK_WARNING,
		"SELECT name, 'auto_explain logs plans with bound values, tokens and secrets among them.',"
		" format('ALTER DATABASE %I SET %s = %s;', current_database(), name,"
		"  CASE vartype WHEN 'bool' THEN 'off' ELSE '0' END)"
		" FROM pg_settings WHERE (name = 'auto_explain.log_verbose' AND setting = 'on'"
		"  OR name = 'auto_explain.log_parameter_max_length' AND setting <> '0')"
		" AND EXISTS (SELECT FROM pg_settings WHERE name = 'auto_explain.log_min_duration'"
		"  AND setting <> '-1')"},

	/* The extension itself */
	{"trigger_not_always", LK_DANGER,
		"SELECT format('trigger %I on %s', tgname, tgrelid::regclass),"
		" 'It is not always fired, so sessions may go on with a key or a registration that is gone.',"
		" format('ALTER TABLE %s ENABLE ALWAYS TRIGGER %I;', tgrelid::regclass, tgname)"
		" FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'A'"
		" AND tgfoid = (SELECT oid FROM pg_proc WHERE pronamespace = $1 AND proname = 'livekit_table_changed')"},
	{"audit_off", LK_WARNING,
		"SELECT name, finding, mend FROM (VALUES"
		"  ('livekit_token.audit', 'off', 'Nothing tells what was signed.', " SET("livekit_token.audit = ''log''") "),"
		"  ('log_min_messages', 'fatal', 'No line tells what was signed.', " SET("log_min_messages = ''warning''") "),"
		"  ('log_min_messages', 'panic', 'No line tells what was signed.', " SET("log_min_messages = ''warning''") "))"
		"  AS v(name, setting, finding, mend) JOIN pg_settings USING (name, setting)"},
	{"refusals_not_logged", LK_ADVICE,
		"SELECT 'livekit_token.audit_refusals', 'Nothing tells who was refused.',"
		" " SET("livekit_token.audit_refusals = on")
		" WHERE " FACT("audit_refusals") " = 'off' AND " FACT("audit") " <> 'off'"},
	{"audit_large", LK_ADVICE,
		"SELECT format('table %s', oid::regclass), format('It has about %s rows.', reltuples::bigint),"
		" 'Forget on a schedule, as examples/audit/prune.sql does, what is older than you must keep.'"
		" FROM pg_class WHERE relnamespace = $1 AND relname = 'livekit_issued' AND reltuples > 1e7"},
	{"max_ttl_none", LK_WARNING,
		"SELECT 'livekit_token.max_ttl', 'A token may be valid for years, and LiveKit takes none back.',"
		" " SET("livekit_token.max_ttl = ''6h''") " WHERE " FACT("max_ttl") " = '0'"},
	{"max_ttl_long", LK_ADVICE,
		"SELECT 'livekit_token.max_ttl', 'A token may be valid for more than an hour, and LiveKit takes none back.',"
		" 'Set it to an hour or less, unless somebody asks for a longer ttl, which would then be refused.' WHERE " FACT("max_ttl") "::integer > 3600"},
	{"default_ttl_above_max", LK_ADVICE,
		"SELECT name, format('It is %s seconds, and livekit_token.max_ttl is %s: without a ttl a token is valid for the latter.', setting, max),"
		" format('ALTER DATABASE %I SET livekit_token.default_ttl = %s;', current_database(), max)"
		" FROM pg_settings, CAST(" FACT("max_ttl") " AS integer) AS max"
		" WHERE name = 'livekit_token.default_ttl' AND max > 0 AND setting::integer > max"},
	{"no_url", LK_WARNING,
		"SELECT 'livekit_token.url', 'Nothing says where clients connect: livekit_join refuses.',"
		" format('Set it to the address of your LiveKit server, which begins with wss://, by ALTER DATABASE %I.', current_database())"
		" WHERE coalesce(" FACT("url") ", " FACT("environment_url") ",'') = ''"
		" AND NOT EXISTS (SELECT FROM @schema@.livekit_access WHERE url IS NOT NULL)"
		" AND NOT EXISTS (SELECT FROM @schema@.livekit_keys WHERE signs AND url <> '')"},
	{"setting_lost", LK_WARNING,
		"SELECT name, 'In this session, connection options took the place of what administrators have set.', " PRELOAD
		" FROM " FACT("lost_setting") " AS s(name) WHERE name IS NOT NULL"},
	{"clock_skew", LK_WARNING,
		"SELECT 'clock', format('Tokens with a good signature were refused (%s, by up to %s seconds): %s.', n, round(abs(seconds)),"
		"  CASE WHEN seconds > 0 THEN 'who signed them is ahead of this server' ELSE 'who signed them is behind it, or they come late' END),"
		" 'Compare the clocks; run NTP on all machines.'"
		" FROM (SELECT " FACT("skew_tokens") "::bigint, " FACT("skew_seconds") "::numeric) AS f(n, seconds)"
		/* some tokens are used late; none comes from the future */
		" WHERE seconds > 0 AND n > 0 OR n >= 10"},
	{.name = NULL}
};
