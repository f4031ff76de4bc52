--
-- The file with the master keys: what it may look like and what it may be, as
-- for the key file; which key seals and which open; that it may change and
-- break while it is in use; and sealing anew, of all keys or of none.
--
SELECT current_setting('livekit_token.key_file') || '.master' AS file, current_setting('data_directory') AS data \gset
SET livekit_token.key_file = '';
CREATE FUNCTION pg_temp.answer(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	result text;
BEGIN
	EXECUTE query INTO result;
	RETURN coalesce(result, 'NULL');
EXCEPTION WHEN OTHERS THEN
	RETURN SQLSTATE || ' | ' || SQLERRM;
END $$;
-- the nth master key in hex; the zeroth has letters of base64 that are no others'
CREATE FUNCTION pg_temp.hex(n int) RETURNS text
RETURN CASE n WHEN 0 THEN repeat('fbff', 16) ELSE encode(sha256(n::text::bytea), 'hex') END;
CREATE FUNCTION pg_temp.base64(n int, bytes int DEFAULT 32) RETURNS text
RETURN translate(encode(substr(decode(pg_temp.hex(n) || 'ffff', 'hex'), 1, bytes), 'base64'), E'\n', '');
CREATE FUNCTION pg_temp.id(n int) RETURNS text
RETURN left(encode(sha256('livekit_token master key' || decode(pg_temp.hex(n), 'hex')), 'hex'), 8);

-- what a session finds that never saw the file before: by a key that the zeroth sealed, and by which it seals
SELECT write(:'file', convert_to(pg_temp.hex(0), 'UTF8'));
SET livekit_token.master_key_file = :'file';
SELECT livekit_key_set('APIa', repeat('s', 40));
CREATE FUNCTION pg_temp.first_look(file text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	found text;
BEGIN
	PERFORM set_config('livekit_token.master_key_file', '', false), livekit_keys();
	PERFORM set_config('livekit_token.master_key_file', file, false);
	SELECT concat_ws(': ', status, left(reason, 100)) INTO found FROM livekit_keys WHERE api_key = 'APIa';
	PERFORM livekit_key_set('APIb', repeat('s', 40), 'b');
	SELECT concat_ws('; seals: ', found, master_key) INTO found FROM livekit_keys WHERE api_key = 'APIb';
	RAISE EXCEPTION SQLSTATE '55000';
EXCEPTION WHEN SQLSTATE '55000' THEN RETURN found;
END $$;

SELECT n, pg_temp.id(n) FROM generate_series(0, 2) AS n;
SELECT what, pg_temp.first_look(:'file')
  FROM (VALUES
	('hex', pg_temp.hex(0)), ('hex in capitals', upper(pg_temp.hex(0))), ('base64', pg_temp.base64(0)), ('a line end', pg_temp.hex(0) || E'\n'),
	('the second', pg_temp.hex(1) || E'\n' || pg_temp.base64(0)), ('CR LF', pg_temp.base64(1) || E'\r\n' || pg_temp.hex(0) || E'\r\n'),
	('comments', E'# master keys\n\n \t# more\n' || pg_temp.hex(1) || E' # new\n#' || pg_temp.hex(2) || E'\n' || pg_temp.hex(0) || '#old'),
	('blanks', E' \t' || pg_temp.hex(0) || E'\t \n \n'), ('the sixteenth', (SELECT string_agg(pg_temp.hex(n), E'\n' ORDER BY n DESC) FROM generate_series(0, 15) AS n)),
	('another', pg_temp.hex(1)),
	('seventeen', (SELECT string_agg(pg_temp.hex(n), E'\n' ORDER BY n) FROM generate_series(0, 16) AS n)),
	('empty', ''), ('a comment', '#' || pg_temp.hex(0)), ('twice', pg_temp.hex(0) || E'\n' || pg_temp.hex(0)),
	('twice, otherwise written', pg_temp.hex(0) || E'\n\n' || pg_temp.base64(0)), ('twice, in capitals', pg_temp.hex(0) || E'\n#\n' || upper(pg_temp.hex(0))),
	('62 digits', left(pg_temp.hex(0), 62)), ('63 digits', left(pg_temp.hex(0), 63)), ('65 digits', pg_temp.hex(0) || '0'), ('66 digits', pg_temp.hex(0) || '00'),
	('not a digit', 'g' || right(pg_temp.hex(0), 63)), ('0x', '0x' || right(pg_temp.hex(0), 62)), ('\x', '\x' || pg_temp.hex(0)),
	('31 bytes in base64', pg_temp.base64(0, 31)), ('33 bytes in base64', pg_temp.base64(0, 33)), ('24 bytes in base64', pg_temp.base64(0, 24)),
	('base64url', translate(pg_temp.base64(0), '+/', '-_')), ('base64 without its end', rtrim(pg_temp.base64(0), '=')),
	('a name', 'key: ' || pg_temp.hex(0)), ('quotes', '"' || pg_temp.hex(0) || '"'), ('two in a line', pg_temp.hex(0) || ' ' || pg_temp.hex(1)),
	('two, CR between', pg_temp.hex(0) || E'\r' || pg_temp.hex(1)), ('the second is bad', pg_temp.hex(0) || E'\nsecret'), ('text', 'secret'),
	('262145 bytes', pg_temp.hex(0) || repeat('#', 262145 - 64))) v(what, content),
	write(:'file', convert_to(content, 'UTF8'));
SELECT pg_temp.first_look(:'file') FROM write(:'file', convert_to(pg_temp.hex(0), 'UTF8') || '\x00'::bytea);

-- what it is, and where
SELECT mode, pg_temp.first_look(:'file')
  FROM unnest('{600,400,640,604,620}'::text[]) AS mode, write(:'file', convert_to(pg_temp.hex(0), 'UTF8'), mode);
SELECT command, pg_temp.first_look(:'file')
  FROM unnest(ARRAY['rm $F', 'mkdir $F', 'rmdir $F; mkfifo $F', 'ln -sf /dev/null $F', 'ln -sf $F.none $F']) AS command, shell(:'file', command);
SELECT pg_temp.first_look(:'data' || '/global/pg_control'), pg_temp.first_look(''), shell(:'file', 'rm $F');

-- broken while it is in use: the last good keys stay, in sessions that have them
SELECT write(:'file', convert_to(pg_temp.hex(0), 'UTF8'));
SET livekit_token.master_key_file = :'file';
SELECT livekit_issue('alice', 'standup') AS token \gset
SELECT command, pg_temp.answer('SELECT livekit_key_set(''APIb'', repeat(''s'', 40), ''b'')') AS set,
	pg_temp.answer('SELECT string_agg(concat_ws('' '', api_key, status, master_key), '', '') FROM livekit_keys') AS keys
  FROM unnest(ARRAY['echo secret > $F', 'echo > $F', 'chmod 644 $F', 'rm $F']) AS command, shell(:'file', command);
SELECT livekit_verify(:'token') ->> 'iss' AS iss;
\c -
SET livekit_token.key_file = '';
SET livekit_token.master_key_file = :'file';
SELECT api_key, status, reason, master_key FROM livekit_keys;
SELECT livekit_issue('alice', 'standup');
SELECT livekit_verify(:'token');
SELECT livekit_key_set('APIc', repeat('s', 40)), livekit_key_rewrap();

-- back again, with a newer one in front: all open at once, and can be sealed anew
SELECT write(:'file', convert_to(encode(sha256('1'), 'hex') || E'\n' || repeat('fbff', 16), 'UTF8'));
SELECT livekit_verify(:'token') ->> 'iss' AS iss;
SELECT livekit_key_set('APIc', repeat('s', 40), 'c');
SELECT livekit_key_retire('APIb', true);
CREATE TEMP TABLE before AS SELECT * FROM livekit_sealed_key;
SELECT livekit_key_rewrap(), livekit_key_rewrap() AS again;
SELECT api_key, status, signs, k.master_key, a.nonce <> b.nonce AND a.sealed <> b.sealed AS sealed_anew, (a.id, a.url, a.created_at, a.retired_at)
		IS NOT DISTINCT FROM (b.id, b.url, b.created_at, b.retired_at) AS else_the_same
  FROM livekit_keys k JOIN livekit_sealed_key a USING (api_key, master_key) JOIN before b USING (api_key) ORDER BY 1;
SELECT write(:'file', convert_to(encode(sha256('1'), 'hex'), 'UTF8'));
SELECT livekit_verify(:'token') ->> 'iss' AS iss, livekit_key_rewrap();

-- one that cannot be opened: none is sealed anew
SELECT write(:'file', convert_to(encode(sha256('2'), 'hex') || E'\n' || encode(sha256('1'), 'hex'), 'UTF8'));
UPDATE livekit_sealed_key SET sealed = sha224('') WHERE api_key = 'APIb';
SELECT livekit_key_rewrap();
SELECT write(:'file', convert_to(encode(sha256('2'), 'hex'), 'UTF8'));
SELECT livekit_key_rewrap();
SELECT api_key, status, left(reason, 70) AS reason, master_key FROM livekit_keys ORDER BY 1;
DELETE FROM livekit_sealed_key;
SELECT livekit_key_rewrap();
SELECT shell(:'file', 'rm $F');
