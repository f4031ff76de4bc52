--
-- Keys as livekit_lint sees them: weak, old, of no more use, unusable, or open
-- to others by their directory; sealed ones that a publication carries; the
-- triggers that tell sessions of changes.  Each finding goes when it is mended.
--
SELECT current_setting('livekit_token.key_file') AS file, current_setting('livekit_token.key_file') || '.lint' AS other \gset
\set keys :other /keys
\set master :other /master
\set none :other /none
SET client_min_messages = warning;
\pset tuples_only
\pset format unaligned
\pset fieldsep '\n\t'
CREATE SCHEMA lint;
CREATE FUNCTION lint.keys() RETURNS SETOF text LANGUAGE sql AS $$
	SELECT concat_ws(' ', rule, object) FROM livekit_lint() WHERE rule ~ '^(master_|no_)?key|^trigger_not' ORDER BY rule COLLATE "C", object COLLATE "C" $$;

-- the keys of the other tests: two in a new file, and by now nobody minds
SELECT lint.keys();
SELECT rule, object FROM livekit_lint(interval '0') WHERE rule ~ '^key_' ORDER BY object COLLATE "C";

-- the file has not changed for long
SELECT shell(:'file', 'touch -d "8 days ago" $F');
SELECT * FROM lint_look('key_unused');
SELECT shell(:'file', 'touch -d "91 days ago" $F');
SELECT * FROM lint_look('key_old');
SELECT rule FROM livekit_lint(interval '92 days') WHERE rule ~ '^key_';
SELECT shell(:'file', 'touch $F');
SELECT lint.keys();

-- others may write its directory; one who may not remove the file can do no harm
SELECT shell(:'other', 'mkdir $F && cp -p ' || :'file' || ' $F/keys && chmod 777 $F');
SET livekit_token.key_file = :'keys';
SELECT replace(object, :'other', 'directory'), severity, finding, mend FROM lint_look('key_file_directory');
SELECT shell(:'other', 'chmod 1777 $F');
SELECT lint.keys();
SELECT shell(:'other', 'chmod 770 $F');
SELECT replace(object, :'other', 'directory'), severity FROM lint_look('key_file_directory');
SELECT shell(:'other', 'chmod 755 $F');
SELECT lint.keys();

-- a secret of LiveKit's --dev; a file that has become unusable; one that never was
SELECT write(:'keys', 'APIweak: 0123456789012345678901234567890'), write(:'master', convert_to(repeat('fbff', 16), 'UTF8'));
SELECT * FROM lint_look('key_weak');
SELECT shell(:'other', 'chmod 644 $F/keys');
SELECT object, severity, finding ~ 'mode|permission' AS says_why FROM lint_look('key_unusable');
SET livekit_token.key_file = :'none';
SELECT object, severity, mend FROM lint_look('key_unusable');
SELECT lint.keys();
SET livekit_token.key_file = '';
SELECT * FROM lint_look('no_key');

-- the table: keys that another replaced, and that nobody needs any more
SET livekit_token.master_key_file = :'none';
SELECT replace(object, :'other', 'directory'), severity, replace(finding, :'other', 'directory'), mend FROM lint_look('master_key_unusable');
SET livekit_token.master_key_file = :'master';
SELECT livekit_key_set('API' || n, 'secret-of-a-key-0123456789abcdefghijklmnop', project)
  FROM (VALUES ('one', 'acme'), ('two', 'acme'), ('three', 'acme'), ('four', 'default')) AS v(n, project);
SELECT * FROM lint_look('key_unused');
SELECT lint_mend('key_unused');
SELECT lint.keys();
UPDATE livekit_sealed_key SET retired_at = clock_timestamp() - interval '29 hours' WHERE api_key = 'APIone';
UPDATE livekit_sealed_key SET retired_at = clock_timestamp() - interval '31 hours' WHERE api_key = 'APItwo';
SELECT * FROM lint_look('key_retired');
SET livekit_token.max_ttl = '10 min';
SELECT object FROM lint_look('key_retired');
SET livekit_token.max_ttl = 0;
SELECT object FROM lint_look('key_retired');
RESET livekit_token.max_ttl;
SELECT livekit_key_drop('APItwo'), livekit_key_drop('APIone');
SELECT lint.keys();
UPDATE livekit_sealed_key SET created_at = clock_timestamp() - interval '91 days' WHERE api_key = 'APIthree';
SELECT * FROM lint_look('key_old');
SELECT object FROM lint_look('no_url');
UPDATE livekit_sealed_key SET url = 'wss://acme.example.com' WHERE api_key = 'APIthree';
SELECT object FROM lint_look('no_url');
-- a source that cannot be used makes no key of the next one needless; one that can, does
SET livekit_token.key_file = :'none';
SELECT lint.keys();
SET livekit_token.key_file = :'file';
SELECT * FROM lint_look('key_unused');
SELECT livekit_key_retire('APIfour', force => true);
SELECT lint.keys();
-- another project's key signs; then none does
SET livekit_token.key_file = '';
SELECT lint.keys();
SELECT livekit_key_retire('APIthree', force => true);
SELECT lint.keys();
SET livekit_token.key_file = :'file';
SELECT lint.keys();

-- publications that carry them
SET client_min_messages = error;	-- of wal_level
CREATE PUBLICATION regress_livekit_some FOR TABLE livekit_access, livekit_sealed_key;
CREATE PUBLICATION "regress_livekit_Schema" FOR TABLES IN SCHEMA public;
CREATE PUBLICATION regress_livekit_other FOR TABLE livekit_access;
SELECT * FROM lint_look('keys_published');
DROP PUBLICATION regress_livekit_some, "regress_livekit_Schema";
SELECT object FROM lint_look('keys_published');
CREATE PUBLICATION regress_livekit_all FOR ALL TABLES;
SELECT object, mend FROM lint_look('keys_published');
DROP PUBLICATION regress_livekit_other, regress_livekit_all;

-- as pg_restore --disable-triggers leaves them, or a hand
ALTER TABLE livekit_sealed_key DISABLE TRIGGER ALL;
ALTER TABLE livekit_access ENABLE TRIGGER livekit_access_changed;
SELECT * FROM lint_look('trigger_not_always');
SELECT lint_mend('trigger_not_always');

DELETE FROM livekit_sealed_key;
SELECT shell(:'other', 'rm -r $F');
DROP SCHEMA lint CASCADE;
