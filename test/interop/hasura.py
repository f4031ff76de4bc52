"""Hasura's SQL over the set-up of examples/hasura.sql.

Hasura itself needs more than a test may ask for; this is what version 2 sends
(its runPGMutation and runPGQuery).  A mutation is a transaction

    BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE
    SET LOCAL "hasura.tracecontext" = '{...}'
    SET LOCAL "hasura.user" = '{"x-hasura-role":"user","x-hasura-user-id":"42"}'
    a prepared SELECT from the function for each of its fields
    COMMIT

in which the session variables, in lower case, are the statement's $1, and the
session argument of the function.  A query is one prepared statement without
BEGIN and without hasura.user.
"""

import json
import os
from pathlib import Path

import database
import jws
from tap import differences
from wire import Refused, Session

FIELD = """SELECT coalesce(json_agg("root"), '[]') AS "root" FROM (
    SELECT row_to_json((SELECT "_e" FROM (SELECT "_root.base"."server_url" AS "server_url",
        "_root.base"."participant_token" AS "participant_token") AS "_e")) AS "root"
    FROM (SELECT * FROM "public"."join_room"($1, ($2)::text) WHERE ('true')) AS "_root.base"
) AS "_root" """
MEMBERS = """SELECT coalesce(json_agg("room" ORDER BY "room"), '[]') AS "root"
    FROM "public"."members" WHERE (("identity") = ((($1)::json ->> 'x-hasura-user-id'))::text)"""
BEGIN = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"
TRACE = """SET LOCAL "hasura.tracecontext" = '{"trace_id":"1","span_id":"2"}'"""


def user(identity, **more):
    return json.dumps({"x-hasura-role": "user", "x-hasura-user-id": identity, **more})


class Hasura(Session):
    """One connection of its pool, which keeps its prepared statements."""

    def __init__(self):
        super().__init__("hasura", "hasura")
        self.prepare("field", FIELD)

    def mutate(self, session, *rooms, argument=None):
        """The fields' rows; argument, where the session argument is another
        than what the transaction has."""
        quoted = session.replace("'", "''")
        self.run(BEGIN)
        try:
            self.run(TRACE)
            self.run(f"""SET LOCAL "hasura.user" = '{quoted}'""")
            fields = [json.loads(self.execute("field", (argument or session, room))[0][0])
                      for room in rooms]
            self.run("COMMIT")
            return fields
        except Refused:
            self.run("ROLLBACK")
            raise


def code(call, *arguments, **named):
    """The SQLSTATE of what is refused, or what it gave."""
    try:
        return call(*arguments, **named)
    except Refused as refused:
        return refused.code


def suite(tap, _, key, secret):
    database.example("hasura")
    tap.check("hasura: examples/hasura.sql runs as it is", [])
    with Hasura() as hasura, Session("postgres", "hasura") as admin:
        admin.run("""INSERT INTO members VALUES ('boardroom', '43', NULL),
            ('listen', '42', '{"canPublish": false}'),
            ('standup', 'hasura', NULL), ('standup', '42#phone', NULL)""")
        signs(tap, hasura, key, secret)
        refuses(tap, hasura)
        admin.run("GRANT USAGE ON SCHEMA livekit TO hasura")
        between(tap, hasura)
        owns(tap, hasura, admin, key, secret)
    log = Path(os.environ["LK_LOG"]).read_text(errors="replace")
    tap.check("hasura: no secret is in the log", secret in log)


def signed(row, key, secret, identity, room):
    _, claims = jws.payload(row["participant_token"], secret)
    due = {"iss": key, "sub": identity, "room": room, "url": database.URL}
    got = {"iss": claims["iss"], "sub": claims["sub"], "room": claims["video"]["room"],
           "url": row["server_url"]}
    return differences(due, got) + differences(2, len(row))


