-- PostgREST, in the style of Supabase: auth.uid() is the user of the request's
-- JWT, rooms and users are UUIDs, and "authenticated" is the role of whoever
-- has logged in.  (A Supabase that you host has the roles and auth.uid()
-- already; PostgREST's db-schemas must name the schema api, too.)
--
--     POST /rpc/livekit_join   Content-Profile: api   {"room": "0c1d6f6c-…"}
--
-- May this user join that room?  When room_member has the row.  PostgREST
-- answers 403 for every room that is not his, be it there or not, and 401 to
-- whoever has not logged in.
CREATE ROLE anon NOLOGIN;
CREATE ROLE authenticated NOLOGIN;
CREATE ROLE authenticator LOGIN NOINHERIT IN ROLE anon, authenticated;
CREATE SCHEMA auth;
CREATE FUNCTION auth.uid() RETURNS uuid LANGUAGE sql STABLE
RETURN (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub')::uuid;
GRANT USAGE ON SCHEMA auth TO authenticated;

ALTER ROLE authenticator SET livekit_token.identity = 'postgrest';
GRANT USAGE ON SCHEMA livekit TO authenticated;
GRANT EXECUTE ON FUNCTION livekit_join, livekit_can_join, livekit_token, livekit_token_source
    TO authenticated;

CREATE TABLE room_member (
    room_id uuid,
    user_id uuid,
    PRIMARY KEY (room_id, user_id)
);
ALTER TABLE room_member ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON room_member FOR SELECT TO authenticated
    USING (user_id = (SELECT auth.uid()));
GRANT SELECT ON room_member TO authenticated;

SELECT livekit_register_access('room_member', room => 'room_id', identity => 'user_id');

-- What PostgREST exposes, and not the schema livekit.  The functions run as their
-- caller: with SECURITY DEFINER no policy would apply, and livekit_join would refuse.
CREATE SCHEMA api;
CREATE FUNCTION api.livekit_join(room text, device text DEFAULT NULL)
RETURNS SETOF livekit.livekit_connection LANGUAGE sql VOLATILE
BEGIN ATOMIC SELECT * FROM livekit.livekit_join(room, device => device); END;
CREATE FUNCTION api.livekit_token_source(jsonb) RETURNS jsonb LANGUAGE sql VOLATILE
BEGIN ATOMIC SELECT livekit.livekit_token_source($1); END;
REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA api FROM PUBLIC;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA api TO authenticated;
GRANT USAGE ON SCHEMA api TO anon, authenticated;
