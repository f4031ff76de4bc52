--
-- Rows put in by hand: what was sealed elsewhere by the same rules opens, as
-- from a dump, and pins them down; what nobody sealed, or what a key's name or
-- secret must not be, does not, and nothing signs in its place.
--
SELECT current_setting('livekit_token.key_file') || '.master' AS file \gset
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
CREATE FUNCTION pg_temp.put(number int, project text, api_key text, nonce bytea, sealed bytea, created_at timestamptz) RETURNS void LANGUAGE sql AS $$
	INSERT INTO livekit_sealed_key
		VALUES (('00000000-0000-4000-8000-00000000000' || number)::uuid, project, api_key, 'e99fa069', nonce, sealed, NULL, created_at, created_at)
$$;
CREATE TEMP VIEW keys AS
	SELECT project, api_key, status, signs, reason, master_key FROM livekit_keys WHERE source = 'sealed_table';
CREATE FUNCTION pg_temp.signer(project text) RETURNS text
RETURN pg_temp.answer(format($$SELECT livekit_verify(livekit_issue('alice', 'standup', project => %L)) ->> 'iss'$$, project));

-- AES-256-GCM (by another implementation): about the id's 16 bytes, then project
-- and API key, each after its length in four bytes
SELECT pg_temp.put(1, 'default', 'APIhand', '\x000102030405060708090a0b',
	'\xfa22829b6156aaa3dc639e1d36f6e4268ea98204f1421d77a9a792967982681d899d815b0585bca41d155906bc0c6c0403b766102780', '2026-01-01');
SELECT * FROM keys;
SELECT pg_temp.signer('default');

-- the master key's id is its digest's
SELECT write(:'file', convert_to(repeat('fbff', 16), 'UTF8'));
SET livekit_token.master_key_file = :'file';
SELECT left(encode(sha256('livekit_token master key' || decode(repeat('fbff', 16), 'hex')), 'hex'), 8) AS id;
SELECT * FROM keys;
SELECT pg_temp.signer('default');
SELECT split_part(token, '.', 3) = base64url(hmac_sha256(convert_to(substring(token from '^(.*)\.'), 'UTF8'), 'hand-secret-0123456789abcdefghijklmnop')) AS with_its_secret
  FROM livekit_issue('alice', 'standup') AS token;

-- sealed rightly, but what is in it is no key; a weak one is
SELECT pg_temp.put(2, 'hand', 'API-hand', '\x000102030405060708090a0c',
	'\xbff4dd963e84e74dda08c659f99282daa6d3e521de4afc3d7626a2ed7e65cf9e515ae1f658479ef6afb3fedf429628ef2f5d34cbce02', '2026-01-02');
SELECT pg_temp.signer('hand');
SELECT pg_temp.put(4, 'hand', 'APIcontrol', '\x000102030405060708090a0e',
	'\xc211844a2170d498ea0b2617b691a6572d94f12212cd190b57f71064c14cbfba5da37364d1f1780a75a61bbad565219ff33ceac9cc51', '2026-01-03');
SELECT pg_temp.signer('hand');
SELECT pg_temp.put(3, 'hand', 'APIweak', '\x000102030405060708090a0d', '\x889c0854a155419dad908f5d4e05cbad60181e6c', '2026-01-04');
SELECT pg_temp.signer('hand');
SELECT * FROM keys;

-- not sealed: a copy under another name or in another project, an empty one, the
-- secret itself; each the newest
CREATE FUNCTION pg_temp.copied(what text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE 'INSERT INTO livekit_sealed_key SELECT gen_random_uuid(), ' || what || ', NULL, ''infinity'', now() FROM livekit_sealed_key WHERE api_key = ''APIhand''';
	PERFORM livekit_issue('alice', 'standup', project => k.project) FROM livekit_sealed_key k WHERE created_at = 'infinity';
	RAISE EXCEPTION 'signed' USING ERRCODE = 'LK001';
EXCEPTION WHEN SQLSTATE 'LK001' OR SQLSTATE '55000' THEN RETURN SQLERRM;
END $$;
SELECT what, pg_temp.copied(what) FROM unnest(ARRAY[
	$$project, 'APIcopy', master_key, nonce, sealed$$,
	$$'hand', 'APIcopy', master_key, nonce, sealed$$,
	$$project || 'A', 'PIcopy', master_key, nonce, sealed$$,
	$$project, 'APIcopy', master_key, nonce, ''$$,
	$$project, 'APIcopy', master_key, nonce, substr(sealed, length(sealed) - 15)$$,
	$$project, 'APIcopy', master_key, nonce, 'hand-secret-0123456789abcdefghijklmnop'$$,
	$$project, 'APIcopy', '', nonce, 'hand-secret-0123456789abcdefghijklmnop'$$,
	$$project, 'APIcopy', master_key, '', sealed$$,
	$$project, '', master_key, nonce, sealed$$]) AS what;
SELECT pg_temp.signer('default');

-- a row of another table of that name is none
CREATE TEMP TABLE livekit_sealed_key AS SELECT * FROM public.livekit_sealed_key;
UPDATE pg_temp.livekit_sealed_key SET created_at = '2027-01-01', retired_at = now();
SELECT api_key, status FROM keys;
DROP TABLE pg_temp.livekit_sealed_key;

-- what cannot be put in at all
SELECT pg_temp.answer('UPDATE livekit_sealed_key SET ' || column_name || ' = NULL')
  FROM unnest('{id,project,api_key,master_key,nonce,sealed,created_at,updated_at}'::text[]) AS column_name;
SELECT pg_temp.answer('INSERT INTO livekit_sealed_key SELECT gen_random_uuid(), ''other'', api_key, master_key, nonce, sealed, url, created_at, updated_at FROM livekit_sealed_key WHERE api_key = ''APIhand''');
SELECT pg_temp.answer('UPDATE livekit_sealed_key SET api_key = ''APIhand''');

DELETE FROM livekit_sealed_key;
SELECT shell(:'file', 'rm $F');
