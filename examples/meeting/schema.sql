-- A meeting application: PostgreSQL is its whole back end.
--
-- As a superuser, into a database of its own; the key file and livekit_token.url
-- are set already, as the README says:
--     createdb meeting && psql -d meeting -v ON_ERROR_STOP=1 -1 -f schema.sql
-- Schema public has the data and the policies, api what PostgREST exposes,
-- private what no role but the owner reaches.
CREATE SCHEMA livekit;
CREATE EXTENSION livekit_token SCHEMA livekit;
CREATE SCHEMA private;
CREATE EXTENSION pgcrypto SCHEMA private;
CREATE SCHEMA api;
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;

-- Tokens last until one has joined; every one leaves a row in livekit_issued.
LOAD 'livekit_token';
ALTER DATABASE :"DBNAME" SET livekit_token.default_ttl = '2min';
ALTER DATABASE :"DBNAME" SET livekit_token.max_ttl = '10min';
ALTER DATABASE :"DBNAME" SET livekit_token.audit = 'both';

-- PostgREST logs in as authenticator, and becomes anon or web_user; who is
-- asking is the "sub" of the login's JWT.
CREATE ROLE anon NOLOGIN;
CREATE ROLE web_user NOLOGIN;
CREATE ROLE authenticator LOGIN NOINHERIT;
GRANT anon, web_user TO authenticator;
ALTER ROLE authenticator SET livekit_token.identity = 'postgrest';
GRANT USAGE ON SCHEMA api TO anon, web_user;
GRANT EXECUTE ON FUNCTION livekit.livekit_token_source TO web_user;

-- The data -------------------------------------------------------------------

CREATE TABLE person (id text PRIMARY KEY CHECK (id !~ '#'), name text NOT NULL);
CREATE TABLE room (name text PRIMARY KEY);
CREATE TABLE role (
    name   text PRIMARY KEY,
    -- A misspelt grant is refused when it is written.
    grants jsonb NOT NULL CHECK (livekit.livekit_permission(grants) IS NOT NULL)
);
CREATE TABLE member (
    room   text REFERENCES room,
    person text REFERENCES person,
    role   text NOT NULL REFERENCES role,
    PRIMARY KEY (room, person)
);

INSERT INTO role VALUES
    ('host',    '{"roomAdmin": true}'),
    ('speaker', '{"roomJoin": true}'),
    ('viewer',  '{"canPublish": false, "canPublishData": false}'),
    ('agent',   '{"canPublish": false, "canUpdateOwnMetadata": true}');
INSERT INTO person VALUES
    ('ada', 'Ada'), ('ben', 'Ben'), ('cleo', 'Cleo'), ('dave', 'Dave'), ('scribe', 'Scribe');
INSERT INTO room VALUES ('standup'), ('workshop');
INSERT INTO member VALUES
    ('standup', 'ada', 'host'), ('standup', 'ben', 'speaker'), ('standup', 'cleo', 'viewer'),
    ('standup', 'scribe', 'agent'), ('workshop', 'dave', 'host'), ('workshop', 'ada', 'viewer');

-- The policies ---------------------------------------------------------------

-- The rooms that the caller is in, or is host of.  A definer's function, since
-- a policy of member cannot ask member again.
CREATE FUNCTION my_rooms(only_role text DEFAULT NULL) RETURNS SETOF text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT room FROM member
     WHERE person = livekit.livekit_identity() AND role = coalesce(only_role, role);
END;
GRANT EXECUTE ON FUNCTION my_rooms TO web_user;

ALTER TABLE member ENABLE ROW LEVEL SECURITY;
ALTER TABLE person ENABLE ROW LEVEL SECURITY;
ALTER TABLE role ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON member, person, role TO web_user;
GRANT UPDATE (role), DELETE ON member TO web_user;

CREATE POLICY same_room ON member FOR SELECT TO web_user
    USING (room IN (SELECT my_rooms()));
CREATE POLICY same_room ON person FOR SELECT TO web_user
    USING (id IN (SELECT member.person FROM member));
