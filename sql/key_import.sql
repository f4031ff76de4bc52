--
-- Keys imported from the text of a .env file: which values are read out of its
-- lines, what is ignored in it, and which project each key gets.  What cannot
-- be read is told by its line, never by what it holds, and changes nothing.
--
SELECT current_setting('livekit_token.key_file') || '.master' AS file \gset
SET livekit_token.key_file = '';
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
CREATE FUNCTION pg_temp.is_secret(secret text, project text DEFAULT 'default') RETURNS bool LANGUAGE plpgsql AS $$
DECLARE
	token text := livekit_issue('alice', 'standup', project => project);
BEGIN
	RETURN split_part(token, '.', 3) = base64url(hmac_sha256(convert_to(substring(token from '^(.*)\.'), 'UTF8'), convert_to(secret, 'UTF8')));
END $$;
CREATE TEMP VIEW keys AS
	SELECT project, api_key, status, signs, url FROM livekit_keys WHERE source = 'sealed_table' ORDER BY project COLLATE "C", api_key COLLATE "C";
SELECT E'LIVEKIT_API_KEY=APIa\nLIVEKIT_API_SECRET=secret-of-a-0123456789abcdefghijklmnop\n' AS a \gset

SELECT pg_temp.answer(format('SELECT livekit_key_import(%L)', :'a'));
SELECT write(:'file', convert_to(repeat('fbff', 16), 'UTF8'));
SET livekit_token.master_key_file = :'file';

