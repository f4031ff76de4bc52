-- An alert on every token that can moderate a room (roomAdmin).
--
-- livekit_issued takes no triggers of yours: what runs there would decide who
-- gets a token.  So ask, each minute, for what has not been told of yet; by
-- jti, since a long transaction's row arrives after younger ones.  A token
-- whose transaction was rolled back has no row: for that the log (README.md).
CREATE VIEW room_admins AS
SELECT issued_at, expires_at, jti, identity, room, session_role, role, via
  FROM livekit_issued
 WHERE grants @> '{"video": {"roomAdmin": true}}';
CREATE TABLE room_admin_told (
    jti text PRIMARY KEY,
    at  timestamptz NOT NULL DEFAULT now()
);

-- Tells once of each, to whom it is called by; and its jti to whoever has said
-- LISTEN room_admin, which every role may.  For cron, by a role that holds nothing else:
--     * * * * *  psql -XAtqd app -U room_admin_alert -c 'SELECT * FROM new_room_admins()'
CREATE FUNCTION new_room_admins() RETURNS SETOF room_admins
SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    DELETE FROM room_admin_told WHERE at < now() - interval '3 days';
    WITH new AS (
        INSERT INTO room_admin_told
        SELECT jti FROM room_admins WHERE issued_at > now() - interval '2 days'
        ON CONFLICT DO NOTHING RETURNING jti
    ), told AS MATERIALIZED (
        SELECT a AS admin, pg_notify('room_admin', jti)
          FROM room_admins a JOIN new USING (jti)
    )
    SELECT (admin).* FROM told;
END;
REVOKE EXECUTE ON FUNCTION new_room_admins FROM PUBLIC;
CREATE ROLE room_admin_alert LOGIN;
GRANT EXECUTE ON FUNCTION new_room_admins TO room_admin_alert;
