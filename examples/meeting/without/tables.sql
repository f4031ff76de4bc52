-- Beside person, room, role, member and private.password of ../schema.sql.
CREATE TABLE issued (
    issued_at  timestamptz NOT NULL DEFAULT now(),
    person     text NOT NULL,
    identity   text NOT NULL,
    room       text NOT NULL,
    grants     jsonb NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE TABLE inbox (
    id       text PRIMARY KEY,
    event    text NOT NULL,
    room     text,
    identity text
);
CREATE INDEX ON inbox (room, identity);
