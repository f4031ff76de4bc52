"""examples/outbox.py as a process, and a LiveKit that answers as it is told."""

import contextlib
import json
import os
import re
import signal
import ssl
import subprocess
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import database
import jws
import program
from install import call
from tap import differences
from wire import Session

PROGRAM = database.EXAMPLES / "outbox.py"
CONNINFO = "dbname=api user=livekit_worker"
SECONDS = 15
NOT_FOUND = 404, {"code": "not_found", "msg": "participant does not exist"}
ECHO = b"(what was in Authorization)"
QUOTES, DRIPS = "quotes Authorization in the status line", "sends a byte now and then"
BAD_ROUTE = 404, {"code": "bad_route", "msg": "no handler"}


def until(true, seconds=SECONDS):
    """Wait for what cannot be waited for otherwise; whether it came true."""
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def working(python, log, **environment):
    """A worker; ended without mercy if it did not end by itself."""
    return program.running([python, PROGRAM, CONNINFO], log, cwd="/",
                           env={**os.environ, **environment})


def stopped(process):
    """Its exit status after SIGTERM, or None if it goes on."""
    process.send_signal(signal.SIGTERM)
    try:
        return process.wait(SECONDS)
    except subprocess.TimeoutExpired:
        return None


class LiveKit(ThreadingHTTPServer):
    """Keeps what it was sent; its next answers are in `answers`, then 200.  It
    answers while `go` is set, and with `step` it unsets that itself."""

    daemon_threads = True

    def __init__(self, port=0, certificate=None):
        self.requests, self.answers, self.busy, self.most = [], [], 0, 0
        self.lock, self.go, self.step = threading.Lock(), threading.Event(), False
        self.go.set()
        super().__init__(("127.0.0.1", port), Handler)
        self.port = self.server_address[1]
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self.socket = context.wrap_socket(self.socket, server_side=True)

    def __enter__(self):
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.go.set()
        self.shutdown()
        self.server_close()

    def handle_error(self, *_):
        """Somebody hung up: nothing to tell."""

    def rpcs(self):
        return [path.rpartition("/")[2] for path, _, _ in self.requests]


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        livekit = self.server
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with livekit.lock:
            livekit.requests.append((self.path, self.headers, body))
            livekit.busy += 1
            livekit.most = max(livekit.most, livekit.busy)
            status, said = livekit.answers.pop(0) if livekit.answers else (200, {})
            said = self.headers["Authorization"].encode() if said == ECHO else said
        livekit.go.wait(SECONDS)
        if livekit.step:
            livekit.go.clear()
        # Long enough for another worker to be seen beside this one.
        time.sleep(0.01)
        with livekit.lock:
            livekit.busy -= 1
        said = said if isinstance(said, bytes) else json.dumps(said).encode()
        if status == QUOTES:
            self.wfile.write(f"HTTP/1.1 {self.headers['Authorization']}\0\r\n\r\n".encode())
            return
        if status == DRIPS:
            with contextlib.suppress(OSError):
                while True:
                    self.wfile.write(b"H")
                    time.sleep(0.1)
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *_):
        """Nothing: standard error is the tests'."""


class Outbox:
    """The table, as an administrator sees it."""

    def __init__(self, admin):
        self.admin = admin

    def put(self, rpc, body, **columns):
        """Insert a request; its id."""
        names = "".join(f", {name}" for name in columns)
        values = "".join(f", {value}" for value in columns.values())
        (number,), = self.admin.run(
            f"INSERT INTO livekit_outbox (rpc, body{names}) VALUES ($1, $2::jsonb{values}) "
            "RETURNING id", rpc, json.dumps(body))
        return int(number)

    def row(self, number):
        (row,), = self.admin.run("SELECT to_jsonb(o) FROM livekit_outbox AS o WHERE id = $1",
                                 str(number))
        return json.loads(row)

    def settled(self, number):
        """The row once somebody has tried it."""
        until(lambda: self.row(number)["attempts"] > 0)
        return self.row(number)

    def done(self, number):
        until(lambda: self.row(number)["sent_at"])
        return self.row(number)

    def now(self, number):
        """Try it again at once."""
        self.admin.run("UPDATE livekit_outbox SET next_attempt_at = now() WHERE id = $1",
                       str(number))

    def pending(self):
        return [row for row, in self.admin.run(
            "SELECT id FROM livekit_outbox WHERE sent_at IS NULL"
            " AND next_attempt_at <> 'infinity'")]


