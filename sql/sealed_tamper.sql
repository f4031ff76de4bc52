--
-- Rows of the table that are not what was sealed: every byte changed in turn,
-- rows swapped, truncated, copied, and put in by hand.  Such a key signs and
-- verifies nothing, the error names it, and no older one takes its place.
--
SELECT current_setting('livekit_token.key_file') || '.master' AS file \gset
SET livekit_token.key_file = '';
CREATE FUNCTION pg_temp.answer(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	result text; detail text;
BEGIN
	EXECUTE query INTO result;
	RETURN coalesce(result, 'NULL');
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
	RETURN concat_ws(' | ', SQLSTATE, SQLERRM, nullif(detail, ''));
END $$;
SELECT write(:'file', convert_to(repeat('fbff', 16) || E'\n' || repeat('00112233445566778899aabbccddeeff', 2), 'UTF8'));
SET livekit_token.master_key_file = :'file';
SELECT livekit_key_set('APIolder', repeat('o', 40));
SELECT livekit_issue('alice', 'standup') AS of_older \gset
SELECT livekit_key_set('APInewer', repeat('n', 40));
SELECT livekit_issue('alice', 'standup') AS of_newer \gset
CREATE TEMP TABLE good AS SELECT * FROM livekit_sealed_key WHERE api_key = 'APInewer';

-- make a change, say what becomes of the key that has been changed, and undo it
CREATE FUNCTION pg_temp.changed(change text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE change;
	PERFORM livekit_issue('alice', 'standup', project => project) FROM livekit_keys WHERE status = 'unusable';
	RAISE EXCEPTION 'signed, or not unusable' USING ERRCODE = 'LK001';
EXCEPTION WHEN SQLSTATE 'LK001' OR SQLSTATE '55000' THEN RETURN SQLERRM;
END $$;
CREATE FUNCTION pg_temp.reason(change text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	found text;
BEGIN
	EXECUTE change;
	SELECT string_agg(concat_ws(' ', status, signs, reason), ', ') INTO found FROM livekit_keys WHERE api_key <> 'APIolder';
	RAISE EXCEPTION '%', found USING ERRCODE = 'LK001';
EXCEPTION WHEN SQLSTATE 'LK001' THEN RETURN SQLERRM;
END $$;

-- each byte, and each letter
CREATE FUNCTION pg_temp.next(t text, i int) RETURNS text RETURN overlay(t PLACING chr(ascii(substr(t, i, 1)) + 1) FROM i);
CREATE TEMP VIEW changes AS
	SELECT 'sealed' AS what, i, format('sealed = %L', set_byte(sealed, i, get_byte(sealed, i) # bit)) AS change
	  FROM good, generate_series(0, length(sealed) - 1) AS i, unnest('{1,128}'::int[]) AS bit
	UNION ALL
	SELECT 'nonce', i, format('nonce = %L', set_byte(nonce, i, get_byte(nonce, i) # bit))
	  FROM good, generate_series(0, length(nonce) - 1) AS i, unnest('{1,128}'::int[]) AS bit
	UNION ALL
	SELECT 'id', i, format('id = %L', encode(set_byte(uuid_send(id), i, get_byte(uuid_send(id), i) # bit), 'hex')::uuid)
	  FROM good, generate_series(0, 15) AS i, unnest('{1,128}'::int[]) AS bit
	UNION ALL
	SELECT 'project', i, format('project = %L', pg_temp.next(project, i)) FROM good, generate_series(1, length(project)) AS i
	UNION ALL
	SELECT 'api_key', i, format('api_key = %L', pg_temp.next(api_key, i)) FROM good, generate_series(1, length(api_key)) AS i
	UNION ALL
	SELECT 'master_key', i, format('master_key = %L', pg_temp.next(master_key, i)) FROM good, generate_series(1, length(master_key)) AS i
	UNION ALL
	SELECT 'sealed, truncated', i, format('sealed = %L', substr(sealed, 1, i)) FROM good, generate_series(0, length(sealed) - 1) AS i
	UNION ALL
	SELECT 'sealed, its end', i, format('sealed = %L', substr(sealed, i)) FROM good, generate_series(2, length(sealed)) AS i
	UNION ALL
	SELECT 'nonce, truncated', i, format('nonce = %L', substr(nonce, 1, i)) FROM good, generate_series(0, length(nonce) - 1) AS i
	UNION ALL
	SELECT 'longer', 1, column_name || ' = ' || column_name || ' || ''\x00''' FROM unnest('{sealed,nonce}'::text[]) AS column_name
	UNION ALL
	SELECT 'very long', 1, format('sealed = %L', decode(repeat('00', 16384 + 17), 'hex'))
	UNION ALL
	SELECT 'letter case', 1, column_name || ' = upper(' || column_name || ')' FROM unnest('{api_key,project,master_key}'::text[]) AS column_name
	UNION ALL
	SELECT 'a blank', 1, column_name || ' = ' || column_name || ' || '' ''' FROM unnest('{api_key,project,master_key}'::text[]) AS column_name
	UNION ALL
	SELECT 'another master key', 1, 'master_key = ''dd5fef25''';
SELECT what, count(*), pg_temp.changed(update) AS error,
	regexp_replace(pg_temp.reason(update), 'master key "[^"]*"', 'master key "..."') AS reason
  FROM changes, format($$UPDATE livekit_sealed_key SET %s WHERE api_key = 'APInewer'$$, change) AS update
 WHERE what NOT IN ('api_key', 'letter case', 'a blank') GROUP BY 1, 3, 4 ORDER BY what COLLATE "C";
SELECT change, pg_temp.changed(update) AS error, pg_temp.reason(update)
  FROM changes, format($$UPDATE livekit_sealed_key SET %s WHERE api_key = 'APInewer'$$, change) AS update
 WHERE what IN ('api_key', 'letter case', 'a blank');

-- all was undone
SELECT livekit_verify(:'of_newer') ->> 'iss' AS newer, livekit_verify(livekit_issue('alice', 'standup')) ->> 'iss' AS signs;

-- verifying: neither by that key, nor by another; others still do
UPDATE livekit_sealed_key SET nonce = sha224(nonce) WHERE api_key = 'APInewer';
SELECT pg_temp.answer(format('SELECT livekit_verify(%L)', :'of_newer')) AS verify;
SELECT valid, reason, detail, api_key FROM livekit_inspect(:'of_newer');
SELECT livekit_verify(:'of_older') ->> 'iss' AS older;
SELECT pg_temp.answer('SELECT livekit_issue(''alice'', ''standup'')') AS issue;
SELECT livekit_key_set('APInewer', repeat('n', 40));
SELECT livekit_verify(:'of_newer') ->> 'iss' AS stored_again;

-- swapped between two rows
CREATE FUNCTION pg_temp.swap(columns text) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE format('UPDATE livekit_sealed_key a SET (%1$s) = (SELECT %1$s FROM livekit_sealed_key b WHERE b.api_key <> a.api_key)', columns);
	RETURN QUERY SELECT concat_ws(' ', api_key, status, signs, reason) FROM livekit_keys ORDER BY 1;
	RETURN NEXT pg_temp.answer('SELECT livekit_issue(''alice'', ''standup'')');
	EXECUTE format('UPDATE livekit_sealed_key a SET (%1$s) = (SELECT %1$s FROM livekit_sealed_key b WHERE b.api_key <> a.api_key)', columns);
END $$;
SELECT columns, swap FROM unnest('{"nonce, sealed","sealed","nonce","master_key, nonce, sealed, url"}'::text[]) AS columns, pg_temp.swap(columns);
SELECT livekit_verify(:'of_newer') ->> 'iss' AS newer, livekit_verify(:'of_older') ->> 'iss' AS older;
DELETE FROM livekit_sealed_key;
SELECT shell(:'file', 'rm $F');
