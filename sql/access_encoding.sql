--
-- Rooms and identities beyond ASCII in databases that aren't UTF-8: compared in
-- the database's encoding, written to the token in UTF-8.  What cannot be
-- converted is nobody's identity and no room, and never half of one.
--
SELECT current_user AS superuser, current_database() AS db, current_setting('livekit_token.key_file') AS key_file \gset
SET client_min_messages = warning;
CREATE ROLE regress_livekit_gateway LOGIN;
ALTER ROLE regress_livekit_gateway SET livekit_token.identity = 'postgrest';
ALTER ROLE regress_livekit_gateway SET livekit_token.url = 'wss://livekit.example.com';

CREATE DATABASE regression_livekit_latin1 TEMPLATE template0 ENCODING 'LATIN1' LOCALE_PROVIDER libc LOCALE 'C';
ALTER DATABASE regression_livekit_latin1 SET livekit_token.key_file = :'key_file';
\c regression_livekit_latin1
SET client_min_messages = error;
CREATE EXTENSION livekit_token;
GRANT EXECUTE ON FUNCTION livekit_join, livekit_can_join, livekit_token_source TO regress_livekit_gateway;
-- in ASCII: what is beyond it, byte by byte
CREATE FUNCTION bytes(value text) RETURNS text
RETURN encode(convert_to(value, getdatabaseencoding()), 'escape');
CREATE FUNCTION payload(token text) RETURNS text
RETURN regexp_replace(encode(decode(rpad(translate(split_part(token, '.', 2), '-_', '+/'),
	(length(split_part(token, '.', 2)) + 3) / 4 * 4, '='), 'base64'), 'escape'), '"iat".*"jti":"[^"]*",', '');
CREATE FUNCTION told(request jsonb) RETURNS bool STABLE LANGUAGE plpgsql AS $$
BEGIN
	RAISE NOTICE '%', bytes(request::text);
	RETURN true;
END $$;
CREATE FUNCTION answer(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	result text;
BEGIN
	EXECUTE query INTO result;
	RETURN result;
EXCEPTION WHEN OTHERS THEN
	RETURN SQLSTATE || ' ' || SQLERRM;
END $$;
CREATE TABLE members (room text PRIMARY KEY, identity text, metadata text, attributes jsonb);
GRANT SELECT ON members TO regress_livekit_gateway;
ALTER TABLE members ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON members USING (identity = livekit_identity() AND told(livekit_join_request()));
SELECT livekit_register_access('members');
INSERT INTO members SELECT room, identity, identity, jsonb_build_object(identity, room)
FROM (VALUES ('caf\351'::bytea, '\304lice'::bytea), ('cafe', '\304lice'), ('\303\251', '\304lice'), ('caf\351s', '\344lice'), ('?', '?')) AS v(r, i),
	convert_from(r, 'LATIN1') AS room, convert_from(i, 'LATIN1') AS identity;
INSERT INTO members VALUES (repeat(convert_from('\xe9', 'LATIN1'), 129), convert_from('\304lice', 'LATIN1'));

\c - regress_livekit_gateway
-- an identity of JSON, in the database's characters
SELECT bytes(claims) AS claims, bytes(livekit_identity()) AS identity
FROM unnest(ARRAY['{"sub": "\u00c4lice"}', '{"sub": "' || convert_from('\xc4', 'LATIN1') || 'lice"}', '{"sub": "\u20acuro"}', '{"sub": "A\u0308lice"}',
	'{"sub": "\ud83c\udf89"}', '{"sub": "\u00c4lice", "x": "\u20ac"}', '{"sub": "?"}']) AS claims, set_config('request.jwt.claims', claims, false);
SET request.jwt.claims = '{"sub": "\u00c4lice"}';
SELECT bytes(room) AS room, bytes(identity) AS identity, payload(participant_token)
FROM livekit_join(convert_from('caf\351', 'LATIN1'));
SELECT payload(livekit_token_source('{"room_name": "caf\u00e9", "participant_identity": "\u00c4lice#t\u00e9l\u00e9phone"}') ->> 'participant_token') AS token_source;
-- the same bytes in UTF-8, or the same without accents: other rooms
SELECT bytes(room) AS room, answer(format('SELECT bytes(room) FROM livekit_join(%L)', room)) AS "join", answer(format('SELECT livekit_can_join(%L)', room)) AS can
FROM (VALUES ('cafe'::bytea), ('caf\350'), ('\303\251'), ('\351'), ('caf\351s'), ('?'), ('caf?'), ('caf\303\251')) AS v(r), convert_from(r, 'LATIN1') AS room;
-- limits are of UTF-8
SELECT answer(format('SELECT livekit_join(%L)', repeat(convert_from('\xe9', 'LATIN1'), 129))) AS too_long_in_utf8,
	answer(format('SELECT livekit_join(%L, device => %L)', 'cafe', repeat(convert_from('\xe9', 'LATIN1'), 125))) AS device;

\c :db :superuser
DROP DATABASE regression_livekit_latin1;
CREATE DATABASE regression_livekit_ascii TEMPLATE template0 ENCODING 'SQL_ASCII' LOCALE_PROVIDER libc LOCALE 'C';
ALTER DATABASE regression_livekit_ascii SET livekit_token.key_file = :'key_file';
\c regression_livekit_ascii
SET client_min_messages = error;
CREATE EXTENSION livekit_token;
GRANT EXECUTE ON FUNCTION livekit_join, livekit_can_join TO regress_livekit_gateway;
CREATE FUNCTION answer(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	result text;
BEGIN
	EXECUTE query INTO result;
	RETURN encode(result::bytea, 'escape');
EXCEPTION WHEN OTHERS THEN
	RETURN SQLSTATE || ' ' || SQLERRM;
END $$;
CREATE TABLE members (room text PRIMARY KEY, identity text, name text);
GRANT SELECT ON members TO regress_livekit_gateway;
ALTER TABLE members ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON members USING (identity = livekit_identity());
SELECT livekit_register_access('members');
INSERT INTO members VALUES (E'\xc3\xa9', 'alice', NULL), (E'\xe9', 'alice', NULL), ('name', 'alice', E'\xe9'), ('bob', E'\xe9', NULL), ('room', 'alice', E'\xc3\xa9');
\c - regress_livekit_gateway
SET request.jwt.claims = '{"sub": "alice"}';
-- UTF-8 is taken for it, other bytes are refused
SELECT encode(room::bytea, 'escape') AS room, answer(format('SELECT room FROM livekit_join(%L)', room)) AS "join", answer(format('SELECT livekit_can_join(%L)', room)) AS can
FROM (VALUES ('room'), ('name'), (E'\xc3\xa9'), (E'\xe9'), (E'\xff'), ('bob')) AS v(room);
SELECT answer(format('SELECT identity FROM livekit_join(%L, device => %L)', 'room', device)) AS device FROM (VALUES (E'\xc3\xa9'), (E'\xe9')) AS v(device);
SELECT set_config('request.jwt.claims', E'{"sub": "\xe9"}', false) IS NOT NULL AS set;
SELECT livekit_identity() AS nobody, answer('SELECT livekit_join(''bob'')') AS "join";
SELECT set_config('request.jwt.claims', E'{"sub": "\xc3\xa9"}', false) IS NOT NULL AS set;
SELECT encode(livekit_identity()::bytea, 'escape') AS identity, answer('SELECT livekit_join(''bob'')') AS "join";

\c :db :superuser
DROP DATABASE regression_livekit_ascii;
DROP ROLE regress_livekit_gateway;
