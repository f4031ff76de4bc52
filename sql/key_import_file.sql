--
-- Keys imported from a file of the server's: by whom, and from which files.
-- What is wrong with a file or in it is told without a word of its content,
-- and nothing is changed.
--
SELECT current_setting('livekit_token.key_file') AS key_file \gset
\set file :key_file '.master'
\set env :key_file '.env'
SET livekit_token.key_file = '';
SELECT write(:'file', convert_to(repeat('fbff', 16), 'UTF8'));
SET livekit_token.master_key_file = :'file';
SELECT E'LIVEKIT_API_KEY=APIa\nLIVEKIT_API_SECRET=secret-of-a-0123456789abcdefghijklmnop\n' AS a \gset
CREATE TABLE before AS TABLE livekit_sealed_key;
CREATE FUNCTION pg_temp.refused(path text, project text DEFAULT NULL, overwrite bool DEFAULT true) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	result text; detail text; hint text;
BEGIN
	RETURN 'imported ' || livekit_key_import_file(path, project, overwrite);
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
	result := concat_ws(' | ', SQLSTATE, SQLERRM, nullif(detail, ''), nullif(hint, ''));
	IF position('secret-' IN result) > 0 THEN RETURN 'told: ' || result; END IF;
	IF EXISTS (TABLE livekit_sealed_key EXCEPT TABLE before) OR EXISTS (TABLE before EXCEPT TABLE livekit_sealed_key) THEN RETURN 'changed: ' || result; END IF;
	RETURN replace(result, coalesce(path, 'NULL'), 'FILE');
END $$;

-- with what a file may be: its owner and mode are not looked at
SELECT write(:'env', convert_to(E'\uFEFF# x\r\nSHOP_LIVEKIT_URL = wss://shop.example.com\r\nexport SHOP_LIVEKIT_API_KEY="APIshop"\r\nSHOP_LIVEKIT_API_SECRET=''secret-of-shop-456789abcdefghijklmnop''\r\n' || :'a', 'UTF8'), '644');
SELECT livekit_key_import_file(:'env');
SELECT livekit_key_import_file(:'env', 'other');
SELECT livekit_key_import_file(path => :'env', project => 'default', overwrite => true);
SELECT shell(:'env', 'ln -s $F $F.link && ln -s $F.none $F.dangling');
SELECT livekit_key_import_file(:'env' || '.link');
SELECT project, api_key, signs, url FROM livekit_keys WHERE source = 'sealed_table' ORDER BY api_key;
SELECT split_part(token, '.', 3) = base64url(hmac_sha256(convert_to(substring(token from '^(.*)\.'), 'UTF8'), 'secret-of-shop-456789abcdefghijklmnop')) AS with_its_secret
  FROM livekit_issue('alice', 'standup', project => 'SHOP') AS token;
INSERT INTO before TABLE livekit_sealed_key;

-- which file
SELECT command, pg_temp.refused(:'env' || suffix)
  FROM (VALUES ('true', '.none'), ('true', '.dangling'), ('true', '/x'), ('mkdir $F.d', '.d'), ('mkfifo $F.p', '.p'), ('ln -s /dev/zero $F.z', '.z'), ('cp $F $F.m && chmod 0 $F.m', '.m')) AS v(command, suffix),
	shell(:'env', command);
SELECT path, pg_temp.refused(path) FROM unnest(ARRAY[NULL, 'postgresql.conf', './postgresql.conf', '../x']) AS path;
SELECT pg_temp.refused('/' || repeat('x', 300)) LIKE '%File name too long' AS too_long;
SELECT shell(:'env', 'rm -r $F.*');

-- what is in it; lines are counted as they stand
SELECT what, pg_temp.refused(:'env', project)
  FROM (VALUES ('empty', '', NULL), ('a line', :'a'::bytea || E'\r\nsecret-\n', NULL), ('a quote', :'a'::bytea || 'A="secret-', NULL), ('of another project', :'a'::bytea, 'other'), ('no project', :'a'::bytea, ''),
	('a NUL', :'a'::bytea || '\x00'::bytea, NULL), ('a NUL in a secret', 'LIVEKIT_API_KEY=APIa' || E'\nLIVEKIT_API_SECRET='::bytea || repeat('s', 32)::bytea || '\x00'::bytea || 'secret-', NULL),
	('UTF-16', '\xfffe4c0049005600'::bytea, NULL), ('invalid UTF-8 in a name', '\xff3d'::bytea, NULL), ('in a key', E'LIVEKIT_API_KEY="API\\377"\nLIVEKIT_API_SECRET=secret-0123456789abcdefghijklmnopqr'::bytea, NULL),
	('in a url', :'a'::bytea || 'LIVEKIT_URL=wss://a/\377'::bytea, NULL), ('too large', :'a'::bytea || convert_to('#' || repeat('x', 262144 - length(:'a')), 'UTF8'), NULL)) AS v(what, content, project),
	write(:'env', content);
SELECT write(:'env', convert_to('#' || repeat('x', 262142 - length(:'a')) || E'\n' || :'a', 'UTF8'));
SELECT livekit_key_import_file(:'env') AS the_largest;

-- by whom: who may read files, and call it
CREATE ROLE regress_livekit_reader;
CREATE ROLE regress_livekit_caller;
GRANT pg_read_server_files TO regress_livekit_reader;
SET ROLE regress_livekit_reader;
SELECT livekit_key_import_file(:'env');
RESET ROLE;
GRANT EXECUTE ON FUNCTION livekit_key_import_file TO regress_livekit_reader, regress_livekit_caller;
SET ROLE regress_livekit_caller;
SELECT livekit_key_import_file(:'env');
SELECT livekit_key_import_file('/nowhere');
SELECT livekit_key_import(:'a');
SET ROLE regress_livekit_reader;
SELECT livekit_key_import_file(:'env');
SELECT livekit_key_import(:'a');
RESET ROLE;
SET livekit_token.master_key_file = '';
SELECT livekit_key_import_file(:'env');

REVOKE EXECUTE ON FUNCTION livekit_key_import_file FROM regress_livekit_reader, regress_livekit_caller;
DROP ROLE regress_livekit_reader, regress_livekit_caller;
DROP TABLE before;
DELETE FROM livekit_sealed_key;
SELECT shell(:'env', 'rm $F'), shell(:'file', 'rm $F');
