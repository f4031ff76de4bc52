--
-- Keys in the table: stored, replaced, generated, retired and dropped.  Each
-- belongs to a project, whose newest active one signs; a source that comes
-- first casts its shadow on them, and what may not be stored is refused.
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
CREATE FUNCTION pg_temp.signer(project text) RETURNS text
RETURN pg_temp.answer(format($$SELECT livekit_verify(livekit_issue('alice', 'standup', project => %L)) ->> 'iss'$$, project));
CREATE FUNCTION pg_temp.is_signed_with(token text, secret text) RETURNS bool
RETURN split_part(token, '.', 3) = base64url(hmac_sha256(convert_to(substring(token from '^(.*)\.'), 'UTF8'), convert_to(secret, 'UTF8')));
CREATE TEMP VIEW keys AS
	SELECT project, api_key, status, signs, reason, master_key, retired_at >= created_at AS retired, updated_at > created_at AS changed, url
	  FROM livekit_keys WHERE source = 'sealed_table';

-- without a master key nothing is stored
SELECT pg_temp.answer(query) FROM unnest(ARRAY[
	$$SELECT livekit_key_set('APIa', 'secret-of-a-0123456789abcdefghijklmnop')$$,
	'SELECT livekit_key_generate()', 'SELECT livekit_key_rewrap()', $$SELECT livekit_key_retire('APIa')$$]) AS query;
SELECT write(:'file', convert_to(repeat('fbff', 16), 'UTF8'));
SET livekit_token.master_key_file = :'file';

-- the newest of a project signs, with the secret that was given; all verify
SELECT livekit_key_set('APIb', 'secret-of-b-0123456789abcdefghijklmnop');
SELECT livekit_issue('alice', 'standup') AS of_b \gset
SELECT livekit_key_set('APIa', 'secret-of-a-0123456789abcdefghijklmnop');
SELECT livekit_key_set('APIc', 'secret-of-c-0123456789abcdefghijklmnop', 'other', 'wss://other.example.com');
SELECT pg_temp.is_signed_with(:'of_b', 'secret-of-b-0123456789abcdefghijklmnop') AS by_b,
	pg_temp.is_signed_with(livekit_issue('alice', 'standup'), 'secret-of-a-0123456789abcdefghijklmnop') AS by_a,
	pg_temp.is_signed_with(livekit_issue('alice', 'standup', project => 'other'), 'secret-of-c-0123456789abcdefghijklmnop') AS by_c;
SELECT project, pg_temp.signer(project) FROM unnest(ARRAY[NULL, 'default', 'other', 'Other', 'other ', '', 'no such project']) AS project;
SELECT livekit_verify(:'of_b') ->> 'iss' AS iss, project FROM livekit_inspect(:'of_b');
SELECT * FROM keys;
SELECT count(*), bool_and(id::text ~ '^.{14}4.{4}[89ab]' AND length(nonce) = 12 AND length(sealed) = 38 + 16 AND
	position('secret'::bytea in sealed) = 0) AS sealed, count(DISTINCT nonce) AS nonces FROM livekit_sealed_key;

-- replaced: another secret, the same age; and the url stays unless another is given
SELECT livekit_key_set('APIb', 'SECRET-of-b-0123456789abcdefghijklmnop');
SELECT livekit_key_set('APIc', 'SECRET-of-c-0123456789abcdefghijklmnop', 'other');
SELECT * FROM keys;
SELECT reason FROM livekit_inspect(:'of_b');
SELECT livekit_key_set('APIc', 'SECRET-of-c-0123456789abcdefghijklmnop', 'other', 'wss://c.example.com');

-- retired: it verifies, and signs again once it is set again
SELECT livekit_key_retire('APIa');
SELECT livekit_key_retire('APIa');
SELECT pg_temp.signer('default');
SELECT livekit_key_set('APIa', 'secret-of-a-0123456789abcdefghijklmnop');
SELECT livekit_issue('alice', 'standup') AS of_a \gset
SELECT livekit_key_retire('APIa');
SELECT api_key, status, signs, reason, retired, changed FROM keys;
SELECT livekit_verify(:'of_a') ->> 'iss' AS iss;

-- but not the last that signs, unless that is meant; others of the project or not
SELECT call, pg_temp.answer('SELECT livekit_key_' || call)
  FROM unnest('{retire,drop}'::text[]) AS name, unnest('{APIb,APIc}'::text[]) AS key, unnest('{false,NULL}'::text[]) AS force,
	format('%s(%L, %L)', name, key, force) AS call ORDER BY call COLLATE "C";
