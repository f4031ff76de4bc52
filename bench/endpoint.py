"""A token endpoint under load: livekit_token_source behind PostgREST, beside one
in Node with LiveKit's SDK that asks the same table."""

import contextlib
import json
import os
import re
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import claims
import contenders

HERE = Path(__file__).parent
sys.path.append(str(HERE.parent / "test" / "interop"))
import install  # noqa: E402
import server  # noqa: E402

CLIENTS, POOL = 200, 10
USERS, ROOMS = 200, 500
URL, TTL = "wss://livekit.example.com", 3600
# The role that PostgREST logs in as.
REST = "authenticator"
# What a backend's memory may grow by.
BOUND = 256 * 1024

POSTGREST = """\
db-uri = "postgres://authenticator@/endpoint?host={PGHOST}&port={PGPORT}"
db-schemas = "api"
db-anon-role = "anon"
db-pool = {pool}
jwt-secret = "{secret}"
server-host = "127.0.0.1"
server-port = {port}
admin-server-port = {admin}
"""

# Who may join, and what the token says, is known to http/go/peer.go as well.
SETUP = f"""
ALTER DATABASE endpoint SET livekit_token.url = '{URL}';
CREATE SCHEMA livekit;
CREATE EXTENSION livekit_token SCHEMA livekit;
CREATE ROLE anon NOLOGIN;
CREATE ROLE web_user NOLOGIN;
CREATE ROLE authenticator LOGIN NOINHERIT;
GRANT anon, web_user TO authenticator;
ALTER ROLE authenticator SET livekit_token.identity = 'postgrest';
CREATE ROLE node1 LOGIN BYPASSRLS;
CREATE ROLE node2 LOGIN BYPASSRLS;

CREATE TABLE member (room text, identity text, grants jsonb, ttl interval, name text,
                     metadata text, PRIMARY KEY (room, identity));
INSERT INTO member SELECT 'room-' || r, 'user-' || u,
    jsonb_build_object('canPublish', u % 2 = 0, 'canSubscribe', true, 'canPublishData', u % 2 = 0),
    '{TTL} s', 'User ' || u, format('{{"user":%s}}', u)
  FROM generate_series(0, {USERS - 1}) AS u, generate_series(0, {ROOMS - 1}) AS r
  WHERE (u + r) % 10 <> 0;
ALTER TABLE member ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON member FOR SELECT TO web_user USING (identity = livekit.livekit_identity());
GRANT SELECT ON member TO web_user, node1, node2;
SELECT livekit.livekit_register_access('member') \\g /dev/null
VACUUM (FREEZE, ANALYZE) member;

CREATE SCHEMA api;
CREATE FUNCTION api.livekit_join(room text)
RETURNS SETOF livekit.livekit_connection LANGUAGE sql VOLATILE
BEGIN ATOMIC SELECT * FROM livekit.livekit_join(room); END;
CREATE FUNCTION api.livekit_token_source(jsonb) RETURNS jsonb LANGUAGE sql VOLATILE
BEGIN ATOMIC SELECT livekit.livekit_token_source($1); END;
GRANT EXECUTE ON FUNCTION livekit.livekit_join, livekit.livekit_token_source TO web_user;
GRANT USAGE ON SCHEMA api TO web_user;
"""


def query(sql):
    return subprocess.run(["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-d", "endpoint"], input=sql,
                          check=True, text=True, stdout=subprocess.PIPE).stdout.split("\n")[:-1]


def tree(pid):
    """A process and what it started."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(p for child in children for p in tree(int(child)))]


def used(pids):
    """Seconds of processor time."""
    return sum(map(contenders.used, pids)) / 1e9


def private(pid):
    """Bytes that are resident and its own."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"^RssAnon:\s*(\d+) kB", status, re.M)[1]) * 1024


