-- Calling LiveKit from SQL, without a worker: three ways to send what
-- livekit_api_request() signs, each one statement.  Whoever does this needs
-- EXECUTE on that function, and so may make any call.  (Schema livekit is in the
-- search_path here, as in the README's quick start.)
--
-- A request that went out stays out, whatever becomes of the transaction.
-- Where that matters, take examples/outbox.sql.

-- pgsql-http (CREATE EXTENSION http) waits for the answer.  If there is no
-- server it raises an error, after at most 5 s unless CURLOPT_TIMEOUT_MS says
-- otherwise.
SELECT answer.status, answer.content
  FROM livekit_api_request('CreateRoom', '{"name": "standup"}') AS request,
       http((request.method, request.url,
             ARRAY[http_header('Authorization', request.headers ->> 'Authorization')],
             request.headers ->> 'Content-Type', request.body)::http_request) AS answer;

-- pg_net sends after COMMIT, so that ROLLBACK takes the request back; the answer
-- is in net._http_response some time later.  A failed one is not sent again.
-- Until it is sent it lies, with its token, in a table that every role may read,
-- unless you revoke that: REVOKE ALL ON ALL TABLES IN SCHEMA net FROM PUBLIC.
SELECT net.http_post(url => url, headers => headers, body => body::jsonb) AS request
  FROM livekit_api_request('CreateRoom', '{"name": "standup"}');

-- PL/Python (CREATE EXTENSION plpython3u; Debian: postgresql-plpython3-15) has
-- Python's own library.  Keep EXECUTE to those who may send anything anywhere.
CREATE FUNCTION livekit_send(method text, url text, headers jsonb, body text,
                             OUT status integer, OUT content text)
LANGUAGE plpython3u VOLATILE AS $$
import json
import urllib.error
import urllib.request

# A token goes to where it is meant to go: to no proxy, and nowhere else.
class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None

opener = urllib.request.build_opener(NoRedirect, urllib.request.ProxyHandler({}))
request = urllib.request.Request(url, body.encode(), json.loads(headers), method=method)
try:
    answer = opener.open(request, timeout=5)
except urllib.error.HTTPError as error:
    answer = error
with answer:
    return answer.status, answer.read().decode()
$$;
REVOKE EXECUTE ON FUNCTION livekit_send FROM PUBLIC;

-- SELECT answer.*
--   FROM livekit_api_request('CreateRoom', '{"name": "standup"}') AS request,
--        livekit_send(request.method, request.url, request.headers, request.body) AS answer;
