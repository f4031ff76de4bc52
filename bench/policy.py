"""What it costs to ask the policies.

livekit_join and its kin beside what they replace, the plain SELECT of the same
row under the same policy and livekit_issue: each as a statement in a loop of
PL/pgSQL, which keeps its plan."""

import subprocess

import claims
import contenders

SELECT, ISSUE, ONE = "SELECT", "issue", "one statement"
JOIN, CAN_JOIN, TOKEN = "join", "can_join", "token"

# How many rooms an asker may join and asks for in turn, at most.
ROOMS = 1000
FEW = 10
# Like claims.IDENTITY, a role.
OTHER = "bob"
GRANTS = '{"canPublish": true, "canSubscribe": true, "canPublishData": true}'

ROLES = f"""
CREATE ROLE member NOLOGIN;
CREATE ROLE {claims.IDENTITY} LOGIN IN ROLE member;
CREATE ROLE {OTHER} LOGIN IN ROLE member;
CREATE ROLE web LOGIN IN ROLE member;
ALTER ROLE web SET livekit_token.identity = 'postgrest';
CREATE ROLE pool LOGIN NOINHERIT IN ROLE {claims.IDENTITY}, {OTHER};
"""

# Both askers may join the same rooms, which lie apart.  The other rows are ten
# to a room, and say no more than who.
RELATION = """
CREATE EXTENSION livekit_token;
BEGIN;
CREATE TABLE member (room {type}, identity {type}, grants jsonb, ttl interval, name text,
                     metadata text);
INSERT INTO member (room, identity)
  SELECT {room}, {identity} FROM generate_series(1, {others}) AS g,
    LATERAL (SELECT g % {rooms}, 'user-' || g) AS s(room, identity);
CREATE TABLE asked AS SELECT {room} AS room, g AS number
  FROM generate_series(1, {asked}) AS g, LATERAL (SELECT (g - 1) * {apart}) AS s(room);
INSERT INTO member
  SELECT asked.room, {identity}, '{grants}', '{ttl} s', '{name}', '{metadata}'
  FROM asked, unnest(ARRAY['{one}', '{other}']) AS s(identity);
CREATE INDEX ON member (room, identity);
ALTER TABLE member ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON member FOR SELECT USING (identity = {own});
GRANT SELECT ON member, asked TO member;
COMMIT;
VACUUM (FREEZE, ANALYZE) member;
GRANT EXECUTE ON FUNCTION livekit_issue, livekit_token, livekit_join, livekit_can_join TO member;
SELECT livekit_register_access('member') \\g /dev/null
"""

# The casts of each type: of a room's number, of a user's name, of livekit_identity().
TYPES = {
    "text": ("'room-' || s.room", "s.identity", "livekit_identity()"),
    "uuid": ("md5('room-' || s.room)::uuid", "md5(s.identity)::uuid", "livekit_identity()::uuid"),
}

LOOP = """
CREATE FUNCTION pg_temp.{name}(times int) RETURNS int LANGUAGE plpgsql AS $loop$
DECLARE
  rooms {room_type}[];
  asked {room_type};
  who {type};
  own member;
  answer record;
BEGIN
  {switch}
  SELECT array_agg(a.room ORDER BY a.number) INTO STRICT rooms FROM asked AS a;
  SELECT m.* INTO STRICT own FROM member AS m WHERE m.room = rooms[1]::{type};
  who := own.identity;
  FOR i IN 1 .. times LOOP
    asked := rooms[1 + i % array_length(rooms, 1)];
    {each}
    SELECT {statement};
  END LOOP;
  RETURN times;
END $loop$;
"""
# What a gateway sets.
JWT = '{{"sub":"{}","role":"member","aud":"app","email":"{}@example.com"}}'
# How the loops have somebody else ask each time: another role, or by other claims.
OTHER_ROLE = f"""IF who = '{OTHER}' THEN
      SET ROLE {claims.IDENTITY};
      who := '{claims.IDENTITY}';
    ELSE
      SET ROLE {OTHER};
      who := '{OTHER}';
    END IF;"""
OTHER_CLAIMS = f"""who := CASE who WHEN '{OTHER}' THEN '{claims.IDENTITY}' ELSE '{OTHER}' END;
    PERFORM set_config('request.jwt.claims', CASE who
      WHEN '{OTHER}' THEN '{JWT.format(OTHER, OTHER)}'
      ELSE '{JWT.format(claims.IDENTITY, claims.IDENTITY)}' END, false);"""

ROW = "FROM member AS m WHERE m.room = asked AND m.identity = who"
# What the loops do, and whether they have the room as text, not as its column.
STATEMENTS = {
    SELECT: (f"m.* INTO STRICT answer {ROW}", False),
    ISSUE: ("livekit_issue(who::text, asked, own.grants, own.ttl, own.name, own.metadata) AS token"
            " INTO STRICT answer", True),
    ONE: ("livekit_issue(m.identity::text, m.room::text, m.grants, m.ttl, m.name, m.metadata)"
          f" AS token INTO STRICT answer {ROW}", False),
    JOIN: ("* INTO STRICT answer FROM livekit_join(asked)", True),
    CAN_JOIN: ("livekit_can_join(asked) AS yes INTO STRICT answer", True),
    TOKEN: ("livekit_token(NULL, asked) AS token INTO STRICT answer", True),
}