class Endpoint:
    """What answers, by which process and as which role of the server."""

    def __init__(self, title, version, pid, role, port, path="/token", room_key="room_name"):
        self.title, self.version, self.pid, self.role = title, version, pid, role
        self.asked = {"Address": f"127.0.0.1:{port}", "Path": path, "RoomKey": room_key}
        self.visits = []

    def backends(self):
        return [int(pid) for pid in query(
            f"SELECT pid FROM pg_stat_activity WHERE usename = '{self.role}' ORDER BY pid;")]

    def memory(self):
        return {pid: private(pid) for pid in self.backends()}

    def spent(self):
        return used(tree(self.pid)), used(self.backends())

    def visit(self, load, plan, seconds):
        """Ask for so long; what the clients say of it, and what it took."""
        before = self.spent()
        done = subprocess.run([load, json.dumps({**plan, **self.asked, "Seconds": seconds})],
                              check=True, stdout=subprocess.PIPE, text=True)
        seen = json.loads(done.stdout)
        seen["Server"], seen["Backends"] = (b - a for a, b in zip(before, self.spent()))
        if seen["Wrong"] or not seen["Joined"] or not seen["Refused"]:
            raise SystemExit(f"bench: {self.version}, {self.asked['Path']}: {seen}")
        return seen


@contextlib.contextmanager
def ended(process):
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


def port():
    return server.free_port(socket.SOCK_STREAM)


def node(stack, plan, processes):
    home, command = install.peer("node", HERE / "http")
    role, own = f"node{processes}", port()
    config = {"key": plan["Key"], "secret": plan["Secret"], "jwtSecret": plan["JwtSecret"],
              "url": URL, "port": own, "processes": processes, "pool": POOL // processes,
              "database": {"host": os.environ["PGHOST"], "port": int(os.environ["PGPORT"]),
                           "user": role, "database": "endpoint", "idleTimeoutMillis": 0}}
    process = stack.enter_context(ended(subprocess.Popen(
        [*command, json.dumps(config)], cwd=home, text=True, stdout=subprocess.PIPE,
        env={**os.environ, "NODE_ENV": "production"})))
    version = process.stdout.readline().strip()
    if not version:
        raise SystemExit("bench: Node did not start")
    return Endpoint("Node endpoint", version, process.pid, role, own)


def postgrest(stack, plan):
    """One process, with two functions to call."""
    home, (command,) = install.peer("postgrest")
    own, admin = port(), port()
    config = Path(stack.enter_context(tempfile.TemporaryDirectory()), "postgrest.conf")
    config.touch(mode=0o600)
    config.write_text(POSTGREST.format(port=own, admin=admin, pool=POOL,
                                       secret=plan["JwtSecret"], **os.environ))
    process = stack.enter_context(ended(subprocess.Popen(
        [home / command, config], cwd=home, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)))
    deadline = time.monotonic() + 20
    while server.get(admin, "/ready")[0] != 200:
        if process.poll() is not None or time.monotonic() > deadline:
            raise SystemExit("bench: PostgREST did not start")
        time.sleep(0.05)
    version = install.call(home / command, "--version").strip()
    return [Endpoint("PostgREST", version, process.pid, REST, own, f"/rpc/{function}", key)
            for function, key in (("livekit_token_source", "room_name"), ("livekit_join", "room"))]


def compare(effort):
    """What answered, by title, with what each visit showed."""
    key, secret = claims.key()
    subprocess.run(["createdb", "endpoint"], check=True)
    query(SETUP)
    plan = {"Clients": CLIENTS, "Users": USERS, "Rooms": ROOMS, "Key": key, "Secret": secret,
            "JwtSecret": secrets.token_hex(32), "Role": "web_user", "URL": URL, "TTL": TTL}
    home, (command,) = install.peer("go", HERE / "http")
    with contextlib.ExitStack() as stack:
        source, join = postgrest(stack, plan)
        endpoints = {
            "PostgREST, livekit_token_source": source,
            "PostgREST, livekit_join": join,
            "Node, one process": node(stack, plan, 1),
            "Node, two processes": node(stack, plan, 2),
        }
        for endpoint in endpoints.values():
            endpoint.visit(home / command, plan, effort.visit_seconds)
        for endpoint in endpoints.values():
            endpoint.before = endpoint.memory()
        for _ in range(effort.rounds):
            for endpoint in endpoints.values():
                endpoint.visits.append(endpoint.visit(home / command, plan, effort.visit_seconds))
        for endpoint in endpoints.values():
            endpoint.after = endpoint.memory()
    return endpoints
