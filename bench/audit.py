"""What it costs to tell of a token, and of a refusal.

Each mode of livekit_token.audit, beside functions in PL/pgSQL that tell the
same.  On two servers of their own, since only one of them can have the logging
collector, and since a commit shall wait for the disk, as it does not elsewhere
here."""

import contextlib
import copy
import os
import subprocess
import time
from pathlib import Path

import claims
import contenders
import policy

EPHEMERAL = Path(__file__).parents[1] / "tools" / "ephemeral"
FILE, COLLECTOR = "file", "collector"
SERVERS = {
    # As Debian starts it: each backend writes to one file.
    FILE: (),
    COLLECTOR: ("logging_collector = on", "log_destination = jsonlog",
                "log_filename = 'server.log'", "log_rotation_size = 0"),
}
SETTINGS = ("shared_preload_libraries = livekit_token", "fsync = on", "jit = off",
            "shared_buffers = 512MB", "autovacuum = off", "max_wal_size = 8GB",
            "checkpoint_timeout = 1h", "log_checkpoints = off",
            "client_min_messages = error", "log_line_prefix = '%m [%p] %q%u@%d '",
            "livekit_token.url = 'wss://livekit.example.com'")
DATABASE = policy.database("text", policy.FEW)

# Of the tables, at first.
ROWS = 1_000_000
# The log is cut between figures when it has grown to this.
LARGE = 64 * 1024 * 1024
# How long the collector may take, in seconds.
PATIENCE = 10

ISSUE, JOIN, REFUSE = "issue", "join", "refuse"
ARGUMENTS = (f"'{claims.IDENTITY}', '{policy.ROOM}', '{policy.GRANTS}', '{claims.LIFETIME} s', "
             f"'{claims.NAME}', '{claims.SMALL}'")
# What is called, its parameters and how it is told, its type, and the token in the answer.
SIGNERS = {
    ISSUE: ("livekit_issue", "text, text, jsonb, interval, text, text", "$1, $2, $3, $4, $5, $6",
            "text", "answer"),
    JOIN: ("livekit_join", "text", "$1", "livekit_connection", "answer.participant_token"),
}

# What to tell is in the token.
OWN = """
CREATE FUNCTION own_{what}_{tells}({parameters}) RETURNS {type} LANGUAGE plpgsql AS $own$
DECLARE
  answer {type};
  c jsonb;
BEGIN
  SELECT * INTO STRICT answer FROM {function}({arguments});
  c := livekit_verify({token});
  {tell}
  RETURN answer;
END $own$;
"""
LINE = """RAISE LOG 'token: %', json_build_object('event', 'issued', 'jti', c -> 'jti',
    'via', '{function}', 'session_role', session_user, 'role', current_user,
    'identity', c -> 'sub', 'room', c #> '{{video,room}}', 'project', 'default',
    'api_key', c -> 'iss', 'grants', json_build_object('video', c -> 'video'),
    'issued_at', c -> 'iat', 'expires_at', c -> 'exp');"""
ROW = """INSERT INTO own_issued VALUES (to_timestamp((c ->> 'iat')::bigint), c ->> 'jti',
    session_user, current_user, c ->> 'sub', c #>> '{{video,room}}', 'default', c ->> 'iss',
    jsonb_build_object('video', c -> 'video'), to_timestamp((c ->> 'exp')::bigint),
    '{function}');"""
OWN_WAYS = {"line": LINE, "row": ROW, "both": LINE + "\n  " + ROW}

# Both tables have a past, and the same indexes.
HISTORY = """
CREATE TABLE own_issued (LIKE livekit_issued INCLUDING ALL);
GRANT INSERT ON own_issued TO member;
GRANT EXECUTE ON FUNCTION livekit_verify TO member;
BEGIN;
INSERT INTO livekit_issued
  SELECT now() - ({rows} - g) * interval '1 s', md5(g::text), 'web', 'web', 'user-' || g,
    'room-' || g % 1000, 'default', 'APItest', '{{"video": {grants}}}', now(), 'livekit_join'
  FROM generate_series(1, {rows}) AS g;
INSERT INTO own_issued SELECT * FROM livekit_issued;
COMMIT;
VACUUM (FREEZE, ANALYZE) livekit_issued, own_issued;
CHECKPOINT;
"""