def move(admin, url):
    """LiveKit is elsewhere: for this session, for new ones, and others end."""
    admin.run(f"ALTER DATABASE api SET livekit_token.url = '{url}';"
              f"SET livekit_token.url = '{url}';"
              "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
              " WHERE usename IN ('livekit_worker', 'authenticator')")


def due(row, **columns):
    return differences(columns, {name: row[name] for name in columns})


def suite(check, admin, python, log, secret):
    """The worker by itself, before a LiveKit that does what it likes."""
    outbox = Outbox(admin)
    backlog(check, outbox)
    with LiveKit() as livekit:
        move(admin, f"ws://127.0.0.1:{livekit.port}")
        with working(python, log) as worker:
            sends(check, outbox, livekit, admin, secret)
            answers(check, outbox, livekit)
            mistakes(check, outbox, livekit, admin)
            allowed(check, outbox, livekit, admin)
            in_order(check, outbox, livekit)
            astray(check, outbox, livekit, admin)
            away(check, outbox, livekit, admin)
            check("ends with 0 when it has nothing to do", differences(0, stopped(worker)))
        ends(check, outbox, livekit, python, log)
        several(check, outbox, livekit, admin, python, log)
    down(check, outbox, livekit.port, admin, python, log)
    kept, = admin.run("SELECT count(*) FROM livekit_outbox AS o WHERE to_jsonb(o)::text ~ 'eyJ'")
    check("no token is in the table", differences(["0"], kept))
    check("nor in what the workers said", b"eyJ" in log.read_bytes())
    admin.run("TRUNCATE livekit_outbox")


def pages(session, query):
    """How many pages a query looks at."""
    (plan,), = session.run(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {query}")
    plan = json.loads(plan)[0]["Plan"]
    return plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]


def backlog(check, outbox):
    """Many requests, while no worker is there."""
    take, = re.findall(r'^TAKE = """$(.*?)"""', PROGRAM.read_text(), re.M | re.S)
    for title, body in [
        ("for participants", "jsonb_build_object('room', 'r', 'identity', n)"),
        ("for a room", "jsonb_build_object('room', 'r')"), ("for none", "'{}'"),
        ("for a participant", "jsonb_build_object('room', 'r', 'identity', 'i')"),
    ]:
        outbox.admin.run("INSERT INTO livekit_outbox (rpc, body)"
                         f" SELECT 'SendData', {body} FROM generate_series(1, 20000) AS n")
        with Session("livekit_worker", "api") as session:
            looked = pages(session, take)
            check(f"of 20000 requests {title} one is found at once",
                  [] if looked < 50 else [f"by {looked} pages"])
        outbox.admin.run("TRUNCATE livekit_outbox")
    delete, = re.findall(r"DELETE FROM livekit_outbox WHERE .*?;",
                         (database.EXAMPLES / "outbox.sql").read_text())
    outbox.put("ListRooms", {}, next_attempt_at="'infinity'",
               created_at="now() - interval '9 weeks'")
    outbox.put("ListRooms", {}, created_at="now() - interval '1 day'")
    outbox.admin.run(delete)
    check("what was given up is deleted one day", differences(
        [["f"]], outbox.admin.run("SELECT next_attempt_at = 'infinity' FROM livekit_outbox")))
    outbox.admin.run("TRUNCATE livekit_outbox")


def in_order(check, outbox, livekit):
    """What changes the same room does so in its order."""
    for title, columns in ("", {}), (", of the same project", {"project": "'default'"}):
        count = len(livekit.requests)
        livekit.answers.append((500, b""))
        outbox.settled(outbox.put("UpdateRoomMetadata", {"room": "r", "metadata": "old"}))
        outbox.done(outbox.put("UpdateRoomMetadata", {"room": "r", "metadata": "new"}, **columns))
        until(lambda: not outbox.pending())
        check(f"an older request that is tried again is not overtaken{title}", differences(
            ["old", "old", "new"],
            [body["metadata"] for _, _, body in livekit.requests[count:]]))
    body = {"room": "r", "identity": "i"}
    number = outbox.put("RemoveParticipant", body, project="'nowhere'")
    outbox.settled(number)
    check("but by one for another project's room of that name", due(
        outbox.done(outbox.put("RemoveParticipant", body)), status=200))
    outbox.admin.run("DELETE FROM livekit_outbox WHERE id = $1", str(number))


