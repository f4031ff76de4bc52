"""Who takes part: each makes and reads the same token, however often."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import claims

HERE = Path(__file__).parent
sys.path.append(str(HERE.parent / "test" / "interop"))
import install  # noqa: E402

# All share one core, and the collectors of garbage with them.
CORE = max(os.sched_getaffinity(0))
REFUSED = "refused"


def used(pid):
    """Nanoseconds of processor time, all the process's threads together."""
    # What clock_getcpuclockid(3) gives for it.
    return time.clock_gettime_ns(~pid << 3 | 2)


class Contender:
    """A process, with a pipe to it or to its client."""

    def time(self):
        """Nanoseconds of processor time that it has used."""
        return used(self.pid)

    def loop(self, what, count, text):
        """Nanoseconds per token."""
        start = self.time()
        self.run(what, count, text)
        return (self.time() - start) / count

    def close(self):
        self.process.stdin.close()
        self.process.wait()


class Program(Contender):
    """A process that answers lines; see floor.c."""

    def __init__(self, command, directory="/"):
        self.process = subprocess.Popen(
            ["taskset", "-c", str(CORE), *command, *claims.key(),
             claims.IDENTITY, claims.NAME, claims.ROOM],
            cwd=directory, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.pid = self.process.pid
        self.version = self.ask("version")

    def ask(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise SystemExit(f"bench: {self.process.args[3]} ended at {line[:40]!r}")
        return answer.rstrip("\n")

    def run(self, what, count, text):
        return self.ask(f"{what} {count} {text}")

    def once(self, what, text):
        return self.run(what, 1, text)


class Backend(Contender):
    """A backend, by way of psql, on that core; `where` are psql's arguments."""

    def __init__(self, *where):
        self.process = subprocess.Popen(
            ["psql", "-XqAt", *where], text=True, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.pid = int(self.ask("SELECT pg_backend_pid();"))
        os.sched_setaffinity(self.pid, {CORE})

    def ask(self, script):
        self.process.stdin.write(script + "\n\\echo ^\n")
        self.process.stdin.flush()
        lines = []
        while not lines or lines[-1] != "^":
            line = self.process.stdout.readline()
            if not line:
                raise SystemExit(f"bench: psql ended; {lines[-1:]}")
            lines.append(line.rstrip("\n"))
        return "\n".join(lines[:-1])

    def do(self, script):
        """Ask what has no answer."""
        trouble = self.ask(script)
        if trouble:
            raise SystemExit(f"bench: psql said: {trouble[:500]}")


class Session(Backend):
    """Its statements take the text as $1 and may name g, the row's number."""

    def __init__(self, statements, version, setup=""):
        super().__init__()
        # A plan without parameters could do all the work while planning.
        for what, expression in statements.items():
            # In FROM itself, the series would be stored first.
            rows = "FROM (SELECT generate_series(1, $2) AS g) AS series"
            setup += (f"PREPARE {what}(text, int) AS SELECT count({expression}) {rows};\n"
                      f"PREPARE {what}_once(text, int) AS SELECT {expression} {rows};\n")
        self.do(f"SET plan_cache_mode = force_generic_plan;\n{setup}")
        self.version = self.ask(version)

    def run(self, what, count, text):
        answer = self.ask(f"EXECUTE {what}($lk${text}$lk$, {count});")
        if answer != str(count):
            raise SystemExit(f"bench: psql said: {answer[:500]}")

    def once(self, what, text):
        answer = self.ask(f"EXECUTE {what}_once($lk${text}$lk$, 1);")
        if what == "mint":
            return answer
        refused = not answer or answer.startswith("ERROR")
        return REFUSED if refused else json.loads(answer)["sub"]


def statements():
    """What each contender within the server is asked, $1 being the text."""
    key, secret = claims.key()
    who = f"'{claims.IDENTITY}'", f"'{claims.NAME}'", f"'{claims.ROOM}'"
    identity, name, room = who
    now = "extract(epoch FROM clock_timestamp())::bigint"
    grants = json.dumps(claims.GRANTS)
    return {
        "livekit_token": {
            "mint": f"livekit_issue({identity}, {room}, '{grants}', '6 hours', {name}, $1)",
            "verify": "livekit_verify($1)",
        },
        "pgjwt": {
            "mint": f"""pgjwt.sign(json_build_object('iss', '{key}', 'sub', {identity},
                'iat', {now}, 'nbf', {now}, 'exp', {now} + {claims.LIFETIME}, 'name', {name},
                'video', json_build_object('roomJoin', true, 'room', {room},
                                           'canPublish', true, 'canSubscribe', true),
                'metadata', $1::text), '{secret}')""",
            # It has to name g, or it would be evaluated once for all rows.
            "verify": f"""(SELECT payload FROM pgjwt.verify(CASE WHEN g > 0 THEN $1 END, '{secret}')
                WHERE valid)""",
        },
        "PL/Python": {
            "mint": f"plpython.issue('{key}', '{secret}', {', '.join(who)}, $1)",
            "verify": f"plpython.verify($1, '{key}', '{secret}')",
        },
    }


def client_statements():
    """What each does for pgbench: (name, what, expression)."""
    sql = statements()
    for name in ("livekit_token", "pgjwt", "PL/Python"):
        for what, expression in sql[name].items():
            # The row's number is none of pgbench's.
            expression = re.sub(r"CASE WHEN g > 0 THEN (\$1) END", r"\1", expression)
            yield name, what, " ".join(expression.split())


def sealed():
    """Has a session hold the cluster's key in the table, and not in the file."""
    master = Path(os.environ["LK_RUN"], "master.key")
    master.touch(0o600)
    master.write_text(os.urandom(32).hex() + "\n")
    if os.geteuid() == 0:
        shutil.chown(master, "postgres")
    key, secret = claims.key()
    return f"""SET livekit_token.key_file = '';
        SET livekit_token.master_key_file = '{master}';
        SELECT livekit_key_set('{key}', '{secret}');
        """


def peer(name):
    directory, command = install.peer(name, HERE / "peers")
    return Program(command, directory)


def everybody(floor):
    """All of them by name, ready; the floor first, the extension second."""
    subprocess.run(["psql", "-Xqc", "CREATE EXTENSION livekit_token"], check=True)
    sql = statements()
    ours = """SELECT extversion || ', PostgreSQL ' || current_setting('server_version')
        FROM pg_extension WHERE extname = 'livekit_token';"""
    pgjwt = "SELECT 'pgcrypto ' || extversion FROM pg_extension WHERE extname = 'pgcrypto';"
    return {
        "floor": Program([floor]),
        "livekit_token": Session(sql["livekit_token"], ours),
        "sealed table": Session(sql["livekit_token"], ours, sealed()),
        "Rust SDK": peer("rust"),
        "Go SDK": peer("go"),
        "Node SDK": peer("node"),
        "Python SDK": peer("python"),
        "pgjwt": Session(sql["pgjwt"], pgjwt, (HERE / "pgjwt.sql").read_text()),
        "PL/Python": Session(sql["PL/Python"], "SELECT plpython.version();",
                             (HERE / "plpython.sql").read_text()),
    }