LOOP = """
CREATE FUNCTION pg_temp.{name}(times int) RETURNS int LANGUAGE plpgsql AS $loop$
DECLARE
  answer text;
BEGIN
  FOR i IN 1 .. times LOOP
    {statement}
  END LOOP;
  RETURN times;
END $loop$;
"""
REFUSED = """BEGIN
      SELECT participant_token INTO STRICT answer FROM livekit_join('elsewhere');
      RAISE 'let in';
    EXCEPTION WHEN insufficient_privilege THEN
    END;"""


class Way:
    """A way to tell: which server, which settings, and by which function of one's own."""

    def __init__(self, server, audit, own=None, line=False, table=None, **settings):
        self.server, self.own, self.line, self.table = server, own, line, table
        self.settings = {"livekit_token.audit": audit, **settings}

    def call(self, what):
        """The expression that signs."""
        arguments = ARGUMENTS if what == ISSUE else f"'{policy.ROOM}'"
        function = SIGNERS[what][0] if self.own is None else f"own_{what}_{self.own}"
        return f"{function}({arguments})"

    def without_waiting(self):
        """The same, but that a commit does not wait for the disk."""
        way = copy.copy(self)
        way.settings = {**self.settings, "synchronous_commit": "off"}
        return way

    def query(self, what):
        return f"SELECT {'*' if what == ISSUE else 'participant_token'} FROM {self.call(what)}"


OFF = "off"
LOOPED = {
    OFF: Way(FILE, "off"),
    "log, file": Way(FILE, "log", line=True),
    "log, jsonlog": Way(COLLECTOR, "log", line=True),
    "both, file": Way(FILE, "both", line=True, table="livekit_issued"),
    "RAISE LOG, file": Way(FILE, "off", "line", line=True),
    "RAISE LOG, jsonlog": Way(COLLECTOR, "off", "line", line=True),
    "INSERT": Way(FILE, "off", "row", table="own_issued"),
    "RAISE LOG, file, and INSERT": Way(FILE, "off", "both", line=True, table="own_issued"),
}
# Whether one waits for the disk counts only in transactions of their own.
WAYS = {}
for _title, _way in LOOPED.items():
    WAYS[_title] = _way
    if _way.table:
        WAYS[f"{_title}, synchronous_commit off"] = _way.without_waiting()
UNTOLD, SUPPRESSED = "refused, audit_refusals off", "refused, suppressed"
REFUSALS = {
    UNTOLD: Way(FILE, "log", **{"livekit_token.audit_refusals": "off"}),
    SUPPRESSED: Way(FILE, "log"),
}


class Server:
    """A server of its own, while its `process` has a standard input."""

    def __init__(self, name, rows):
        lines = [part for line in (*SETTINGS, *SERVERS[name]) for part in ("-c", line)]
        self.process = subprocess.Popen(
            [EPHEMERAL, "-k", *lines, "--", "sh", "-c", 'echo "$PGHOST $LK_RUN"; exec cat'],
            text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        said = self.process.stdout.readline().split()
        if not said:
            raise SystemExit(f"bench: no server with {name} came up")
        host, run = said
        self.host, data = ("-h", host), Path(run, "data")
        self.log = data / "log" / "server.json" if name == COLLECTOR else Path(run, "server.log")
        postmaster = int((data / "postmaster.pid").read_text().split("\n")[0])
        self.writers = [pid for pid in children(postmaster)
                        if "logger" in Path(f"/proc/{pid}/cmdline").read_text()]
        policy.create_roles(*self.host)
        policy.create("text", policy.FEW, *self.host)
        self.query("".join([
            HISTORY.format(rows=rows, grants=policy.GRANTS),
            *(own(what, tells) for what in SIGNERS for tells in OWN_WAYS)]))

    def query(self, sql):
        return subprocess.run(
            ["psql", *self.host, "-XqAt", "-v", "ON_ERROR_STOP=1", "-d", DATABASE], input=sql,
            check=True, text=True, stdout=subprocess.PIPE).stdout.strip()

    def told(self, jti):
        return any("LOG" in line and jti in line for line in self.log.read_text().splitlines())

    def trim(self):
        """What writes to the log appends, wherever its end is."""
        if self.log.stat().st_size > LARGE:
            os.truncate(self.log, 0)

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def children(pid):
    return map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())


