-- Meetings with a beginning and an end.
--
-- May alice join the review?  From its start to its end, if she is invited; and
-- her token is never valid beyond the end, whatever she asks for.
--
-- statement_timestamp() and not now(), which stands still in a transaction: a
-- transaction kept open would keep the meeting open.  (In a statement that takes
-- long it stands still, too.)
CREATE ROLE app_user LOGIN;
ALTER ROLE app_user SET livekit_token.identity = 'app.user_id';
GRANT USAGE ON SCHEMA livekit TO app_user;
GRANT EXECUTE ON FUNCTION livekit_join, livekit_can_join, livekit_token TO app_user;

CREATE TABLE meeting (
    room      text PRIMARY KEY,
    starts_at timestamptz NOT NULL,
    ends_at   timestamptz NOT NULL CHECK (isfinite(ends_at))
);
CREATE TABLE member (
    room     text REFERENCES meeting,
    identity text,
    PRIMARY KEY (room, identity)
);
ALTER TABLE meeting ENABLE ROW LEVEL SECURITY;
ALTER TABLE member ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON member FOR SELECT TO app_user
    USING (identity = (SELECT livekit_identity()));
CREATE POLICY invited ON meeting FOR SELECT TO app_user
    USING (EXISTS (SELECT FROM member m WHERE m.room = meeting.room AND m.identity = (SELECT livekit_identity())));

CREATE VIEW access WITH (security_invoker) AS
    SELECT i.room, i.identity, LEAST(m.ends_at - statement_timestamp(), interval '15 minutes') AS ttl
      FROM member i JOIN meeting m ON m.room = i.room
     WHERE m.starts_at <= statement_timestamp() AND statement_timestamp() < m.ends_at;
GRANT SELECT ON meeting, member, access TO app_user;

SELECT livekit_register_access('access');