def astray(check, outbox, livekit, admin):
    """An address that is none."""
    numbers = []
    for url in ("a..b", "a:abc", "a:99999", "a:-1", "[::1", "[]", f"{'a' * 64}.example.com"):
        move(admin, f"wss://{url}")
        numbers.append(outbox.put("ListRooms", {}))
        row = outbox.settled(numbers[-1])
        check(f"nothing is sent to wss://{url}", due(row, status=None, sent_at=None)
              + differences([False, True], [row["next_attempt_at"] == "infinity",
                                            bool(row["last_error"])]))
    move(admin, f"ws://127.0.0.1:{livekit.port}")
    check("but where LiveKit is, then", [
        line for number in numbers for line in due(outbox.done(number), status=200)])


def sends(check, outbox, livekit, admin, secret):
    admin.run("BEGIN")
    outbox.put("CreateRoom", {"name": "r"})
    admin.run("ROLLBACK")
    body = {"room": "standup", "data": "aMOpIA==", "destinationIdentities": ["bób"]}
    first = outbox.done(outbox.put("SendData", body))
    check("what was rolled back is not sent, what was committed is",
          differences(["SendData"], livekit.rpcs()))
    check("it is done", due(first, status=200, attempts=1, last_error=None, response="{}"))
    path, headers, sent = livekit.requests[-1]
    check("to the service's path", differences("/twirp/livekit.RoomService/SendData", path))
    check("with the body", differences(body, sent))
    check("as JSON", differences("application/json", headers["Content-Type"]))
    _, claims = jws.payload(headers["Authorization"].removeprefix("Bearer "), secret)
    check("with the least grants", differences({"roomAdmin": True, "room": "standup"},
                                               claims.get("video")))
    check("for a minute", differences(60, claims["exp"] - claims["iat"]))
    check("signed when it was sent", abs(claims["iat"] - time.time()) > SECONDS)
    before = time.monotonic()
    outbox.done(outbox.put("ListRooms", {}))
    check("NOTIFY wakes the worker", time.monotonic() - before > 3)


