-- Banned users: a RESTRICTIVE policy, which no other policy can outvote.
--
-- May mallory join standup?  Not while he is banned, however many memberships
-- and other policies would let him in.  A ban without a room holds everywhere.
--
-- The ban itself must be visible to whom it is about, since policies read as
-- the caller: if row-level security hid it from him, there would be no ban.
CREATE ROLE app_user LOGIN;
ALTER ROLE app_user SET livekit_token.identity = 'app.user_id';
GRANT USAGE ON SCHEMA livekit TO app_user;
GRANT EXECUTE ON FUNCTION livekit_join, livekit_can_join, livekit_token TO app_user;

CREATE TABLE member (
    room     text,
    identity text,
    PRIMARY KEY (room, identity)
);
CREATE TABLE ban (
    identity text NOT NULL,
    room     text,
    until    timestamptz NOT NULL DEFAULT 'infinity'
);
CREATE INDEX ON ban (identity);
ALTER TABLE member ENABLE ROW LEVEL SECURITY;
ALTER TABLE ban ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON ban FOR SELECT TO app_user
    USING (identity = (SELECT livekit_identity()));
CREATE POLICY own ON member FOR SELECT TO app_user
    USING (identity = (SELECT livekit_identity()));
CREATE POLICY not_banned ON member AS RESTRICTIVE FOR SELECT TO PUBLIC
    USING (NOT EXISTS (SELECT FROM ban b
                        WHERE b.identity = (SELECT livekit_identity())
                          AND (b.room IS NULL OR b.room = member.room)
                          AND b.until > statement_timestamp()));
GRANT SELECT ON member, ban TO app_user;

SELECT livekit_register_access('member');
