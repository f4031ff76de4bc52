--
-- A column of type citext finds a room in any letter case.  A token is for the
-- room that was asked, and to LiveKit that is another one; so only who asks for
-- it as the row has it may join.  Likewise for identities.
--
SELECT count(*) = 0 AS skip FROM pg_available_extensions WHERE name = 'citext' \gset
\if :skip
\quit
\endif
SET client_min_messages = warning;
CREATE EXTENSION citext;
SET livekit_token.url = 'wss://livekit.example.com';
CREATE ROLE regress_livekit_alice;
CREATE ROLE "regress_livekit_Bob";
GRANT EXECUTE ON FUNCTION livekit_join, livekit_can_join, livekit_token TO regress_livekit_alice, "regress_livekit_Bob";
CREATE DOMAIN room_name AS citext;
CREATE TABLE members (room citext, identity citext, room_domain room_name GENERATED ALWAYS AS (room) STORED);
CREATE INDEX ON members (room);
GRANT SELECT ON members TO regress_livekit_alice, "regress_livekit_Bob";
ALTER TABLE members ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON members USING (identity = livekit_identity()::citext);
INSERT INTO members VALUES ('standup', 'regress_livekit_alice'), ('Retro', 'regress_livekit_alice'),
	('both', 'regress_livekit_alice'), ('BOTH', 'regress_livekit_alice'), ('alike', 'REGRESS_livekit_alice'), ('standup', 'regress_livekit_bob');
-- its equality could leak for all the planner knows, so that no index serves
-- under row-level security
SELECT livekit_register_access('members');

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
RETURN (pg_temp.answer(format('SELECT (j.room, j.identity) FROM livekit_join(%L) AS j', room)),
	pg_temp.answer(format('SELECT livekit_can_join(%L)', room)));

SET ROLE regress_livekit_alice;
SELECT room, identity FROM members WHERE room = 'STANDUP';
SELECT room, a.* FROM unnest(ARRAY['standup', 'Standup', 'STANDUP', 'retro', 'Retro', 'standup ', 'standups', 'both', 'BOTH', 'Both', 'alike'])
	WITH ORDINALITY AS r(room, n), pg_temp.asked(room) AS a ORDER BY n;
-- the policy lets Bob see bob's row, whose identity is not his
SET ROLE "regress_livekit_Bob";
SELECT identity FROM members;
SELECT * FROM pg_temp.asked('standup');
RESET ROLE;
UPDATE members SET identity = 'regress_livekit_Bob' WHERE identity = 'regress_livekit_bob';
SET ROLE "regress_livekit_Bob";
SELECT * FROM pg_temp.asked('standup');

-- through a domain
RESET ROLE;
SET client_min_messages = error;
SELECT livekit_register_access('members', room => 'room_domain');
SET ROLE regress_livekit_alice;
SELECT room, a.* FROM unnest(ARRAY['standup', 'Standup', 'retro', 'Retro']) AS room, pg_temp.asked(room) AS a;

RESET ROLE;
SELECT livekit_unregister_access();
DROP TABLE members;
DROP DOMAIN room_name;
DROP EXTENSION citext;
DROP OWNED BY regress_livekit_alice, "regress_livekit_Bob";
DROP ROLE regress_livekit_alice, "regress_livekit_Bob";