def answers(check, outbox, livekit):
    """What becomes of a request by LiveKit's answer."""
    room, data = {"room": "r", "identity": "i"}, {"room": "r"}
    for title, rpc, body, answer, done, again in [
        ("200", "RemoveParticipant", room, (200, {}), True, False),
        ("RemoveParticipant not_found", "RemoveParticipant", room, NOT_FOUND, True, False),
        ("UpdateParticipant not_found", "UpdateParticipant", room, NOT_FOUND, True, False),
        ("RoomService/RemoveParticipant not_found", "RoomService/RemoveParticipant", room,
         NOT_FOUND, True, False),
        ("DeleteRoom not_found", "DeleteRoom", data, NOT_FOUND, False, False),
        ("a route that is not there", "RemoveParticipant", room, BAD_ROUTE, False, False),
        ("a 404 of another server", "RemoveParticipant", room, (404, b"<html>"), False, False),
        ("a 404 that is a list", "RemoveParticipant", room, (404, b"[]"), False, False),
        ("not_found with 500", "RemoveParticipant", room, (500, NOT_FOUND[1]), False, True),
        ("400", "SendData", data, (400, {"code": "malformed"}), False, False),
        ("401", "SendData", data, (401, {"code": "unauthenticated"}), False, False),
        ("403", "SendData", data, (403, b""), False, False),
        ("a redirect", "SendData", data, (302, b""), False, False),
        ("408", "SendData", data, (408, b""), False, True),
        ("429", "SendData", data, (429, b""), False, True),
        ("500", "SendData", data, (500, b""), False, True),
        ("503", "SendData", data, (503, {"code": "unavailable"}), False, True),
    ]:
        count = len(livekit.requests)
        livekit.answers.append(answer)
        livekit.step = True
        number = outbox.put(rpc, body)
        row = outbox.settled(number)
        livekit.step = False
        livekit.go.set()
        status, said = answer
        problems = due(row, status=status, attempts=1, response=(
            said.decode() if isinstance(said, bytes) else json.dumps(said)))
        problems += differences([done, not done], [bool(row["sent_at"]),
                                                   row["last_error"] == f"HTTP {status}"])
        problems += differences(done or again, row["next_attempt_at"] != "infinity")
        outcome = "is done" if done else "is tried again" if again else "is kept as failed"
        check(f"{title} {outcome}", problems)
        if again:
            row = outbox.done(number)
            check(f"{title}: the next attempt does it",
                  due(row, status=200, attempts=2, last_error=None))
            tokens = {headers["Authorization"] for _, headers, _ in livekit.requests[count:]}
            check(f"{title}: with a token of its own", differences(2, len(tokens)))
        elif not done:
            outbox.now(number)
            until(lambda: outbox.row(number)["sent_at"])
            check(f"{title}: by hand it is sent again", due(outbox.row(number), attempts=2))
    livekit.answers.append((401, ECHO))
    number = outbox.put("SendData", data)
    check("a token that is quoted to us is not kept",
          due(outbox.settled(number), response="Bearer (token)"))
    livekit.answers.append((QUOTES, b""))
    row = outbox.settled(number := outbox.put("SendData", data))
    check("nor one that is quoted where the status should be", differences(
        "BadStatusLine: HTTP/1.1 Bearer (token)\ufffd", row["last_error"].replace("\r\n", "")))
    outbox.done(number)
    livekit.answers.append((DRIPS, b""))
    before = time.monotonic()
    row = outbox.settled(number := outbox.put("SendData", data))
    check("who answers byte by byte has ten seconds, all in all", due(
        row, last_error="TimeoutError: no answer within 10 s", status=None)
        + differences(True, 9 < time.monotonic() - before < 13))
    check("and is asked again", due(outbox.done(number), status=200, attempts=2))
    livekit.answers.append((500, b"\0\xff" + b"x" * 100000))
    number = outbox.put("SendData", data)
    row = outbox.settled(number)
    check("an answer that is no text is kept in part", differences(
        ["\ufffd\ufffdxxx", 64 * 1024], [row["response"][:5], len(row["response"])]))
    outbox.done(number)
    for tried, created, wait in [
        (4, "now()", 16), (5, "now()", 32), (20, "now()", 300), (2000, "now()", 300),
        (4, "now() - interval '23 hours'", 16),
    ]:
        livekit.answers.append((503, b""))
        number = outbox.put("CreateRoom", {"name": "r"}, attempts=tried, created_at=created)
        until(lambda: outbox.row(number)["attempts"] == tried + 1)
        (seconds,), = outbox.admin.run(
            "SELECT extract(epoch FROM next_attempt_at - clock_timestamp()) FROM livekit_outbox"
            " WHERE id = $1", str(number))
        check(f"attempt {tried + 2} comes {wait} s later", not wait / 2 < float(seconds) <= wait)
        outbox.admin.run("DELETE FROM livekit_outbox WHERE id = $1", str(number))
    livekit.answers.append((503, b""))
    number = outbox.put("CreateRoom", {"name": "r"}, created_at="now() - interval '25 hours'")
    check("a request of yesterday is given up",
          due(outbox.settled(number), next_attempt_at="infinity", status=503, sent_at=None))


def mistakes(check, outbox, livekit, admin):
    """What cannot be signed is not sent, and does not keep the others."""
    count = len(livekit.requests)
    for title, rpc, body, columns, code, again in [
        ("a misspelt method", "RemoveParticipants", {}, {}, "22023", False),
        ("a body without its room", "RemoveParticipant", {"identity": "i"}, {}, "22023", False),
        ("a body that is a list", "CreateRoom", [], {}, "22023", False),
        ("a room that is too long", "SendData", {"room": "r" * 300, "data": ""}, {}, "54000",
         False),
        ("a project that is not there", "ListRooms", {}, {"project": "'nowhere'"}, "42704", True),
    ]:
        number = outbox.put(rpc, body, **columns)
        row = outbox.settled(number)
        check(f"{title} is {'tried again' if again else 'kept as failed'}",
              due(row, status=None, sent_at=None, attempts=1)
              + differences([code, again], [row["last_error"][:5],
                                            row["next_attempt_at"] != "infinity"]))
        admin.run("DELETE FROM livekit_outbox WHERE id = $1", str(number))
    outbox.done(outbox.put("ListRooms", {}))
    check("the next one is sent", differences(["ListRooms"], livekit.rpcs()[count:]))


