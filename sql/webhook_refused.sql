--
-- Not a webhook of LiveKit's: another body, another key, another time, another
-- kind of token, or none.  Whoever posts it is told "token refused" each time,
-- and livekit_counters, as the log, says what it was.
--
SET client_min_messages = warning;
CREATE FUNCTION pg_temp.token(body bytea, changes jsonb DEFAULT '{}', secret bytea DEFAULT 'regress-secret-0123456789abcdefghijklmnop',
	header bytea DEFAULT '{"alg":"HS256","typ":"JWT"}') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	now bigint := extract(epoch FROM clock_timestamp());
BEGIN
	RETURN make_token(convert_to(jsonb_strip_nulls(jsonb_build_object('iss', 'APIregress', 'exp', now + 300, 'nbf', now, 'iat', now,
		'sha256', encode(sha256(body), 'base64')) || changes)::text, 'UTF8'), header, secret);
END $$;
-- what the client is told; and what is counted, which is one refusal
CREATE FUNCTION pg_temp.refused(body bytea, header text, OUT answer text, OUT counted text) LANGUAGE plpgsql AS $$
DECLARE
	before jsonb;
	detail text; hint text; context text;
BEGIN
	SELECT jsonb_object_agg(event || ' ' || coalesce(reason, ''), count) INTO before FROM public.livekit_counters();
	BEGIN
		answer := coalesce(left(livekit_webhook(body, header)::text, 60), 'NULL');
	EXCEPTION WHEN OTHERS THEN
		GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT, context = PG_EXCEPTION_CONTEXT;
		answer := concat_ws(' | ', SQLSTATE, SQLERRM, nullif(detail, ''), nullif(hint, ''), substring(context FROM 'eyJ|sha256'));
	END;
	SELECT string_agg(reason || ' ' || count - (before ->> (event || ' ' || reason))::bigint, ', ') INTO counted
	  FROM public.livekit_counters() WHERE count <> (before ->> (event || ' ' || coalesce(reason, '')))::bigint AND reason IS NOT NULL;
END $$;
CREATE TEMP TABLE posted AS SELECT convert_to('{"event":"room_finished","room":{"sid":"RM_x","name":"standup"},"id":"EV_1","createdAt":"1795269723"}', 'UTF8') AS body;
SELECT r.* FROM posted, pg_temp.refused(body, pg_temp.token(body)) AS r;

-- another body than the token says: not one byte may differ
SELECT what, r.* FROM posted, LATERAL (VALUES
	(1, 'a byte changed', set_byte(body, 40, 65)), (2, 'a bit changed', set_bit(body, 8, 1 - get_bit(body, 8))), (3, 'the last byte', substring(body FOR length(body) - 1) || ']'::bytea), (4, 'a blank behind', body || ' '::bytea),
	(5, 'a line feed behind', body || '\x0a'), (6, 'a blank before', ' '::bytea || body), (7, 'byte order mark', '\xefbbbf' || body), (8, 'cut', substring(body FOR 50)), (9, 'twice', body || body),
	(10, 'as jsonb writes it', convert_to(convert_from(body, 'UTF8')::jsonb::text, 'UTF8')), (11, 'with blanks', convert_to(replace(convert_from(body, 'UTF8'), ',', ', '), 'UTF8')), (12, 'in base64', convert_to(encode(body, 'base64'), 'UTF8')),
	(13, 'in hex', convert_to(encode(body, 'hex'), 'UTF8')), (14, 'NUL behind', body || '\x00'), (15, 'empty', ''), (16, 'another event', '{"event":"participant_joined"}')) v(n, what, sent), pg_temp.refused(sent, pg_temp.token(body)) AS r ORDER BY n;
SELECT count(*) AS bits, r.* FROM posted, generate_series(0, length(body) * 8 - 1) AS i, pg_temp.refused(set_bit(body, i, 1 - get_bit(body, i)), pg_temp.token(body)) AS r GROUP BY 2, 3;

