-- Breakout rooms: the host of a meeting sends its participants into rooms of
-- their own and calls them back.
--
-- May bob join the room "tables"?  If it is the breakout room that his host has
-- put him in; and the room of the meeting itself always.  The host may join
-- all of them and moderates there.
--
--     UPDATE seat SET breakout = 'tables' WHERE meeting = 'retreat' AND identity = 'bob';
--     UPDATE seat SET breakout = NULL WHERE meeting = 'retreat';
CREATE ROLE app_user LOGIN;
ALTER ROLE app_user SET livekit_token.identity = 'app.user_id';
GRANT USAGE ON SCHEMA livekit TO app_user;
GRANT EXECUTE ON FUNCTION livekit_join, livekit_can_join, livekit_token TO app_user;

CREATE TABLE meeting (name text PRIMARY KEY, host text NOT NULL);
CREATE TABLE room (                     -- the meeting's own is one of them
    name    text PRIMARY KEY,
    meeting text NOT NULL REFERENCES meeting,
    UNIQUE (name, meeting)
);
CREATE TABLE seat (
    meeting  text REFERENCES meeting,
    identity text,
    breakout text,
    PRIMARY KEY (meeting, identity),
    FOREIGN KEY (breakout, meeting) REFERENCES room (name, meeting)
);
ALTER TABLE meeting ENABLE ROW LEVEL SECURITY;
ALTER TABLE room ENABLE ROW LEVEL SECURITY;
ALTER TABLE seat ENABLE ROW LEVEL SECURITY;
CREATE POLICY host ON meeting FOR SELECT TO app_user
    USING (host = (SELECT livekit_identity()));
CREATE POLICY own ON seat FOR SELECT TO app_user
    USING (identity = (SELECT livekit_identity()));
CREATE POLICY host ON seat TO app_user
    USING (EXISTS (SELECT FROM meeting m WHERE m.name = seat.meeting AND m.host = (SELECT livekit_identity())))
    WITH CHECK (EXISTS (SELECT FROM meeting m WHERE m.name = seat.meeting AND m.host = (SELECT livekit_identity())));
CREATE POLICY seated ON room FOR SELECT TO app_user
    USING (EXISTS (SELECT FROM seat s WHERE s.meeting = room.meeting AND s.identity = (SELECT livekit_identity())));

CREATE VIEW access WITH (security_invoker) AS
    SELECT r.name AS room, s.identity, CASE WHEN m.host = s.identity THEN '{"roomAdmin": true}'::jsonb END AS grants
      FROM seat s
      JOIN room r ON r.meeting = s.meeting
      LEFT JOIN meeting m ON m.name = s.meeting         -- only its host sees it
     WHERE r.name IN (s.meeting, s.breakout) OR m.host = s.identity;
GRANT SELECT ON meeting, room, access TO app_user;
GRANT SELECT, INSERT (meeting, identity), UPDATE (breakout), DELETE ON seat TO app_user;

SELECT livekit_register_access('access');