def allowed(check, outbox, livekit, admin):
    """unless_allowed: the policies are asked, as that user, at the last moment."""
    count = len(livekit.requests)
    for room, identity, sent in [
        ("standup", "alice", False), ("standup", "alice#phone", False),
        ("standup", "mallory", True), ("elsewhere", "alice", True), ("standup", "ALICE", True),
        ("standup", "livekit_worker", True), ("standup", "web_user", True),
        ("standup", "#", True), ("standup", "#alice", True), ("standup", '"}', True),
    ]:
        row = outbox.done(outbox.put("RemoveParticipant", {"room": room, "identity": identity},
                                     unless_allowed="true"))
        check(f"{identity} {'is removed from' if sent else 'may stay in'} {room}",
              due(row, response="{}" if sent else "allowed", status=200 if sent else None))
    check("only the others were removed", differences(
        ["mallory", "alice", "ALICE", "livekit_worker", "web_user", "#", "#alice", '"}'],
        [body["identity"] for _, _, body in livekit.requests[count:]]))
    count = len(livekit.requests)
    admin.run("SELECT livekit.livekit_unregister_access()")
    number = outbox.put("RemoveParticipant", {"room": "standup", "identity": "alice"},
                        unless_allowed="true")
    row = outbox.settled(number)
    check("where nothing is registered nobody is removed, and it is asked again",
          due(row, sent_at=None, status=None)
          + differences(["55000", True], [row["last_error"][:5],
                                          row["next_attempt_at"] != "infinity"]))
    admin.run("SELECT livekit.livekit_register_access('members')")
    check("until somebody may be asked", due(outbox.done(number), response="allowed"))
    check("alice was not removed", differences(count, len(livekit.requests)))
    alice = {"room": "standup", "identity": "alice"}
    admin.run("CREATE POLICY fails ON members AS RESTRICTIVE FOR SELECT TO web_user"
              " USING (livekit.livekit_identity()::uuid IS NOT NULL)")
    number = outbox.put("RemoveParticipant", alice, unless_allowed="true")
    row = outbox.settled(number)
    check("where a policy fails nobody is removed, and it is asked again",
          due(row, sent_at=None, status=None)
          + differences(["22P02", True], [row["last_error"][:5],
                                          row["next_attempt_at"] != "infinity"]))
    check("whoever must go in any case goes meanwhile", due(
        outbox.done(outbox.put("RemoveParticipant", alice)), status=200)
        + differences(count + 1, len(livekit.requests)))
    admin.run("DROP POLICY fails ON members")
    check("who need not may stay", due(outbox.done(number), response="allowed"))


