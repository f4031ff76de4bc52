--
-- What LiveKit's server posts: livekit_webhook returns the event when the
-- token in the header, of one of our keys and in time, says this very body.
-- Tokens here are made by hand, of the claims that LiveKit's server sends.
--
SET client_min_messages = warning;
SELECT current_setting('livekit_token.key_file') || '.master' AS file \gset
-- as LiveKit's server makes it; the changes, where null, take a claim away
CREATE FUNCTION pg_temp.token(body bytea, changes jsonb DEFAULT '{}', secret bytea DEFAULT 'regress-secret-0123456789abcdefghijklmnop',
	header bytea DEFAULT '{"alg":"HS256","typ":"JWT"}') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	now bigint := extract(epoch FROM clock_timestamp());
BEGIN
	RETURN make_token(convert_to(jsonb_strip_nulls(jsonb_build_object('iss', 'APIregress', 'exp', now + 300, 'nbf', now, 'iat', now,
		'sha256', encode(sha256(body), 'base64')) || changes)::text, 'UTF8'), header, secret);
END $$;
CREATE FUNCTION pg_temp.answer(body bytea, header text, project text DEFAULT NULL) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	RETURN coalesce(livekit_webhook(body, header, project)::text, 'NULL');
EXCEPTION WHEN OTHERS THEN
	RETURN concat_ws(' | ', SQLSTATE, SQLERRM);
END $$;
CREATE TEMP TABLE posted AS SELECT n, convert_to(body, 'UTF8') AS body FROM (VALUES
	(1, '{"event":"room_started","room":{"sid":"RM_x","name":"standup","emptyTimeout":300,"departureTimeout":20,"creationTime":"1795269720","creationTimeMs":"1795269720628","turnPassword":"p","enabledCodecs":[{"mime":"audio/opus"}]},"id":"EV_1","createdAt":"1795269720"}'),
	(2, '{"event":"participant_joined","room":{"sid":"RM_x","name":"Küche 🎉"},"participant":{"sid":"PA_x","identity":"alice#phone","state":"ACTIVE","joinedAt":"1795269721","permission":{"canPublish":true}},"id":"EV_2","createdAt":"1795269721"}'),
	(3, '{"event":"room_finished", "room":{"sid":"RM_x", "name":"standup"}, "id":"EV_3", "createdAt":1795269723, "numDropped":0}'),
	(4, '{"event":"something_new","something":{"new":[1e3,1.50,null,{}]}}')) v(n, body);

SELECT coalesce(sum(count), 0) AS refused FROM livekit_counters() WHERE event <> 'issued' \gset
-- with nothing before the token, as LiveKit sends it
SELECT n, livekit_webhook(body, pg_temp.token(body)) AS event FROM posted ORDER BY n;
SELECT pg_typeof(livekit_webhook(body, pg_temp.token(body))) AS type, livekit_webhook(body, pg_temp.token(body)) ->> 'id' AS id FROM posted WHERE n = 1;
-- as a proxy may have it
SELECT scheme, pg_temp.answer(body, scheme || pg_temp.token(body)) AS answer FROM posted, unnest(ARRAY['Bearer ', 'bearer ', 'BEARER ', 'bEaReR ']) AS scheme WHERE n = 4;
-- an event that comes again is an event again: its id tells
SELECT livekit_webhook(body, token) = livekit_webhook(body, token) AS again FROM posted, pg_temp.token(body) AS token WHERE n = 1;

-- whatever tokens of ours have: other headers, no nbf nor iat, other claims, and what livekit_issue signs
SELECT what, pg_temp.answer(body, header) AS answer FROM posted, LATERAL (VALUES
	(1, 'header the other way', pg_temp.token(body, header => '{"typ":"JWT","alg":"HS256"}')), (2, 'header short', pg_temp.token(body, header => '{"alg":"HS256"}')),
	(3, 'no nbf, no iat', pg_temp.token(body, '{"nbf": null, "iat": null}')), (4, 'fractions', pg_temp.token(body, '{"exp": 4102444800.5, "nbf": 1e9}')),
	(5, 'more claims', pg_temp.token(body, '{"sub": "server", "video": {"roomAdmin": true}, "aud": "x"}')),
	(6, 'livekit_issue', livekit_issue(NULL, options => jsonb_build_object('sha256', encode(sha256(body), 'base64')))),
	(7, 'livekit_issue, for somebody', livekit_issue('server', 'standup', options => jsonb_build_object('sha256', encode(sha256(body), 'base64'))))) v(m, what, header) WHERE n = 4 ORDER BY m;
