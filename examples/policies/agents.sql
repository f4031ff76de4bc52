-- Agents and recorders: programs that log in under roles of their own and join
-- only the rooms in which they are wanted.
--
-- May the recorder join standup?  When there is a row for it: hidden, shown as
-- a recorder, unable to publish.  It logs in as "recorder" and is that by name;
-- a user who calls himself 'recorder' sees no row of a service, nor does a
-- service see those of users.
CREATE ROLE app_user LOGIN;
ALTER ROLE app_user SET livekit_token.identity = 'app.user_id';
CREATE ROLE service NOLOGIN;
CREATE ROLE helper LOGIN IN ROLE service;
CREATE ROLE recorder LOGIN IN ROLE service;
GRANT USAGE ON SCHEMA livekit TO app_user, service;
GRANT EXECUTE ON FUNCTION livekit_join, livekit_can_join, livekit_token TO app_user, service;

CREATE TABLE member (
    room     text,
    identity text,
    service  boolean NOT NULL DEFAULT false,
    grants   jsonb GENERATED ALWAYS AS (
                 CASE WHEN NOT service THEN NULL
                      WHEN identity = 'recorder' THEN '{"recorder": true, "hidden": true, "canPublish": false}'::jsonb
                      ELSE '{"canUpdateOwnMetadata": true}' END) STORED,
    PRIMARY KEY (room, identity, service)
);
ALTER TABLE member ENABLE ROW LEVEL SECURITY;
CREATE POLICY users ON member FOR SELECT TO app_user
    USING (NOT service AND identity = (SELECT livekit_identity()));
CREATE POLICY services ON member FOR SELECT TO service
    USING (service AND identity = current_user);
GRANT SELECT ON member TO app_user, service;

SELECT livekit_register_access('member');
