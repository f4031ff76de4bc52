--
-- Some collations take different texts for the same.  A token is for the room
-- that was asked, and to LiveKit those are different rooms; so only who asks for
-- it byte by byte as the row has it may join.  Likewise for identities.
--
SELECT count(*) = 0 AS skip FROM pg_collation WHERE collname = 'und-x-icu' AND getdatabaseencoding() = 'UTF8' \gset
\if :skip
\quit
\endif
SET client_min_messages = warning;
SET livekit_token.url = 'wss://livekit.example.com';
CREATE COLLATION any_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE COLLATION any_accent (provider = icu, locale = 'und-u-ks-level1', deterministic = false);
CREATE COLLATION same_characters (provider = icu, locale = 'und', deterministic = false);
CREATE ROLE regress_livekit_alice;
CREATE ROLE "regress_livekit_Bob";
GRANT EXECUTE ON FUNCTION livekit_join, livekit_can_join, livekit_token TO regress_livekit_alice, "regress_livekit_Bob";
CREATE TABLE members (room text COLLATE any_case, identity text COLLATE any_case);
CREATE INDEX ON members (room);
GRANT SELECT ON members TO regress_livekit_alice, "regress_livekit_Bob";
ALTER TABLE members ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON members USING (identity = livekit_identity());
INSERT INTO members VALUES ('standup', 'regress_livekit_alice'), (U&'Caf\00E9', 'regress_livekit_alice'),
	('both', 'regress_livekit_alice'), ('BOTH', 'regress_livekit_alice'), ('standup', 'regress_livekit_bob');
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
-- as they are asked below, in characters that look alike
CREATE TEMP TABLE asked (n serial, what text, room text COLLATE "C");
INSERT INTO asked (what, room) VALUES ('as it is', 'standup'), ('a capital', 'Standup'), ('capitals', 'STANDUP'), ('fullwidth', U&'\FF53tandup'),
	('a blank', 'standup '), ('zero-width space', U&'stand\200Bup'), ('soft hyphen', U&'stand\00ADup'), ('as it is', U&'Caf\00E9'),
	('decomposed', U&'Cafe\0301'), ('no accent', 'Cafe'), ('no accent', 'cafe'), ('one of two', 'both'), ('the other', 'BOTH'), ('neither', 'Both');
GRANT SELECT ON asked TO regress_livekit_alice;


SET ROLE regress_livekit_alice;
SELECT room FROM members WHERE room = 'STANDUP';
SELECT what, a.* FROM asked, pg_temp.asked(room) AS a ORDER BY n;
-- the policy lets Bob see bob's row, whose identity is not his
SET ROLE "regress_livekit_Bob";
SELECT identity FROM members;
SELECT * FROM pg_temp.asked('standup');
RESET ROLE;
UPDATE members SET identity = 'regress_livekit_Bob' WHERE identity = 'regress_livekit_bob';
SET ROLE "regress_livekit_Bob";
SELECT * FROM pg_temp.asked('standup');

RESET ROLE;
ALTER TABLE members ALTER room TYPE text COLLATE any_accent;
SELECT livekit_register_access('members');
SET ROLE regress_livekit_alice;
SELECT room = 'Cafe' AS found FROM members WHERE room = 'CAFE';
SELECT what, a.* FROM asked, pg_temp.asked(room) AS a ORDER BY n;

RESET ROLE;
ALTER TABLE members ALTER room TYPE varchar COLLATE same_characters;
SELECT livekit_register_access('members');
SET ROLE regress_livekit_alice;
SELECT room = U&'Caf\00E9' AS found FROM members WHERE room = U&'Cafe\0301';
SELECT what, a.* FROM asked, pg_temp.asked(room) AS a ORDER BY n;

RESET ROLE;
SELECT livekit_unregister_access();
DROP TABLE members;
DROP COLLATION any_case, any_accent, same_characters;
DROP OWNED BY regress_livekit_alice, "regress_livekit_Bob";
DROP ROLE regress_livekit_alice, "regress_livekit_Bob";
