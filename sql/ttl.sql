--
-- How long a token is valid: ttl, or livekit_token.default_ttl, and never
-- longer than livekit_token.max_ttl.  A day has 86400 seconds; fractions of a
-- second are cut off.
--
CREATE FUNCTION pg_temp.seconds(ttl interval) RETURNS bigint
RETURN (SELECT (c ->> 'exp')::bigint - (c ->> 'iat')::bigint
	FROM livekit_verify(livekit_issue('alice', 'standup', ttl => ttl)) AS c);
CREATE FUNCTION pg_temp.refusal(ttl interval, OUT code text, OUT message text, OUT detail text, OUT hint text)
LANGUAGE plpgsql AS $$
BEGIN
	message := 'NOT REFUSED: ' || pg_temp.seconds(ttl);
EXCEPTION WHEN OTHERS THEN
	code := SQLSTATE;
	GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
END $$;

SELECT ttl, pg_temp.seconds(ttl) FROM (VALUES (NULL::interval), ('1 second'), ('1.9 seconds'),
	('1.999999 seconds'), ('90 minutes'), ('6 hours'), ('6 hours 0.5 seconds'), ('0.25 days'),
	('1 day -24 hours 5 seconds'), ('-1 day 24 hours 10 minutes')) AS v(ttl);

-- too short
SELECT ttl, code, message, detail, hint FROM (VALUES ('0'::interval), ('-1 second'), ('0.5 seconds'),
	('0.999999 seconds'), ('-0.5 seconds'), ('1 day -24 hours'), ('1 day -25 hours'), ('-2147483648 days'))
	AS v(ttl), pg_temp.refusal(ttl);

-- without a fixed length, even where it would cancel out
SELECT ttl, code, message FROM (VALUES ('1 month'::interval), ('1 month -30 days'), ('-1 month 31 days'),
	('1 year'), ('-1 year'), ('1 century'), ('178000000 years'), ('-178000000 years')) AS v(ttl),
	pg_temp.refusal(ttl);
SELECT livekit_issue('alice', 'standup', ttl => '1 month');

-- too long
SELECT ttl, code, message FROM (VALUES ('6 hours 1 second'::interval), ('1 day'), ('2147483647 days'),
	('2147483647 days 2562047788 hours')) AS v(ttl), pg_temp.refusal(ttl);
SELECT livekit_issue('alice', 'standup', ttl => '6 hours 1 second');

-- for ever: an interval can say so from PostgreSQL 17 on
DO $$
DECLARE
	forever text;
BEGIN
	FOREACH forever IN ARRAY ARRAY['infinity', '-infinity'] LOOP
		BEGIN
			PERFORM livekit_issue('alice', 'standup', ttl => forever::interval);
			RAISE NOTICE '% NOT REFUSED', forever;
		EXCEPTION WHEN invalid_datetime_format THEN
			RAISE NOTICE '% is refused', forever;
		WHEN invalid_parameter_value THEN
			RAISE NOTICE '% is refused%', forever,
				CASE WHEN SQLERRM <> 'parameter "ttl" must have a fixed length' THEN ': ' || SQLERRM ELSE '' END;
		END;
	END LOOP;
END $$;

-- the settings
SELECT name, setting, unit, context, source FROM pg_settings
WHERE name IN ('livekit_token.default_ttl', 'livekit_token.max_ttl') ORDER BY name;
SET livekit_token.max_ttl = '1min';
SELECT pg_temp.seconds(NULL) AS default_within_the_cap, pg_temp.seconds('1 minute') AS at_the_cap;
SELECT livekit_issue('alice', 'standup', ttl => '61 seconds');
SET livekit_token.max_ttl = '2d';
SET livekit_token.default_ttl = '1d';
SELECT pg_temp.seconds(NULL) AS by_default, pg_temp.seconds('1 day') AS one_day,
	pg_temp.seconds('2 days') AS two_days, pg_temp.seconds('36 hours 5 seconds') AS hours;
SELECT livekit_issue('alice', 'standup', ttl => '2 days 1 second');
SET livekit_token.default_ttl = 1;
SELECT pg_temp.seconds(NULL) AS by_default;
SET livekit_token.default_ttl = 2147483647;
SELECT pg_temp.seconds(NULL) AS by_default;

-- no cap: to the end of the year 9999 and no further
SET livekit_token.max_ttl = 0;
SELECT pg_temp.seconds(NULL) AS by_default, pg_temp.seconds('100 days') AS days,
	pg_temp.seconds('2147483647 seconds') AS seconds;
SELECT expires_at::date AS last_day
FROM livekit_inspect(livekit_issue('alice', 'standup', ttl => timestamptz '9999-12-31 12:00:00+00' - clock_timestamp()));
SELECT livekit_issue('alice', 'standup', ttl => '2932000 days');
SELECT livekit_issue('alice', 'standup', ttl => '2147483647 days 2562047788 hours');
SELECT livekit_issue('alice', 'standup', ttl => '1 month');
SELECT livekit_issue('alice', 'standup', ttl => '0');
RESET livekit_token.max_ttl;
SELECT pg_temp.seconds(NULL) AS default_within_the_cap;
RESET livekit_token.default_ttl;

-- values that the settings refuse, and who may set them
\set VERBOSITY sqlstate
SET livekit_token.max_ttl = -1;
SET livekit_token.max_ttl = '1 month';
SET livekit_token.default_ttl = 0;
SET livekit_token.default_ttl = 'infinity';
SELECT livekit_issue('alice', 'standup', ttl => '0');
SELECT livekit_issue('alice', 'standup', ttl => '1 month');
SELECT livekit_issue('alice', 'standup', ttl => '7 hours');
CREATE ROLE regress_livekit_user;
SET ROLE regress_livekit_user;
SET livekit_token.max_ttl = 0;
SET livekit_token.default_ttl = '6h';
RESET ROLE;
DROP ROLE regress_livekit_user;
SHOW livekit_token.max_ttl;
SHOW livekit_token.default_ttl;
