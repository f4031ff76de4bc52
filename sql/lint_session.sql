--
-- What livekit_lint learns from the session and the server's counters: a
-- setting whose place a client took, clocks that differ, a secret that every
-- role can read.  What it finds of a secret never says what that is.
--
SET client_min_messages = warning;
\pset tuples_only
\pset format unaligned
\pset fieldsep '\n\t'
CREATE SCHEMA lint;
CREATE FUNCTION lint.session() RETURNS SETOF text LANGUAGE sql AS $$
	SELECT concat_ws(' ', rule, object) FROM livekit_lint() WHERE rule ~ '^(secret_(ex|in_role)|setting|clock)' ORDER BY rule COLLATE "C", object COLLATE "C" $$;
CREATE ROLE regress_livekit_user;
SELECT lint.session();

-- a client's option took a setting's place
\c -
SET ROLE regress_livekit_user;
SET livekit_token.default_ttl = 60;
RESET ROLE;
SELECT object, severity, finding FROM lint_look('setting_lost');

-- clocks: some tokens come late, none comes from the future
\c -
CREATE FUNCTION lint.refuse(tokens int, off int, secret text DEFAULT 'regress-secret-0123456789abcdefghijklmnop') RETURNS bigint LANGUAGE sql AS $$
	SELECT count(*) FILTER (WHERE verify(make_token(convert_to(format('{"iss":"APIregress","nbf":%s,"exp":%s}', now + greatest(off, 0), now + CASE WHEN off < 0 THEN off ELSE 3600 END),
		'UTF8'), secret => convert_to(secret, 'UTF8'))) = '28000 token refused')
	  FROM generate_series(1, tokens), floor(extract(epoch FROM clock_timestamp())) AS now $$;
SELECT lint.refuse(9, -240), lint.refuse(5, -700), lint.refuse(5, -300, 'another secret'), lint.refuse(1, 240, 'another secret');
SELECT lint.session();
SELECT lint.refuse(1, -120);
SELECT object, severity, regexp_replace(finding, '24[01]', 'N'), mend FROM lint_look('clock_skew');
\c -
SELECT lint.session();
SELECT lint.refuse(1, 400);
SELECT regexp_replace(finding, '(399|400)', 'N') FROM lint_look('clock_skew');

-- a secret that every role can read
\c -
ALTER ROLE regress_livekit_user IN DATABASE template1 SET livekit_token."API_Secret" = 'LINT-SECRET-0123456789abcdefghijklmnopqrstuvw';
ALTER DATABASE :DBNAME SET livekit_token.api_secret = 'lint-secret-0123456789abcdefghijklmnopqrstuvw';
\c -
SELECT * FROM lint_look('secret_exposed');
SELECT * FROM lint_look('secret_in_role_setting');
SELECT count(*) AS says_it FROM livekit_lint() l WHERE l::text ~ '0123456789';
SELECT lint_mend('secret_in_role_setting');
\c -
SELECT lint.session();

SET client_min_messages = error;
DROP SCHEMA lint CASCADE;
DROP ROLE regress_livekit_user;
