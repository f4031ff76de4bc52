-- Guests by invitation link: who has the link may join, without an account.
--
--     SELECT invite('standup', uses => 3);         -- the code for the link
--     SELECT join_as_guest($1, 'Zoe');             -- the code from the link
--
-- May the bearer of this code join?  Until it expires and as often as it was
-- made for, counted exactly also when many come at the same moment.  A guest
-- is 'guest:' and a new UUID each time, so that he cannot be anybody else.
-- Refused codes are 42501, the same for a wrong, an old and a used one.  The
-- table keeps hashes, so that who reads it, or a backup, has no code.
--
-- There is no policy here: the function decides.  It runs as guest_door, which
-- may count invitations and sign, and into which nobody can log in.
CREATE ROLE app_guest LOGIN;
CREATE ROLE guest_door NOLOGIN;

CREATE TABLE invitation (
    code_hash  bytea PRIMARY KEY,
    room       text NOT NULL,
    expires_at timestamptz NOT NULL,
    uses       integer NOT NULL CHECK (uses >= 0)
);
-- For trusted roles, which may INSERT into invitation.
CREATE FUNCTION invite(room text, uses integer DEFAULT 1, lasts interval DEFAULT '1 day') RETURNS text
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    code text := gen_random_uuid();
BEGIN
    INSERT INTO public.invitation
    VALUES (sha256(convert_to(code, 'UTF8')), room, statement_timestamp() + lasts, uses);
    RETURN code;
END $$;

CREATE FUNCTION join_as_guest(code text, name text DEFAULT NULL) RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    room text;
BEGIN
    UPDATE public.invitation AS i SET uses = i.uses - 1
     WHERE i.code_hash = sha256(convert_to(code, 'UTF8'))
       AND i.uses > 0 AND i.expires_at > clock_timestamp()
    RETURNING i.room INTO room;
    IF NOT FOUND THEN
        RAISE insufficient_privilege USING MESSAGE = 'this invitation is not valid';
    END IF;
    RETURN livekit.livekit_issue('guest:' || gen_random_uuid(), room, ttl => '5 minutes', name => name || ' (guest)');
END $$;

REVOKE EXECUTE ON FUNCTION invite, join_as_guest FROM PUBLIC;
GRANT EXECUTE ON FUNCTION join_as_guest TO app_guest;
GRANT SELECT, UPDATE (uses) ON invitation TO guest_door;
GRANT USAGE ON SCHEMA livekit TO guest_door;
GRANT EXECUTE ON FUNCTION livekit_issue TO guest_door;
ALTER FUNCTION join_as_guest OWNER TO guest_door;
