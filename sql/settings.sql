--
-- The settings: what each accepts, and who may set and see them.  All belong
-- to the superuser; an ordinary role sees the address and how long tokens
-- last, and neither path nor key.
--
SELECT current_database() AS db \gset
CREATE ROLE regress_livekit_user;
GRANT EXECUTE ON FUNCTION livekit_issue TO regress_livekit_user;
GRANT CREATE ON SCHEMA public TO regress_livekit_user;
SELECT livekit_issue('a', 'r') IS NOT NULL AS loaded;

SELECT name, unit, context, vartype, min_val, max_val, boot_val, short_desc, extra_desc
  FROM pg_settings WHERE name LIKE 'livekit\_token.%' ORDER BY name COLLATE "C";

-- what they accept
CREATE FUNCTION pg_temp.try(setting text, value text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	state text; message text; detail text;
BEGIN
	PERFORM set_config('livekit_token.' || setting, value, true);
	RETURN current_setting('livekit_token.' || setting);
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL;
	RETURN concat_ws(' ', state, message, nullif(detail, ''));
END $$;
SELECT setting, value, pg_temp.try(setting, value)
  FROM (VALUES
	('url', 'wss://live.example'), ('url', 'ws://127.0.0.1:7880'), ('url', 'https://[::1]:7880/path?x=1#y'),
	('url', 'HTTP://live.example'), ('url', 'wss://live.example/@me'), ('url', ''), ('url', 'live.example'), ('url', 'wss:live.example'), ('url', 'ftp://live.example'),
	('url', 'javascript://live.example'), ('url', 'wss://'), ('url', 'wss:///path'), ('url', 'wss://?x'), ('url', 'wss://#x'), ('url', 'wss://:7880'),
	('url', ' wss://live.example'), ('url', 'wss:// x'), ('url', E'wss://live.example\n'), ('url', 'wss://user:password@live.example'),
	('url', 'wss://password@live.example'), ('url', 'wss://x:y@?@'), ('key_file', 'keys.yaml'), ('key_file', './keys.yaml'), ('key_file', '../keys.yaml'),
	('key_file', '~/keys.yaml'), ('key_file', ' /keys.yaml'), ('key_file', 'file:///keys.yaml'), ('key_file', '/keys.yaml'), ('key_file', ''),
	('master_key_file', 'master'), ('master_key_file', '~/master'), ('master_key_file', '/master'), ('master_key_file', ''),
	('api_key', 'APIany'), ('api_key', ''), ('default_ttl', '90min'), ('default_ttl', '1'), ('default_ttl', '2147483647'),
	('default_ttl', 'ten'), ('default_ttl', '1month'), ('default_ttl', ''), ('max_ttl', '0'), ('max_ttl', '1d'), ('max_ttl', 'on'),
	('api_secret', 'x'), ('max_til', '1'), ('', '1')) v(setting, value);
\set VERBOSITY sqlstate
SET livekit_token.default_ttl = 0;
SET livekit_token.default_ttl = -1;
SET livekit_token.default_ttl = 2147483648;
SET livekit_token.max_ttl = -1;
ALTER DATABASE :"db" SET livekit_token.key_file = 'keys.yaml';
ALTER DATABASE :"db" SET livekit_token.master_key_file = 'master';
ALTER DATABASE :"db" SET livekit_token.url = 'live.example';
ALTER DATABASE :"db" SET livekit_token.max_til = 1;
ALTER DATABASE :"db" SET livekit_token.api_secret = 'x';

-- an ordinary role sets none of them, and sees no path nor key
SET ROLE regress_livekit_user;
SELECT name, setting FROM pg_settings WHERE name LIKE 'livekit\_token.%' ORDER BY name COLLATE "C";
SHOW livekit_token.key_file;
SHOW livekit_token.master_key_file;
SHOW livekit_token.api_key;
SELECT current_setting('livekit_token.key_file', true);
SHOW livekit_token.url;
SET livekit_token.key_file = '/tmp/x';
SET livekit_token.master_key_file = '/tmp/x';
SET LOCAL livekit_token.api_key = 'x';
SET livekit_token.api_secret = 'x';
SELECT set_config('livekit_token.url', 'wss://x', false);
SET SESSION livekit_token.default_ttl = 1;
SET livekit_token.max_ttl = 0;
RESET livekit_token.max_ttl;
ALTER ROLE regress_livekit_user SET livekit_token.max_ttl = 0;
CREATE FUNCTION f() RETURNS text RETURN livekit_issue('a', 'r');
ALTER FUNCTION f() SET livekit_token.max_ttl = 0;
DROP FUNCTION f();
RESET ROLE;

REVOKE EXECUTE ON FUNCTION livekit_issue FROM regress_livekit_user;
REVOKE CREATE ON SCHEMA public FROM regress_livekit_user;
DROP ROLE regress_livekit_user;
