--
-- A token: three parts, LiveKit's header, an id of its own, times by the
-- clock; what each argument gives, and that NULL gives nothing.
--
SELECT stable_claims(livekit_issue('alice', 'standup')) AS claims;
-- livekit_token asks first; for who may execute livekit_issue it is the same
SELECT stable_claims(livekit_token('alice', 'standup')) AS claims;

CREATE TEMP TABLE minted AS
SELECT token, livekit_verify(token) AS claims
FROM generate_series(1, 100) AS n,
	LATERAL (SELECT livekit_issue('alice', 'standup' || n) AS token) AS t;

SELECT DISTINCT convert_from(decode(split_part(token, '.', 1), 'base64'), 'UTF8') AS header,
	regexp_replace(token, '[A-Za-z0-9_-]+', 'base64url', 'g') AS form,
	length(split_part(token, '.', 3)) AS signature
FROM minted;

-- the id: 128 bits in hex, never the same, also beyond what is fetched at once
SELECT count(DISTINCT claims ->> 'jti') AS ids, min(length(claims ->> 'jti')) AS shortest,
	max(length(claims ->> 'jti')) AS longest
FROM minted WHERE claims ->> 'jti' ~ '^[0-9a-f]*$';

-- the times: integers, as JSON and in seconds
SELECT DISTINCT jsonb_typeof(claims -> claim) AS type,
	regexp_replace(claims ->> claim, '\d', '9', 'g') AS form, claim
FROM minted, unnest(ARRAY['iat', 'nbf', 'exp']) AS claim ORDER BY claim;
SELECT DISTINCT (claims ->> 'nbf')::bigint - (claims ->> 'iat')::bigint AS from_iat_to_nbf,
	(claims ->> 'exp')::bigint - (claims ->> 'iat')::bigint AS from_iat_to_exp
FROM minted;

-- iat is never ahead of the clock, and not the transaction's start: wait for
-- the clock to reach another second
BEGIN;
DO $$
BEGIN
	WHILE clock_timestamp() < date_trunc('second', now()) + interval '1 second' LOOP
	END LOOP;
END $$;
SELECT iat > extract(epoch FROM now()) AS after_the_transaction_began,
	iat <= extract(epoch FROM clock_timestamp()) AS not_ahead_of_the_clock
FROM livekit_verify(livekit_issue('alice', 'standup')) AS claims,
	CAST(claims ->> 'iat' AS bigint) AS iat;
COMMIT;

-- two calls in one statement are two tokens
SELECT count(DISTINCT livekit_issue('alice', 'standup')) AS tokens FROM generate_series(1, 3);

-- each argument by name, alone and beside identity and room
SELECT stable_claims(livekit_issue(identity => 'alice', room => 'standup', name => 'Alice')) AS claims
UNION ALL SELECT stable_claims(livekit_issue('alice', 'standup', metadata => 'm'))
UNION ALL SELECT stable_claims(livekit_issue('alice', 'standup', attributes => '{"b": "2", "a": "1"}'))
UNION ALL SELECT stable_claims(livekit_issue('alice', 'standup', room_config => '{"emptyTimeout": 60}'))
UNION ALL SELECT stable_claims(livekit_issue('alice', 'standup', grants => '{"hidden": true}'))
UNION ALL SELECT stable_claims(livekit_issue('alice', 'standup', options => '{"kind": "agent"}'))
UNION ALL SELECT stable_claims(livekit_issue('alice', 'standup', project => 'default'))
UNION ALL SELECT stable_claims(livekit_issue('alice', 'standup', ttl => '1 min'));

-- NULL is as if not given, and so is JSON's
SELECT stable_claims(livekit_issue('alice', 'standup', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)) AS claims
UNION ALL SELECT stable_claims(livekit_issue('alice', 'standup', 'null', attributes => 'null',
	room_config => 'null', options => 'null'))
UNION ALL SELECT stable_claims(livekit_issue('alice', 'standup', '{}', attributes => '{}',
	room_config => '{}', options => '{}'))
UNION ALL SELECT stable_claims(livekit_issue(NULL, 'standup', '{"roomAdmin": true}'))
UNION ALL SELECT stable_claims(livekit_issue('alice', NULL, '{"roomList": true}'))
UNION ALL SELECT stable_claims(livekit_issue(NULL, NULL, '{"roomList": true}'))
UNION ALL SELECT stable_claims(livekit_issue('alice', 'standup', name => '', metadata => '',
	attributes => '{"": ""}'));
SELECT livekit_issue(NULL);
SELECT livekit_issue('alice', NULL);
SELECT livekit_issue(NULL, 'standup');

-- an argument that must be an object and is none
SELECT livekit_issue('alice', 'standup', '[]');
SELECT livekit_issue('alice', 'standup', '"roomJoin"');
SELECT livekit_issue('alice', 'standup', 'true');
SELECT livekit_issue('alice', 'standup', attributes => '["a", "1"]');
SELECT livekit_issue('alice', 'standup', attributes => '1');
SELECT livekit_issue('alice', 'standup', room_config => '[{"name": "standup"}]');
SELECT livekit_issue('alice', 'standup', room_config => '"standup"');
SELECT livekit_issue('alice', 'standup', options => '["kind"]');
SELECT livekit_issue('alice', 'standup', options => 'false');

-- an attribute that is no string
SELECT livekit_issue('alice', 'standup', attributes => '{"level": 1}');
SELECT livekit_issue('alice', 'standup', attributes => '{"level": null}');
SELECT livekit_issue('alice', 'standup', attributes => '{"level": ["1"]}');
SELECT livekit_issue('alice', 'standup', attributes => '{"level": {"n": "1"}, "ok": "1"}');

-- a project that is not there
SELECT livekit_issue('alice', 'standup', project => 'staging');
SELECT livekit_issue('alice', 'standup', project => 'Default');
SELECT livekit_issue('alice', 'standup', project => '');
\set VERBOSITY sqlstate
SELECT livekit_issue('alice', 'standup', '[]');
SELECT livekit_issue('alice', 'standup', project => 'staging');
