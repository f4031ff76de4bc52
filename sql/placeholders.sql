--
-- Until a session loads the library, the settings are placeholders, which
-- every role can set.  What an ordinary role does to them then must not turn
-- a key, a cap or an address into another: what the administrator has set
-- stays, and where that cannot be told, nothing is signed.
--
SELECT current_database() AS db, current_setting('livekit_token.key_file') AS key_file \gset
CREATE ROLE regress_livekit_user;
GRANT EXECUTE ON FUNCTION livekit_issue, livekit_verify TO regress_livekit_user;

-- the path of another key file, or none
\c -
SET ROLE regress_livekit_user;
SET livekit_token.key_file = '';
SELECT livekit_verify(livekit_issue('a', 'r'))->>'iss' AS iss;
\c -
SET ROLE regress_livekit_user;
SET livekit_token.key_file = '/tmp/mine';
SHOW livekit_token.key_file;
SELECT livekit_verify(livekit_issue('a', 'r'))->>'iss' AS iss;
RESET ROLE;
SELECT current_setting('livekit_token.key_file') = :'key_file' AS stays;

-- for later sessions
\c -
SET ROLE regress_livekit_user;
ALTER ROLE regress_livekit_user SET livekit_token.key_file = '/tmp/mine';

-- a setting that nobody else has set
SET livekit_token.max_ttl = 0;
SELECT livekit_issue('a', 'r', ttl => '7 h');
SELECT livekit_issue('a', 'r');
\set VERBOSITY sqlstate
SELECT livekit_issue('a', 'r');
\set VERBOSITY default
RESET ROLE;
SELECT livekit_issue('a', 'r');
SET livekit_token.max_ttl = '1h';
SELECT livekit_verify(livekit_issue('a', 'r'))->>'iss' AS iss;

-- the same of the key file
ALTER DATABASE :"db" RESET livekit_token.key_file;
\c -
SET ROLE regress_livekit_user;
SET livekit_token.key_file = '/tmp/mine';
SELECT livekit_issue('a', 'r');
RESET ROLE;
SELECT api_key, source, status, signs, reason FROM livekit_keys;

-- a path that is not absolute was not refused when it was set
\c -
ALTER DATABASE :"db" SET livekit_token.key_file = 'keys.yaml';
\c -
SELECT livekit_issue('a', 'r');
SELECT api_key, source, status, signs, reason FROM livekit_keys;

-- nor was an address without a scheme
ALTER DATABASE :"db" SET livekit_token.key_file = :'key_file';
\c -
ALTER DATABASE :"db" SET livekit_token.url = 'live.example';
\c -
SELECT livekit_issue('a', 'r');
ALTER DATABASE :"db" RESET livekit_token.url;

-- a secret that every role can read is not used, and nothing else is
\c -
ALTER DATABASE :"db" SET livekit_token.api_secret = 'secret-0123456789abcdefghijklmnopqrstuvwxyz';
\c -
SET ROLE regress_livekit_user;
SHOW livekit_token.api_secret;
SELECT livekit_issue('a', 'r');
SHOW livekit_token.api_secret;
RESET ROLE;
SELECT api_key, source, status, signs, reason FROM livekit_keys;
\c -
ALTER DATABASE :"db" RESET livekit_token.api_secret;

-- a name that is none is told of
\c -
SET livekit_token.max_til = 60;
SELECT livekit_verify(livekit_issue('a', 'r'))->>'iss' AS iss;

-- a superuser's own settings count, as long as they are set
\c -
SET livekit_token.api_key = 'APIold';
SET livekit_token.url = 'wss://live.example';
SELECT livekit_verify(livekit_issue('a', 'r'))->>'iss' AS iss, url FROM livekit_keys WHERE signs;
RESET livekit_token.api_key;
RESET livekit_token.url;
SELECT livekit_verify(livekit_issue('a', 'r'))->>'iss' AS iss, url FROM livekit_keys WHERE signs;
\c -
BEGIN;
SET LOCAL livekit_token.default_ttl = 60;
SELECT (claims->>'exp')::int - (claims->>'iat')::int AS ttl FROM livekit_verify(livekit_issue('a', 'r')) claims;
COMMIT;
SELECT (claims->>'exp')::int - (claims->>'iat')::int AS ttl FROM livekit_verify(livekit_issue('a', 'r')) claims;

REVOKE EXECUTE ON FUNCTION livekit_issue, livekit_verify FROM regress_livekit_user;
DROP ROLE regress_livekit_user;
