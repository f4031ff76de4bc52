-- Members: who has a row in "member" may join its room.
--
-- An application with one login role for all its users (a pool of
-- connections) says at the start of each transaction who is asking:
--
--     BEGIN;
--     SELECT set_config('app.user_id', $1, true);      -- 'alice'
--     SELECT server_url, participant_token FROM livekit_join($2);
--     COMMIT;
--
-- May alice join standup?  Yes, when there is a row ('standup', 'alice').
-- Otherwise 42501, the same for a room that is not hers and for one that does
-- not exist.
CREATE ROLE app_user LOGIN;
ALTER ROLE app_user SET livekit_token.identity = 'app.user_id';
GRANT USAGE ON SCHEMA livekit TO app_user;
GRANT EXECUTE ON FUNCTION livekit_join, livekit_can_join, livekit_token TO app_user;

CREATE TABLE member (
    room     text,
    identity text,
    PRIMARY KEY (room, identity)
);
ALTER TABLE member ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON member FOR SELECT TO app_user
    USING (identity = (SELECT livekit_identity()));
GRANT SELECT ON member TO app_user;

SELECT livekit_register_access('member');
