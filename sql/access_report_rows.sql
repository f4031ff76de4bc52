--
-- Each row of the report says what its token would: compared with the token
-- itself, which the very person is given.  What is notable has a name, and a
-- row that cannot be used says why, and stops no other.
--
SET client_min_messages = warning;
SET livekit_token.url = 'wss://livekit.example.com';
CREATE ROLE regress_livekit_alice;
GRANT EXECUTE ON FUNCTION livekit_join, livekit_verify TO regress_livekit_alice;
CREATE TABLE members (n serial, room text, identity text DEFAULT 'regress_livekit_alice', grants jsonb, ttl interval, name text, metadata text,
	attributes jsonb, room_config jsonb, project text, url text);
CREATE INDEX ON members (room, identity);
ALTER TABLE members ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON members USING (identity = livekit_identity());
GRANT SELECT ON members TO regress_livekit_alice;
SELECT livekit_register_access('members');

-- grants and seconds of the token for a room, or what alice is told
CREATE FUNCTION pg_temp.token(room text, OUT grants jsonb, OUT ttl interval, OUT told text) LANGUAGE plpgsql AS $$
DECLARE
	c jsonb;
BEGIN
	PERFORM set_config('role', 'regress_livekit_alice', true);
	SELECT livekit_verify(participant_token) INTO c FROM livekit_join(room);
	PERFORM set_config('role', 'none', true);
	grants := (SELECT jsonb_object_agg(key, value) FROM jsonb_each(c) WHERE key IN (SELECT scope FROM livekit_grant_types()));
	ttl := make_interval(secs => (c ->> 'exp')::int - (c ->> 'nbf')::int);
EXCEPTION WHEN OTHERS THEN
	told := SQLERRM;
END $$;

-- notable: each grant that allows more than to take part, one by one
INSERT INTO members (room, grants)
SELECT concat_ws('.', nullif(scope, 'video'), name),
	CASE scope WHEN 'video' THEN jsonb_build_object(name, v) ELSE jsonb_build_object(scope, jsonb_build_object(name, v)) END
  FROM livekit_grant_types(), LATERAL (SELECT CASE type WHEN 'boolean' THEN 'true' WHEN 'string' THEN '"x"' WHEN 'array of strings' THEN '["x"]' ELSE '["camera"]' END::jsonb) t(v)
 WHERE name <> 'room';
SELECT room AS "grant", notable, problem FROM livekit_access_report() ORDER BY room COLLATE "C";
SELECT room, r.grants, t.grants FROM livekit_access_report() r LEFT JOIN LATERAL pg_temp.token(room) t ON true
 WHERE ROW(r.grants, r.ttl) IS DISTINCT FROM ROW(t.grants, t.ttl);
-- said to be false, or null, it is not given
UPDATE members SET grants = replace(replace(grants::text, 'true', 'false'), '"x"', 'null')::jsonb WHERE grants::text !~ '\[';
SELECT room, notable FROM livekit_access_report() WHERE notable IS NOT NULL;
TRUNCATE members;

-- what people write into rows
INSERT INTO members (room, grants, ttl, project)
SELECT 'room ' || n, grants::jsonb, ttl::interval, project
  FROM (SELECT row_number() OVER () AS n, * FROM (VALUES (NULL, NULL, NULL), ('null', NULL, ''), ('{}', '1 minute', 'default'), ('{"can_publish": false}', '1 second', NULL), ('{"canPublish": false, "canPublishData": true}', '6 hours', NULL),
	('{"canPublishSources": ["microphone"]}', '7 hours', NULL), ('{"roomAdmin": true, "hidden": true, "recorder": true}', '1 day', NULL), ('{"roomAdmin": true, "roomCreate": true, "sip": {"call": true}}', NULL, NULL),
	('{"video": {"room_admin": true}}', '90.5 seconds', NULL), ('{"room": "room 10"}', NULL, NULL), ('{"canSubscribe": false, "agent": {"admin": true}}', '00:00:00.9', NULL), ('{"roomJoin": true}', '1 day -23:59', NULL),
	('{"roomJoin": false, "roomList": true}', NULL, NULL), ('{"roomJoin": false, "roomAdmin": true}', NULL, NULL)) v (grants, ttl, project)) v;
SELECT r.room, r.grants, r.ttl, r.project, notable, problem, (ROW(r.grants, r.ttl) IS NOT DISTINCT FROM ROW(t.grants, t.ttl)) AS as_token, told
  FROM livekit_access_report() r, pg_temp.token(r.room) t ORDER BY substr(room, 6)::int;
SET livekit_token.max_ttl = '1h';
SET livekit_token.default_ttl = '2min';
SELECT room, r.ttl, r.ttl = t.ttl AS as_token FROM livekit_access_report() r, pg_temp.token(room) t WHERE t.ttl IS NOT NULL ORDER BY substr(room, 6)::int;
SET livekit_token.max_ttl = 0;
SELECT max(ttl) FROM livekit_access_report();
RESET livekit_token.max_ttl;
RESET livekit_token.default_ttl;
TRUNCATE members;

-- of no use: why, and nothing else; the next row is there all the same
INSERT INTO members (room, grants) VALUES ('a canPublsh', '{"canPublsh": true}'), ('b RoomAdmin', '{"RoomAdmin": true}'), ('c 1', '{"canPublish": 1}'), ('d []', '[]'), ('e room', '{"room": "retro"}'), ('f sources', '{"canPublishSources": []}'),
	('g twice', '{"canPublish": true, "can_publish": false}'), ('h nothing', '{"roomJoin": false}'), ('', NULL), (repeat('x', 257), NULL), ('i scalar', '1'), ('j admin', '{"roomJoin": false, "canPublish": false}');
INSERT INTO members (room, ttl) VALUES ('k over', '0'), ('l negative', '-1 hour'), ('m month', '1 month'), ('n less than a second', '0.4 seconds');
INSERT INTO members (room, name, metadata, attributes, room_config, project, url) VALUES ('o name', repeat('x', 257), NULL, NULL, NULL, NULL, NULL), ('p attributes', NULL, NULL, '{"a": 1}', NULL, NULL, NULL),
	('q config', NULL, NULL, NULL, '{"nam": 1}', NULL, NULL), ('r project', NULL, NULL, NULL, NULL, 'no such', NULL), ('s project', NULL, NULL, NULL, NULL, 'missing', NULL),
	('t url', NULL, NULL, NULL, NULL, NULL, 'livekit.example.com'), ('u metadata', NULL, repeat('x', 524289), NULL, NULL, NULL, NULL), ('z good', NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO members (room, identity) VALUES ('v nobody', NULL), ('w empty', ''), ('x #', 'a#b'), ('y long', repeat('x', 257)), (NULL, 'regress_livekit_alice'), (NULL, NULL);
SELECT left(r.room, 24) AS room, left(identity, 10) AS identity, r.grants IS NULL AS none, r.ttl, project, problem, CASE WHEN identity = 'regress_livekit_alice' THEN coalesce(told, 'let in') END AS alice
  FROM livekit_access_report() r LEFT JOIN LATERAL pg_temp.token(r.room) t ON true ORDER BY r.room COLLATE "C", r.identity;
-- what is wrong is said without what a row holds beside its grants
SELECT room FROM livekit_access_report() WHERE problem ~ 'xxxxx';

SELECT livekit_unregister_access();
DROP TABLE members;
DROP OWNED BY regress_livekit_alice;
DROP ROLE regress_livekit_alice;
