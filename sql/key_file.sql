--
-- What the key file may look like, and what it may be: LiveKit's own format,
-- in a file of the server's that nobody else reads.  Why one cannot be used
-- is told in livekit_keys, by the number of a line and never by content.
--
SELECT current_setting('livekit_token.key_file') || '.case' AS file, current_setting('data_directory') AS data \gset

-- what a session finds that never saw the file before
CREATE FUNCTION first_look(file text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	PERFORM set_config('livekit_token.key_file', '', false), livekit_keys();
	PERFORM set_config('livekit_token.key_file', file, false);
	RETURN string_agg(concat_ws(' ', status || ':', api_key, left(reason, 85)), '; ') FILTER (WHERE signs OR api_key IS NULL)
		|| coalesce(' and ' || nullif(count(*) - 1, 0) || ' more', '') FROM livekit_keys;
END $$;

-- what is in it
SET client_min_messages = error;	-- no warnings of weak secrets
SELECT what, first_look(:'file')
  FROM (VALUES
	('one key', 'APIa: s1'::bytea), ('two keys', E'APIa: s1\nAPIb: s2\n'), ('no blank', 'APIa:s1'), ('blanks', E' APIa\t :\t s1 '),
	('CR LF', E'APIa: s1\r\nAPIb: s2\r\n'), ('byte order mark', '\xefbbbf'::bytea || 'APIa: s1'),
	('comments', E'# keys\n\n  # more\nAPIa: s1 # old\n#APIb: s2'), ('quotes', E'"APIa": "s1"\n''APIb'': ''s 2: #''# good'),
	('# in a secret', 'APIa: s#1'), ('colons in a secret', 'APIa: s:1:2'), ('32 bytes', convert_to('APIa: ' || repeat('s', 32), 'UTF8')),
	('name of 70', convert_to(repeat('A', 70) || ': ' || repeat('s', 32), 'UTF8')), ('swapped', convert_to(repeat('s', 32) || ': APIa', 'UTF8')),
	('short both', convert_to(repeat('s', 31) || ': APIa', 'UTF8')), ('secret of 16384', convert_to('APIa: ' || repeat('s', 16384), 'UTF8')),
	('262144 bytes', convert_to(rpad('APIa: s1 #', 262144, '#'), 'UTF8')),
	('empty', ''), ('a line end', E'\n'), ('a comment', '# none'), ('no colon', E'APIa: s1\n# x\nsecret'), ('JSON', '{"APIa": "s1"}'),
	('a section', E'keys:\n  APIa: s1'), ('no name', ': s1'), ('name empty', '"": s1'), ('blank in the name', 'API a: s1'),
	('dash in the name', 'API-a: s1'),
	('name beyond ASCII', '\xc384'::bytea || ': s1'), ('name of 71', convert_to(repeat('A', 71) || ': s1', 'UTF8')), ('list', '- APIa: s1'),
	('no secret', E'APIa: s1\nAPIb:'), ('secret empty', 'APIa: ""'), ('secret commented out', 'APIa: # s1'), ('comment for secret', 'APIa: #s1'),
	('quote open', 'APIa: "s1'), ('quote closed twice', 'APIa: "s"1"'), ('two words', 'APIa: s 1'),
	('secret of 16385', convert_to('APIa: ' || repeat('s', 16385), 'UTF8')),
	('name twice', E'APIa: s1\nAPIb: s2\nAPIa: s1'), ('CR alone', E'APIa: s1\rAPIb: s2'), ('tab in a secret', E'APIa: "s\t1"'),
	('NUL', 'APIa: s1' || '\x00'::bytea), ('UTF-16', '\xfffe410050004900'::bytea),
	('262145 bytes', convert_to(rpad('APIa: s1 #', 262145, '#'), 'UTF8'))) v(what, content),
	write(:'file', content);

-- what it is, and where
SELECT what, first_look(:'file')
  FROM (VALUES ('mode 600', '600'), ('mode 400', '400'), ('mode 700', '700'), ('mode 640', '640'),
	('mode 604', '604'), ('mode 620', '620'), ('mode 610', '610')) v(what, mode),
	write(:'file', 'APIa: s1', mode);
SELECT command, first_look(:'file')
  FROM (VALUES
	('rm $F'), ('mkdir $F'), ('rmdir $F; mkfifo $F'), ('ln -sf /dev/null $F'), ('ln -sf $F.none $F'), ('rm $F; ln -s $F $F'),
	('echo "APIa: s1" > $F.other; ln -sf $F.other $F'), ('chmod 644 $F.other'), ('rm $F $F.other')) v(command),
	shell(:'file', command);
SELECT first_look(:'data' || '/PG_VERSION');
SELECT first_look(:'data' || '/base/../global/pg_control');
SELECT first_look(:'data'), shell(:'file', 'ln -s ' || :'data' || '/postgresql.auto.conf $F'), first_look(:'file');
SELECT shell(:'file', 'rm $F');
DROP FUNCTION first_look;