-- a digest that is none
SELECT what, r.* FROM posted, sha256(body) AS digest, LATERAL (VALUES
	(1, 'absent', NULL), (2, 'a number', '1'), (3, 'true', 'true'), (4, 'an array', jsonb_build_array(encode(digest, 'base64'))), (5, 'an object', '{}'), (6, 'empty', '""'), (7, 'without padding', to_jsonb(rtrim(encode(digest, 'base64'), '='))),
	(8, 'padded more', to_jsonb(encode(digest, 'base64') || '=')), (9, 'base64url', to_jsonb(translate(encode(digest, 'base64'), '+/', '-_'))), (10, 'in hex', to_jsonb(encode(digest, 'hex'))), (11, 'in capitals', to_jsonb(upper(encode(digest, 'base64')))),
	(12, 'blank behind', to_jsonb(encode(digest, 'base64') || ' ')), (13, 'cut', to_jsonb(left(encode(digest, 'base64'), 40))), (14, 'other last bits', to_jsonb(regexp_replace(encode(digest, 'base64'), '.=$', '/='))),
	(15, 'of nothing', to_jsonb(encode(sha256(''), 'base64'))), (16, 'of the digest', to_jsonb(encode(sha256(digest), 'base64'))), (17, 'SHA-512', to_jsonb(translate(encode(sha512(body), 'base64'), E'\n', ''))),
	(18, 'MD5', to_jsonb(encode(decode(md5(body), 'hex'), 'base64')))) v(n, what, claim), pg_temp.refused(body, pg_temp.token(body, jsonb_build_object('sha256', claim))) AS r ORDER BY n;
SELECT translate(encode(sha256(body), 'base64'), '+/', '-_') <> encode(sha256(body), 'base64') AS alphabets_differ FROM posted;
SELECT name, r.* FROM posted, unnest('{SHA256,Sha256,sha_256,sha256sum,digest}'::text[]) AS name, pg_temp.refused(body, pg_temp.token(body, jsonb_build_object('sha256', NULL, name, encode(sha256(body), 'base64')))) AS r;

-- tokens for something else, which any participant has
SELECT what, r.* FROM posted, LATERAL (VALUES (1, 'to join', livekit_issue('alice', 'standup')), (2, 'for everything', livekit_issue('alice', 'standup', '{"roomAdmin": true, "roomCreate": true}')), (3, 'of an API call', NULL)) v(n, what, token),
	set_config('livekit_token.url', 'wss://livekit.example.com', true) AS u, LATERAL (SELECT headers ->> 'Authorization' AS header FROM livekit_api_request(left('ListRooms' || u, 9))) a, pg_temp.refused(body, coalesce(token, header)) AS r ORDER BY n;

-- another key, algorithm, or signature
SELECT what, r.* FROM posted, LATERAL (VALUES
	(1, 'key not held', pg_temp.token(body, '{"iss": "APIgone"}')), (2, 'of the other key', pg_temp.token(body, '{"iss": "APIold"}')), (3, 'with the other secret', pg_temp.token(body, secret => 'old-secret-0123456789abcdefghijklmnopqrstuvw')),
	(4, 'no issuer', pg_temp.token(body, '{"iss": null}')), (5, 'issuer a number', pg_temp.token(body, '{"iss": 1}')), (6, 'no secret', pg_temp.token(body, secret => '')), (7, 'none', pg_temp.token(body, header => '{"alg":"none"}')),
	(8, 'HS384', pg_temp.token(body, header => '{"alg":"HS384"}')), (9, 'RS256', pg_temp.token(body, header => '{"alg":"RS256"}')), (10, 'hs256', pg_temp.token(body, header => '{"alg":"hs256"}')), (11, 'crit', pg_temp.token(body, header => '{"alg":"HS256","crit":["b64"],"b64":false}')),
	(12, 'unsigned', regexp_replace(pg_temp.token(body), '[^.]*$', '')), (13, 'signature of another', regexp_replace(pg_temp.token(body), '[^.]*$', split_part(pg_temp.token('x'), '.', 3)))) v(n, what, header), pg_temp.refused(body, header) AS r ORDER BY n;
-- another time: beyond the minute of leeway, and a replay after expiry
SELECT what, r.* FROM posted, extract(epoch FROM clock_timestamp()) AS now, LATERAL (VALUES
	(1, 'no expiry', jsonb_build_object('exp', NULL)), (2, 'expired', jsonb_build_object('exp', now - 61)), (3, 'as posted an hour ago', jsonb_build_object('exp', now - 3300, 'nbf', now - 3600, 'iat', now - 3600)), (4, 'long ago', jsonb_build_object('exp', 0)),
	(5, 'not yet', jsonb_build_object('nbf', now + 120)), (6, 'next year', jsonb_build_object('nbf', now + 31536000, 'exp', now + 31536300)), (7, 'a text', jsonb_build_object('exp', 'never'))) v(n, what, changes), pg_temp.refused(body, pg_temp.token(body, changes)) AS r ORDER BY n;

