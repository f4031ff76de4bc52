-- A public lobby: everybody may watch a public room, its members may speak.
--
-- May a visitor join the lobby?  Yes, to watch and listen: he can publish
-- neither tracks nor data.  A member of the room speaks, in the same room.
-- A room that is not public is for its members only.
--
-- A visitor without an account needs an identity too: let the application
-- make one up for each, as 'visitor:' and a random UUID.
CREATE ROLE app_user LOGIN;
ALTER ROLE app_user SET livekit_token.identity = 'app.user_id';
GRANT USAGE ON SCHEMA livekit TO app_user;
GRANT EXECUTE ON FUNCTION livekit_join, livekit_can_join, livekit_token TO app_user;

CREATE TABLE room (
    name   text PRIMARY KEY,
    public boolean NOT NULL DEFAULT false
);
CREATE TABLE member (
    room     text REFERENCES room,
    identity text,
    PRIMARY KEY (room, identity)
);
ALTER TABLE room ENABLE ROW LEVEL SECURITY;
ALTER TABLE member ENABLE ROW LEVEL SECURITY;
CREATE POLICY public ON room FOR SELECT TO app_user USING (public);
CREATE POLICY own ON member FOR SELECT TO app_user
    USING (identity = (SELECT livekit_identity()));

CREATE VIEW access WITH (security_invoker) AS
    SELECT room, identity, NULL::jsonb AS grants
      FROM member
    UNION ALL
    SELECT r.name, livekit_identity(), '{"canPublish": false}'
      FROM room r
     WHERE r.public AND NOT EXISTS
           (SELECT FROM member m WHERE m.room = r.name AND m.identity = livekit_identity());
GRANT SELECT ON room, member, access TO app_user;

SELECT livekit_register_access('access');