SELECT livekit_key_retire('APIb', true), livekit_key_drop('APIc', force => true);
SELECT pg_temp.signer('default'), pg_temp.signer('other');
SELECT api_key, status, signs, reason FROM keys;
SELECT livekit_key_drop('APIa');
SELECT reason FROM livekit_inspect(:'of_a');
SELECT pg_temp.answer(format('SELECT livekit_key_retire(%L)', key)), pg_temp.answer(format('SELECT livekit_key_drop(%L)', key)) AS "drop"
  FROM unnest(ARRAY['APIa', 'APIB', 'APIb ', '', repeat('A', 200), NULL]) AS key;

-- generated, for another project
SELECT * FROM livekit_key_generate('made', 'wss://made.example.com') \gset
SELECT :'api_key' ~ '^API[0-9A-Za-z]{12}$' AS name, :'api_secret' ~ '^[0-9A-Za-z]{43}$' AS secret, pg_temp.signer('made') = :'api_key' AS signs,
	pg_temp.is_signed_with(livekit_issue('alice', 'standup', project => 'made'), :'api_secret') AS with_it;
SELECT count(DISTINCT (api_key, api_secret)) FROM generate_series(1, 3), livekit_key_generate('m' || generate_series);
SELECT pg_temp.answer('SELECT livekit_key_generate(' || arguments || ')')
  FROM unnest(ARRAY['NULL', $$''$$, $$'pro-ject'$$, $$'made', 'made.example.com'$$]) AS arguments;
DELETE FROM livekit_sealed_key WHERE project ~ '^m';

-- refused
SELECT left(arguments, 50) AS arguments, pg_temp.answer('SELECT livekit_key_set(' || arguments || ')')
  FROM unnest(ARRAY['', 'API-a', 'API a', ' APIa', 'API"a', 'API''a', E'APIa\n', 'APIé', repeat('A', 71)]) AS name,
	format('%L, ''secret-of-a-0123456789abcdefghijklmnop''', name) AS arguments
UNION ALL
SELECT 'swapped', pg_temp.answer($$SELECT livekit_key_set('secret0123456789abcdefghijklmnop', 'APIx')$$)
UNION ALL
SELECT 'secret ' || what, pg_temp.answer(format($$SELECT livekit_key_set('APIx', %L)$$, secret))
  FROM (VALUES ('empty', ''), ('of 31 bytes', repeat('s', 31)), ('of 16385 bytes', repeat('s', 16385)), ('with a line feed', repeat('s', 40) || E'\n'),
	('with a tab', repeat(E's\t', 40)), ('with a control character', E'\x01' || repeat('s', 40)), ('null', NULL)) AS v(what, secret)
UNION ALL
SELECT left(arguments, 50), pg_temp.answer(format($$SELECT livekit_key_set('APIx', %L, %s)$$, repeat('s', 40), arguments))
  FROM unnest(ARRAY['NULL', $$''$$, $$'pro-ject'$$, $$' default'$$, quote_literal(repeat('p', 71)), $$'p', ''$$, $$'p', 'live.example.com'$$, $$'p', 'ftp://live.example.com'$$,
	$$'p', 'wss://user:password@live.example.com'$$, $$'p', E'wss://live.example.com\n'$$]) AS arguments
UNION ALL
SELECT 'key null', pg_temp.answer(format('SELECT livekit_key_set(NULL, %L)', repeat('s', 40)))
UNION ALL
SELECT 'key of another project', pg_temp.answer(format($$SELECT livekit_key_set('APIb', %L, 'other')$$, repeat('s', 40)));
SELECT api_key, status, project FROM keys;

-- and what is not: the longest, the shortest; a secret is bytes
SELECT livekit_key_set(repeat('A', 70), repeat('s', 16384), repeat('p', 70)), livekit_key_set('_', repeat('ß', 16), '_');
SELECT pg_temp.signer(repeat('p', 70)) = repeat('A', 70) AS longest,
	pg_temp.is_signed_with(livekit_issue('alice', 'standup', project => '_'), repeat('ß', 16)) AS shortest;
DELETE FROM livekit_sealed_key;

-- another source comes first: for a key of the same name, and for its project
RESET livekit_token.key_file;
SELECT livekit_key_set('APIregress', repeat('s', 40));
SELECT livekit_key_set('APIa', repeat('s', 40));
SELECT livekit_key_set('APIb', repeat('s', 40), 'other');
SELECT project, pg_temp.signer(project) FROM unnest('{default,other}'::text[]) AS project;
SELECT livekit_key_set('APIold', repeat('s', 40), 'other');
SELECT pg_temp.signer('other');
SELECT api_key, source, status, signs, reason, master_key FROM livekit_keys;

DELETE FROM livekit_sealed_key;
SELECT shell(:'file', 'rm $F');
