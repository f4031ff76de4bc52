--
-- A row's grants are the ceiling of what its participant may ask for: each
-- grant that there is, from livekit_grant_types().  What the row has not is
-- refused, what it has is granted whether asked for or not, and less of it
-- can be asked.
--
SET client_min_messages = warning;
CREATE ROLE regress_livekit_alice;
GRANT EXECUTE ON FUNCTION livekit_token, livekit_verify TO regress_livekit_alice;

-- a value of each grant, less than it, and more
CREATE TEMP TABLE sample AS
SELECT n, scope, name, type, scope || '.' || name AS grant_name, value, less, more
FROM livekit_grant_types() WITH ORDINALITY AS g(name, scope, type, "default", sensitive, description, n)
	JOIN (VALUES ('boolean', 'true'::jsonb, 'false'::jsonb, NULL::jsonb),
		('string', '"standup"', NULL, '"standup "'), ('string', '"standup"', NULL, '""'),
		('string', '"standup"', NULL, '"Standup"'),
		('array of strings', '["one", "two"]', '["two"]', '["two", "three"]'),
		('array of strings', '["one", "two"]', '["two", "one"]', '["One"]'),
		('array of track sources', '["camera", "microphone"]', '["microphone"]', '["microphone", "screen_share"]'),
		('array of track sources', '["camera", "microphone"]', '["camera"]', '["screen_share_audio"]'))
	AS v(type, value, less, more) USING (type)
WHERE name <> 'room';			-- that is the room's own
CREATE TEMP VIEW each_grant AS SELECT DISTINCT ON (n) * FROM sample ORDER BY n;
GRANT SELECT ON sample, each_grant TO regress_livekit_alice;

-- one room whose row has just that grant, one whose row has all but it, one
-- whose row says nothing and one whose row says nothing is allowed beyond
-- LiveKit's defaults
CREATE TABLE members (room text PRIMARY KEY, identity text, grants jsonb);
CREATE INDEX ON members (identity);
GRANT SELECT ON members TO regress_livekit_alice;
ALTER TABLE members ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON members USING (identity = livekit_identity());
INSERT INTO members SELECT 'only ' || grant_name, 'regress_livekit_alice',
	jsonb_build_object(scope, jsonb_build_object(name, value)) FROM each_grant;
INSERT INTO members SELECT 'without ' || e.grant_name, 'regress_livekit_alice',
	(SELECT jsonb_object_agg(scope, grants) FROM (
		SELECT scope, jsonb_object_agg(name, value) AS grants FROM each_grant WHERE n <> e.n GROUP BY scope) AS s)
FROM each_grant AS e;
INSERT INTO members VALUES ('NULL', 'regress_livekit_alice', NULL), ('{}', 'regress_livekit_alice', '{}');
SELECT livekit_register_access('members');

-- the token's grants, or the refusal
CREATE FUNCTION pg_temp.grants(room text, asked jsonb) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	RETURN stable_claims(livekit_token(NULL, room, asked)) - ARRAY['iss', 'sub'] #- '{video,room}';
EXCEPTION WHEN OTHERS THEN
	RETURN SQLSTATE || ' ' || SQLERRM;
END $$;
CREATE FUNCTION pg_temp.granted(room text, scope text, name text, value jsonb) RETURNS text
RETURN (SELECT CASE WHEN token ~ '^\d{5} ' THEN token ELSE coalesce(token::jsonb #>> ARRAY[scope, name], 'absent') END
	FROM pg_temp.grants(room, jsonb_build_object(scope, jsonb_build_object(name, value))) AS token);
CREATE FUNCTION pg_temp.snake(name text) RETURNS text
RETURN lower(regexp_replace(name, '([A-Z])', '_\1', 'g'));

SET ROLE regress_livekit_alice;

-- each asked of a row that has all the others, of one with NULL, of one with {}
SELECT grant_name, pg_temp.granted('without ' || grant_name, scope, name, value) AS of_the_others,
	pg_temp.granted('NULL', scope, name, value) AS of_null, pg_temp.granted('{}', scope, name, value) AS of_none
FROM each_grant ORDER BY n;

-- the refusal names the grant, not what was asked of it nor what the row has
SELECT livekit_token(NULL, 'NULL', '{"roomAdmin": true}');
SELECT livekit_token(NULL, 'only agentEndpoint.agentName', '{"agentEndpoint": {"agentName": "mallory"}}');

-- asked or not, the row's is granted; the whole of the token
SELECT grant_name, pg_temp.grants('only ' || grant_name, NULL) AS token,
	pg_temp.granted('only ' || grant_name, scope, name, value) AS asked
FROM each_grant ORDER BY n;
-- in its other spelling, too: rows that differ
SELECT grant_name FROM each_grant
WHERE pg_temp.grants('only ' || grant_name, jsonb_build_object(pg_temp.snake(scope), jsonb_build_object(pg_temp.snake(name), value)))
	<> pg_temp.grants('only ' || grant_name, NULL);
SELECT grant_name FROM each_grant
WHERE scope = 'video' AND pg_temp.grants('only ' || grant_name, jsonb_build_object(pg_temp.snake(name), value))
	<> pg_temp.grants('only ' || grant_name, NULL);
-- null is as if not asked, by a grant and by its scope
SELECT grant_name FROM each_grant
WHERE pg_temp.grants('only ' || grant_name, jsonb_build_object(scope, jsonb_build_object(name, NULL)))
		<> pg_temp.grants('only ' || grant_name, NULL)
	OR pg_temp.grants('only ' || grant_name, jsonb_build_object(scope, NULL)) <> pg_temp.grants('only ' || grant_name, '{}');

-- less than the row's, and more of it
SELECT grant_name, less, pg_temp.granted('only ' || grant_name, scope, name, less) AS token
FROM sample WHERE less IS NOT NULL ORDER BY n, less;
SELECT grant_name, more, pg_temp.granted('only ' || grant_name, scope, name, more) AS token
FROM sample WHERE more IS NOT NULL ORDER BY n, more;
-- false of what the row has not is not more
SELECT grant_name, pg_temp.granted('NULL', scope, name, less) AS of_null, pg_temp.granted('{}', scope, name, less) AS of_none
FROM sample WHERE type = 'boolean' ORDER BY n;

RESET ROLE;
SELECT livekit_unregister_access();
DROP TABLE members;
DROP OWNED BY regress_livekit_alice;
DROP ROLE regress_livekit_alice;
