--
-- Room and identity are compared in their columns' own types, so that an index
-- serves; and then, as text, byte for byte with what was asked.  Another way to
-- write the same value is another room, and text that is no value of the type
-- is the same refusal as a room that isn't there.
--
SET client_min_messages = error;	-- some of these cannot be found by an index
SET livekit_token.url = 'wss://livekit.example.com';
CREATE ROLE regress_livekit_alice;
CREATE ROLE "10245f7a-0e8b-4f7c-9c1d-5e0f1a2b3c4d";
CREATE ROLE "regress_livekit_0042 ";
GRANT EXECUTE ON FUNCTION livekit_join, livekit_can_join, livekit_verify
	TO regress_livekit_alice, "10245f7a-0e8b-4f7c-9c1d-5e0f1a2b3c4d", "regress_livekit_0042 ";
CREATE TYPE mood AS ENUM ('standup', 'Retro', 'two words');
CREATE DOMAIN label AS text;
CREATE DOMAIN short_label AS label NOT NULL CHECK (length(VALUE) < 10 AND VALUE !~ '%');
CREATE DOMAIN uuid_label AS uuid CHECK (VALUE::text < '9');
CREATE DOMAIN day AS date;
CREATE DOMAIN even AS int CHECK (10 / (VALUE % 2 - 1) < 0);	-- raises 22012 for odd ones

-- What a role is told of a room by a table of these columns, which holds one
-- row and is gone again afterwards; and whether livekit_can_join agrees.
CREATE FUNCTION pg_temp.answer(columns text, stored text, asked text, who text DEFAULT 'regress_livekit_alice') RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
	result text;
	can text;
BEGIN
	EXECUTE format('CREATE TABLE lobby (%s); INSERT INTO lobby VALUES (%s)', columns, stored);
	CREATE INDEX ON lobby (room);
	ALTER TABLE lobby ENABLE ROW LEVEL SECURITY;
	CREATE POLICY lobby ON lobby USING (livekit_identity() IS NOT NULL);
	GRANT SELECT ON lobby TO PUBLIC;
	PERFORM livekit_register_access('lobby');
	PERFORM set_config('role', who, true);
	BEGIN
		SELECT 'joins ' || j.room || CASE WHEN j.room <> stable_claims(participant_token) #>> '{video,room}' THEN ', AND NOT' ELSE '' END
			INTO STRICT result FROM livekit_join(asked) AS j;
	EXCEPTION WHEN OTHERS THEN
		result := concat_ws(' ', SQLSTATE, SQLERRM);
	END;
	BEGIN
		can := CASE WHEN livekit_can_join(asked) THEN 'joins' ELSE '42501' END;
	EXCEPTION WHEN OTHERS THEN
		can := SQLSTATE;
	END;
	RAISE SQLSTATE 'LK000' USING MESSAGE = result || CASE WHEN can = left(result, 5) THEN '' ELSE ', BUT CAN: ' || can END;
EXCEPTION WHEN SQLSTATE 'LK000' THEN
	RETURN SQLERRM;
WHEN datatype_mismatch THEN
	RETURN concat_ws(' ', SQLSTATE, SQLERRM);
END $$;

-- strings
SELECT type, stored, asked, pg_temp.answer('room ' || type, stored, asked)
FROM (VALUES ('text', '''standup''', 'standup'), ('text', '''standup''', 'Standup'), ('text', '''standup''', 'standup '),
	('text', '''standup ''', 'standup'), ('text', '''standup ''', 'standup '), ('text', 'U&''\00E9''', U&'\00E9'),
	('text', 'U&''\00E9''', U&'e\0301'), ('text', 'U&''e\0301''', U&'\00E9'), ('text', 'NULL', 'standup'), ('text', 'NULL', 'NULL'),
	('varchar', '''standup''', 'standup'), ('varchar(7)', '''standup''', 'standup'), ('varchar(7)', '''standup''', 'standup '),
	('varchar(7)', '''standup''', 'standups'), ('varchar(7)', '''standup''', 'standup  and so on'),
	('char(10)', '''standup''', 'standup'), ('char(10)', '''standup''', 'standup   '), ('char(10)', '''standup''', 'standup '),
	('char(10)', '''standup''', 'Standup'), ('char(7)', '''standup''', 'standup'), ('char(7)', '''standup''', 'standups'),
	('char(7)', '''standup''', 'standup and so on'), ('char(5)', ''' a''', ' a'), ('char(5)', ''' a''', 'a'), ('char(3)', 'E''a\t''', E'a\t'),
	('char(3)', 'E''a\t''', 'a'), ('char', '''s''', 's'), ('char', '''s''', 'standup'),
	('name', '''standup''', 'standup'), ('name', '''standup''', 'Standup'), ('name', '''standup''', 'standup '),
	('label', '''standup''', 'standup'), ('label', '''standup''', 'retro'),
	('short_label', '''standup''', 'standup'), ('short_label', '''standup''', '10 letters'), ('short_label', '''standup''', '%'),
	('text COLLATE "C"', '''standup''', 'standup'), ('text COLLATE "POSIX"', '''standup''', 'STANDUP'))
	AS v(type, stored, asked);

