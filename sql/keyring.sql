--
-- A session and its keys: the key file is replaced while it is in use, is
-- broken, or was never good; one key of several signs and all verify.  A
-- client learns no more than that there are no keys.
--
SELECT current_setting('livekit_token.key_file') || '.keyring' AS file \gset
CREATE ROLE regress_livekit_reader;
GRANT EXECUTE ON FUNCTION livekit_verify, livekit_issue TO regress_livekit_reader;

-- replaced while this session uses it
SELECT write(:'file', E'APIb: second-0123456789abcdefghijklmnopqrstuv\nAPIa: first-0123456789abcdefghijklmnopqrstuvw');
SET livekit_token.key_file = :'file';
SELECT project, api_key, source, status, signs, reason, created_at, now() - updated_at < '1 min' AS updated_now, url FROM livekit_keys;
SELECT livekit_issue('alice', 'standup') AS of_b \gset
SELECT write(:'file', E'APIc: third-0123456789abcdefghijklmnopqrstuvwx\nAPIa: first-0123456789abcdefghijklmnopqrstuvw');
SELECT api_key, status, signs, reason FROM livekit_keys;
SELECT reason, detail FROM livekit_inspect(:'of_b');
SELECT livekit_issue('alice', 'standup') AS of_c \gset

-- by what cannot be used: the keys that were read last stay, also for signing
SELECT write(:'file', E'APId: fourth-0123456789abcdefghijklmnopqrstuvw\nsecret');
SELECT api_key, status, signs, reason FROM livekit_keys;
SELECT stable_claims(livekit_issue('alice', 'standup'));
SELECT write(:'file', 'APId: fourth-0123456789abcdefghijklmnopqrstuvw', '644');
SELECT api_key, status, signs, left(reason, 34) AS reason FROM livekit_keys;
SELECT shell(:'file', 'rm $F');
SELECT api_key, status, signs, reason FROM livekit_keys;
SELECT valid, reason, api_key, project FROM livekit_inspect(:'of_c');

-- a session that never saw a good one has no keys, and does not look for others
\c -
SET livekit_token.key_file = :'file';
SET client_min_messages = log;
SET ROLE regress_livekit_reader;
SELECT livekit_issue('alice', 'standup');
SELECT livekit_verify(:'of_c');
SELECT livekit_verify('a.b.c');
\set VERBOSITY sqlstate
SELECT livekit_issue('alice', 'standup');
SELECT livekit_verify(:'of_c');
\set VERBOSITY default
RESET ROLE;
RESET client_min_messages;
SELECT valid, reason, detail FROM livekit_inspect(:'of_c');
SELECT api_key, source, status, signs, reason, updated_at FROM livekit_keys;

-- and has them as soon as the file is good again; a weak secret is warned of
SELECT write(:'file', E'APIc: third-0123456789abcdefghijklmnopqrstuvwx\nAPIweak: secret');
SELECT livekit_verify(:'of_c')->>'sub' AS sub;
SELECT api_key, status, signs, reason FROM livekit_keys;

-- a key that is named signs, if it is there
SET livekit_token.api_key = 'APIweak';
SELECT api_key, status, signs, reason FROM livekit_keys;
SELECT stable_claims(livekit_issue('alice', 'standup'));
SET livekit_token.api_key = 'apiweak';
SELECT api_key, status, signs, reason FROM livekit_keys;
SELECT livekit_issue('alice', 'standup');
SELECT livekit_verify(:'of_c')->>'sub' AS sub;

-- but not without file or secret; and without all of them there are no keys
SET livekit_token.key_file = '';
SELECT api_key, source, status, signs, reason FROM livekit_keys;
SELECT livekit_issue('alice', 'standup');
SELECT valid, reason, detail FROM livekit_inspect(:'of_c');
SET livekit_token.api_key = '';
SELECT * FROM livekit_keys;
SELECT livekit_issue('alice', 'standup');
SELECT livekit_verify(:'of_c');
SELECT valid, reason, detail FROM livekit_inspect(:'of_c');
\set VERBOSITY sqlstate
SELECT livekit_issue('alice', 'standup');

SELECT shell(:'file', 'rm $F');
REVOKE EXECUTE ON FUNCTION livekit_verify, livekit_issue FROM regress_livekit_reader;
DROP ROLE regress_livekit_reader;
