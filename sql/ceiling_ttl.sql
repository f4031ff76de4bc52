--
-- How long a token lasts is the row's to say, or livekit_token.default_ttl's
-- where it doesn't; never longer than livekit_token.max_ttl.  A caller may ask
-- for less, and for a later start.
--
SET client_min_messages = warning;
SET livekit_token.url = 'wss://livekit.example.com';
CREATE ROLE regress_livekit_alice;
GRANT EXECUTE ON FUNCTION livekit_token, livekit_join, livekit_can_join, livekit_verify TO regress_livekit_alice;
CREATE TABLE members (room text PRIMARY KEY, identity text DEFAULT 'regress_livekit_alice', ttl interval, lifetime interval);
CREATE INDEX ON members (identity);
GRANT SELECT ON members TO regress_livekit_alice;
ALTER TABLE members ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON members USING (identity = livekit_identity());
INSERT INTO members SELECT coalesce(ttl, 'NULL'), 'regress_livekit_alice', ttl::interval, '2 min'
FROM unnest(ARRAY[NULL, '1 hour', '1 second', '1.9 seconds', '6 hours', '1 day', '999 days', '999 ms', '0', '-1 hour', '-1 day 25 hours',
	'1 day -23 hours', '2932000 days', '1 month', '1 year', '-1 month 40 days']) AS ttl;
SELECT livekit_register_access('members');

-- seconds of the token, or the refusal
CREATE FUNCTION pg_temp.seconds(claims jsonb) RETURNS text
RETURN (claims ->> 'exp')::int - (claims ->> 'iat')::int;
CREATE FUNCTION pg_temp.token(room text, asked interval) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	RETURN pg_temp.seconds(livekit_verify(livekit_token(NULL, room, ttl => asked)));
EXCEPTION WHEN OTHERS THEN
	RETURN SQLSTATE || ' ' || SQLERRM;
END $$;
CREATE FUNCTION pg_temp.joins(room text, asked interval) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	RETURN (SELECT pg_temp.seconds(livekit_verify(participant_token)) FROM livekit_join($1, $2));
EXCEPTION WHEN OTHERS THEN
	RETURN SQLSTATE || ' ' || SQLERRM;
END $$;
CREATE FUNCTION pg_temp.can(room text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	RETURN livekit_can_join(room);
EXCEPTION WHEN OTHERS THEN
	RETURN SQLSTATE || ' ' || SQLERRM;
END $$;
SET ROLE regress_livekit_alice;

-- each row by itself
SELECT ttl AS row, pg_temp.token(room, NULL) AS token, pg_temp.joins(room, NULL) AS "join", pg_temp.can(room) AS can
FROM members ORDER BY ttl, room COLLATE "C";

-- a shorter one, the same, a longer one; longer than any may be
SELECT room AS row, asked, pg_temp.token(room, asked) AS token, pg_temp.joins(room, asked) AS "join"
FROM (VALUES ('1 hour', '1 second'::interval), ('1 hour', '59 minutes 59 seconds'), ('1 hour', '1 hour'), ('1 hour', '1 hour 999 ms'),
	('1 hour', '1 hour 1 second'), ('1 hour', '6 hours'), ('1 hour', '6 hours 1 second'), ('1 hour', '0'), ('1 hour', '-1 hour'),
	('1 hour', '999 ms'), ('1 hour', '1 month'), ('1 hour', '1 day -23 hours'),
	('NULL', '1 second'), ('NULL', '15 minutes'), ('NULL', '15 minutes 1 second'), ('NULL', '6 hours'),
	('1 second', '1 second'), ('1 second', '1.9 seconds'), ('1 second', '2 seconds'), ('1.9 seconds', '1.5 seconds'), ('1.9 seconds', '2 seconds'),
	('1 day', '1 hour'), ('1 day', '6 hours'), ('1 day', '6 hours 1 second'), ('1 day', '1 day'), ('999 days', '7 days'),
	('999 ms', '1 second'), ('0', '1 second'), ('-1 hour', '1 second'), ('1 month', '1 second'), ('1 month', '1 month'),
	('no such room', '1 second'), ('no such room', '1 month'))
	AS v(room, asked);

-- the administrator's settings count at each call
RESET ROLE;
SET livekit_token.max_ttl = '10min';
SET livekit_token.default_ttl = '5min';
SET ROLE regress_livekit_alice;
SELECT room AS row, asked, pg_temp.token(room, asked) AS token
FROM (VALUES ('NULL', NULL::interval), ('NULL', '5 minutes'), ('NULL', '6 minutes'), ('1 hour', NULL), ('1 hour', '10 minutes'),
	('1 hour', '11 minutes'), ('1 hour', '1 hour'), ('1 second', NULL)) AS v(room, asked);
RESET ROLE;
SET livekit_token.max_ttl = 0;
SET ROLE regress_livekit_alice;
SELECT room AS row, asked, pg_temp.token(room, asked) AS token
FROM (VALUES ('999 days', NULL::interval), ('999 days', '998 days'), ('999 days', '1000 days'), ('NULL', '6 minutes'),
	('2932000 days', NULL), ('2932000 days', '1 hour')) AS v(room, asked);	-- beyond the year 9999
RESET ROLE;
RESET livekit_token.max_ttl;
RESET livekit_token.default_ttl;

-- a later start, within the time that the row gives, and no earlier one
GRANT EXECUTE ON FUNCTION livekit_inspect TO regress_livekit_alice;
CREATE FUNCTION pg_temp.starts(room text, later interval, ttl interval) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	asked timestamptz := clock_timestamp() + later;
BEGIN
	RETURN (SELECT CASE WHEN not_before = date_trunc('second', asked) THEN 'granted for ' || expires_at - issued_at END
		FROM livekit_inspect(livekit_token(NULL, room, ttl => ttl, options => jsonb_build_object('notBefore', asked))));
EXCEPTION WHEN OTHERS THEN
	RETURN SQLSTATE || ' ' || SQLERRM;
END $$;
SET ROLE regress_livekit_alice;
SELECT room AS row, later, ttl, pg_temp.starts(room, later, ttl) AS token
FROM (VALUES ('NULL', '10 minutes'::interval, NULL::interval), ('NULL', '15 minutes 5 seconds', NULL), ('NULL', '10 minutes', '5 minutes'),
	('NULL', '-2 seconds', NULL), ('NULL', '-1 hour', NULL), ('1 hour', '30 minutes', NULL), ('1 hour', '61 minutes', NULL),
	('1 hour', '30 minutes', '20 minutes'), ('1 second', '10 minutes', NULL), ('1 day', '7 hours', NULL)) AS v(room, later, ttl);
SELECT livekit_token(NULL, 'NULL', options => '{"notBefore": "2026-01-01T00:00:00Z"}');
SELECT livekit_token(NULL, 'NULL', options => '{"not_before": "epoch"}');

-- another column, and none
RESET ROLE;
SELECT livekit_register_access('members', ttl => 'lifetime');
SELECT set_config('role', 'regress_livekit_alice', false) AS role, pg_temp.token('1 hour', NULL) AS seconds,
	pg_temp.token('1 hour', '3 minutes') AS longer;
RESET ROLE;
SELECT livekit_register_access('members', ttl => '');
SELECT set_config('role', 'regress_livekit_alice', false) AS role, pg_temp.token('1 hour', NULL) AS seconds,
	pg_temp.token('1 hour', '16 minutes') AS longer;
RESET ROLE;
SELECT livekit_unregister_access();
DROP TABLE members;
DROP OWNED BY regress_livekit_alice;
DROP ROLE regress_livekit_alice;
