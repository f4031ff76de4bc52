--
-- canPublish, canSubscribe and canPublishData count although nobody wrote
-- them: LiveKit takes an absent one for true, and an absent canPublishData for
-- canPublish.  So row and request are compared by what they come to, and a
-- token always says it.
--
SET client_min_messages = warning;
CREATE ROLE regress_livekit_alice;
GRANT EXECUTE ON FUNCTION livekit_token, livekit_join, livekit_can_join, livekit_verify TO regress_livekit_alice;
CREATE TABLE members (room text PRIMARY KEY, identity text DEFAULT 'regress_livekit_alice', grants jsonb);
CREATE INDEX ON members (identity);
GRANT SELECT ON members TO regress_livekit_alice;
ALTER TABLE members ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON members USING (identity = livekit_identity());
SET livekit_token.url = 'wss://livekit.example.com';

-- rooms are called by what their rows grant
INSERT INTO members (room, grants) SELECT g, g::jsonb FROM unnest(ARRAY['{}', '{"canPublish": true}', '{"canPublish": false}', '{"canSubscribe": false}', '{"canPublishData": false}',
	'{"canPublish": false, "canPublishData": true}', '{"canPublish": true, "canPublishData": false}',
	'{"canPublishSources": ["camera", "microphone"]}', '{"canPublish": true, "canPublishSources": ["camera"]}',
	'{"canPublishSources": ["screen_share"], "canPublishData": false}', '{"canSubscribeMetrics": true}',
	'{"canPublish": null, "canPublishSources": null}',
	'{"roomJoin": false, "roomAdmin": true}', '{"roomJoin": false}', '{"roomJoin": true}', '{"room": "{}"}']) AS g;
INSERT INTO members (room, grants) VALUES ('NULL', NULL), ('JSON null', 'null');
SELECT livekit_register_access('members');

CREATE FUNCTION pg_temp.token(room text, asked jsonb DEFAULT NULL) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	hint text;
BEGIN
	RETURN stable_claims(livekit_token(NULL, room, asked)) - ARRAY['iss', 'sub'] #- '{video,room}';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
	RETURN concat_ws(' | ', SQLSTATE, SQLERRM, nullif(hint, ''));
END $$;
CREATE FUNCTION pg_temp.joins(asked_room text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	RETURN (SELECT 'as ' || identity FROM livekit_join(asked_room));
EXCEPTION WHEN OTHERS THEN
	RETURN SQLSTATE;
END $$;
SET ROLE regress_livekit_alice;

-- asked for nothing, each row comes to this
SELECT room AS row, pg_temp.token(room) AS token, pg_temp.joins(room) AS "join", livekit_can_join(room) AS can
FROM members WHERE room <> '{"room": "{}"}' ORDER BY length(room), room COLLATE "C";

-- asked for, row by row
SELECT "row", asked, pg_temp.token("row", asked) AS token
FROM (VALUES
	-- no grants in the row: the participant's set, and no more
	('NULL', '{"canPublish": true, "canSubscribe": true, "canPublishData": true, "canSubscribeMetrics": true, "roomJoin": true, "canPublishSources": ["camera"]}'::jsonb),
	('NULL', '{"canPublish": false}'), ('NULL', '{"canSubscribe": false}'), ('NULL', '{"canUpdateOwnMetadata": true}'),
	('JSON null', '{"canSubscribeMetrics": true}'), ('JSON null', '{"hidden": true}'),
	-- an object says it all: what isn't in it is LiveKit's default
	('{}', '{"canSubscribeMetrics": true}'), ('{}', '{"canPublish": true, "canSubscribe": true, "canPublishData": true}'),
	('{"canSubscribeMetrics": true}', '{"canSubscribeMetrics": false}'), ('{"canSubscribeMetrics": true}', '{"canPublish": false}'),
	-- publishing
	('{"canPublish": true}', '{"canPublish": false}'), ('{"canPublish": true}', '{"canPublish": null}'),
	('{"canPublish": false}', '{"canPublish": true}'), ('{"canPublish": false}', '{"can_publish": true}'),
	('{"canPublish": false}', '{"video": {"canPublish": true}}'), ('{"canPublish": false}', '{"canPublish": false}'),
	('{"canPublish": false}', '{"canPublishSources": ["camera"]}'), ('{"canPublish": false}', '{"canPublish": true, "canPublishSources": ["camera"]}'),
	-- subscribing
	('{"canSubscribe": false}', '{"canSubscribe": true}'), ('{"canSubscribe": false}', '{"canPublish": false}'),
	-- data follows publishing where nobody said otherwise
	('{"canPublish": false}', '{"canPublishData": true}'), ('{}', '{"canPublish": false, "canPublishData": true}'),
	('{"canPublish": true}', '{"canPublish": false, "canPublishData": true}'),
	('{"canPublish": false, "canPublishData": true}', '{"canPublish": false}'),
	('{"canPublish": false, "canPublishData": true}', '{"canPublishData": true}'),
	('{"canPublish": false, "canPublishData": true}', '{"canPublishData": false}'),
	('{"canPublish": false, "canPublishData": true}', '{"canPublish": true}'),
	('{"canPublish": true, "canPublishData": false}', '{"canPublish": true}'),
	('{"canPublish": true, "canPublishData": false}', '{"canPublishData": true}'),
	('{"canPublishData": false}', '{"canPublish": true, "canPublishData": true}'),
	-- sources
	('{"canPublishSources": ["camera", "microphone"]}', '{"canPublishSources": ["microphone"]}'),
	('{"canPublishSources": ["camera", "microphone"]}', '{"canPublishSources": ["microphone", "camera"]}'),
	('{"canPublishSources": ["camera", "microphone"]}', '{"can_publish_sources": ["camera", "screen_share"]}'),
	('{"canPublishSources": ["camera", "microphone"]}', '{"canPublishSources": ["screen_share", "screen_share_audio"]}'),
	('{"canPublishSources": ["camera", "microphone"]}', '{"canPublishSources": []}'),
	('{"canPublishSources": ["camera", "microphone"]}', '{"canPublishSources": null}'),
	('{"canPublishSources": ["camera", "microphone"]}', '{"canPublish": true}'),
	('{"canPublishSources": ["camera", "microphone"]}', '{"canPublish": false}'),
	('{"canPublishSources": ["camera", "microphone"]}', '{"canPublish": false, "canPublishSources": ["camera"]}'),
	('{"canPublishSources": ["screen_share"], "canPublishData": false}', '{"canPublishData": true}'),
	('{"canPublish": null, "canPublishSources": null}', '{"canPublishSources": ["screen_share_audio"]}'),
	-- not to join
	('{"roomJoin": false, "roomAdmin": true}', '{"roomJoin": true}'), ('{"roomJoin": false, "roomAdmin": true}', '{"roomAdmin": false}'),
	('{"roomJoin": false}', '{"roomJoin": true}'), ('{"roomJoin": true}', '{"roomJoin": false}'),
	-- the room is what the row is about, and no grant to ask for
	('{}', '{"room": "{}"}'), ('{}', '{"room": "NULL"}'), ('{}', '{"room": ""}'), ('{"room": "{}"}', '{"room": "{}"}'))
	AS v("row", asked);

RESET ROLE;
SELECT livekit_unregister_access();
DROP TABLE members;
DROP OWNED BY regress_livekit_alice;
DROP ROLE regress_livekit_alice;