def signs(tap, hasura, key, secret):
    # The same connection, and the same prepared statement, for one and the other.
    for identity, room in ("42", "standup"), ("43", "standup"), ("42", "listen"):
        (row,), = hasura.mutate(user(identity), room)
        tap.check(f"hasura: user {identity} joins {room}",
                  signed(row, key, secret, identity, room))
    (one,), (two,) = hasura.mutate(user("42"), "standup", "listen")
    tap.check("hasura: two fields of one mutation", signed(one, key, secret, "42", "standup")
              + signed(two, key, secret, "42", "listen"))
    (row,), = hasura.mutate(user("42", **{"x-hasura-device": "phone"}), "standup")
    tap.check("hasura: a device that the session names",
              signed(row, key, secret, "42#phone", "standup"))
    (row,), = hasura.mutate('{"x-hasura-user-id":42}', "standup")
    tap.check("hasura: an id that is a number", signed(row, key, secret, "42", "standup"))
    (row,), = hasura.mutate(user("42"), "standup", argument=user("43"))
    tap.check("hasura: the session argument is not who asks",
              signed(row, key, secret, "42", "standup"))


def refuses(tap, hasura):
    for title, session, room, due in [
        ("another's room", user("42"), "boardroom", "42501"),
        ("a room that is not there", user("42"), "nowhere", "42501"),
        ("somebody else", user("44"), "standup", "42501"),
        ("a session without a user", '{"x-hasura-role":"anonymous"}', "standup", "42501"),
        ("an admin without a user", '{"x-hasura-role":"admin"}', "standup", "42501"),
        ("an empty id", user(""), "standup", "42501"),
        ("an id null", '{"x-hasura-user-id":null}', "standup", "42501"),
        ("an id in a list", '{"x-hasura-user-id":["42"]}', "standup", "42501"),
        ("an id with a device", user("42#phone"), "standup", "42501"),
        ("an id in capitals", '{"X-Hasura-User-Id":"42"}', "standup", "42501"),
        ("an id twice", '{"x-hasura-user-id":"43","x-hasura-user-id":"42"}', "standup", "42501"),
        ("a device with #", user("42", **{"x-hasura-device": "a#b"}), "standup", "22023"),
    ]:
        tap.check(f"hasura: refuses {title}", differences(due, code(hasura.mutate, session, room)))
    tap.check("hasura: refuses a session that is no JSON", differences(
        "42501", code(hasura.mutate, "42", "standup", argument=user("42"))))
    tap.check("hasura: one field refused, none signed", differences(
        "42501", code(hasura.mutate, user("42"), "standup", "boardroom")))


def between(tap, hasura):
    """A query has no session in the database, whatever ran before it."""
    hasura.mutate(user("42"), "standup")
    tap.check("hasura: nobody is left of a mutation", differences(
        [[None, None]],
        hasura.run("SELECT livekit.livekit_identity(), livekit.livekit_join_request()")))
    tap.check("hasura: a query does not join", differences(
        "42501", code(hasura.execute, "field", (user("42"), "standup"))))
    tap.check("hasura: a query reads members as Hasura's permissions say", differences(
        [["listen", "standup"], ["boardroom", "standup"]],
        [json.loads(hasura.run(MEMBERS, user(identity))[0][0]) for identity in ("42", "43")]))
    tap.check("hasura: it cannot change who asks", differences(
        "42501", code(hasura.run, "SET livekit_token.identity = 'role'")))


def owns(tap, hasura, admin, key, secret):
    """A Hasura whose role made the tables, as its migrations do."""
    admin.run("ALTER TABLE members OWNER TO hasura")
    tap.check("hasura: the owner is under no policies", differences(
        "55000", code(hasura.mutate, user("42"), "standup")))
    admin.run("ALTER TABLE members FORCE ROW LEVEL SECURITY")
    (row,), = hasura.mutate(user("42"), "standup")
    tap.check("hasura: unless they are forced", signed(row, key, secret, "42", "standup"))
    tap.check("hasura: which refuses the owner, too", differences(
        "42501", code(hasura.mutate, user("42"), "boardroom")))