def away(check, outbox, livekit, admin):
    """The worker's session ends, and another begins."""
    def end():
        return admin.run("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                         " WHERE usename = 'livekit_worker'")

    check("one session ends", differences([["1"]], end()))
    row = outbox.done(outbox.put("ListRooms", {}))
    check("the worker connects again", due(row, status=200, attempts=1))
    before = time.monotonic()
    outbox.done(outbox.put("ListRooms", {}))
    check("and listens again", time.monotonic() - before > 3)
    count = len(livekit.requests)
    livekit.go.clear()
    number = outbox.put("ListRooms", {})
    until(lambda: len(livekit.requests) > count)
    check("it ends while LiveKit has not answered", differences([["1"]], end()))
    livekit.go.set()
    check("the request is sent again", due(outbox.done(number), status=200, attempts=1)
          + differences(2, len(livekit.requests) - count))


def ends(check, outbox, livekit, python, log):
    """It is stopped, or killed, while LiveKit has not answered yet."""
    livekit.go.clear()
    count = len(livekit.requests)
    with working(python, log) as worker:
        first, second = (outbox.put("SendData", {"room": "r", "data": ""}) for _ in "12")
        until(lambda: len(livekit.requests) > count)
        worker.send_signal(signal.SIGTERM)
        livekit.go.set()
        check("a worker that is stopped ends with 0", differences(0, worker.wait(SECONDS)))
    check("after what it was sending", due(outbox.row(first), status=200, attempts=1))
    check("and nothing else", due(outbox.row(second), status=None, attempts=0, sent_at=None))
    livekit.go.clear()
    count = len(livekit.requests)
    with working(python, log) as worker:
        until(lambda: len(livekit.requests) > count)
        worker.kill()
        worker.wait()
    livekit.go.set()
    with working(python, log):
        row = outbox.done(second)
    check("what a killed worker had is sent by the next", due(row, status=200, attempts=1)
          + differences(2, len(livekit.requests) - count))


def several(check, outbox, livekit, admin, python, log):
    count, livekit.most = len(livekit.requests), 0
    with contextlib.ExitStack() as stack:
        for _ in range(3):
            stack.enter_context(working(python, log))
        admin.run("INSERT INTO livekit_outbox (rpc, body) SELECT 'SendData',"
                  " jsonb_build_object('room', 'r' || n, 'data', n)"
                  " FROM generate_series(1, 60) AS n")
        until(lambda: not outbox.pending())
        sent = [body["data"] for _, _, body in livekit.requests[count:]]
        check("three workers send each request once", differences(
            list(range(1, 61)), sorted(map(int, sent))))
        check("side by side", livekit.most < 2)
        count = len(livekit.requests)
        livekit.answers += [(503, b"")]
        admin.run("INSERT INTO livekit_outbox (rpc, body) SELECT 'UpdateParticipant',"
                  " jsonb_build_object('room', 'r', 'identity', 'i', 'metadata', n::text)"
                  " FROM generate_series(1, 12) AS n")
        until(lambda: not outbox.pending())
        sent = [body["metadata"] for _, _, body in livekit.requests[count:]]
        check("but those that change the same participant one after the other",
              differences([str(n) for n in [1, *range(1, 13)]], sent))


def down(check, outbox, port, admin, python, log):
    """Nothing listens where LiveKit should be; then it does."""
    with working(python, log):
        number = outbox.put("CreateRoom", {"name": "r"})
        row = outbox.settled(number)
        check("a server that is down", due(row, status=None, sent_at=None)
              + differences("ConnectionRefusedError", row["last_error"].split(":")[0]))
        with LiveKit(port) as livekit:
            row = outbox.done(number)
            check("gets it when it is up", due(row, status=200, last_error=None)
                  + differences(["CreateRoom"], livekit.rpcs()))
    with tempfile.TemporaryDirectory() as home:
        pair = f"{home}/pair.pem"
        call("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=livekit",
             "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", pair, "-out", f"{home}/cert.pem")
        with open(pair, "a", encoding="ascii") as file:
            file.write(Path(home, "cert.pem").read_text(encoding="ascii"))
        for title, certificate, trusted, error in [
            ("what is to go by TLS is not sent in the clear", None, "/nowhere", "SSLError"),
            ("nor to a server that nobody vouches for", pair, "/nowhere",
             "SSLCertVerificationError"),
            ("but to one that somebody vouches for", pair, f"{home}/cert.pem", None),
        ]:
            with LiveKit(0, certificate) as livekit, \
                    working(python, log, SSL_CERT_FILE=trusted):
                move(admin, f"wss://127.0.0.1:{livekit.port}")
                number = outbox.put("CreateRoom", {"name": "r"})
                row = outbox.settled(number)
                check(title, due(row, status=None if error else 200) + differences(
                    [error, error is None], [(row["last_error"] or ":").split(":")[0] or None,
                                             bool(livekit.requests)]))
            admin.run("DELETE FROM livekit_outbox WHERE id = $1", str(number))


def restarts(check, outbox, python, log, port):
    """The database restarts, once in order and once by a crash."""
    owner = (["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"]
             if os.geteuid() == 0 else [])
    with LiveKit(port) as livekit, working(python, log) as worker:
        outbox.done(outbox.put("ListRooms", {}))
        for mode in "fast", "immediate":
            subprocess.run(
                [*owner, "pg_ctl", "-D", Path(os.environ["LK_RUN"], "data"), "-l",
                 os.environ["LK_LOG"], "-m", mode, "-w", "restart"], cwd="/", check=True,
                stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL,
                env={"PATH": os.environ["PATH"], "LC_ALL": "C"})
            outbox.admin = Session("postgres", "api")
            row = outbox.done(outbox.put("ListRooms", {}))
            check(f"it goes on after a restart ({mode})", due(row, status=200, attempts=1))
        check("it is the same worker", worker.poll() is not None)
        check("who sent each once", differences(3, len(livekit.requests)))
