--
-- LiveKit keeps one connection per identity: a second tab closes the first.
-- With a device the identity of the token is base#device, and still that
-- participant's: policies see who is asking, and nobody becomes somebody else.
--
SET client_min_messages = warning;
SET livekit_token.url = 'wss://livekit.example.com';
CREATE ROLE regress_livekit_alice;
CREATE ROLE "regress_livekit_alice#phone";
CREATE ROLE regress_livekit_members ROLE regress_livekit_alice, "regress_livekit_alice#phone";
GRANT EXECUTE ON FUNCTION livekit_join, livekit_can_join, livekit_token, livekit_token_source, livekit_verify TO regress_livekit_members;
CREATE TABLE members (room text PRIMARY KEY, identity text, ttl interval);
CREATE INDEX ON members (identity);
INSERT INTO members VALUES ('standup', 'regress_livekit_alice', '5 min'), ('of the phone', 'regress_livekit_alice#phone', NULL);
GRANT SELECT ON members TO regress_livekit_members;
ALTER TABLE members ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON members USING (identity LIKE livekit_identity() || '%');
SELECT livekit_register_access('members');

CREATE FUNCTION pg_temp.answer(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	result text; detail text; hint text;
BEGIN
	EXECUTE query INTO result;
	RETURN result;
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
	RETURN concat_ws(' | ', SQLSTATE, SQLERRM, nullif(detail, ''), nullif(hint, ''));
END $$;
CREATE FUNCTION pg_temp.joins(device text) RETURNS text
RETURN pg_temp.answer(format('SELECT identity FROM livekit_join(''standup'', device => %L)', device));

SET ROLE regress_livekit_alice;
SELECT room, identity, stable_claims(participant_token) AS claims
FROM livekit_join('standup', device => 'phone');
SELECT identity, (claims ->> 'exp')::int - (claims ->> 'iat')::int AS seconds
FROM livekit_join('standup', '1 min', 'tab 2'), livekit_verify(participant_token) AS claims;

-- what a device may be called
SELECT device, pg_temp.joins(device)
FROM (VALUES ('phone'), (NULL), (' '), ('a/b?c=d&e%23'), (U&'\+01F4F1'), ('"'), ('.'), (''), ('#'), ('a#b'), ('#phone'), ('phone#'), (U&'\FF03')) AS v(device);
-- 256 bytes in all
SELECT bytes, length(identity) AS length, CASE WHEN identity ~ '^\d{5} ' THEN identity END AS refused
FROM (VALUES (234, repeat('x', 234)), (235, repeat('x', 235)), (234, repeat(U&'\20AC', 78)), (237, repeat(U&'\20AC', 79)), (10000, repeat('x', 10000)))
	AS v(bytes, device), pg_temp.joins(device) AS identity;

-- no device lets anyone in who is not let in without
SELECT pg_temp.answer('SELECT livekit_join(''retro'', device => ''phone'')') AS no_such_room,
	pg_temp.answer('SELECT livekit_join(''of the phone'', device => ''phone'')') AS of_that_name,
	pg_temp.answer('SELECT livekit_can_join(''of the phone'')') AS can;
-- livekit_token has none
SELECT pg_temp.answer('SELECT livekit_token(''regress_livekit_alice#phone'', ''standup'')') AS token;
-- who is called like a device is nobody
SET ROLE "regress_livekit_alice#phone";
SELECT livekit_identity();
SELECT identity FROM members;
SELECT room, pg_temp.answer(format('SELECT livekit_join(%L)', room)) AS "join",
	pg_temp.answer(format('SELECT livekit_join(%L, device => ''x'')', room)) AS with_device,
	pg_temp.answer(format('SELECT livekit_can_join(%L)', room)) AS can,
	pg_temp.answer(format('SELECT livekit_token(NULL, %L)', room)) AS token,
	pg_temp.answer(format('SELECT livekit_token_source(jsonb_build_object(''room_name'', %L))', room)) AS source
FROM unnest(ARRAY['standup', 'of the phone']) AS room;

RESET ROLE;
SELECT livekit_unregister_access();
DROP TABLE members;
DROP OWNED BY regress_livekit_members;
DROP ROLE regress_livekit_alice, "regress_livekit_alice#phone", regress_livekit_members;
