-- What livekit_keys shows to those who may see it: never a secret, nor
-- anything that is computed from one.
BEGIN;
\ir outcome.psql
SELECT plan(7);

CREATE TEMP TABLE file AS
	SELECT line[1] AS api_key, line[2] AS secret
	  FROM regexp_matches(pg_read_file(current_setting('livekit_token.key_file')), '(\w+): (\w+)', 'g') AS line;
SELECT is(count(*), 1::bigint, 'the key file holds a key') FROM file WHERE length(secret) = 64;

SELECT results_eq('SELECT project, api_key, source, status, signs, reason, created_at, url FROM livekit_keys',
	$$SELECT 'default', api_key, 'key_file', 'active', true, 'signs: the first key of the first source',
			 NULL::timestamptz, NULL::text FROM file$$, 'its row');
SELECT results_eq('SELECT updated_at FROM livekit_keys',
	$$SELECT (pg_stat_file(current_setting('livekit_token.key_file'))).modification$$,
	'updated_at is the time of the file');

CREATE TEMP TABLE shown AS
	SELECT kind, encode(bytes, form) AS text
	  FROM file, convert_to(secret, 'UTF8') AS clear,
		   LATERAL (VALUES ('secret', clear), ('bytes of the secret', decode(secret, 'hex')),
					('md5', decode(md5(secret), 'hex')), ('sha224', sha224(clear)), ('sha256', sha256(clear)),
					('sha384', sha384(clear)), ('sha512', sha512(clear))) AS digest (kind, bytes),
		   unnest('{escape, hex, base64}'::text[]) AS form
	UNION ALL
	SELECT 'length', length(secret)::text FROM file
	UNION ALL
	SELECT 'length of the bytes', (length(secret) / 2)::text FROM file;

SELECT ok(count(*) >= 9, 'livekit_keys has text to compare') FROM livekit_keys, jsonb_each(to_jsonb(livekit_keys));
SELECT is_empty(
	$$SELECT kind, column_name
		FROM livekit_keys, jsonb_each_text(to_jsonb(livekit_keys) - 'updated_at') AS c (column_name, value), shown
	   WHERE value IS NOT NULL AND
			 CASE WHEN kind ~ '^length' THEN value ~ ('\m' || text || '\M')
			 ELSE EXISTS (SELECT FROM generate_series(1, length(text) - 7) AS i
						   WHERE strpos(lower(value), lower(substr(text, i, 8))) > 0) END$$,
	'no column holds the secret, a digest of it, eight characters of them, or its length');

-- The keys are the session's, not the caller's: a reader of the view sees
-- what signs, whoever set it.
CREATE ROLE regress_livekit_operator;
GRANT SELECT ON livekit_keys TO regress_livekit_operator;
GRANT EXECUTE ON FUNCTION livekit_keys TO regress_livekit_operator;
SET LOCAL livekit_token.key_file = '/nonexistent/keys.yaml';
SET LOCAL ROLE regress_livekit_operator;
CREATE TEMP TABLE seen AS SELECT * FROM livekit_keys;
RESET ROLE;
SELECT results_eq('SELECT api_key, source, status, signs, reason, updated_at FROM seen',
	$$VALUES (NULL::text, 'key_file', 'unusable', false,
			  'Could not open the file: No such file or directory.', NULL::timestamptz)$$,
	'a file that is not there is one row that says why');
RESET livekit_token.key_file;
SELECT results_eq('SELECT api_key FROM livekit_keys', 'SELECT api_key FROM file', 'and the old file is read again');

SELECT * FROM finish();
ROLLBACK;
