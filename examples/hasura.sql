-- LiveKit tokens from Hasura: a mutation that returns one.
--
-- As a superuser, into a database of its own; the key file and livekit_token.url
-- are set already, as the README says:
--     createdb hasura && psql -d hasura -v ON_ERROR_STOP=1 -1 -f examples/hasura.sql
-- Then in Hasura: connect as hasura, track both tables and the function, let
-- the role "user" select room_token, and let it call the function:
--     {"type": "pg_track_function", "args": {"source": "default",
--      "function": "join_room", "configuration":
--      {"exposed_as": "mutation", "session_argument": "hasura_session"}}}
-- Clients ask
--     mutation { join_room(args: {room: "standup"}) { server_url participant_token } }

CREATE SCHEMA livekit;
CREATE EXTENSION livekit_token SCHEMA livekit;

-- Who is asking: x-hasura-user-id, which Hasura puts into the setting
-- hasura.user of each mutation's transaction.  (Not of a query: so a function
-- that joins is to be exposed as a mutation.)
CREATE ROLE hasura LOGIN;
ALTER ROLE hasura SET livekit_token.identity = 'hasura';

-- Who may join which room; grants NULL is an ordinary participant.  A misspelt
-- grant is refused when it is written, by whomever, so all may call what checks it.
-- Where Hasura owns the table, add FORCE ROW LEVEL SECURITY: policies pass the
-- owner by.
CREATE TABLE members (
    room text,
    identity text,
    grants jsonb CHECK (livekit.livekit_permission(grants) IS NOT NULL),
    PRIMARY KEY (room, identity)
);
GRANT EXECUTE ON FUNCTION livekit.livekit_permission TO PUBLIC;
INSERT INTO members VALUES ('standup', '42'), ('standup', '43');

-- While a token is asked for, one's own rows; otherwise Hasura's permissions
-- decide who reads what.
ALTER TABLE members ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON members FOR SELECT TO hasura
    USING (livekit.livekit_join_request() IS NULL OR identity = livekit.livekit_identity());
GRANT SELECT ON members TO hasura;
-- Whoever writes rows says who may join.  With these Hasura may, which
-- livekit_lint() calls a danger (access_writable): a mistake in Hasura's permissions
-- then lets users into any room.  At least nobody writes grants:
--     GRANT INSERT (room, identity), DELETE ON members TO hasura;
--     CREATE POLICY written ON members TO hasura
--         USING (livekit.livekit_join_request() IS NULL);
SELECT livekit.livekit_register_access('members');

-- The type of the answer.  Hasura wants a table for it, which stays empty.
CREATE TABLE room_token (
    server_url text NOT NULL,
    participant_token text NOT NULL,
    CHECK (false)
);
GRANT SELECT ON room_token TO hasura;

-- A session with x-hasura-device keeps the devices of one user apart.
CREATE FUNCTION join_room(hasura_session json, room text) RETURNS SETOF room_token
LANGUAGE sql VOLATILE
BEGIN ATOMIC
    SELECT server_url, participant_token
      FROM livekit.livekit_join(room, device => hasura_session ->> 'x-hasura-device');
END;
REVOKE EXECUTE ON FUNCTION join_room FROM PUBLIC;
GRANT EXECUTE ON FUNCTION join_room, livekit.livekit_join TO hasura;
