--
-- Whatever relation, columns and rooms are called: names that need quotes, that
-- are key words, or that would be SQL if they were let.
--
SET client_min_messages = warning;
SET livekit_token.url = 'wss://livekit.example.com';
CREATE ROLE regress_livekit_alice;
GRANT EXECUTE ON FUNCTION livekit_join, livekit_can_join, livekit_token, livekit_verify TO regress_livekit_alice;

CREATE FUNCTION pg_temp.answer(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	result text;
BEGIN
	EXECUTE query INTO result;
	RETURN result;
EXCEPTION WHEN OTHERS THEN
	RETURN SQLSTATE || ' ' || SQLERRM;
END $$;
CREATE FUNCTION pg_temp.asked(room text, OUT "join" text, OUT can text)
RETURN (pg_temp.answer(format('SELECT j.identity || '' in '' || j.room FROM livekit_join(%L) AS j', room)),
	pg_temp.answer(format('SELECT livekit_can_join(%L)', room)));

-- a schema, a table and columns that need every quote there is
CREATE SCHEMA "We""ird $1";
CREATE TABLE "We""ird $1"."Mem'bers; DROP TABLE canary; --" ("Ro""om" text PRIMARY KEY, "user" text, "select" jsonb,
	"ttl = NULL OR true" interval, "na.me" text, "room" text DEFAULT 'decoy', identity text DEFAULT 'decoy');
CREATE TABLE canary (room text);
INSERT INTO "We""ird $1"."Mem'bers; DROP TABLE canary; --" VALUES
	('standup', 'regress_livekit_alice', '{"roomAdmin": true}', '2 min', 'Alice'), ('retro', 'regress_livekit_bob', '{}', '1 min', 'Bob');
GRANT USAGE ON SCHEMA "We""ird $1" TO regress_livekit_alice;
GRANT SELECT ON "We""ird $1"."Mem'bers; DROP TABLE canary; --" TO regress_livekit_alice;
ALTER TABLE "We""ird $1"."Mem'bers; DROP TABLE canary; --" ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON "We""ird $1"."Mem'bers; DROP TABLE canary; --" USING (livekit_identity() IS NOT NULL);
SELECT livekit_register_access('"We""ird $1"."Mem''bers; DROP TABLE canary; --"', room => 'Ro"om', identity => 'user',
	grants => 'select', ttl => 'ttl = NULL OR true', name => 'na.me');
SET ROLE regress_livekit_alice;
SELECT room, a.* FROM unnest(ARRAY['standup', 'retro', 'decoy', '$1', '"Ro""om"', 'standup'' OR ''1'' = ''1', 'standup" --', '\', E'\\x', 'NULL'])
	WITH ORDINALITY AS r(room, n), pg_temp.asked(room) AS a ORDER BY n;
SELECT stable_claims(participant_token) AS claims, expires_at <= clock_timestamp() + interval '2 min' AS within_two_minutes
FROM livekit_join('standup');
-- names are exact: they are not folded, cut or trimmed
RESET ROLE;
SELECT name, pg_temp.answer(format('SELECT livekit_register_access(%L, room => %L, identity => %L)',
	'"We""ird $1"."Mem''bers; DROP TABLE canary; --"', name, 'user'))
FROM unnest(ARRAY['ro"om', 'Ro"om ', '"Ro""om"', 'Ro""om', 'Ro"om, user', '*', 'ctid', 'tableoid', '1']) AS name;
SET ROLE regress_livekit_alice;
SELECT * FROM pg_temp.asked('standup');
RESET ROLE;
DROP SCHEMA "We""ird $1" CASCADE;
SELECT count(*) AS canary FROM canary;
DROP TABLE canary;

-- names as long as names can be, whose first 62 bytes are the same; and one
-- that is the key word NULL
SELECT repeat(U&'\00E9', 31) || 'x' AS long, repeat(U&'\00E9', 31) || 'y' AS long_too \gset
CREATE TABLE :"long" (:"long" text, :"long_too" text, "null" interval);
CREATE INDEX ON :"long" (:"long");
INSERT INTO :"long" VALUES ('standup', 'regress_livekit_alice', '1 min'), ('regress_livekit_alice', 'standup', '1 min');
GRANT SELECT ON :"long" TO regress_livekit_alice;
ALTER TABLE :"long" ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON :"long" USING (livekit_identity() IS NOT NULL);
SELECT livekit_register_access(:'long', room => :'long', identity => :'long_too', ttl => 'null');
SET ROLE regress_livekit_alice;
SELECT room, a.* FROM unnest(ARRAY['standup', 'regress_livekit_alice']) AS room, pg_temp.asked(room) AS a;
RESET ROLE;
DROP TABLE :"long";

-- operators, functions, types and tables of the caller's own, on her search
-- path, are not those that are asked
CREATE TABLE members (room text PRIMARY KEY, identity text);
INSERT INTO members VALUES ('standup', 'regress_livekit_bob');
GRANT SELECT ON members TO regress_livekit_alice;
ALTER TABLE members ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON members USING (livekit_identity() IS NOT NULL);
SELECT livekit_register_access('members');
CREATE SCHEMA regress_livekit_own AUTHORIZATION regress_livekit_alice;
SET ROLE regress_livekit_alice;
SET search_path = regress_livekit_own, public, pg_catalog;
CREATE TABLE members (room text, identity text);
INSERT INTO members VALUES ('standup', 'regress_livekit_alice');
CREATE FUNCTION yes(text, text) RETURNS bool LANGUAGE sql AS 'SELECT true';
CREATE OPERATOR = (LEFTARG = text, RIGHTARG = text, FUNCTION = yes);
CREATE FUNCTION livekit_identity() RETURNS text LANGUAGE sql AS $$SELECT 'regress_livekit_bob'$$;
CREATE DOMAIN text AS int;
CREATE TEMP TABLE livekit_access (relation regclass, room name, identity name);
INSERT INTO livekit_access VALUES ('members', 'room', 'identity');
SELECT 'a'::pg_catalog.text = 'b'::pg_catalog.text AS own_operator, livekit_identity() AS own_identity;
SELECT * FROM pg_temp.asked('standup');
RESET search_path;
RESET ROLE;
DROP TABLE livekit_access;	-- the temporary one, which comes first
SELECT livekit_unregister_access();
DROP TABLE members;
SET client_min_messages = error;
DROP SCHEMA regress_livekit_own CASCADE;
DROP OWNED BY regress_livekit_alice;
DROP ROLE regress_livekit_alice;
