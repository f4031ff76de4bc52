--
-- Sending a signed call from SQL: examples/http.sql as it stands, before
-- doubles of pgsql-http 1.7 and pg_net 0.20 that have their types and their
-- signatures, and keep what they are given.  What is refused is not sent.
--
SET client_min_messages = warning;
SET livekit_token.url = 'wss://livekit.example.com/eu';
CREATE TABLE sent (n int GENERATED ALWAYS AS IDENTITY, via text, method text, url text, headers jsonb, body text, content_type text);

-- pgsql-http
CREATE SCHEMA regress_livekit_http;
SET search_path = public, regress_livekit_http;
CREATE DOMAIN regress_livekit_http.http_method AS text;
CREATE TYPE regress_livekit_http.http_header AS (field varchar, value varchar);
CREATE TYPE regress_livekit_http.http_request AS (method http_method, uri varchar, headers http_header[], content_type varchar, content varchar);
CREATE TYPE regress_livekit_http.http_response AS (status integer, content_type varchar, headers http_header[], content varchar);
CREATE FUNCTION regress_livekit_http.http_header(field varchar, value varchar) RETURNS http_header
RETURN ROW($1, $2)::http_header;
CREATE FUNCTION regress_livekit_http.http(request http_request) RETURNS http_response LANGUAGE sql AS $$
	INSERT INTO sent (via, method, url, headers, body, content_type)
	VALUES ('pgsql-http', $1.method, $1.uri, (SELECT jsonb_object_agg(field, value) FROM unnest($1.headers)), $1.content, $1.content_type);
	SELECT ROW(200, 'application/json', NULL, '{"name":"standup"}')::http_response;
$$;
-- pg_net
CREATE SCHEMA net;
CREATE FUNCTION net.http_post(url text, body jsonb DEFAULT '{}', params jsonb DEFAULT '{}',
	headers jsonb DEFAULT '{"Content-Type": "application/json"}', timeout_milliseconds int DEFAULT 5000) RETURNS bigint LANGUAGE sql AS $$
	INSERT INTO sent (via, method, url, headers, body, content_type)
	VALUES ('pg_net', 'POST', url, headers || params, body::text, headers ->> 'Content-Type') RETURNING 1::bigint;
$$;
-- a language by that name, in which nothing runs; test/interop has the real one
CREATE LANGUAGE plpython3u HANDLER plpgsql_call_handler;

\getenv srcdir PG_ABS_SRCDIR
\set example :srcdir '/examples/http.sql'
\set ECHO none
\i :example
\set ECHO all
-- one request, however it is sent
SELECT via, method, url, body, content_type FROM sent ORDER BY n;
SELECT via, array(SELECT jsonb_object_keys(headers) ORDER BY 1) AS headers,
	livekit_verify(substr(headers ->> 'Authorization', 8)) - ARRAY['iat', 'nbf', 'exp', 'jti'] AS claims
FROM sent WHERE headers ->> 'Authorization' LIKE 'Bearer %' ORDER BY n;
SELECT count(DISTINCT headers ->> 'Authorization') AS tokens FROM sent;
SELECT proname, proargnames, has_function_privilege('pg_monitor', oid, 'EXECUTE') AS others FROM pg_proc WHERE proname = 'livekit_send';

-- the same statements, for any call and body
CREATE FUNCTION pg_temp.send(rpc text, body jsonb, project text DEFAULT NULL) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	PERFORM answer FROM livekit_api_request(rpc, body, project) AS request,
		http((request.method, request.url, ARRAY[http_header('Authorization', request.headers ->> 'Authorization')],
			request.headers ->> 'Content-Type', request.body)::http_request) AS answer;
	PERFORM net.http_post(url => q.url, headers => q.headers, body => q.body::jsonb) FROM livekit_api_request(rpc, body, project) AS q;
	RETURN (SELECT string_agg(s.via || ' ' || s.url || ' ' || s.body, E'\n' ORDER BY s.n) FROM (SELECT * FROM sent ORDER BY n DESC LIMIT 2) AS s);
EXCEPTION WHEN OTHERS THEN
	RETURN concat_ws(' ', SQLSTATE, SQLERRM);
END $$;
TRUNCATE sent;
SELECT pg_temp.send('RemoveParticipant', '{"room": "standup", "identity": "zo\u00eb \"x\""}');
SELECT pg_temp.send('RoomService/SendData', '{"room": "standup", "data": "aMOpIA==", "destinationIdentities": ["a", "b"]}');
SELECT via, livekit_verify(substr(headers ->> 'Authorization', 8)) -> 'video' AS video FROM sent ORDER BY n;
SET livekit_token.url = 'ws://127.0.0.1:7880';
SELECT pg_temp.send('ListRooms', '{}');

-- what is refused is not sent, which would show even if it was rolled back
TRUNCATE sent RESTART IDENTITY;
SELECT pg_temp.send('CreateRoms', '{"name": "standup"}');
SELECT pg_temp.send('Egress/CreateRoom', '{"name": "standup"}');
SELECT pg_temp.send('RemoveParticipant', '{"identity": "alice"}');
SELECT pg_temp.send('RemoveParticipant', '{"room": "standup"}');
SELECT pg_temp.send('CreateRoom', '{"nam": "standup"}');
SELECT pg_temp.send('CreateRoom', '[]');
SELECT pg_temp.send('CreateRoom', '{"name": "standup"}', 'nowhere');
RESET livekit_token.url;
SELECT pg_temp.send('CreateRoom', '{"name": "standup"}');
SET livekit_token.url = 'wss://livekit.example.com';
CREATE ROLE regress_livekit_alice;
GRANT USAGE ON SCHEMA net, regress_livekit_http TO regress_livekit_alice;
GRANT INSERT, SELECT ON sent TO regress_livekit_alice;
SET ROLE regress_livekit_alice;
SELECT pg_temp.send('CreateRoom', '{"name": "standup"}');
RESET ROLE;
SELECT is_called AS sent FROM sent_n_seq;

-- who may call the one may send anything
GRANT EXECUTE ON FUNCTION livekit_api_request TO regress_livekit_alice;
SET ROLE regress_livekit_alice;
SELECT pg_temp.send('DeleteRoom', '{"room": "standup"}');
RESET ROLE;
SELECT is_called AS sent FROM sent_n_seq;

DROP FUNCTION livekit_send;
DROP LANGUAGE plpython3u;
DROP SCHEMA net, regress_livekit_http CASCADE;
DROP TABLE sent;
DROP OWNED BY regress_livekit_alice;
DROP ROLE regress_livekit_alice;
