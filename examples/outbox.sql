-- An outbox: calls of LiveKit's server API that belong to a transaction.
--
-- As a superuser, in the database of examples/api.sql:
--     psql -d web -v ON_ERROR_STOP=1 -1 -f examples/outbox.sql
-- and beside it one worker or several, which send what is in it:
--     examples/outbox.py "dbname=web user=livekit_worker"
--
-- Who is to call LiveKit inserts a row.  ROLLBACK takes it back, COMMIT wakes a
-- worker, and nobody waits for LiveKit.  The worker signs when it sends, so no
-- token lies in the table, and a server that was down gets a fresh one:
--     INSERT INTO livekit_outbox (rpc, body) VALUES ('CreateRoom', '{"name": "standup"}');
--
-- Who may insert may make any call, so grant that to nobody: let triggers like
-- those below do it, and SECURITY DEFINER functions.  Others must not have
-- EXECUTE on these triggers' functions, or they could have them on a table of
-- their own.
CREATE TABLE livekit_outbox (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    rpc             text NOT NULL,          -- as livekit_api_methods() lists them
    body            jsonb NOT NULL DEFAULT '{}',
    project         text,
    -- leave it if by then the policies let the body's participant in
    unless_allowed  boolean NOT NULL DEFAULT false,
    created_at      timestamptz NOT NULL DEFAULT now(),
    attempts        integer NOT NULL DEFAULT 0,
    next_attempt_at timestamptz NOT NULL DEFAULT now(),   -- infinity: given up
    last_error      text,
    sent_at         timestamptz,            -- NULL: not done yet
    status          integer,                -- HTTP's
    response        text
);
-- What the worker asks for: the oldest that is due, and of the same thing none older.
CREATE INDEX ON livekit_outbox (next_attempt_at, id) WHERE sent_at IS NULL;
CREATE INDEX ON livekit_outbox (rpc, (body ->> 'room'), (coalesce(body ->> 'identity', '')),
    (coalesce(project, 'default')), id) WHERE sent_at IS NULL;
-- Not done: SELECT * FROM livekit_outbox WHERE sent_at IS NULL;
-- once more: UPDATE livekit_outbox SET next_attempt_at = now() WHERE id = 42;
-- from time to time, which takes those given up, too:
--     DELETE FROM livekit_outbox WHERE created_at < now() - interval '1 month';

CREATE FUNCTION livekit_outbox_notify() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NOTIFY livekit_outbox;
    RETURN NULL;
END $$;
CREATE TRIGGER notify AFTER INSERT OR UPDATE OF next_attempt_at ON livekit_outbox
    FOR EACH STATEMENT EXECUTE FUNCTION livekit_outbox_notify();

-- The worker.  Give it a password: \password livekit_worker
CREATE ROLE livekit_worker LOGIN;
-- It waits for LiveKit within a transaction.  If the server ended that (from
-- PostgreSQL 17 on, transaction_timeout would, too), the call would be made again.
ALTER ROLE livekit_worker SET idle_in_transaction_session_timeout = 0;
GRANT USAGE ON SCHEMA livekit TO livekit_worker;
GRANT EXECUTE ON FUNCTION livekit.livekit_api_request, livekit.livekit_can_join TO livekit_worker;
GRANT SELECT, UPDATE (attempts, next_attempt_at, last_error, sent_at, status, response)
    ON livekit_outbox TO livekit_worker;
-- And for nobody else, even where default privileges grant new tables to others.
ALTER TABLE livekit_outbox ENABLE ROW LEVEL SECURITY;
CREATE POLICY worker ON livekit_outbox TO livekit_worker USING (true);

-- May this participant be in this room?  The policies are asked as PostgREST
-- would ask them for that user, by an ordinary role that is subject to them: the
-- worker, as a member of web_user.  It cannot be asked in a trigger, nor by the
-- owner of the table: with SECURITY DEFINER no policy would apply, and
-- livekit_can_join would refuse.  "alice#phone" is a device of alice.
GRANT web_user TO livekit_worker;
ALTER ROLE livekit_worker SET livekit_token.identity = 'postgrest';
CREATE FUNCTION livekit_may_stay(room text, identity text) RETURNS boolean
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    PERFORM set_config('request.jwt.claims', json_build_object(
        'role', 'web_user', 'sub', split_part(identity, '#', 1))::text, true);
    RETURN livekit.livekit_can_join(room);
END $$;