-- a value, as it is written and as it is stored; @ stands for 32 letters
SELECT what, pg_temp.answer(format('SELECT livekit_key_import(%L)', E'LIVEKIT_API_KEY=APIa\nLIVEKIT_API_SECRET' || replace(written, '@', repeat('s', 32)))) AS keys,
	pg_temp.is_secret(replace(meant, '@', repeat('s', 32))) AS is_right
  FROM (VALUES ('plain', '=@', '@'), ('blanks about =', E' \t= \t@', '@'), ('blanks behind', E'=@ \t ', '@'), ('CRLF', E'=@\r\n', '@'),
	('within', '=@ x', '@ x'), ('comment', '=@ # x', '@'), ('comment behind a tab', E'=@\t#x', '@'), ('# within', '=@#x', '@#x'), ('= within', '=a=@=', 'a=@='),
	('quotes within', '=a"@"''', 'a"@"'''), ('backslashes', '=a\\@\"\n', 'a\\@\"\n'), ('a dollar', '=$A${A}@`A`$', '$A${A}@`A`$'),
	('single quotes', '=''@''', '@'), ('literal in them', '='' a\\\"\n@ #"x ''', ' a\\\"\n@ #"x '), ('a comment behind', '=''@'' # ''x', '@'),
	('double quotes', '="@"', '@'), ('escapes', '="\"a\\@\\\""', '"a\@\"'), ('others are none', '="\na\t\$@\''\u0041"', '\na\t\$@\''\u0041'),
	('# and blanks', E'=" a # @ \' " \t', ' a # @ '' '), ('behind, CRLF', E'="@\\\\" # "x\r\n', '@\'), ('not ASCII', '="é@"', 'é@'), ('a last CR', E'="@"\r', '@'))
	AS v(what, written, meant);

-- lines; the end of the last one may be missing
SELECT what, pg_temp.answer(format('SELECT livekit_key_import(%L)', text)) AS keys, pg_temp.is_secret(what || repeat('s', 32)) AS is_right
  FROM (VALUES ('one', E'%s=APIa\n%s=$\n'), ('CRLF', E'\r\n%s=APIa\r\n\r\n%s=$\r\n\r\n'), ('BOM', E'\uFEFF%s=APIa\n%s=$'), ('BOM, comment', E'\uFEFF# x\n%s=APIa\n%s=$'),
	('comments', E'# LIVEKIT_API_KEY=APIx\n \t#\n%s=APIa\n  #x\n%s=$\n#'), ('blanks', E'\n \t\n %s=APIa\n\t%s=$\n \n'), ('export', E'export %s=APIa\n \texport \t%s = $\n')) AS v(what, template),
	replace(format(template, 'LIVEKIT_API_KEY', 'LIVEKIT_API_SECRET'), '$', what || repeat('s', 32)) AS t(text);

-- names that are not ours, in any order, more than once, with any value
SELECT livekit_key_import(E'PATH=/bin\nPATH=\nexport=1\nexport export=2\nlivekit_api_key=x\nLIVEKIT_API_KEYS=x\nXLIVEKIT_API_KEY=x\nMYLIVEKIT_API_KEY=x\n_LIVEKIT_API_KEY=x\nLIVEKIT_API_SECRET_=x\nLIVEKIT_SECRET=\'\'\n'
	'NEXT_PUBLIC_LIVEKIT_URLS=nowhere\nLIVEKIT_INGRESS_KEY="#"\n_=1\n' || :'a');
SELECT * FROM keys;

-- projects: the argument's, and that which a name begins with; added or updated
SELECT livekit_key_import('SHOP_LIVEKIT_API_SECRET=' || repeat('s', 32) || E'\nLIVEKIT_URL="wss://a.example.com"\nshop_LIVEKIT_API_KEY=APIsmall\nSHOP_LIVEKIT_API_KEY=APIshop\n'
	'A_B_LIVEKIT_API_KEY=APIab\nSHOP_LIVEKIT_URL=ws://shop:7880 # x\nA_B_LIVEKIT_API_SECRET=' || repeat('b', 32) || E'\nexport shop_LIVEKIT_API_SECRET=' || repeat('t', 32) || E'\n' || :'a');
SELECT livekit_key_import(replace(:'a', 'APIa', 'APIn'), NULL), livekit_key_import(replace(:'a', 'APIa', 'APIo'), 'other'), livekit_key_import(replace(:'a', 'APIa', 'APIp'), project => 'SHOP', overwrite => NULL);
SELECT * FROM keys;
SELECT pg_temp.is_secret(repeat('b', 32), 'A_B') AS b, pg_temp.is_secret(repeat('t', 32), 'shop') AS t, pg_temp.is_secret('secret-of-a-0123456789abcdefghijklmnop', 'SHOP') AS s;
SELECT livekit_key_retire('APIshop'), livekit_key_import(E'SHOP_LIVEKIT_API_KEY=APIshop\nSHOP_LIVEKIT_API_SECRET=' || repeat('u', 32));

-- in place of the others of its projects, in one statement; not of other projects
SELECT livekit_key_import(E'LIVEKIT_API_KEY=APIshop\nLIVEKIT_API_SECRET=' || repeat('v', 32), 'SHOP', true), pg_temp.is_secret(repeat('v', 32), 'SHOP') AS v;
-- the project keeps its url, though the key that had it is dropped
SELECT livekit_key_import(E'LIVEKIT_API_KEY=APInew\nLIVEKIT_API_SECRET=' || repeat('w', 32), overwrite => true), pg_temp.is_secret(repeat('w', 32)) AS w;
SELECT livekit_key_import(E'SHOP_LIVEKIT_API_KEY=APIsmall\nSHOP_LIVEKIT_API_SECRET=' || repeat('x', 32) || E'\nshop_LIVEKIT_API_KEY=APIshop\nshop_LIVEKIT_API_SECRET=' || repeat('y', 32), overwrite => true) AS swapped,
	pg_temp.is_secret(repeat('x', 32), 'SHOP') AS x, pg_temp.is_secret(repeat('y', 32), 'shop') AS y;
SELECT * FROM keys;

-- nothing changes, neither what stands before the fault nor what would be dropped
CREATE TEMP TABLE before AS SELECT * FROM livekit_sealed_key;
CREATE FUNCTION pg_temp.refused(text text, project text DEFAULT NULL) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	result text := pg_temp.answer(format('SELECT livekit_key_import(%L, %L, true)', text, project));
BEGIN
	IF result ~ 'secret-|example' THEN RETURN 'told: ' || result; END IF;
	IF EXISTS (TABLE livekit_sealed_key EXCEPT TABLE before) OR EXISTS (TABLE before EXCEPT TABLE livekit_sealed_key) THEN RETURN 'changed: ' || result; END IF;
	RETURN result;
END $$;
SELECT what, pg_temp.refused(replace(:'a', 'APIa', 'APIfirst') || replace(text, '$', 'secret-' || repeat('s', 32)))
  FROM (VALUES ('no =', '$'), ('no name', '=$'), ('only export', 'export $'), ('a name with blanks', 'A $=$'), ('with a hyphen', 'A-SECRET-B=$'), ('with a dot', 'A.B=$'), ('with a digit first', '1A=$'), ('not ASCII', 'é=$'),
	('in quotes', '"A"=$'), ('a colon', 'A: $'), ('on line 5', E'\n# x\r\n$'), ('NBSP', E'\u00A0A=$'), ('two marks', E'\uFEFF\uFEFFA=$'), ('a quote is open', 'A="$'), ('single', 'A=''$'), ('over two lines', E'A="$\n$"'),
	('an escaped end', 'A="$\"'), ('a backslash at the end', 'A="$\'), ('the other quote', 'A="$'''), ('something behind', 'A="$" $'), ('right behind', 'A=''$''$'), ('another quote', 'A="$""$"'),
	('a key twice', 'LIVEKIT_API_KEY=$'), ('a secret twice', 'LIVEKIT_API_SECRET=$'), ('the same twice', 'LIVEKIT_API_KEY=APIfirst'), ('by its project', 'default_LIVEKIT_API_KEY=APIx'), ('an empty one', 'LIVEKIT_API_KEY='),
	('a url twice', E'S_LIVEKIT_URL=wss://s\n\nS_LIVEKIT_URL=wss://s'), ('lacks a key', 'B_LIVEKIT_API_SECRET=$'), ('lacks a secret', 'B_LIVEKIT_API_KEY=$'), ('a url alone', 'B_LIVEKIT_URL=wss://b.example.com'),
	('an empty secret', E'B_LIVEKIT_API_KEY=APIb\nB_LIVEKIT_API_SECRET='), ('a short one', E'B_LIVEKIT_API_KEY=APIb\nB_LIVEKIT_API_SECRET="secret-890123456789012345678901"'), ('with a tab', E'B_LIVEKIT_API_KEY=APIb\nB_LIVEKIT_API_SECRET="\t$"'),
	('with a CR', E'B_LIVEKIT_API_KEY=APIb\nB_LIVEKIT_API_SECRET="$\r"'), ('a bad key', E'B_LIVEKIT_API_KEY=API-secret-\nB_LIVEKIT_API_SECRET=$'), ('secret and key swapped', E'B_LIVEKIT_API_KEY=$\nB_LIVEKIT_API_SECRET=APIb'),
	('a bad url', E'B_LIVEKIT_URL=b.example.com\nB_LIVEKIT_API_KEY=APIb\nB_LIVEKIT_API_SECRET=$'), ('of two projects', E'B_LIVEKIT_API_KEY=APIfirst\nB_LIVEKIT_API_SECRET=$'), ('of another', E'B_LIVEKIT_API_KEY=APIab\nB_LIVEKIT_API_SECRET=$'))
	AS v(what, text);
SELECT what, left(project, 20) AS project, pg_temp.refused(text, project)
  FROM (VALUES ('empty', '', NULL), ('a mark', E'\uFEFF', NULL), ('comments', E'\n# LIVEKIT_API_KEY=APIx', NULL), ('none of ours', E'A=1\n_LIVEKIT_API_KEY=x', NULL), ('null', NULL, NULL), ('null', NULL, 'SHOP'),
	('project', :'a', ''), ('project', :'a', 'pro-ject'), ('project', 'LIVEKIT_API_KEY=APIx', 'a project'), ('project', :'a', ' SHOP'), ('project', :'a', repeat('p', 71)), ('in a name', replace(:'a', 'LIVE', repeat('P', 71) || '_LIVE'), NULL),
	('both', :'a' || E'SHOP_LIVEKIT_API_KEY=APIy\nSHOP_LIVEKIT_API_SECRET=' || repeat('y', 32), 'SHOP')) AS v(what, text, project);
SELECT pg_temp.refused(string_agg(format(E'P%1$s_LIVEKIT_API_KEY=API%1$s\nP%1$s_LIVEKIT_API_SECRET=%2$s', n, repeat('s', 32)), E'\n')) AS a_thousand_and_one FROM generate_series(1, 1001) AS n;
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT pg_temp.refused(:'a');
COMMIT;
BEGIN READ ONLY;
SELECT livekit_key_import(:'a');
ROLLBACK;

DELETE FROM livekit_sealed_key;
SELECT shell(:'file', 'rm $F');
