-- The owner of a room invites: any user may open a room, and lets others in
-- by inserting them into "member", as speakers or as listeners.
--
-- May bob join alice's room?  When alice has inserted him.  Nobody can write
-- "grants": they follow from "listener", and whoever is no listener gets what
-- a participant has.  So no owner can hand out roomAdmin, not even to herself.
CREATE ROLE app_user LOGIN;
ALTER ROLE app_user SET livekit_token.identity = 'app.user_id';
GRANT USAGE ON SCHEMA livekit TO app_user;
GRANT EXECUTE ON FUNCTION livekit_join, livekit_can_join, livekit_token TO app_user;

CREATE TABLE room (
    name  text PRIMARY KEY,
    owner text NOT NULL
);
CREATE TABLE member (
    room     text REFERENCES room ON DELETE CASCADE,
    identity text,
    listener boolean NOT NULL DEFAULT false,
    grants   jsonb GENERATED ALWAYS AS (CASE WHEN listener THEN '{"canPublish": false}'::jsonb END) STORED,
    PRIMARY KEY (room, identity)
);
ALTER TABLE room ENABLE ROW LEVEL SECURITY;
ALTER TABLE member ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON room TO app_user
    USING (owner = (SELECT livekit_identity()))
    WITH CHECK (owner = (SELECT livekit_identity()));
CREATE POLICY own ON member FOR SELECT TO app_user
    USING (identity = (SELECT livekit_identity()));
CREATE POLICY invite ON member TO app_user
    USING (EXISTS (SELECT FROM room r WHERE r.name = member.room AND r.owner = (SELECT livekit_identity())))
    WITH CHECK (EXISTS (SELECT FROM room r WHERE r.name = member.room AND r.owner = (SELECT livekit_identity())));
GRANT SELECT, INSERT, DELETE ON room TO app_user;
GRANT SELECT, INSERT (room, identity, listener), DELETE ON member TO app_user;

SELECT livekit_register_access('member');
