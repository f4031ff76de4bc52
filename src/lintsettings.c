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

/* What is so once a role logs in, or in this session; whom is NULL where it is for all. */
#define IN_FORCE \
	SETTINGS ", in_force AS (SELECT s.setrole, s.name, s.value, CASE WHEN s.setrole <> 0 THEN s.whom END AS whom" \
	" FROM settings s WHERE s.here AND (s.logs_in OR s.setrole = 0) AND NOT EXISTS (SELECT FROM settings t" \
	"  WHERE t.here AND (t.setrole, t.name) = (s.setrole, s.name) AND t.setdatabase > s.setdatabase)" \
	" UNION SELECT 0, lower(p.name), p.setting, NULL FROM pg_settings p" \
	" WHERE p.source NOT IN ('global', 'database', 'user', 'database user') AND (p.source = 'session'" \
	"  OR NOT EXISTS (SELECT FROM settings s WHERE s.here AND s.setrole = 0 AND s.name = lower(p.name))))"

/* A value of time in seconds, given its unit where it has none; or NULL. */
#define SECONDS(value, unit) \
	"CASE WHEN " value " ~ '^[[:space:]]*[-+]?[0-9]{1,9}([.][0-9]{1,9})?[[:space:]]*(us|ms|s|min|h|d)?[[:space:]]*$' THEN" \
	" extract(epoch FROM (" value " || CASE WHEN " value " ~ '[a-z]' THEN '' ELSE '" unit "' END)::interval) END"

/* A mend: set it for the database. */
#define SET(assignment) \
	"format('ALTER DATABASE %I SET " assignment ";', current_database())"

/* The same of what a role has: leave that to what all have. */
#define RESET_OR(mend) \
	"coalesce('ALTER ' || whom || ' RESET ' || name || ';', " mend ")"

/* What a back end logs from; since 19 a list, with levels of their own for some. */
#define LEVEL(value) \
	"coalesce(substring(" value ", 'backend[[:space:]]*:[[:space:]]*([a-z0-9]+)')," \
	" substring(" value ", '(?:^|,)[[:space:]]*([a-z0-9]+)[[:space:]]*(?:,|$)'))"