-- by any key of the project: of the file, retired; not by another project's, which another server may have
SELECT pg_temp.answer(body, pg_temp.token(body, '{"iss": "APIold"}', 'old-secret-0123456789abcdefghijklmnopqrstuvw')) AS answer FROM posted WHERE n = 4;
SELECT write(:'file', convert_to(repeat('fbff', 16), 'UTF8'));
SET livekit_token.master_key_file = :'file';
SELECT livekit_key_set('APIshop', repeat('s', 40), 'shop'), livekit_key_set('APIshop2', repeat('t', 40), 'shop'), livekit_key_retire('APIshop');
SELECT asked, api_key, status, pg_temp.answer(body, pg_temp.token(body, jsonb_build_object('iss', api_key), convert_to(repeat(CASE api_key WHEN 'APIshop' THEN 's' ELSE 't' END, 40), 'UTF8')), asked) AS answer
  FROM posted, livekit_keys, unnest('{shop,default,nowhere,NULL}'::text[]) AS asked WHERE n = 4 AND project = 'shop' ORDER BY asked, api_key;
SELECT pg_temp.answer(body, pg_temp.token(body, '{}'), asked) AS answer FROM posted, unnest('{default,shop}'::text[]) AS asked WHERE n = 4 ORDER BY asked;

-- a minute of leeway, as LiveKit has
SELECT what, pg_temp.answer(body, pg_temp.token(body, changes)) AS answer FROM posted, extract(epoch FROM clock_timestamp()) AS now, LATERAL (VALUES
	(1, 'expired just now', jsonb_build_object('exp', now - 1)), (2, 'half a minute ago', jsonb_build_object('exp', now - 30, 'nbf', now - 330)),
	(3, 'valid soon', jsonb_build_object('nbf', now + 30)), (4, 'issued later', jsonb_build_object('iat', now + 3600))) v(m, what, changes) WHERE n = 4 ORDER BY m;

-- bodies of any form: blanks, escapes, names that a token could not have, depth, length
SELECT what, left(pg_temp.answer(body, pg_temp.token(body)), 90) AS answer FROM (VALUES
	(1, 'empty object', '{}'), (2, 'blanks', E' \r\n\t{ "event" : "x" }\n '), (3, 'escapes', '{"event":"\u00e9\ud83c\udf89\"\\\/\n"}'), (4, 'names of claims', '{"iss":1,"ISS":2,"exp":"never","sha256":[],"Video":{"RoomAdmin":1}}'),
	(5, 'names in two cases', '{"room":{"name":"a"},"Room":{"Name":"b"}}'), (6, '64 deep', repeat('{"x":', 63) || '{}' || repeat('}', 63)), (7, 'large numbers', '{"x":[9007199254740993,1e308,0.1,123456789012345678901234567890]}'),
	(8, 'empty name', '{"":{"":""}}'), (9, 'control character', '{"x":"\u0001"}')) v(n, what, text), convert_to(text, 'UTF8') AS body ORDER BY n;
-- up to 8 MiB
SELECT length(body) AS bytes, length(livekit_webhook(body, pg_temp.token(body)) ->> 'x') AS x FROM convert_to('{"x":"' || repeat('a', 8388600) || '"}', 'UTF8') AS body;
-- from a table: compressed, out of line, with a short header
CREATE TEMP TABLE stored (what text, body bytea);
ALTER TABLE stored ALTER body SET STORAGE EXTERNAL;
INSERT INTO stored SELECT 'out of line', convert_to('{"x":"' || repeat('a', 100000) || '"}', 'UTF8');
ALTER TABLE stored ALTER body SET STORAGE EXTENDED;
INSERT INTO stored SELECT 'compressed', convert_to('{"x":"' || repeat('b', 100000) || '"}', 'UTF8');
INSERT INTO stored VALUES ('short header', '{"x":"y"}');
CREATE TEMP TABLE headers AS SELECT what, body, pg_temp.token(body) AS header FROM stored;
SELECT what, length(livekit_webhook(body, header) ->> 'x') AS x FROM headers ORDER BY what;

-- nothing of that is counted as refused; it may be called where nothing can be written, and by GET
SELECT sum(count) - :refused AS refused FROM livekit_counters() WHERE event <> 'issued';
BEGIN READ ONLY;
SET LOCAL request.method = 'GET';
SELECT pg_temp.answer(body, pg_temp.token(body)) AS answer FROM posted WHERE n = 4;
ROLLBACK;
-- as the server has it in a request: the header is one of PostgREST's settings, the body an unnamed argument
CREATE ROLE regress_livekit_web;
GRANT EXECUTE ON FUNCTION livekit_webhook TO regress_livekit_web;
CREATE FUNCTION receive(bytea) RETURNS text RETURN livekit_webhook($1, current_setting('request.headers', true)::json ->> 'authorization') ->> 'event';
SELECT set_config('request.headers', json_build_object('authorization', pg_temp.token(body))::text, false) IS NOT NULL AS header FROM posted WHERE n = 1;
GRANT SELECT ON posted TO regress_livekit_web;
SET ROLE regress_livekit_web;
SELECT receive(body) FROM posted WHERE n = 1;
SELECT livekit_verify(current_setting('request.headers')::json ->> 'authorization');
RESET ROLE;
DROP FUNCTION receive;
DROP OWNED BY regress_livekit_web;
DROP ROLE regress_livekit_web;
DELETE FROM livekit_sealed_key;
SELECT shell(:'file', 'rm $F');