-- The identities under which a user may be in a room: inbox.sql knows more.
CREATE FUNCTION livekit_identities(room text, identity text) RETURNS SETOF text
LANGUAGE sql STABLE
BEGIN ATOMIC SELECT identity; END;

-- What UpdateParticipant cannot take back: all grants but a participant's
-- permissions, and roomJoin, about which the policies are asked.  Had it one that
-- it has not now, as it was?
CREATE FUNCTION livekit_loses(had jsonb, has jsonb) RETURNS boolean
LANGUAGE sql IMMUTABLE
BEGIN ATOMIC
    SELECT EXISTS (
        SELECT FROM jsonb_each(CASE jsonb_typeof(had) WHEN 'object' THEN jsonb_strip_nulls(had)
                                    ELSE '{}' END) AS old (name, value)
         WHERE old.value <> 'false' AND old.value IS DISTINCT FROM has -> old.name
           AND replace(lower(old.name), '_', '') NOT IN (
               'roomjoin', 'cansubscribe', 'canpublish', 'canpublishdata', 'canpublishsources',
               'canupdateownmetadata', 'cansubscribemetrics', 'canmanageagentsession',
               'hidden', 'recorder'));
END;

-- (a) Whose row is deleted leaves the room, unless there is a row again; and in
-- any case who was a moderator.  (TRUNCATE fires no such trigger.)  Only inbox.sql
-- knows a user's devices: without it alice#phone stays, here and in (b).
CREATE FUNCTION livekit_member_gone() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO public.livekit_outbox (rpc, body, unless_allowed)
    SELECT 'RemoveParticipant', jsonb_build_object('room', OLD.room, 'identity', i),
           NOT public.livekit_loses(OLD.grants, NULL)
      FROM public.livekit_identities(OLD.room, OLD.identity) AS i;
    RETURN NULL;
END $$;
CREATE TRIGGER gone AFTER DELETE OR UPDATE OF room, identity ON members
    FOR EACH ROW EXECUTE FUNCTION livekit_member_gone();

-- (b) Whose grants change has others during the call.  LiveKit replaces all
-- permissions at once: livekit_permission() names them all.  Before that, whom
-- the policies now refuse (roomJoin is false) is removed, and so is in any case
-- who loses what UpdateParticipant cannot take back, roomAdmin above all: LiveKit
-- would go on renewing the token that grants it.  The client joins again, with a
-- new token (livekit-client: Disconnected, with PARTICIPANT_REMOVED).  Who gains
-- roomAdmin has it with the next token.
--
-- This is no defence against one who keeps his token: with roomAdmin in it he may
-- call LiveKit's API, connected or not, and come in again, until it expires, and
-- whoever comes in gets one of ten minutes more.  No webhook says so.  Grant
-- roomAdmin to those you trust; only another API key ends it for certain.
CREATE FUNCTION livekit_member_changed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO public.livekit_outbox (rpc, body, unless_allowed)
    SELECT 'RemoveParticipant', jsonb_build_object('room', NEW.room, 'identity', i),
           NOT public.livekit_loses(OLD.grants, NEW.grants)
      FROM public.livekit_identities(NEW.room, NEW.identity) AS i;
    INSERT INTO public.livekit_outbox (rpc, body)
    SELECT 'UpdateParticipant', jsonb_build_object('room', NEW.room, 'identity', i,
               'permission', livekit.livekit_permission(coalesce(NEW.grants, '{}')))
      FROM public.livekit_identities(NEW.room, NEW.identity) AS i;
    RETURN NULL;
END $$;
CREATE TRIGGER changed AFTER UPDATE OF grants ON members
    FOR EACH ROW WHEN (OLD.grants IS DISTINCT FROM NEW.grants)
    EXECUTE FUNCTION livekit_member_changed();
-- A new row may be there instead of another, by DELETE and INSERT: (a) lets such a
-- member stay, and this gives him the permissions of the new row.  (For thousands at
-- once, in an empty room: ALTER TABLE members DISABLE TRIGGER here, and ENABLE.)
CREATE TRIGGER here AFTER INSERT OR UPDATE OF room, identity ON members
    FOR EACH ROW EXECUTE FUNCTION livekit_member_changed();

REVOKE EXECUTE ON FUNCTION livekit_may_stay, livekit_identities, livekit_loses,
    livekit_member_gone, livekit_member_changed FROM PUBLIC;
GRANT EXECUTE ON FUNCTION livekit_may_stay TO livekit_worker;
