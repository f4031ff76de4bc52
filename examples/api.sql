-- LiveKit tokens from PostgREST: who may join is decided by row-level security.
--
-- As a superuser, into a database of its own; the key file and livekit_token.url
-- are set already, as the README says:
--     createdb web && psql -d web -v ON_ERROR_STOP=1 -1 -f examples/api.sql
-- PostgREST's configuration; the secret, of 32 bytes or more, is that of whoever
-- signs your users in (or their public key, as JSON):
--     db-uri = "postgres://authenticator@localhost/web"
--     db-schemas = "api"
--     db-anon-role = "anon"
--     jwt-secret = "…"
-- Then, with a JWT that has {"role": "web_user", "sub": "alice"}:
--     curl -H "Authorization: Bearer $JWT" -d room=standup localhost:3000/rpc/livekit_join

-- Not among db-schemas, so that no request reaches it but through schema api.
CREATE SCHEMA livekit;
CREATE EXTENSION livekit_token SCHEMA livekit;

-- PostgREST logs in as authenticator, and becomes for each request the role
-- that its JWT names, or anon.  Give it a password: \password authenticator
CREATE ROLE anon NOLOGIN;
CREATE ROLE web_user NOLOGIN;
CREATE ROLE authenticator LOGIN NOINHERIT;
GRANT anon, web_user TO authenticator;

-- Who is asking: the JWT's "sub".  This counts for the login role only.
ALTER ROLE authenticator SET livekit_token.identity = 'postgrest';

-- Who may join which room; grants NULL is an ordinary participant.  A misspelt
-- grant is refused when it is written, by whomever, so all may call what checks it.
CREATE TABLE members (
    room text,
    identity text,
    grants jsonb CHECK (livekit.livekit_permission(grants) IS NOT NULL),
    PRIMARY KEY (room, identity)
);
GRANT EXECUTE ON FUNCTION livekit.livekit_permission TO PUBLIC;
INSERT INTO members VALUES ('standup', 'alice'), ('standup', 'bob');

ALTER TABLE members ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON members FOR SELECT TO web_user
    USING (identity = livekit.livekit_identity());
GRANT SELECT ON members TO web_user;
SELECT livekit.livekit_register_access('members');

-- What PostgREST exposes.  The functions run as their caller: with SECURITY
-- DEFINER no policy would apply, and livekit_join would refuse.
CREATE SCHEMA api;
CREATE FUNCTION api.livekit_join(room text, device text DEFAULT NULL)
RETURNS SETOF livekit.livekit_connection LANGUAGE sql VOLATILE
BEGIN ATOMIC SELECT * FROM livekit.livekit_join(room, device => device); END;

-- LiveKit's standard endpoint, for TokenSource.endpoint() of its client SDKs.
CREATE FUNCTION api.livekit_token_source(jsonb) RETURNS jsonb LANGUAGE sql VOLATILE
BEGIN ATOMIC SELECT livekit.livekit_token_source($1); END;

REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA api FROM PUBLIC;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA api TO web_user;
GRANT EXECUTE ON FUNCTION livekit.livekit_join, livekit.livekit_token_source TO web_user;
GRANT USAGE ON SCHEMA api TO anon, web_user;