CREATE POLICY signed_in ON role FOR SELECT TO web_user
    USING ((SELECT livekit.livekit_identity()) IS NOT NULL);

-- A host changes and removes the others, not herself: no room loses its last.
CREATE POLICY host_changes ON member FOR UPDATE TO web_user
    USING (room IN (SELECT my_rooms('host')) AND person <> (SELECT livekit.livekit_identity()));
CREATE POLICY host_removes ON member FOR DELETE TO web_user
    USING (room IN (SELECT my_rooms('host')) AND person <> (SELECT livekit.livekit_identity()));

-- Who may join which room, and as what: this is what livekit_join asks.
CREATE VIEW membership WITH (security_invoker) AS
    SELECT m.room, m.person AS identity, p.name, m.role, r.grants,
           jsonb_build_object('role', m.role) AS attributes
      FROM member m JOIN person p ON p.id = m.person JOIN role r ON r.name = m.role;
GRANT SELECT ON membership TO web_user;
SELECT livekit.livekit_register_access('membership');

-- What the page calls --------------------------------------------------------

-- LiveKit's standard endpoint: TokenSource.endpoint() of its client SDKs.
CREATE FUNCTION api.livekit_token_source(jsonb) RETURNS jsonb LANGUAGE sql VOLATILE
BEGIN ATOMIC SELECT livekit.livekit_token_source($1); END;

CREATE VIEW api.member WITH (security_invoker) AS
    SELECT room, identity AS person, name, role FROM membership;
GRANT SELECT ON api.member TO web_user;