const LkLintRule lk_lint_settings[] = {
	/* What the server logs */
	{"bound_values_logged", LK_WARNING,
		"WITH " IN_FORCE " SELECT DISTINCT concat_ws(' of ', l.name, w.whom),"
		" format('%s = %s logs statements with their bound values, tokens and secrets among them.', l.name, l.value),"
		" coalesce('ALTER ' || w.whom || ' SET log_parameter_max_length = 0;', " SET("log_parameter_max_length = 0") ")"
		" FROM in_force l JOIN in_force m ON m.name = 'log_parameter_max_length' AND m.value ~ '[1-9]'"
		/* both of one role, or what one has beside what all have */
		"  AND (l.setrole = m.setrole OR 0 IN (l.setrole, m.setrole))"
		" CROSS JOIN LATERAL (SELECT greatest(l.setrole, m.setrole), coalesce(l.whom, m.whom)) AS w(role, whom)"
		" WHERE NOT EXISTS (SELECT FROM in_force o WHERE o.setrole = w.role AND w.role <> 0"
		"  AND (o.name = l.name AND l.setrole = 0 OR o.name = m.name AND m.setrole = 0))"
		" AND CASE l.name WHEN 'log_statement' THEN lower(l.value) IN ('mod', 'all')"
		"  WHEN 'log_min_duration_statement' THEN " SECONDS("l.value", "ms") " >= 0"
		"  WHEN 'log_min_duration_sample' THEN " SECONDS("l.value", "ms") " >= 0"
		"  WHEN 'log_transaction_sample_rate' THEN split_part(lower(l.value), 'e', 1) ~ '[1-9]' END"},
	{"bound_values_logged_on_error", LK_WARNING,
		"WITH " IN_FORCE " SELECT DISTINCT concat_ws(' of ', name, whom),"
		" 'Failed statements are logged with their bound values, tokens and secrets among them.', "
		RESET_OR(SET("log_parameter_max_length_on_error = 0"))
		" FROM in_force WHERE name = 'log_parameter_max_length_on_error' AND value ~ '[1-9]'"},
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
		"WITH " IN_FORCE " SELECT DISTINCT concat_ws(' of ', name, whom),"
		" CASE name WHEN 'livekit_token.audit' THEN 'Nothing tells what was signed.' ELSE 'No line tells what was signed.' END, "
		RESET_OR("CASE name WHEN 'livekit_token.audit' THEN " SET("livekit_token.audit = ''log''")
				 " ELSE " SET("log_min_messages = ''warning''") " END")
		" FROM in_force WHERE CASE name WHEN 'livekit_token.audit' THEN lower(value) = 'off'"
		"  WHEN 'log_min_messages' THEN " LEVEL("lower(value)") " IN ('fatal', 'panic') END"},
	{"refusals_not_logged", LK_ADVICE,
		"WITH " IN_FORCE " SELECT DISTINCT concat_ws(' of ', name, whom), 'Nothing tells who was refused.', "
		RESET_OR(SET("livekit_token.audit_refusals = on"))
		" FROM in_force r WHERE name = 'livekit_token.audit_refusals' AND lower(value) ~ '^(off?|f(a(l(se?)?)?)?|no?|0)$'"
		" AND NOT EXISTS (SELECT FROM in_force a WHERE a.name = 'livekit_token.audit' AND lower(a.value) = 'off'"
		"  AND a.setrole = r.setrole)"},
	{"audit_large", LK_ADVICE,
		"SELECT format('table %s', oid::regclass), format('It has about %s rows.', reltuples::bigint),"
		" 'Forget on a schedule, as examples/audit/prune.sql does, what is older than you must keep.'"
		" FROM pg_class WHERE relnamespace = $1 AND relname = 'livekit_issued' AND reltuples > 1e7"},
	{"max_ttl_none", LK_WARNING,
		"WITH " IN_FORCE " SELECT DISTINCT concat_ws(' of ', name, whom),"
		" 'A token may be valid for years, and LiveKit takes none back.', "
		RESET_OR(SET("livekit_token.max_ttl = ''6h''"))
		" FROM in_force WHERE name = 'livekit_token.max_ttl' AND round(" SECONDS("value", "s") ") = 0"},
	{"max_ttl_long", LK_ADVICE,
		"WITH " IN_FORCE " SELECT DISTINCT concat_ws(' of ', name, whom),"
		" 'A token may be valid for more than an hour, and LiveKit takes none back.',"
		" 'Set it to an hour or less, unless somebody asks for a longer ttl, which would then be refused.'"
		" FROM in_force WHERE name = 'livekit_token.max_ttl' AND " SECONDS("value", "s") " > 3600"},
	{"default_ttl_above_max", LK_ADVICE,
		"SELECT name, format('It is %s seconds, and livekit_token.max_ttl is %s: without a ttl a token is valid for the latter.', setting, max),"
		" format('ALTER DATABASE %I SET livekit_token.default_ttl = %s;', current_database(), max)"
		" FROM pg_settings, CAST(" FACT("max_ttl") " AS integer) AS max"
		" WHERE name = 'livekit_token.default_ttl' AND max > 0 AND setting::integer > max"},
	{"no_url", LK_WARNING,
		"SELECT 'livekit_token.url', 'Nothing says where clients connect: livekit_join refuses.',"
		" format('Set it to the address of your LiveKit server, which begins with wss://, by ALTER DATABASE %I.', current_database())"
		" WHERE coalesce(" FACT("url") ", " FACT("environment_url") ",'') = ''"
		" AND $13 IS NULL AND NOT EXISTS (SELECT FROM livekit_keys WHERE signs AND url <> '')"},
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
