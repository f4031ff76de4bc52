-- An inbox: LiveKit's webhooks, checked and kept, through PostgREST.
--
-- As a superuser, in the database of examples/api.sql and examples/outbox.sql:
--     psql -d web -v ON_ERROR_STOP=1 -1 -f examples/inbox.sql
-- PostgREST refuses the content type of webhooks (application/webhook+json), so
-- nginx stands before it: examples/webhook/nginx.conf.  livekit-server's
-- configuration, with one of the keys that this database holds:
--     webhook:
--       api_key: APIdev
--       urls: ["http://127.0.0.1:8080/livekit/webhook"]
--
-- Several projects: livekit_webhook takes the keys of one project only, without a
-- third argument those of the default project, since whoever has the key of one
-- could else tell what happened in the rooms of another.  So each has a function
-- of its own like the one below, with
--     livekit.livekit_webhook($1, headers ->> 'authorization', 'tenantb'),
-- and a path of its own in nginx.conf.  The table gets a column "project", which
-- that function fills (never the body) and PRIMARY KEY (project, id), and so does
-- members; livekit_identities and livekit_joined compare it with the room, and all
-- triggers write it to livekit_outbox, by whose project the worker signs.
CREATE TABLE livekit_inbox (
    id          text PRIMARY KEY,       -- the same when an event is sent again
    event       text NOT NULL,          -- room_started, participant_joined, ...
    room        text,
    identity    text,
    body        jsonb NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ON livekit_inbox (room, split_part(identity, '#', 1));
-- From time to time, and not what is younger than an hour, since what is not
-- here would be taken again:
--     DELETE FROM livekit_inbox WHERE received_at < now() - interval '1 month';

-- What LiveKit posts to: of one unnamed bytea, so that PostgREST hands over the
-- body as it came; of another spelling of the same JSON the hash would differ.
-- Anybody may call it, and nothing is taken but what LiveKit's key has signed.
-- It runs as livekit_door, which may check and insert, and into which nobody
-- can log in.
CREATE FUNCTION api.livekit_webhook(bytea) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    headers json := nullif(current_setting('request.headers', true), '');
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
ALTER TABLE livekit_inbox ENABLE ROW LEVEL SECURITY;
CREATE POLICY door ON livekit_inbox FOR INSERT TO livekit_door WITH CHECK (true);
ALTER FUNCTION api.livekit_webhook OWNER TO livekit_door;
REVOKE EXECUTE ON FUNCTION api.livekit_webhook FROM PUBLIC;
GRANT EXECUTE ON FUNCTION api.livekit_webhook TO anon;

-- LiveKit takes a token until it expires, whatever became of its bearer since.
-- So everyone who comes in is looked at again: removed if the policies would no
-- longer let him in, which the worker asks them when it is about to send this
-- (see livekit_may_stay), and given the permissions that his row has now.  Not so
-- roomAdmin, if his old token grants it: see livekit_member_changed.
-- Only ordinary participants (LiveKit leaves out the kind then): agents, SIP and
-- recorders are no members.  Whoever came by livekit_issue is removed, too,
-- unless the policies know him.  A webhook that never arrived removes nobody: let
-- tokens be short all the same (livekit_token.default_ttl).
CREATE FUNCTION livekit_joined() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    permission jsonb;
    readable boolean := true;
BEGIN
    -- Locked, so that a change of the row comes before this or sees this event.  First
    -- it is waited for: then there may be another row instead, which only a statement
    -- of its own sees.
    PERFORM FROM public.members
      WHERE room = NEW.room AND identity = split_part(NEW.identity, '#', 1) FOR SHARE;
    -- Wrong grants must not lose it: with them nobody gets a token, nor may stay.
    BEGIN
        SELECT livekit.livekit_permission(grants) INTO permission
          FROM public.members
         WHERE room = NEW.room AND identity = split_part(NEW.identity, '#', 1)
           FOR SHARE;
    EXCEPTION WHEN invalid_parameter_value THEN
        readable := false;
    END;
    INSERT INTO public.livekit_outbox (rpc, body, unless_allowed)
    VALUES ('RemoveParticipant',
            jsonb_build_object('room', NEW.room, 'identity', NEW.identity), readable);
    IF permission IS NOT NULL THEN
        INSERT INTO public.livekit_outbox (rpc, body)
        VALUES ('UpdateParticipant', jsonb_build_object('room', NEW.room,
            'identity', NEW.identity, 'permission', permission));
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER joined AFTER INSERT ON livekit_inbox FOR EACH ROW
    WHEN (NEW.event = 'participant_joined'
          AND coalesce(NEW.body #>> '{participant,kind}', 'STANDARD') = 'STANDARD')
    EXECUTE FUNCTION livekit_joined();
REVOKE EXECUTE ON FUNCTION livekit_joined FROM PUBLIC;

-- A user's devices (alice#phone), as far as they have been in the room: what
-- befalls the member befalls them all.  So members are written in READ COMMITTED
-- only: by the snapshot of REPEATABLE READ or SERIALIZABLE, one that came in since
-- the transaction began would be overlooked, and stay.
CREATE OR REPLACE FUNCTION livekit_identities(room text, identity text) RETURNS SETOF text
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE invalid_transaction_state
            USING MESSAGE = 'members change in READ COMMITTED transactions only';
    END IF;
    RETURN QUERY
    SELECT livekit_identities.identity
     UNION
    SELECT i.identity FROM public.livekit_inbox AS i
     WHERE i.room = livekit_identities.room
       AND split_part(i.identity, '#', 1) = livekit_identities.identity;
END $$;

NOTIFY pgrst, 'reload schema';
