-- Tenants: customers share the tables, and each has a LiveKit project of its
-- own.  The application says who is asking, and for which tenant:
--
--     BEGIN;
--     SELECT set_config('app.tenant', $1, true), set_config('app.user_id', $2, true);
--     SELECT server_url, participant_token FROM livekit_join($3);
--     COMMIT;
--
-- May alice of acme join standup?  When acme has a row for her: her token is
-- then signed with acme's key, for acme's server.  A standup of another tenant
-- is another room on another server, and acme never sees it.  A project that
-- the database has no key for is 42704; none is ever taken in its stead.
CREATE ROLE app_user LOGIN;
ALTER ROLE app_user SET livekit_token.identity = 'app.user_id';
GRANT USAGE ON SCHEMA livekit TO app_user;
GRANT EXECUTE ON FUNCTION livekit_join, livekit_can_join, livekit_token TO app_user;

CREATE TABLE tenant (
    id      text PRIMARY KEY CHECK (id <> ''),
    project text NOT NULL UNIQUE,
    url     text NOT NULL
);
CREATE TABLE member (
    tenant   text REFERENCES tenant,
    room     text,
    identity text,
    PRIMARY KEY (tenant, room, identity)
);
CREATE INDEX ON member (room, identity);
ALTER TABLE tenant ENABLE ROW LEVEL SECURITY;
ALTER TABLE member ENABLE ROW LEVEL SECURITY;
CREATE POLICY this ON tenant FOR SELECT TO app_user
    USING (id = (SELECT current_setting('app.tenant', true)));
CREATE POLICY own ON member FOR SELECT TO app_user
    USING (tenant = (SELECT current_setting('app.tenant', true)) AND identity = (SELECT livekit_identity()));

CREATE VIEW access WITH (security_invoker) AS
    SELECT m.room, m.identity, t.project, t.url
      FROM member m JOIN tenant t ON t.id = m.tenant;
GRANT SELECT ON tenant, member, access TO app_user;

SELECT livekit_register_access('access');