# What pgbench's clients do.
ROOM = "room-0"
ROW_OF_CLIENT = f"SELECT * FROM member WHERE room = '{ROOM}' AND identity = '{claims.IDENTITY}';"
CLIENTS = {
    "SELECT of the row": ROW_OF_CLIENT,
    "SELECT of the row, then livekit_issue": f"""{ROW_OF_CLIENT}
        SELECT livekit_issue('{claims.IDENTITY}', '{ROOM}', '{GRANTS}', '{claims.LIFETIME} s',
                             '{claims.NAME}', '{claims.SMALL}');""",
    "livekit_join": f"SELECT * FROM livekit_join('{ROOM}');",
    "livekit_can_join": f"SELECT livekit_can_join('{ROOM}');",
}


def database(kind, rows):
    return f"{kind}_{rows}"


class Asker(contenders.Backend):
    """One who asks about his rooms; `kind` is the type of room and identity."""

    def __init__(self, kind, rows, login, switch=""):
        super().__init__("-U", login, "-d", database(kind, rows))
        who = claims.IDENTITY
        if login == "pool":
            self.do(f"SET ROLE {who};")
        if login == "web":
            sub = self.ask(f"SELECT {TYPES[kind][1]} FROM (SELECT '{who}') AS s(identity);")
            self.do(f"SET request.jwt.claims = '{JWT.format(sub, who)}';")
        for name, (statement, as_text) in STATEMENTS.items():
            self.do(LOOP.format(
                name=name.replace(" ", "_"), statement=statement, type=kind, switch=switch,
                room_type="text" if as_text else kind, each=switch if name != ISSUE else ""))
        self.check(rows == FEW)

    def loop(self, what, count):
        """Nanoseconds per turn."""
        start = self.time()
        answer = self.ask(f"SELECT pg_temp.{what.replace(' ', '_')}({count});")
        if answer != str(count):
            raise SystemExit(f"bench: psql said: {answer[:500]}")
        return (self.time() - start) / count

    def check(self, small):
        """Both make the same token, and where there is no row there is none."""
        room = self.ask("SELECT room FROM asked WHERE number = 1;")
        issued, joined, asked = self.ask(f"""
            SELECT livekit_issue(m.identity::text, m.room::text, m.grants, m.ttl, m.name,
                                 m.metadata) FROM member AS m WHERE m.room = '{room}';
            SELECT participant_token FROM livekit_join('{room}');
            SELECT livekit_token(NULL, '{room}');""").split()
        own = ("iat", "nbf", "exp", "jti")
        issued, joined, asked = (
            {k: v for k, v in claims.decode(token.split(".")[1]).items() if k not in own}
            for token in (issued, joined, asked))
        if not issued == joined == asked:
            raise SystemExit(f"bench: not the same claims: {issued}, {joined}, {asked}")
        strange = self.ask("\\set VERBOSITY sqlstate\nSELECT livekit_can_join('elsewhere');"
                           "SELECT livekit_join('elsewhere');")
        if strange != "f\nERROR:  42501":
            raise SystemExit(f"bench: elsewhere: {strange}")
        if not small:
            # What we are compared with shall not be slower than it needs to be.
            plan = self.ask(f"EXPLAIN (COSTS OFF) SELECT FROM member "
                            f"WHERE room = '{room}' AND identity = '{issued['sub']}';")
            if "Index" not in plan:
                raise SystemExit(f"bench: no index is used: {plan}")


def create_roles(*where):
    """`where` are psql's arguments, here and below."""
    subprocess.run(["psql", *where, "-Xq", "-v", "ON_ERROR_STOP=1"], check=True, text=True,
                   input=ROLES)


def create(kind, rows, *where):
    asked = min(ROOMS, rows // 2)
    others = rows - 2 * asked
    rooms = max(asked, others // 10)
    room, identity, own = TYPES[kind]
    subprocess.run(["createdb", *where, database(kind, rows)], check=True)
    subprocess.run(
        ["psql", *where, "-Xq", "-v", "ON_ERROR_STOP=1", "-d", database(kind, rows)],
        check=True, text=True, input=RELATION.format(
            type=kind, room=room, identity=identity, own=own, others=others, rooms=rooms,
            asked=asked, apart=rooms // asked, grants=GRANTS, ttl=claims.LIFETIME,
            name=claims.NAME, metadata=claims.SMALL, one=claims.IDENTITY, other=OTHER))


def askers(many):
    """Who asks, by title; `many` rows in the large relations."""
    create_roles()
    for kind in TYPES:
        for rows in (FEW, many):
            create(kind, rows)
    few = f"text, {FEW} rows"
    role, jwt = "by role", "by request.jwt.claims"
    return {
        f"{few}, {role}": Asker("text", FEW, claims.IDENTITY),
        f"text, {many:,} rows, {role}": Asker("text", many, claims.IDENTITY),
        f"{few}, {jwt}": Asker("text", FEW, "web"),
        f"uuid, {FEW} rows, {jwt}": Asker("uuid", FEW, "web"),
        f"uuid, {many:,} rows, {jwt}": Asker("uuid", many, "web"),
        f"{few}, another's claims each time": Asker("text", FEW, "web", OTHER_CLAIMS),
        f"{few}, another role each time": Asker("text", FEW, "pool", OTHER_ROLE),
    }