-- a name is cut to 63 bytes, which what was asked is not
SELECT bytes, left(pg_temp.answer('room ' || type, format('repeat(''x'', %s)', least(bytes, 63)), repeat('x', bytes)), 20) AS answer
FROM (VALUES ('name', 63), ('name', 64), ('name', 700), ('varchar(63)', 64), ('char(63)', 700)) AS v(type, bytes);
-- 256 bytes are LiveKit's limit: what the row says of it, and what is asked
SELECT column_type, bytes, left(pg_temp.answer('room ' || column_type, stored, asked), 50) AS answer
FROM (VALUES ('text', 'repeat(''x'', 256)', repeat('x', 256), 256), ('text', 'repeat(''x'', 257)', repeat('x', 257), 257),
	('text', 'repeat(U&''\20AC'', 85)', repeat(U&'\20AC', 85), 255), ('text', 'repeat(U&''\20AC'', 86)', repeat(U&'\20AC', 86), 258),
	('char(300)', 'repeat(''x'', 256)', repeat('x', 256), 256), ('text', '''''', '', 0), ('char(3)', '''''', '', 0)) AS v(column_type, stored, asked, bytes);

-- other types
SELECT type, stored, asked, pg_temp.answer('room ' || type, stored, asked)
FROM (VALUES ('uuid', '''a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11''', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'),
	('uuid', '''a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11''', 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'),
	('uuid', '''a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11''', '{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}'),
	('uuid', '''a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11''', 'a0eebc999c0b4ef8bb6d6bb9bd380a11'),
	('uuid', '''a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11''', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a12'),
	('uuid', '''a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11''', 'standup'), ('uuid', '''a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11''', ''),
	('uuid_label', '''10245f7a-0e8b-4f7c-9c1d-5e0f1a2b3c4d''', '10245f7a-0e8b-4f7c-9c1d-5e0f1a2b3c4d'),
	('uuid_label', '''10245f7a-0e8b-4f7c-9c1d-5e0f1a2b3c4d''', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'),
	('uuid_label', '''10245f7a-0e8b-4f7c-9c1d-5e0f1a2b3c4d''', 'standup'),
	('bigint', '42', '42'), ('bigint', '42', '042'), ('bigint', '42', ' 42'), ('bigint', '42', '+42'), ('bigint', '42', '43'), ('bigint', '42', '0x2a'),
	('bigint', '42', '9223372036854775808'), ('bigint', '42', 'forty-two'), ('bigint', '42', '42.0'), ('bigint', '42', ''), ('bigint', '-1', '-1'),
	('int', '42', '42'), ('int', '42', '2147483648'), ('smallint', '42', '42'), ('smallint', '42', '65578'), ('even', '42', '42'), ('even', '42', '43'),
	('numeric', '1.50', '1.50'), ('numeric', '1.50', '1.5'), ('numeric', '1.50', '1.500'), ('numeric(5,1)', '1.5', '1.54'), ('numeric', '100', '1e2'),
	('numeric', '''NaN''', 'NaN'), ('numeric', '''NaN''', 'nan'),
	('mood', '''standup''', 'standup'), ('mood', '''standup''', 'Standup'), ('mood', '''standup''', 'Retro'), ('mood', '''standup''', 'no such label'),
	('mood', '''two words''', 'two words'), ('mood', '''standup''', repeat('x', 64))) AS v(type, stored, asked);

-- of others the text depends on settings, and so on who asks
SET DateStyle = 'ISO';
SELECT type, pg_temp.answer('room ' || type, quote_literal(stored), stored) AS room,
	pg_temp.answer('room text, identity ' || type, '''standup'', ' || quote_literal(stored), 'standup') AS identity
FROM (VALUES ('date', '2026-01-31'), ('timestamptz', '2026-01-31 12:00:00+00'), ('time', '12:00:00'), ('interval', '1 day'), ('bytea', 'a'), ('float8', '0.1'),
	('int[]', '{1}'), ('text[]', '{a}'), ('regclass', 'pg_class'), ('oid', '1'), ('boolean', 't'), ('jsonb', '1'), ('"char"', 's'), ('inet', '::1'), ('day', '2026-01-31')) AS v(type, stored);
RESET DateStyle;

-- the identity's column; an identity is its text, too
SELECT type, stored, who, pg_temp.answer('room text, identity ' || type, '''standup'', ' || stored, 'standup', who)
FROM (VALUES ('uuid', '''10245f7a-0e8b-4f7c-9c1d-5e0f1a2b3c4d''', '10245f7a-0e8b-4f7c-9c1d-5e0f1a2b3c4d'),
	('uuid', '''a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11''', '10245f7a-0e8b-4f7c-9c1d-5e0f1a2b3c4d'),
	('uuid', '''10245f7a-0e8b-4f7c-9c1d-5e0f1a2b3c4d''', 'regress_livekit_alice'), ('uuid', 'NULL', 'regress_livekit_alice'),
	('text', 'NULL', 'regress_livekit_alice'), ('text', '''''', 'regress_livekit_alice'), ('text', '''%''', 'regress_livekit_alice'),
	('text', '''regress_livekit_Alice''', 'regress_livekit_alice'), ('name', '''regress_livekit_alice''', 'regress_livekit_alice'),
	('char(30)', '''regress_livekit_alice''', 'regress_livekit_alice'), ('char(30)', '''regress_livekit_0042''', 'regress_livekit_0042 '),
	('text', '''regress_livekit_0042''', 'regress_livekit_0042 '), ('text', '''regress_livekit_0042 ''', 'regress_livekit_0042 '),
	('bigint', '42', 'regress_livekit_alice'), ('mood', '''standup''', 'regress_livekit_alice')) AS v(type, stored, who);

DROP TYPE mood, day, even, uuid_label, short_label, label;
DROP OWNED BY regress_livekit_alice, "10245f7a-0e8b-4f7c-9c1d-5e0f1a2b3c4d", "regress_livekit_0042 ";
DROP ROLE regress_livekit_alice, "10245f7a-0e8b-4f7c-9c1d-5e0f1a2b3c4d", "regress_livekit_0042 ";
