--
-- The rules of publishing and subscribing written down a second time, in SQL:
-- every row there can be against every request.  Where token and model differ,
-- one of them is wrong, and is shown.
--
SET client_min_messages = warning;
CREATE ROLE regress_livekit_alice;
GRANT EXECUTE ON FUNCTION livekit_token, livekit_verify TO regress_livekit_alice;

-- each combination, but sources of who may not publish, which contradicts itself
CREATE TABLE grants AS
SELECT row_number() OVER () AS n, publish, data, subscribe, sources, jsonb_strip_nulls(jsonb_build_object('canPublish', publish,
	'canPublishData', data, 'canSubscribe', subscribe, 'canPublishSources', sources)) AS grants
FROM (VALUES (NULL), (true), (false)) AS p(publish), (VALUES (NULL), (true), (false)) AS d(data), (VALUES (NULL), (true), (false)) AS s(subscribe),
	(VALUES (NULL::jsonb), ('["camera"]'), ('["microphone", "camera"]'), ('["screen_share"]')) AS t(sources)
WHERE publish IS NOT FALSE OR sources IS NULL;
-- and no grants at all
INSERT INTO grants (n) VALUES (0);

CREATE TABLE members (room text PRIMARY KEY, identity text DEFAULT 'regress_livekit_alice', grants jsonb);
CREATE INDEX ON members (identity);
INSERT INTO members (room, grants) SELECT n, grants FROM grants;
GRANT SELECT ON members, grants TO regress_livekit_alice;
ALTER TABLE members ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON members USING (identity = livekit_identity());
SELECT livekit_register_access('members');

CREATE FUNCTION pg_temp.token(room text, asked jsonb) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	RETURN (livekit_verify(livekit_token(NULL, room, asked)) -> 'video') - ARRAY['room', 'roomJoin'];
EXCEPTION WHEN OTHERS THEN
	RETURN SQLSTATE;
END $$;

SET ROLE regress_livekit_alice;
CREATE TEMP TABLE answers AS
WITH has AS (
	-- a row by its effect
	SELECT *, coalesce(publish, true) AS can_publish, coalesce(data, publish, true) AS can_data, coalesce(subscribe, true) AS can_subscribe,
		coalesce(sources, '["camera", "microphone", "screen_share", "screen_share_audio"]') AS can_sources
	FROM grants)
SELECT has.grants AS has, asked.grants AS asked, pg_temp.token(has.n::text, asked.grants) AS token,
	CASE WHEN (asked.publish AND NOT can_publish) OR (asked.data AND NOT can_data) OR (asked.subscribe AND NOT can_subscribe) OR
			(asked.sources IS NOT NULL AND NOT (can_publish AND can_sources @> asked.sources))
		THEN '42501'
	ELSE jsonb_strip_nulls(jsonb_build_object(
		'canPublish', coalesce(asked.publish, can_publish),
		'canSubscribe', coalesce(asked.subscribe, can_subscribe),
		'canPublishData', coalesce(asked.data, asked.publish AND can_data, can_data),
		'canPublishSources', CASE WHEN coalesce(asked.publish, can_publish) THEN coalesce(asked.sources, has.sources) END))::text END AS model
FROM has, grants AS asked;

SELECT count(*), count(*) FILTER (WHERE token = '42501') AS refused, count(*) FILTER (WHERE token ~ '^{') AS granted FROM answers;
SELECT * FROM answers WHERE token IS DISTINCT FROM model ORDER BY has::text, asked::text LIMIT 20;

DROP TABLE answers;
RESET ROLE;
SELECT livekit_unregister_access();
DROP TABLE members, grants;
DROP OWNED BY regress_livekit_alice;
DROP ROLE regress_livekit_alice;
