-- Moderators: some members may mute and remove others.
--
-- May carol moderate standup?  When her row says so: then all her tokens for
-- that room hold roomAdmin, for that room and no other.  To act as a server
-- does (RemoveParticipant, MutePublishedTrack), without joining:
--
--     SELECT livekit_token(NULL, 'standup', '{"roomJoin": false}', ttl => '1 minute');
--
-- "moderator" decides who gets roomAdmin, so who may write it does: no user.
CREATE ROLE app_user LOGIN;
ALTER ROLE app_user SET livekit_token.identity = 'app.user_id';
GRANT USAGE ON SCHEMA livekit TO app_user;
GRANT EXECUTE ON FUNCTION livekit_join, livekit_can_join, livekit_token TO app_user;

CREATE TABLE member (
    room      text,
    identity  text,
    moderator boolean NOT NULL DEFAULT false,
    grants    jsonb GENERATED ALWAYS AS (CASE WHEN moderator THEN '{"roomAdmin": true}'::jsonb END) STORED,
    PRIMARY KEY (room, identity)
);
ALTER TABLE member ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON member FOR SELECT TO app_user
    USING (identity = (SELECT livekit_identity()));
GRANT SELECT ON member TO app_user;

SELECT livekit_register_access('member');
