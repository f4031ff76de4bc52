--
-- What is rarely wanted: the participant's kind, a later start, the digest of
-- a webhook's body, a preset for the room.
--
CREATE FUNCTION pg_temp.refusal(options jsonb, OUT code text, OUT message text, OUT detail text, OUT hint text)
LANGUAGE plpgsql AS $$
BEGIN
	message := 'NOT REFUSED: ' || stable_claims(livekit_issue('alice', 'standup', options => options))::text;
EXCEPTION WHEN OTHERS THEN
	code := SQLSTATE;
	GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
END $$;

-- kind
SELECT kind, stable_claims(livekit_issue('alice', 'standup', options => jsonb_build_object('kind', kind))) -> 'kind' AS claim
FROM unnest(ARRAY['standard', 'ingress', 'egress', 'sip', 'agent', 'connector', 'bridge', NULL]) AS kind;
SELECT options, code, message, hint FROM (VALUES ('{"kind": "Agent"}'::jsonb), ('{"kind": "AGENT"}'),
	('{"kind": "agnet"}'), ('{"kind": "agents"}'), ('{"kind": "robot"}'), ('{"kind": ""}'), ('{"kind": "sip "}'),
	('{"kind": 4}'), ('{"kind": true}'), ('{"kind": ["agent"]}'), ('{"kind": {"agent": true}}')) AS v(options),
	pg_temp.refusal(options);

-- sha256: such a token needs no grant
SELECT stable_claims(livekit_issue(NULL, options => jsonb_build_object('sha256', encode(sha256(body), 'base64')))) AS claims
FROM (VALUES (''::bytea), ('{"event":"room_started"}')) AS v(body);
SELECT what, code, message, hint
FROM (SELECT encode(sha256('body'), 'base64') AS digest) AS d,
	LATERAL (VALUES ('empty', '""'::jsonb), ('short', to_jsonb(left(digest, 40))), ('unpadded', to_jsonb(rtrim(digest, '='))),
		('padded twice', to_jsonb(left(digest, 42) || '==')), ('long', to_jsonb('AAAA' || digest)),
		('a blank', to_jsonb(' ' || substr(digest, 2))), ('a line end', to_jsonb(left(digest, 43) || E'\n')),
		('ends in bits', to_jsonb(left(digest, 42) || 'B=')), ('base64url', to_jsonb(repeat('-_', 21) || 'A=')), ('in hex', to_jsonb(encode(sha256('body'), 'hex'))),
		('SHA-1', to_jsonb(encode(substr(sha256('body'), 1, 20), 'base64'))), ('multibyte', to_jsonb(repeat(U&'\00E9', 22))),
		('a number', '1'), ('a boolean', 'true'), ('an array', '[]')) AS v(what, value),
	pg_temp.refusal(jsonb_build_object('sha256', value));

-- roomPreset
SELECT stable_claims(livekit_issue('alice', 'standup', options => v.options)) -> 'roomPreset' AS preset
FROM (VALUES ('{"roomPreset": "large"}'::jsonb), ('{"room_preset": "large"}'), ('{"roomPreset": ""}'), ('{"roomPreset": null}')) AS v(options);
SELECT octet_length(stable_claims(livekit_issue('alice', 'standup',
	options => jsonb_build_object('roomPreset', repeat(U&'\20AC', 85) || 'x'))) ->> 'roomPreset') AS bytes;
SELECT code, message, hint FROM (VALUES (to_jsonb(repeat('x', 257))), (to_jsonb(repeat(U&'\20AC', 86))),
	('1'), ('false'), ('["large"]'), ('{}')) AS v(preset), pg_temp.refusal(jsonb_build_object('roomPreset', preset));

-- notBefore: in the past, later within ttl (which counts from now), in each
-- form PostgreSQL reads
SET TimeZone = 'UTC';
SELECT not_before, pg_typeof(claims -> 'nbf') AS type, claims ->> 'nbf' AS nbf
FROM unnest(ARRAY['2026-01-01T00:00:00Z', '2026-01-01 00:00:00.999+00', '2026-01-01T01:00+01:00', '2026-01-01',
		'20260101T000000Z', 'Jan 1 2026 00:00 UTC', 'epoch', '1970-01-01 00:00:01-00', '1969-12-31T23:59:59.5-00:30']) AS not_before,
	livekit_verify(livekit_issue('alice', 'standup', options => jsonb_build_object('notBefore', not_before))) AS claims;
SET TimeZone = 'Asia/Kolkata';
SELECT livekit_verify(livekit_issue('alice', 'standup', options => '{"not_before": "2026-01-01"}')) ->> 'nbf' AS by_time_zone;
RESET TimeZone;
SELECT reason, not_before > issued_at + interval '8 minutes' AS later, expires_at - issued_at AS ttl
FROM livekit_inspect(livekit_issue('alice', 'standup',
	options => jsonb_build_object('notBefore', clock_timestamp() + interval '10 minutes')));
SELECT code, message, detail FROM (VALUES ('15 minutes 5 seconds'::interval), ('1 day'), ('7000 years')) AS v(later),
	pg_temp.refusal(jsonb_build_object('notBefore', clock_timestamp() + later));
SELECT options, code, message FROM (VALUES ('{"notBefore": "infinity"}'::jsonb), ('{"notBefore": "-infinity"}'),
	('{"notBefore": "1969-12-31T23:59:59.999Z"}'), ('{"notBefore": "0044-03-15 BC"}'), ('{"notBefore": ""}'),
	('{"notBefore": "soon"}'), ('{"notBefore": "2026-13-01"}'), ('{"notBefore": "2026-01-01 25:00"}'),
	('{"notBefore": "99999999-01-01"}'), ('{"notBefore": "1767225600"}'), ('{"notBefore": 1767225600}'),
	('{"notBefore": true}'), ('{"notBefore": ["2026-01-01"]}'), ('{"notBefore": {}}')) AS v(options),
	pg_temp.refusal(options);

-- names that are none, in another letter case, and twice
SELECT options, code, message, hint FROM (VALUES ('{"Kind": "agent"}'::jsonb), ('{"notbefore": "2026-01-01"}'), ('{"NOT_BEFORE": null}'),
	('{"not_befor": "2026-01-01"}'), ('{"SHA256": ""}'), ('{"sha-256": ""}'), ('{"roomPresets": "p"}'), ('{"preset": "p"}'),
	('{"ttl": "1 hour"}'), ('{"": 1}'), ('{"notBefore": "2026-01-01", "not_before": "2026-01-01"}'),
	('{"roomPreset": "a", "room_preset": "b", "kind": "sip"}'), ('{"kind": null, "kinds": null}')) AS v(options),
	pg_temp.refusal(options);
SELECT stable_claims(livekit_issue('alice', 'standup', options => '{"roomPreset": null, "room_preset": "large"}')) AS null_is_absent;