def own(what, tells):
    function, parameters, arguments, result, token = SIGNERS[what]
    return OWN.format(what=what, tells=tells, parameters=parameters, type=result, token=token,
                      function=function, arguments=arguments,
                      tell=OWN_WAYS[tells].format(function=function))


class Teller(contenders.Backend):
    """One whose tokens are told of in one way."""

    def __init__(self, server, way, whats):
        super().__init__(*server.host, "-d", DATABASE)
        self.server = server
        for name, value in way.settings.items():
            self.do(f"SET {name} = '{value}';")
        self.do(f"SET SESSION AUTHORIZATION {claims.IDENTITY};")
        for what in whats:
            statement = REFUSED if what == REFUSE else \
                way.query(what).replace(" FROM ", " INTO STRICT answer FROM ", 1) + ";"
            self.do(LOOP.format(name=what, statement=statement))
            self.loop(what, 1)

    def time(self):
        """With what the collector has used."""
        return super().time() + sum(map(contenders.used, self.server.writers))

    def loop(self, what, count):
        """Nanoseconds per turn."""
        start = self.time()
        answer = self.ask(f"SELECT pg_temp.{what}({count});")
        if answer != str(count):
            raise SystemExit(f"bench: psql said: {answer[:500]}")
        took = (self.time() - start) / count
        self.server.trim()
        return took


def check(title, way, teller, what):
    """It tells of the token as it should, and not otherwise; the row, if it makes one."""
    token = teller.ask(f"{way.query(what)};")
    jti = claims.decode(token.split(".")[1])["jti"]
    rows = {table: teller.server.query(
        f"SELECT to_jsonb(t) - '{{jti,issued_at,expires_at}}'::text[] FROM {table} AS t "
        f"WHERE jti = '{jti}';") for table in ("livekit_issued", "own_issued")}
    deadline = time.monotonic() + PATIENCE
    while way.line and not teller.server.told(jti) and time.monotonic() < deadline:
        time.sleep(0.05)
    if teller.server.told(jti) != way.line or any(bool(row) != (table == way.table)
                                                  for table, row in rows.items()):
        raise SystemExit(f"bench: {title}, {what}: it told otherwise, rows {rows}")
    return rows.get(way.table)


def check_all(tellers):
    for what in SIGNERS:
        rows = {check(title, LOOPED[title], teller, what) for title, teller in tellers.items()}
        if len(rows - {None}) != 1:
            raise SystemExit(f"bench: not the same rows: {rows}")


def check_suppressed(server, teller, wanted):
    """Of a thousand refusals as many are only counted, but for some seconds' worth."""
    count = "SELECT count FROM livekit_counters() WHERE event = 'suppressed';"
    before = int(server.query(count))
    teller.loop(REFUSE, 1000)
    seen = int(server.query(count)) - before
    if not wanted - 50 <= seen <= wanted:
        raise SystemExit(f"bench: {seen} of a thousand refusals were suppressed")


@contextlib.contextmanager
def servers(rows):
    """Both, by name."""
    with contextlib.ExitStack() as stack:
        yield {name: stack.enter_context(contextlib.closing(Server(name, rows)))
               for name in SERVERS}


@contextlib.contextmanager
def tellers(ours):
    """The loops of all ways, {(what, title): loop}; refusals among them."""
    with contextlib.ExitStack() as stack:
        def teller(way, *whats):
            return stack.enter_context(
                contextlib.closing(Teller(ours[way.server], way, whats)))

        signing = {title: teller(way, *SIGNERS) for title, way in LOOPED.items()}
        check_all(signing)
        refusing = {title: teller(way, REFUSE) for title, way in REFUSALS.items()}
        refusing[SUPPRESSED].loop(REFUSE, 200)
        for title, one in refusing.items():
            check_suppressed(one.server, one, 1000 if title == SUPPRESSED else 0)
        yield {(what, title): lambda count, one=one, what=what: one.loop(what, count)
               for group, whats in ((signing, SIGNERS), (refusing, (REFUSE,)))
               for title, one in group.items() for what in whats}


def scripts(ours):
    """For pgbench: {title: (script, database and settings)}."""
    found = {}
    for title, way in WAYS.items():
        options = " ".join(f"-c {name}={value}" for name, value in way.settings.items())
        found[title] = (f"{way.query(ISSUE)};",
                        f"dbname={DATABASE} host={ours[way.server].host[1]} options='{options}'")
    return found
