--
-- Where a request to LiveKit's server API goes: the address that clients are
-- given, by HTTP, with the method's path behind it; the project's own before
-- livekit_token.url.  What cannot take a path is refused before it is signed.
--
SELECT current_setting('livekit_token.key_file') || '.master' AS file \gset
CREATE FUNCTION pg_temp.answer(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	result text; detail text; hint text;
BEGIN
	EXECUTE query INTO result;
	RETURN coalesce(result, 'NULL');
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
	RETURN concat_ws(' | ', SQLSTATE, SQLERRM, nullif(detail, ''), nullif(hint, ''));
END $$;
CREATE FUNCTION pg_temp.url(project text DEFAULT NULL) RETURNS text
RETURN pg_temp.answer(format('SELECT url FROM livekit_api_request(''ListRooms'', project => %L)', project));
CREATE FUNCTION pg_temp.url_of_setting(setting text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	PERFORM set_config('livekit_token.url', setting, true);
	RETURN pg_temp.url();
EXCEPTION WHEN OTHERS THEN
	RETURN 'setting: ' || SQLSTATE;
END $$;

-- none
SELECT pg_temp.url();
SELECT livekit_issue('alice', 'standup') IS NOT NULL AS a_token_needs_none;

-- scheme, host, port and path stay, but for the scheme's name and slashes at the end
SELECT url, pg_temp.url_of_setting(url) FROM unnest(ARRAY['wss://live.example.com', 'ws://live.example.com', 'https://live.example.com', 'http://live.example.com',
	'WSS://live.example.com', 'Ws://live.example.com', 'wSs://live.example.com', 'HTTPS://live.example.com', 'HttP://live.example.com',
	'ws://127.0.0.1:7880', 'wss://[2001:db8::1]:7880', 'wss://[::1]', 'wss://Live.Example.COM:443', 'wss://wss.example.com/wss', 'https://ws.example.com', 'http://https.example.com',
	'wss://live.example.com/', 'wss://live.example.com//', 'wss://live.example.com:7880/', 'wss://live.example.com/eu', 'wss://live.example.com/eu/', 'wss://live.example.com/eu//live///',
	'wss://live.example.com/@me', 'wss://live.example.com/rtc', 'wss://live.example.com/%3F', 'wss://live.example.com/a;b=c', 'wss://live.example.com/../x', 'wss://xn--bcher-kva.example']) WITH ORDINALITY AS u(url, n) ORDER BY n;
-- a question mark or # would swallow the path
SELECT url, pg_temp.url_of_setting(url) FROM unnest(ARRAY['wss://live.example.com?', 'wss://live.example.com?a=b', 'wss://live.example.com/eu?a=b', 'wss://live.example.com#', 'wss://live.example.com/#eu',
	'https://live.example.com/eu?a=b#c', 'wss://live.example.com/?next=/']) WITH ORDINALITY AS u(url, n) ORDER BY n;
-- no address; one with a password is none
SELECT url, pg_temp.url_of_setting(url) FROM unnest(ARRAY['', 'live.example.com', '//live.example.com', 'wss:/live.example.com', 'ftp://live.example.com', 'wss://', 'wss:///eu', 'wss://:7880',
	'wss://user:password@live.example.com', 'https://user@live.example.com', ' wss://live.example.com', E'wss://live.example.com\r\nHost: evil']) WITH ORDINALITY AS u(url, n) ORDER BY n;
-- whatever the address, nothing is signed without one
SET livekit_token.url = 'wss://live.example.com?x';
SELECT sum(count) AS signed FROM livekit_counters() WHERE reason = 'livekit_api_request' \gset
SELECT pg_temp.url();
RESET livekit_token.url;
SELECT pg_temp.url();
SELECT sum(count) - :signed AS signed FROM livekit_counters() WHERE reason = 'livekit_api_request';

-- projects: the url is that of the newest active key that has one, and the key the project's
SET client_min_messages = warning;
SELECT write(:'file', convert_to(repeat('fbff', 16), 'UTF8'));
SET livekit_token.master_key_file = :'file';
SELECT livekit_key_set('APIa', repeat('s', 40), 'a', 'wss://a.example.com/a/'), livekit_key_set('APIb', repeat('t', 40), 'b');
CREATE FUNCTION pg_temp.request(project text) RETURNS text
RETURN pg_temp.answer(format($$SELECT url || ' ' || concat_ws(' ', claims ->> 'iss', claims -> 'video') FROM livekit_api_request('DeleteRoom', '{"room": "standup"}', %L), livekit_verify(substr(headers ->> 'Authorization', 8)) AS claims$$, project));
SELECT project, pg_temp.request(project) FROM unnest('{a,b,default,NULL,c,A,"","a "}'::text[]) WITH ORDINALITY AS p(project, n) ORDER BY n;
SET livekit_token.url = 'ws://setting.example.com';
SELECT project, pg_temp.request(project) FROM unnest('{a,b,default,NULL,c}'::text[]) WITH ORDINALITY AS p(project, n) ORDER BY n;
-- a newer key signs, and brings its url; one that is retired neither
SELECT livekit_key_set('APIa2', repeat('u', 40), 'a', 'https://a2.example.com');
SELECT pg_temp.request('a');
SELECT livekit_key_retire('APIa2');
SELECT pg_temp.request('a');
SELECT livekit_key_retire('APIa', true);
SELECT pg_temp.request('a');
-- a project's url that cannot take a path
SELECT livekit_key_set('APIc', repeat('v', 40), 'c', 'wss://c.example.com/?x=y'), livekit_key_set('APId', repeat('w', 40), url => 'wss://d.example.com');
SELECT project, pg_temp.request(project) FROM unnest('{c,default}'::text[]) WITH ORDINALITY AS p(project, n) ORDER BY n;
-- the audit has the project that it was
SET livekit_token.audit = 'both';
DELETE FROM livekit_issued;
SELECT pg_temp.request('b');
SELECT via, project, api_key FROM livekit_issued;
DELETE FROM livekit_issued;
RESET livekit_token.audit;
DELETE FROM livekit_sealed_key;
SELECT shell(:'file', 'rm $F');
