-- A room with a fixed number of chairs: first come, first served.
--
--     INSERT INTO chair (room, number) SELECT 'lecture', generate_series(1, 50);
--     SELECT sit('lecture');               -- false: the room is full
--     SELECT server_url, participant_token FROM livekit_join('lecture');
--
-- May dave join the lecture?  While he sits on one of its chairs.  A chair is
-- his for 15 minutes, and again for as long with each sit() that the client
-- calls meanwhile; his token does not outlast it.  Two can never sit on one
-- chair, since a chair is a row that is locked and updated.
--
-- What that counts is chairs, and the database does not see who is connected:
-- who has left keeps his chair until its time is over, and who stays without
-- calling sit() is in the room without a chair, since LiveKit renews the tokens
-- of those who are connected.  A limit that counts these is LiveKit's own: the
-- column room_config with {"maxParticipants": 50}.
CREATE ROLE app_user LOGIN;
ALTER ROLE app_user SET livekit_token.identity = 'app.user_id';
GRANT USAGE ON SCHEMA livekit TO app_user;
GRANT EXECUTE ON FUNCTION livekit_join, livekit_can_join, livekit_token TO app_user;

CREATE TABLE chair (
    room     text,
    number   integer,
    identity text,
    until    timestamptz NOT NULL DEFAULT 'epoch' CHECK (isfinite(until)),
    PRIMARY KEY (room, number),
    UNIQUE (room, identity)
);
ALTER TABLE chair ENABLE ROW LEVEL SECURITY;
-- Each device is a participant: with "device" one chair would seat many.
CREATE POLICY own ON chair FOR SELECT TO app_user
    USING (identity = (SELECT livekit_identity()) AND (SELECT livekit_join_request() ->> 'device' IS NULL));

CREATE FUNCTION sit(room text) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    me text := livekit.livekit_identity();
BEGIN
    UPDATE public.chair AS c SET identity = me, until = clock_timestamp() + interval '15 minutes'
     WHERE me IS NOT NULL AND c.room = sit.room AND c.number =
           (SELECT f.number FROM public.chair AS f
             WHERE f.room = sit.room AND (f.identity = me OR f.until <= clock_timestamp())
             ORDER BY f.identity IS NOT DISTINCT FROM me DESC, f.number
             LIMIT 1 FOR UPDATE SKIP LOCKED);
    RETURN FOUND;
EXCEPTION WHEN unique_violation THEN
    -- Another call of his got one at the same moment.
    RETURN EXISTS (SELECT FROM public.chair AS c
                    WHERE c.room = sit.room AND c.identity = me AND c.until > clock_timestamp());
END $$;
REVOKE EXECUTE ON FUNCTION sit FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sit TO app_user;

CREATE VIEW access WITH (security_invoker) AS
    SELECT room, identity, until - statement_timestamp() AS ttl
      FROM chair
     WHERE until > statement_timestamp();
GRANT SELECT ON chair, access TO app_user;

SELECT livekit_register_access('access');