-- a header that is not one token; nor is one without a header
SELECT what, r.* FROM posted, pg_temp.token(body) AS token, LATERAL (VALUES
	(1, 'NULL', NULL), (2, 'empty', ''), (3, 'blank', ' '), (4, 'Bearer', 'Bearer'), (5, 'Bearer and a blank', 'Bearer '), (6, 'no blank', 'Bearer' || token), (7, 'two blanks', 'Bearer  ' || token), (8, 'tab', E'Bearer\t' || token), (9, 'blank before', ' ' || token),
	(10, 'blank behind', token || ' '), (11, 'blank before Bearer', ' Bearer ' || token), (12, 'line feed', token || E'\n'), (13, 'twice', token || ', ' || token), (14, 'twice with Bearer', 'Bearer ' || token || ', Bearer ' || token), (15, 'twice without blank', token || ',' || token),
	(16, 'with Basic', 'Basic eDp5, Bearer ' || token), (17, 'Bearer Bearer', 'Bearer Bearer ' || token), (18, 'Basic', 'Basic ' || encode(convert_to('APIregress:regress-secret-0123456789abcdefghijklmnop', 'UTF8'), 'base64')), (19, 'quoted', '"' || token || '"'),
	(20, 'Token', 'Token ' || token), (21, 'the secret', 'regress-secret-0123456789abcdefghijklmnop'), (22, 'name and value', 'Authorization: ' || token), (23, 'very long', repeat('a', 11185833)), (24, 'longer', repeat('a', 16777216))) v(n, what, header),
	pg_temp.refused(body, header) AS r ORDER BY n;
SELECT r.* FROM posted, pg_temp.refused(NULL, pg_temp.token(body)) AS r UNION ALL SELECT r.* FROM pg_temp.refused(NULL, NULL) AS r;

-- rightly signed, and no event: not an object, not JSON, with two meanings, not UTF-8, too deep
SELECT what, r.* FROM (VALUES (1, 'empty', ''::bytea), (2, 'blank', ' '), (3, 'array', '[]'), (4, 'text', '"event"'), (5, 'null', 'null'), (6, 'form', 'event=room_finished'), (7, 'cut', '{"event":"room_finished"'), (8, 'two', '{"event":"a"} {"event":"b"}'),
	(9, 'comma', '{"event":"a",}'), (10, 'duplicate name', '{"event":"a","event":"a"}'), (11, 'duplicate deep down', '{"room":{"name":"a","sid":1,"name":"b"}}'), (12, 'duplicate, escaped', '{"event":"a","\\u0065vent":"b"}'), (13, 'NUL behind', '{"event":"a"}\000'),
	(14, 'NUL in a string', '{"event":"a\000"}'), (15, 'NUL first', '\000{"event":"a"}'), (16, 'NULs', decode(repeat('00', 100000), 'hex')), (17, 'NUL escaped', '{"event":"\\u0000"}'), (18, 'Latin-1', '{"event":"\351"}'), (19, 'cut character', '{"event":"a","x":"\303"}'),
	(20, 'surrogate', '{"event":"\355\240\274"}'), (21, 'lone escape', '{"event":"\\ud83c"}'), (22, 'byte order mark', '\357\273\277{"event":"a"}'), (23, 'UTF-16', '\x7b00220065002200'), (24, '65 deep', convert_to(repeat('{"x":', 64) || '{}' || repeat('}', 64), 'UTF8')),
	(25, 'a million objects', convert_to('{"x":[' || repeat('{},', 1000000) || '{}]}', 'UTF8')), (26, 'a huge number', convert_to('{"x":' || repeat('9', 1000) || '}', 'UTF8')), (27, 'not a number', '{"x":NaN}')) v(n, what, body),
	pg_temp.refused(body, pg_temp.token(body)) AS r ORDER BY n;

-- too long to look at: whoever it is from, and however it is stored
SELECT bytes, whose, r.* FROM generate_series(8388608, 8388610) AS bytes, convert_to(rpad('{}', bytes), 'UTF8') AS body, LATERAL (VALUES ('LiveKit''s', pg_temp.token(body)), ('nobody''s', 'x'), ('nobody''s', NULL)) v(whose, header), pg_temp.refused(body, header) AS r;
CREATE TEMP TABLE stored AS SELECT convert_to(rpad('{}', 10485760), 'UTF8') AS body;
SELECT pg_column_size(body) < 1000000 AS compressed, r.* FROM stored, pg_temp.refused(body, 'x') AS r;
