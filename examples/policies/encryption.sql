-- End-to-end encryption: who may join a room may read its passphrase, and
-- nobody else, LiveKit's server included.
--
--     SELECT server_url, participant_token, passphrase
--       FROM livekit_join('standup') JOIN passphrase USING (room);
--
-- May alice read standup's?  When the policies that let her join it say so:
-- the policy below asks for her row in "member", as "member" lets her see it.
-- A token is readable by its bearer and by LiveKit: never put a passphrase into
-- metadata, attributes or room_config.
CREATE ROLE app_user LOGIN;
ALTER ROLE app_user SET livekit_token.identity = 'app.user_id';
GRANT USAGE ON SCHEMA livekit TO app_user;
GRANT EXECUTE ON FUNCTION livekit_join, livekit_can_join, livekit_token TO app_user;

CREATE TABLE member (
    room     text,
    identity text,
    PRIMARY KEY (room, identity)
);
CREATE TABLE passphrase (
    room       text PRIMARY KEY,
    passphrase text NOT NULL DEFAULT encode(sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())), 'hex')
);
ALTER TABLE member ENABLE ROW LEVEL SECURITY;
ALTER TABLE passphrase ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON member FOR SELECT TO app_user
    USING (identity = (SELECT livekit_identity()));
CREATE POLICY joins ON passphrase FOR SELECT TO app_user
    USING (EXISTS (SELECT FROM member m WHERE m.room = passphrase.room AND m.identity = (SELECT livekit_identity())));
GRANT SELECT ON member, passphrase TO app_user;

SELECT livekit_register_access('member');

-- Who was removed still knows the passphrase: change it for those who stay.
CREATE FUNCTION change_passphrase() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE public.passphrase SET passphrase = DEFAULT WHERE room = OLD.room;
    RETURN NULL;
END $$;
CREATE TRIGGER change_passphrase AFTER DELETE OR UPDATE ON member
    FOR EACH ROW EXECUTE FUNCTION change_passphrase();