CREATE FUNCTION api.change_role(room text, person text, role text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    UPDATE public.member m SET role = $3 WHERE m.room = $1 AND m.person = $2;
    IF NOT FOUND THEN
        RAISE insufficient_privilege USING MESSAGE = 'only a host changes the others'' roles';
    END IF;
END $$;

CREATE FUNCTION api.remove_member(room text, person text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM public.member m WHERE m.room = $1 AND m.person = $2;
    IF NOT FOUND THEN
        RAISE insufficient_privilege USING MESSAGE = 'only a host removes others';
    END IF;
END $$;
GRANT EXECUTE ON FUNCTION api.livekit_token_source, api.change_role, api.remove_member TO web_user;

-- LiveKit's server: what it is told, and what it tells ----------------------

-- Calls of its API, which ../outbox.py signs and sends; see ../outbox.sql.
CREATE TABLE livekit_outbox (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    rpc             text NOT NULL,
    body            jsonb NOT NULL,
    project         text,
    unless_allowed  boolean NOT NULL DEFAULT false,
    created_at      timestamptz NOT NULL DEFAULT now(),
    attempts        integer NOT NULL DEFAULT 0,
    next_attempt_at timestamptz NOT NULL DEFAULT now(),
    last_error      text,
    sent_at         timestamptz,
    status          integer,
    response        text
);
CREATE INDEX ON livekit_outbox (next_attempt_at, id) WHERE sent_at IS NULL;
CREATE INDEX ON livekit_outbox (rpc, (body ->> 'room'), (coalesce(body ->> 'identity', '')),
    (coalesce(project, 'default')), id) WHERE sent_at IS NULL;

CREATE FUNCTION private.notify() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NOTIFY livekit_outbox;
    RETURN NULL;
END $$;
CREATE TRIGGER notify AFTER INSERT OR UPDATE OF next_attempt_at ON livekit_outbox
    EXECUTE FUNCTION private.notify();

CREATE ROLE livekit_worker LOGIN;
ALTER ROLE livekit_worker SET idle_in_transaction_session_timeout = 0;
GRANT SELECT, UPDATE (attempts, next_attempt_at, last_error, sent_at, status, response)
    ON livekit_outbox TO livekit_worker;
GRANT USAGE ON SCHEMA livekit TO livekit_worker;
GRANT EXECUTE ON FUNCTION livekit.livekit_api_request, livekit.livekit_can_join TO livekit_worker;

-- May this participant be in this room?  The worker asks the policies, as
-- PostgREST would for that person; ada#phone is a device of ada's.
GRANT web_user TO livekit_worker;
ALTER ROLE livekit_worker SET livekit_token.identity = 'postgrest';
CREATE FUNCTION livekit_may_stay(room text, identity text) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('request.jwt.claims',
        json_build_object('sub', split_part(identity, '#', 1))::text, true);
    RETURN livekit.livekit_can_join(room);
END $$;
GRANT EXECUTE ON FUNCTION livekit_may_stay TO livekit_worker;

-- Its webhooks; an event may come twice.
CREATE TABLE livekit_inbox (
    id          text PRIMARY KEY,
    event       text NOT NULL,
    room        text,
    identity    text,
    body        jsonb NOT NULL,
    received_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX ON livekit_inbox (room, split_part(identity, '#', 1));

-- A webhook as nginx.conf passes it on: the raw body, which is what LiveKit
-- signed, and the signature in a header.
CREATE FUNCTION api.livekit_webhook(bytea) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    headers json := current_setting('request.headers');
    event jsonb := livekit.livekit_webhook($1, headers ->> 'authorization');
BEGIN
    INSERT INTO public.livekit_inbox (id, event, room, identity, body)
    VALUES (event ->> 'id', event ->> 'event', event #>> '{room,name}',
            event #>> '{participant,identity}', event)
    ON CONFLICT DO NOTHING;
END $$;
CREATE ROLE livekit_door NOLOGIN;
GRANT USAGE ON SCHEMA livekit TO livekit_door;
GRANT EXECUTE ON FUNCTION livekit.livekit_webhook TO livekit_door;
GRANT INSERT ON livekit_inbox TO livekit_door;
GRANT EXECUTE ON FUNCTION api.livekit_webhook TO anon;
ALTER FUNCTION api.livekit_webhook OWNER TO livekit_door;

-- Make a participant what the rows say now, whatever the token said: gone, if
-- the policies let that person in no longer, or with the permissions of their
-- role.  What no permission can take back goes with the token: who loses roomAdmin
-- is removed in any case, and the page joins again (see ../outbox.sql).
CREATE FUNCTION private.put_right(a_room text, participant text, loses boolean DEFAULT false)
RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    base text := split_part(participant, '#', 1);
BEGIN
    -- A change of the row, or of its role's, that is under way is waited for, and
    -- then seen.
    PERFORM FROM public.member WHERE room = a_room AND person = base FOR SHARE;
    PERFORM FROM public.role WHERE name = (
        SELECT role FROM public.member WHERE room = a_room AND person = base) FOR SHARE;
    INSERT INTO public.livekit_outbox (rpc, body, unless_allowed)
    VALUES ('RemoveParticipant', jsonb_build_object('room', a_room, 'identity', participant),
            NOT loses);
    INSERT INTO public.livekit_outbox (rpc, body)
    SELECT 'UpdateParticipant', jsonb_build_object('room', a_room, 'identity', participant,
               'permission', livekit.livekit_permission(grants), 'attributes', attributes)
      FROM public.membership WHERE room = a_room AND identity = base;
END $$;

-- Had it a grant that is no permission, and that it has not now?
CREATE FUNCTION private.loses(had jsonb, has jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE
BEGIN ATOMIC
    SELECT EXISTS (
        SELECT FROM jsonb_each(CASE jsonb_typeof(had) WHEN 'object' THEN had ELSE '{}' END) old
         WHERE old.value NOT IN ('false', 'null') AND old.value IS DISTINCT FROM has -> old.key
           AND old.key NOT IN (
               'roomJoin', 'canSubscribe', 'canPublish', 'canPublishData', 'canPublishSources',
               'canUpdateOwnMetadata', 'canSubscribeMetrics', 'canManageAgentSession',
               'hidden', 'recorder'));
END;

-- The person, and all devices that were ever in the room.  In READ COMMITTED only,
-- as PostgREST has it: by the snapshot of another level, a device that came in since
-- the transaction began would be overlooked.
CREATE FUNCTION private.identities(a_room text, a_person text) RETURNS SETOF text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE invalid_transaction_state
            USING MESSAGE = 'members and roles change in READ COMMITTED transactions only';
    END IF;
    RETURN QUERY
    SELECT a_person
     UNION
    SELECT identity FROM public.livekit_inbox
     WHERE room = a_room AND split_part(identity, '#', 1) = a_person;
END $$;

-- When the row changes; and when there is a new one, which may be there instead
-- of another, by DELETE and INSERT.
CREATE FUNCTION private.member_changed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    had jsonb := (SELECT grants FROM public.role WHERE name = old.role);  -- NULL: INSERT
    has jsonb := (SELECT grants FROM public.role WHERE name = new.role);  -- NULL: DELETE
BEGIN
    PERFORM private.put_right(m.room, identity, private.loses(had, has))
       FROM (VALUES (old.room, old.person) UNION VALUES (new.room, new.person)) m (room, person),
            private.identities(m.room, m.person) identity
      WHERE m.room IS NOT NULL;
    RETURN NULL;
END $$;
CREATE TRIGGER changed AFTER INSERT OR UPDATE OR DELETE ON member
    FOR EACH ROW EXECUTE FUNCTION private.member_changed();

-- When a role's grants change: for all who have it, wherever.  Of this and a change
-- of one of those members at the same time, the server may end one (deadlock_detected).
CREATE FUNCTION private.role_changed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM private.put_right(m.room, identity, private.loses(old.grants, new.grants))
       FROM public.member m, private.identities(m.room, m.person) identity
      WHERE m.role = new.name;
    RETURN NULL;
END $$;
CREATE TRIGGER changed AFTER UPDATE ON role
    FOR EACH ROW WHEN (old.grants IS DISTINCT FROM new.grants)
    EXECUTE FUNCTION private.role_changed();

-- And when somebody joins: the token was good when it was signed, and LiveKit's
-- open-source server cannot revoke it.  (Agents by livekit_issue are no members.)
CREATE FUNCTION private.joined() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM private.put_right(new.room, new.identity);
    RETURN NULL;
END $$;
CREATE TRIGGER joined AFTER INSERT ON livekit_inbox
    FOR EACH ROW WHEN (new.event = 'participant_joined'
                       AND coalesce(new.body #>> '{participant,kind}', 'STANDARD') = 'STANDARD')
    EXECUTE FUNCTION private.joined();

-- Signing in, for this demonstration -----------------------------------------

-- An application has its own way to sign people in (an identity provider, as a
-- rule), and PostgREST its public key.  Here a function compares a password
-- and signs a JWT with the secret that PostgREST knows; this secret has
-- nothing to do with LiveKit's.
CREATE TABLE private.jwt_secret AS SELECT encode(private.gen_random_bytes(32), 'hex') AS secret;
CREATE TABLE private.password AS
    SELECT id AS person, private.crypt('demo', private.gen_salt('bf', 8)) AS hash
      FROM person WHERE id <> 'scribe';

CREATE FUNCTION private.base64url(bytea) RETURNS text LANGUAGE sql IMMUTABLE
BEGIN ATOMIC SELECT translate(encode($1, 'base64'), E'+/=\n', '-_'); END;

CREATE FUNCTION api.sign_in(person text, password text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    jwt text := private.base64url('{"alg":"HS256","typ":"JWT"}') || '.' || private.base64url(
        convert_to(json_build_object('role', 'web_user', 'sub', $1,
            'exp', extract(epoch FROM now())::bigint + 3600)::text, 'UTF8'));
    -- Of nobody a hash that no password has, so that it takes as long.
    hash text := coalesce((SELECT p.hash FROM private.password p WHERE p.person = $1),
        '$2a$08$' || repeat('.', 22));
BEGIN
    IF hash IS DISTINCT FROM private.crypt($2, hash) THEN
        RAISE insufficient_privilege USING MESSAGE = 'no such person, or another password';
    END IF;
    RETURN jwt || '.' || (SELECT private.base64url(private.hmac(convert_to(jwt, 'UTF8'),
        convert_to(secret, 'UTF8'), 'sha256')) FROM private.jwt_secret);
END $$;
GRANT EXECUTE ON FUNCTION api.sign_in TO anon;
