--
-- What a session holds of the table follows it at once: its own changes, also
-- within a transaction, until they are undone; those of other sessions as soon
-- as they are committed, whatever snapshot it has; in whatever way they came.
--
SELECT current_setting('livekit_token.key_file') || '.master' AS file \gset
\set copy :file '.copy'
SET livekit_token.key_file = '';
SELECT write(:'file', convert_to(repeat('fbff', 16), 'UTF8'));
SET livekit_token.master_key_file = :'file';
CREATE FUNCTION pg_temp.signer() RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	RETURN livekit_verify(livekit_issue('alice', 'standup')) ->> 'iss';
EXCEPTION WHEN OTHERS THEN
	RETURN SQLSTATE || ' | ' || SQLERRM;
END $$;

-- undone with its transaction, or with a part of it
SELECT livekit_key_set('APIa', repeat('a', 40));
BEGIN;
SELECT livekit_key_set('APIb', repeat('b', 40));
SELECT pg_temp.signer() AS b, livekit_issue('alice', 'standup') AS of_b \gset
SELECT :'b' AS b;
SAVEPOINT s;
SELECT livekit_key_set('APIc', repeat('c', 40));
SELECT pg_temp.signer() AS c, livekit_issue('alice', 'standup') AS of_c \gset
SELECT :'c' AS c;
SAVEPOINT t;
SELECT livekit_key_retire('APIc');
SELECT pg_temp.signer() AS b;
RELEASE t;
SELECT livekit_key_drop('APIb');
SELECT pg_temp.signer() AS a;
ROLLBACK TO s;
SELECT pg_temp.signer() AS b;
SELECT reason FROM livekit_inspect(:'of_c');
SAVEPOINT t;
UPDATE livekit_sealed_key SET nonce = '';
SELECT pg_temp.signer() AS none;
SELECT 1 / 0;
ROLLBACK TO t;
SELECT pg_temp.signer() AS b;
ROLLBACK;
SELECT pg_temp.signer() AS a;
SELECT reason FROM livekit_inspect(:'of_b');
SELECT api_key, status, signs FROM livekit_keys;
BEGIN;
SELECT livekit_key_set('APIa', repeat('A', 40));
SELECT livekit_issue('alice', 'standup') AS of_the_new \gset
ROLLBACK;
SELECT reason FROM livekit_inspect(:'of_the_new');
DO $$ BEGIN
	PERFORM livekit_key_set('APIb', repeat('b', 40));
	RAISE NOTICE '%', pg_temp.signer();
	BEGIN
		PERFORM livekit_key_drop('APIb');
		RAISE NOTICE '%', pg_temp.signer();
		RAISE division_by_zero;
	EXCEPTION WHEN division_by_zero THEN
		RAISE NOTICE '%', pg_temp.signer();
	END;
END $$;
-- in one statement
SELECT livekit_key_drop('APIb'), pg_temp.signer() AS a, livekit_key_set('APIb', repeat('b', 40)), pg_temp.signer() AS b;
BEGIN READ ONLY;
SELECT pg_temp.signer() AS b;
SELECT livekit_key_drop('APIb');
ROLLBACK;

-- not by the functions: changed, emptied, filled, also where triggers do not fire
UPDATE livekit_sealed_key SET created_at = created_at + interval '1 day' WHERE api_key = 'APIa';
SELECT pg_temp.signer() AS a;
UPDATE livekit_sealed_key SET retired_at = now() WHERE api_key = 'APIa';
SELECT pg_temp.signer() AS b;
COPY livekit_sealed_key TO :'copy';
BEGIN;
TRUNCATE livekit_sealed_key;
SELECT pg_temp.signer() AS none;
ROLLBACK;
SELECT pg_temp.signer() AS b;
TRUNCATE livekit_sealed_key;
SELECT pg_temp.signer() AS none;
COPY livekit_sealed_key FROM :'copy';
SELECT pg_temp.signer() AS b;
SET session_replication_role = replica;
UPDATE livekit_sealed_key SET retired_at = NULL;
SELECT pg_temp.signer() AS a;
DELETE FROM livekit_sealed_key WHERE api_key = 'APIa';
SELECT pg_temp.signer() AS b;
COPY livekit_sealed_key FROM :'copy' WHERE api_key = 'APIa';
UPDATE livekit_sealed_key SET retired_at = NULL;
SELECT pg_temp.signer() AS a;
RESET session_replication_role;
MERGE INTO livekit_sealed_key k USING (VALUES ('APIa')) AS v(key) ON api_key = key WHEN MATCHED THEN UPDATE SET retired_at = now();
SELECT pg_temp.signer() AS b;
ALTER TABLE livekit_sealed_key RENAME TO livekit_sealed_key_hidden;
SELECT pg_temp.signer() AS none;
ALTER TABLE livekit_sealed_key_hidden RENAME TO livekit_sealed_key;

-- by another session, while this one sees the past, and so changes nothing
\setenv PGDATABASE :DBNAME
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT api_key, retired_at IS NOT NULL AS retired FROM livekit_sealed_key ORDER BY 1;
SELECT pg_temp.signer() AS b;
\! psql -X -q -c "UPDATE livekit_sealed_key SET retired_at = NULL" >/dev/null
SELECT pg_temp.signer() AS a;
\! psql -X -q -c "SELECT livekit_key_drop('APIa')" >/dev/null
SELECT pg_temp.signer() AS b;
SELECT api_key, retired_at IS NOT NULL AS retired FROM livekit_sealed_key ORDER BY 1;
SAVEPOINT s;
SELECT livekit_key_drop('APIb');
ROLLBACK TO s;
\! psql -X -q -c "SELECT livekit_key_retire('APIb', true)" >/dev/null
SELECT pg_temp.signer() AS none;
COMMIT;
\! psql -X -q -c "BEGIN; UPDATE livekit_sealed_key SET retired_at = NULL; ROLLBACK" >/dev/null
SELECT pg_temp.signer() AS none;

DELETE FROM livekit_sealed_key;
SELECT shell(:'file', 'rm $F $F.copy');
