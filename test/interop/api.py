"""LiveKit's server API and its webhooks, from SQL: examples/outbox.sql with its
worker, examples/inbox.sql behind nginx and PostgREST, examples/http.sql; before
a real livekit-server, with participants who are connected."""

import base64
import contextlib
import http.client
import json
import os
import re
import subprocess
import tempfile
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import database
import install
import jws
import rest
import server
import webhook
import worker
from tap import differences
from wire import Refused, Session

# livekit-server tells nginx, by the key that it shares with the database.
HOOKS = """\
webhook:
  api_key: {key}
  urls: ["http://127.0.0.1:{hook}/livekit/webhook"]
"""
FRESH = """
DROP DATABASE IF EXISTS api WITH (FORCE);
DROP DATABASE IF EXISTS broken WITH (FORCE);
DROP ROLE IF EXISTS authenticator, web_user, anon, clerk, livekit_worker, livekit_door, other;
"""
ROOM = "standup"


def suite(tap, program, key, secret):
    python = program[0] / "venv/bin/python"
    home, (command,) = install.peer("postgrest")
    livekit = install.livekit_server()
    server_log = Path(os.environ["LK_LOG"])

    def check(title, problems):
        tap.check(f"api: {title}", problems)

    fresh()
    database.example("api")
    for name in "outbox", "inbox":
        included(name)
    check("examples/outbox.sql and inbox.sql run as they are", [])
    with tempfile.TemporaryDirectory() as logs:
        log, rest_log = Path(logs, "worker"), Path(logs, "postgrest")
        log.touch()
        with Session("postgres", "api") as admin:
            rights(check, admin)
            at_once(check, admin)
            by_snapshot(check, admin)
            misspelt(check, admin)
            crowded(check, admin)
            worker.suite(check, admin, python, log, secret)
            with rest.started(home / command, "api", rest_log) as gateway, \
                    webhook.started(gateway.port) as hook:
                webhook.suite(check, admin, gateway.port, hook, key, secret, server_log)
                with serving(livekit, key, secret, hook) as port, \
                        Client(program) as client, worker.working(python, log):
                    worker.move(admin, f"ws://127.0.0.1:{port}")
                    calls(check, admin, key, secret)
                    in_a_call(check, admin, gateway, client, port)
                    by_python(check, admin)
        with Session("postgres", "api") as admin:
            outbox = worker.Outbox(admin)
            with worker.LiveKit() as fake:
                pass
            worker.move(admin, f"ws://127.0.0.1:{fake.port}")
            worker.restarts(check, outbox, python, log, fake.port)
            outbox.admin.__exit__()
        check("no token is in what the workers said", b"eyJ" in log.read_bytes())
        print(log.read_text()) if "Traceback" in log.read_text() else None
    fresh()


def fresh():
    """Nothing of the examples, which another suite ran as well."""
    for error in database.run(FRESH.strip().split("\n")):
        if error:
            raise install.Failure(error)


def included(name):
    """Run a file of examples/ in the database of examples/api.sql, as it says."""
    text = (database.EXAMPLES / f"{name}.sql").read_text()
    command, = re.findall(r"^--     (psql -d web .*)$", text, re.M)
    done = subprocess.run(command.replace(" web ", " api ").split(), text=True,
                          cwd=database.EXAMPLES.parent, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          env={**os.environ, "PSQLRC": os.devnull,
                               "PGOPTIONS": "-c client_min_messages=warning"})
    if done.returncode or done.stderr:
        raise install.Failure(f"examples/{name}.sql: {done.stderr}")


@contextlib.contextmanager
def serving(program, key, secret, hook):
    """livekit-server, which posts its webhooks to a port."""
    plain = server.CONFIG
    server.CONFIG = plain + HOOKS.replace("{hook}", str(hook))
    try:
        with server.started(program, key, secret) as port:
            yield port
    finally:
        server.CONFIG = plain


def code(run, *what):
    """The SQLSTATE of what ought to be refused."""
    try:
        return run(*what)
    except Refused as refused:
        return refused.code


def rights(check, admin):
    """Who may not: the worker more than it needs, others anything."""
    admin.run("CREATE ROLE other LOGIN; GRANT CREATE ON SCHEMA public TO other")
    insert = "INSERT INTO livekit_outbox (rpc) VALUES ('ListRooms')"
    for user, statement in [
        ("livekit_worker", insert), ("livekit_worker", "DELETE FROM livekit_outbox"),
        ("livekit_worker", "UPDATE livekit_outbox SET rpc = 'DeleteRoom'"),
        ("livekit_worker", "UPDATE livekit_outbox SET body = '{}'"),
        ("livekit_worker", "SELECT livekit.livekit_issue('mallory', 'standup')"),
        ("livekit_worker", "SELECT livekit.livekit_webhook('', '')"),
        ("livekit_worker", "SELECT * FROM livekit_inbox"),
        ("livekit_worker", "INSERT INTO members VALUES ('standup', 'mallory')"),
        ("other", insert), ("other", "SELECT * FROM livekit_outbox"),
        ("other", "SELECT * FROM livekit_inbox"),
        ("other", "SELECT livekit_may_stay('standup', 'alice')"),
        ("other", "SELECT livekit_identities('standup', 'alice')"),
        ("other", "SELECT livekit_loses('{}', '{}')"),
        ("other", "SELECT livekit.livekit_api_request('ListRooms')"),
        ("other", "SELECT api.livekit_webhook('')"),
        ("authenticator", "SET ROLE web_user; SELECT * FROM livekit_outbox"),
        ("authenticator", "SET ROLE web_user; SELECT livekit.livekit_api_request('ListRooms')"),
        ("authenticator", "SET ROLE anon; INSERT INTO livekit_inbox VALUES ('1', 'e')"),
        ("authenticator", "SET ROLE anon; SELECT livekit.livekit_webhook('', '')"),
        ("authenticator", "SET ROLE web_user; SELECT api.livekit_webhook('')"),
        ("authenticator", "SET ROLE livekit_door"),
    ]:
        with Session(user, "api") as session:
            check(f"{user} cannot: {statement}", differences("42501", code(session.run, statement)))
    admin.run("ALTER DATABASE api SET idle_in_transaction_session_timeout = '1s'")
    with Session("livekit_worker", "api") as session:
        check("the worker may wait for LiveKit", differences(
            [["0"]], session.run("SHOW idle_in_transaction_session_timeout")))
    admin.run("ALTER DATABASE api RESET idle_in_transaction_session_timeout")
    # A trigger's function is called by whoever has the table.
    with Session("other", "api") as other:
        other.run("CREATE TABLE mine (room text, identity text, grants jsonb, event text)")
        for function in "livekit_member_gone", "livekit_member_changed", "livekit_joined":
            check(f"other cannot make a trigger of {function}", differences("42501", code(
                other.run, "CREATE TRIGGER t AFTER DELETE ON mine FOR EACH ROW"
                           f" EXECUTE FUNCTION {function}()")))
    # As default privileges would have it.
    admin.run(insert)
    admin.run("GRANT ALL ON livekit_outbox, livekit_inbox TO other")
    with Session("other", "api") as other:
        for statement in insert, "INSERT INTO livekit_inbox VALUES ('1', 'e', '', '', '{}')":
            check(f"row-level security refuses other's {statement}",
                  differences("42501", code(other.run, statement)))
        check("and hides what is there", differences([["0"]], other.run(
            "WITH u AS (UPDATE livekit_outbox SET rpc = 'DeleteRoom' RETURNING 1)"
            " SELECT (SELECT count(*) FROM u) + (SELECT count(*) FROM livekit_outbox)")))
    admin.run("DROP TABLE mine; DROP OWNED BY other; DROP ROLE other; TRUNCATE livekit_outbox")
    # The triggers run for whoever may change a member, and check what is written.
    def grants(text):
        return f"UPDATE members SET grants = '{text}' WHERE identity = 'zoe'"

    def asked(removed_always, room="other", **permission):
        zoe = {"room": room, "identity": "zoe"}
        return [["RemoveParticipant", zoe, not removed_always],
                ["UpdateParticipant", {**zoe, "permission": {
                    "canSubscribe": True, "canPublish": True, "canPublishData": True,
                    "canPublishSources": [], "hidden": False, "recorder": False, "agent": False,
                    "canUpdateMetadata": False, "canSubscribeMetrics": False,
                    "canManageAgentSession": False, **permission}}, False]]

    zoe = {"room": "other", "identity": "zoe"}
    muted = {"canPublish": False, "canPublishData": False}
    for title, statement, due in [
        ("an UPDATE that changes nothing", "UPDATE members SET grants = NULL", []),
        ("a new member", "INSERT INTO members VALUES ('retro', 'zoe')", asked(False, "retro")),
        ("a member who moves", "UPDATE members SET room = 'other' WHERE identity = 'zoe'",
         [["RemoveParticipant", {"room": "retro", "identity": "zoe"}, True], *asked(False)]),
        ("a member's grants", grants('{"canPublish": false}'), asked(False, **muted)),
        ("roomJoin taken", grants('{"roomJoin": false}'), asked(False)),
        ("roomJoin given back", grants('{"roomJoin": true}'), asked(False)),
        ("roomAdmin given", grants('{"roomAdmin": true}'), asked(False)),
        ("roomAdmin kept", grants('{"roomAdmin": true, "canPublish": false}'),
         asked(False, **muted)),
        ("roomAdmin taken", grants('{"canPublish": false}'), asked(True, **muted)),
        ("roomAdmin false", grants('{"roomAdmin": false}'), asked(False)),
        ("roomAdmin false left out", grants("{}"), asked(False)),
        ("roomAdmin given in snake case", grants('{"room_admin": true}'), asked(False)),
        ("roomAdmin turned to null", grants('{"room_admin": null}'), asked(True)),
        ("permissions given", grants(
            '{"roomRecord": true, "canPublishSources": ["camera"], "hidden": true,'
            ' "recorder": true, "canUpdateOwnMetadata": true, "can_subscribe_metrics": true,'
            ' "canManageAgentSession": true, "canSubscribe": true, "can_publish_data": true}'),
         asked(False, canPublishSources=["CAMERA"], hidden=True, recorder=True,
               canUpdateMetadata=True, canSubscribeMetrics=True, canManageAgentSession=True)),
        ("permissions taken", grants('{"roomRecord": true}'), asked(False)),
        ("roomRecord taken", grants('{"agent": true}'), asked(True, agent=True)),
        ("agent taken", grants('{"destinationRoom": "a"}'), asked(True)),
        ("another destinationRoom", grants('{"destinationRoom": "b"}'), asked(True)),
        ("a scope in its stead", grants('{"sip": {"call": true}}'), asked(True)),
        ("a scope that is narrower", grants('{"sip": {"call": false}}'), asked(True)),
        ("a scope gone", "UPDATE members SET grants = NULL WHERE identity = 'zoe'", asked(True)),
        ("a member who goes", "BEGIN; DELETE FROM members WHERE identity = 'zoe'; COMMIT",
         [["RemoveParticipant", zoe, True]]),
        ("a new moderator", "INSERT INTO members VALUES ('other', 'zoe', '{\"roomAdmin\": true}')",
         asked(False)),
        ("a moderator whose row is replaced",
         "BEGIN; DELETE FROM members WHERE identity = 'zoe';"
         " INSERT INTO members VALUES ('other', 'zoe', '{\"canPublish\": false}'); COMMIT",
         [["RemoveParticipant", zoe, False], *asked(False, **muted)]),
        ("roomAdmin given again", grants('{"roomAdmin": true}'), asked(False)),
        ("grants of null", grants("null"), asked(True)),
        ("other grants", grants("{}"), asked(False)),
        ("null again", grants("null"), asked(False)),
        ("who goes with it", "DELETE FROM members WHERE identity = 'zoe'",
         [["RemoveParticipant", zoe, True]]),
        ("moderator again", "INSERT INTO members VALUES ('other', 'zoe', '{\"roomAdmin\": true}')",
         asked(False)),
        ("a moderator who goes", "DELETE FROM members WHERE identity = 'zoe'",
         [["RemoveParticipant", zoe, False]]),
    ]:
        admin.run(statement)
        rows = [[rpc, json.loads(body), flag == "t"] for rpc, body, flag in admin.run(
            "SELECT rpc, body, unless_allowed FROM livekit_outbox ORDER BY id")]
        check(f"{title} asks for {len(due) or 'nothing'}", differences(
            dict(enumerate(due)), dict(enumerate(rows))))
        admin.run("TRUNCATE livekit_outbox")


def at_once(check, admin):
    """A device comes in while its user's row is being changed, or deleted."""
    joined = json.dumps({"participant": {"sid": "PA_1"}})
    for number, (statement, allowed) in enumerate([
        ("UPDATE members SET grants = '{\"canPublish\": false}' WHERE identity = 'alice'", False),
        ("DELETE FROM members WHERE identity = 'alice';"
         " INSERT INTO members VALUES ('standup', 'alice', '{\"canPublish\": false}')", False),
        ("DELETE FROM members WHERE identity = 'alice'", None),
    ]):
        with Session("postgres", "api") as changing, Session("postgres", "api") as coming, \
                ThreadPoolExecutor(1) as other:
            (pid,), = coming.run("SELECT pg_backend_pid()")
            changing.run(f"BEGIN; {statement}")
            inserted = other.submit(
                coming.run, "INSERT INTO livekit_inbox VALUES ($1, 'participant_joined', 'standup',"
                " 'alice#tab', $2::jsonb)", f"EV_{number}", joined)
            worker.until(lambda: inserted.done() or admin.run(
                "SELECT FROM pg_locks WHERE NOT granted AND pid = $1", pid))
            changing.run("COMMIT")
            inserted.result()
        rows = admin.run("SELECT DISTINCT body #>> '{permission,canPublish}' FROM livekit_outbox"
                         " WHERE rpc = 'UpdateParticipant' AND body ->> 'identity' = 'alice#tab'")
        check(f"who comes in meanwhile has what is there after: {statement}", differences(
            [] if allowed is None else [["false"]], rows))
        admin.run("TRUNCATE livekit_outbox, livekit_inbox")
    admin.run("INSERT INTO members VALUES ('standup', 'alice'); TRUNCATE livekit_outbox")


def by_snapshot(check, admin):
    """A device comes in that a transaction with an older snapshot does not see."""
    for level in "REPEATABLE READ", "SERIALIZABLE":
        for statement in ("DELETE FROM members WHERE identity = 'alice'",
                          "UPDATE members SET grants = '{}' WHERE identity = 'alice'",
                          "UPDATE members SET room = 'retro' WHERE identity = 'alice'",
                          "INSERT INTO members VALUES ('standup', 'zoe')"):
            with Session("postgres", "api") as changing:
                changing.run(f"BEGIN ISOLATION LEVEL {level}; SELECT FROM members")
                admin.run("INSERT INTO livekit_inbox VALUES ('EV_phone', 'participant_joined',"
                          " 'standup', 'alice#phone', '{}')")
                check(f"refused in {level}: {statement}", differences(
                    "25000", code(changing.run, statement)))
            admin.run("TRUNCATE livekit_outbox, livekit_inbox")


def misspelt(check, admin):
    """Grants that nobody can have."""
    insert = "INSERT INTO members VALUES ('standup', 'eve', '{\"canPublsh\": true}')"
    for statement in insert, "UPDATE members SET grants = '{\"canPublsh\": true}'":
        check(f"refused when it is written: {statement}", differences(
            "22023", code(admin.run, statement)))
    admin.run("GRANT INSERT ON members TO web_user;"
              " CREATE POLICY writes ON members FOR INSERT TO web_user WITH CHECK (true)")
    with Session("authenticator", "api") as session:
        check("whoever may write is told", differences(
            "22023", code(session.run, f"SET ROLE web_user; {insert}")))
    admin.run("REVOKE INSERT ON members FROM web_user; DROP POLICY writes ON members")
    # A table that does not check them.
    admin.run("ALTER TABLE members DROP CONSTRAINT members_grants_check, DISABLE TRIGGER here;"
              f"{insert}")
    admin.run("INSERT INTO livekit_inbox VALUES ('EV_eve', 'participant_joined', 'standup',"
              " 'eve', '{}')")
    check("a webhook about who has such is kept, and removes them", differences(
        [["EV_eve", "RemoveParticipant", "eve", "f"]], admin.run(
            "SELECT i.id, rpc, o.body ->> 'identity', unless_allowed"
            " FROM livekit_inbox AS i, livekit_outbox AS o")))
    admin.run("DELETE FROM members WHERE identity = 'eve';"
              "ALTER TABLE members ADD CHECK (livekit.livekit_permission(grants) IS NOT NULL),"
              " ENABLE TRIGGER here;"
              "TRUNCATE livekit_outbox, livekit_inbox")


def crowded(check, admin):
    """A room of many events."""
    admin.run("INSERT INTO livekit_inbox (id, event, room, identity, body)"
              " SELECT n, 'participant_left', 'hall', 'user' || n || '#phone', '{}'"
              " FROM generate_series(1, 20000) AS n")
    query = "SELECT i FROM livekit_identities('hall', 'user7') AS i ORDER BY 1"
    check("one's devices are known", differences(
        [["user7"], ["user7#phone"]], admin.run(query)))
    looked = worker.pages(admin, query)
    check("and found at once", [] if looked < 50 else [f"by {looked} pages"])
    admin.run("TRUNCATE livekit_inbox")


class Client:
    """The program of participants."""

    def __init__(self, program):
        self.home, self.command = program

    def __enter__(self):
        self.process = subprocess.Popen(self.command, cwd=self.home, text=True, encoding="utf-8",
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL)
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()

    def ask(self, **request):
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def until(self, who, event):
        """What happened to a participant until then, or that it did not."""
        answer = self.ask(**{"as": who, "until": event})
        return answer.get("events") or [{"event": answer["error"]}]

    def last(self, who, event):
        return self.until(who, event)[-1]


# As LiveKit's own library describes its services, in Python of its own.
DESCRIBE = """
import json
from livekit.protocol import agent_dispatch, egress, ingress, room, sip

def kind(field):
    return "list" if field.is_repeated else field.cpp_type

print(json.dumps({
    f"{service.name}/{method.name}": {f.json_name: kind(f) for f in method.input_type.fields}
    for module in (room, egress, ingress, sip, agent_dispatch)
    for service in module.DESCRIPTOR.services_by_name.values()
    for method in service.methods}))
"""
# What is written for a field that must be there: by its name, or else by its
# type, a number of protobuf's.
VALUES = {"room": "calls", "roomName": "calls", "name": "calls", "identity": "nobody",
          "outputs": [{}], "transferTo": "sip:x@example.com",
          "list": ["x"], 9: "x", 7: True, 8: 1, 10: {}}
# Fields of protocol 1.54 that the library does not have yet.
NEWER = {"dialtone", "sipSourceCallId", "threadId"}
# A single node has no redis, and nobody to make an egress, for which it waits:
# but that, it only does for who is authorised.
ALONE = {"Egress": (500, 404, 0), "Ingress": (500,), "SIP": (500, 404)}


def described():
    home, _ = install.peer("python")
    return json.loads(install.call(home / "venv/bin/python", "-c", DESCRIBE))


def scopes(names):
    """Grants by their names as a token has them: sip.call is of sip."""
    grants = {}
    for name in names:
        scope, _, own = name.rpartition(".")
        grants.setdefault(scope or "video", {})[own] = True
    return grants


def less(grants, full):
    """For each of some grants all there are but that one."""
    for scope, names in grants.items():
        for name in names:
            rest_of = {n: v for n, v in full[scope].items() if n != name}
            yield name, {**full, scope: rest_of}


class Method:
    """A row of livekit_api_methods(), the body and the token it is tried with."""

    def __init__(self, admin, row, fields, secret):
        self.row, self.name = row, f"{row['service']}/{row['rpc']}"
        self.body = {field: VALUES.get(field, VALUES.get(fields.get(field), "x"))
                     for field in row["required"]}
        (request,), = admin.run(
            "SELECT to_jsonb(r) FROM livekit.livekit_api_request($1, $2::jsonb) AS r",
            self.name, json.dumps(self.body))
        self.request = json.loads(request)
        self.token = self.request["headers"]["Authorization"].removeprefix("Bearer ")
        _, self.claims = jws.payload(self.token, secret)
        self.grants = scopes(row["grants"])
        due = {scope: dict(names) for scope, names in self.grants.items()}
        for name, field in ("room", row["room_field"]), ("destinationRoom", "destinationRoom"):
            if name == "room" and field or name in due.get("video", {}):
                due["video"][name] = self.body[field]
        self.due = due

    def problems(self):
        """Where the request is not what it has to be."""
        named = ("iss", "iat", "nbf", "exp", "jti")
        return (differences(self.due, {k: v for k, v in self.claims.items() if k not in named})
                + differences(60, self.claims["exp"] - self.claims["iat"])
                + differences(["POST", f"/twirp/livekit.{self.name}", self.body],
                              [self.request["method"], urlsplit(self.request["url"]).path,
                               json.loads(self.request["body"])]))

    def send(self, token=None, **changes):
        """What the server says, status and text; 0 if it makes one wait."""
        to = urlsplit(self.request["url"])
        connection = http.client.HTTPConnection(to.hostname, to.port, timeout=5)
        body = self.request["body"]
        try:
            connection.request(
                "POST", to.path, json.dumps({**json.loads(body), **changes}) if changes else body,
                {**self.request["headers"], **(
                    {"Authorization": f"Bearer {token}"} if token else {})})
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        except TimeoutError:
            return 0, "no answer"
        finally:
            connection.close()

    def authorised(self):
        status, said = self.send()
        due = ALONE.get(self.row["service"], (200, 400, 404, 503))
        return [] if status in due and "bad_route" not in said else [f"{status} {said}"]

    def denied(self, tokens):
        """What is wrong with its answers to tokens that lack something."""
        tries = [(title, self.send(token)) for title, token in tokens]
        if self.row["room_field"]:
            other = self.send(**{self.row["room_field"]: "another"})
            tries.append(("another room", other))
        return [f"{title}: {answer}" for title, answer in tries if answer[0] != 401]


def calls(check, admin, key, secret):
    """Every method, to the real server."""
    table = [json.loads(row) for row, in admin.run(
        "SELECT to_jsonb(m) FROM livekit.livekit_api_methods() AS m")]
    theirs = described()
    check("every method of LiveKit's library is in the table, and no other", differences(
        dict.fromkeys(theirs, "there"),
        dict.fromkeys((f"{row['service']}/{row['rpc']}" for row in table), "there")))
    full = {"video": {"room": VALUES["room"], "destinationRoom": "x"}, "sip": {}}
    for scope, name in admin.run("SELECT scope, name FROM livekit.livekit_grant_types()"
                                 " WHERE type = 'boolean' AND scope IN ('video', 'sip')"):
        full[scope][name] = True
    now = int(time.time())
    tries = []
    for row in table:
        method = Method(admin, row, theirs.get(f"{row['service']}/{row['rpc']}", {}), secret)
        tokens = [(f"without {grant}", jws.sign(
            {"iss": key, "nbf": now, "exp": now + 60, **rest_of}, secret))
            for grant, rest_of in less(method.grants, full)]
        tries.append((method, tokens))
    # Some take the server seconds.
    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(lambda one: (one[0].authorised(), one[0].denied(one[1])), tries))
    for (method, _), (authorised, denied) in zip(tries, taken):
        fields = theirs.get(method.name, {})
        check(f"{method.name}: its fields", differences(
            dict.fromkeys(fields, "there"),
            {name: "there" for name in method.row["fields"]
             if name in fields or name not in NEWER}))
        check(f"{method.name}: the request, with no more than it needs", method.problems())
        check(f"{method.name}: the server does it", authorised)
        check(f"{method.name}: it does not with less", denied)


class Call:
    """A room of livekit-server, seen from the database and by who is in it."""

    def __init__(self, check, admin, gateway, client, port):
        self.check, self.admin, self.gateway, self.client = check, admin, gateway, client
        self.url, self.outbox = f"ws://127.0.0.1:{port}", worker.Outbox(admin)

    def token(self, identity, room=ROOM, **more):
        """As the user gets it, by PostgREST."""
        answer = self.gateway.ask("livekit_join", {"room": room, **more}, identity)
        return answer.token() if answer.status == 201 else str(answer)

    def join(self, name, token):
        """Connect, and wait until all that the webhook sets off is done."""
        answer = self.client.ask(**{"as": name, "join": token, "url": self.url})
        problems = [answer["error"]] if "error" in answer else []
        if not problems and not worker.until(lambda: self.admin.run(
                "SELECT FROM livekit_inbox WHERE event = 'participant_joined'"
                " AND body #>> '{participant,sid}' = $1", answer["sid"])):
            problems = [f"no webhook told that {name} joined"]
        worker.until(lambda: not self.outbox.pending())
        return problems

    def here(self, *names):
        """What is wrong with who should still be connected: they all hear this,
        and nothing else happened to them."""
        worker.until(lambda: not self.outbox.pending())
        self.outbox.done(self.outbox.put("SendData", {"room": ROOM, "data": "bQ=="}))
        return [line for name in names for line in differences(
            ["data_received"], [e["event"] for e in self.client.until(name, "data_received")])]

    def removed(self, name):
        return differences({"event": "disconnected", "reason": "PARTICIPANT_REMOVED"},
                           self.client.last(name, "disconnected"))

    def permitted(self, name, **due):
        seen = self.client.last(name, "participant_permissions_changed")
        return differences(due, {flag: seen.get(flag) for flag in due})

    def told(self, event, **where):
        """Did a webhook tell this?"""
        conditions = "".join(f" AND {name} = '{value}'" for name, value in where.items())
        return worker.until(lambda: self.admin.run(
            f"SELECT FROM livekit_inbox WHERE event = '{event}'{conditions}"))


def in_a_call(check, admin, gateway, client, port):
    call = Call(check, admin, gateway, client, port)
    admin.run("TRUNCATE livekit_inbox, livekit_outbox")
    tokens = {name: call.token(name) for name in ("alice", "bob")}
    for name, token in tokens.items():
        check(f"{name} joins", call.join(name, token))
    for event, where in ("room_started", {}), ("participant_joined", {"identity": "alice"}):
        check(f"a webhook tells {event}", not call.told(event, room=ROOM, **where))
    check("whom the policies let in may stay", call.here("alice", "bob"))
    rows = admin.run("SELECT response FROM livekit_outbox WHERE rpc = 'RemoveParticipant'")
    check("they were asked for both", differences([["allowed"], ["allowed"]], rows))

    # (b) a member's grants, during the call
    check("alice may publish", "error" in client.ask(publish="alice"))
    admin.run("UPDATE members SET grants = '{\"canPublish\": false}' WHERE identity = 'alice'")
    check("alice sees that she may not publish any more", call.permitted(
        "alice", can_publish=False, can_subscribe=True, can_publish_data=False))
    check("nor may she", "error" not in client.ask(publish="alice"))
    admin.run("BEGIN; UPDATE members SET grants = NULL WHERE identity = 'alice'; ROLLBACK")
    check("what is rolled back changes nothing", call.here("alice", "bob"))
    admin.run("UPDATE members SET grants = '{\"canSubscribe\": false,"
              " \"canPublishSources\": [\"microphone\"], \"canUpdateOwnMetadata\": true}'"
              " WHERE identity = 'alice'")
    check("all permissions follow the row", call.permitted(
        "alice", can_publish=True, can_subscribe=False, can_publish_data=True,
        can_update_metadata=True, sources=1))
    admin.run("UPDATE members SET grants = NULL WHERE identity = 'alice'")
    check("and back", call.permitted("alice", can_publish=True, can_subscribe=True,
                                     can_publish_data=True, can_update_metadata=False, sources=0))
    check("she publishes again", "error" in client.ask(publish="alice"))

    # (a) a member's row
    admin.run("BEGIN; DELETE FROM members WHERE identity = 'alice'; ROLLBACK")
    check("a DELETE that is rolled back removes nobody", call.here("alice", "bob"))
    admin.run("BEGIN; DELETE FROM members WHERE identity = 'alice';"
              "INSERT INTO members VALUES ('standup', 'alice'); COMMIT")
    check("nor does one after which there is a row again", call.here("alice", "bob"))
    for grants, may in ("'{\"canPublish\": false}'", False), ("NULL", True):
        admin.run("BEGIN; DELETE FROM members WHERE identity = 'alice';"
                  f"INSERT INTO members VALUES ('standup', 'alice', {grants}); COMMIT")
        check(f"who has another row instead has its grants ({grants})", call.permitted(
            "alice", can_publish=may) + call.here("alice", "bob"))
    before = time.monotonic()
    admin.run("DELETE FROM members WHERE identity = 'alice'")
    check("a DELETE removes alice", call.removed("alice"))
    check("within a second or so", time.monotonic() - before > 3)
    check("a webhook tells participant_left",
          not call.told("participant_left", room=ROOM, identity="alice"))
    check("bob stays", call.here("bob"))

    # (c) who comes back with the old token
    check("alice gets no new token", "403" not in call.token("alice")[:3])
    joined = client.ask(**{"as": "alice", "join": tokens["alice"], "url": call.url})
    before = time.monotonic()
    check("LiveKit takes the old one", joined.get("error", "").splitlines())
    check("but alice is removed again", call.removed("alice"))
    check("within a second or so of coming", time.monotonic() - before > 3)
    client.ask(leave="bob")
    check("bob comes back with his old token", call.join("bob", tokens["bob"]))
    check("and stays", call.here("bob"))
    client.ask(leave="bob")
    worker.until(lambda: call.told("participant_left", identity="bob"))
    admin.run("UPDATE members SET grants = '{\"canPublish\": false}' WHERE identity = 'bob'")
    worker.until(lambda: not call.outbox.pending())
    check("that bob is away when his grants change is no failure", differences([], admin.run(
        "SELECT last_error FROM livekit_outbox WHERE last_error IS NOT NULL")))
    check("he comes back with a token that says more", call.join("bob", tokens["bob"]))
    check("and has what his row says", call.permitted("bob", can_publish=False))
    check("he cannot publish", "error" not in client.ask(publish="bob"))

    # devices, and who is no member
    admin.run("INSERT INTO members VALUES ('standup', 'alice')")
    for name, device in ("alice", {}), ("phone", {"device": "phone"}):
        check(f"alice joins again ({name})", call.join(name, call.token("alice", **device)))
    issue = "SELECT livekit.livekit_issue($1, 'standup', options => $2::jsonb)"
    for name, kind in ("agent", "agent"), ("stranger", "standard"):
        (token,), = admin.run(issue, name, json.dumps({"kind": kind}))
        joined = client.ask(**{"as": name, "join": token, "url": call.url})
        check(f"{name} joins, by livekit_issue", joined.get("error", "").splitlines())
    check("who joins as a member and is none is removed", call.removed("stranger"))
    check("agents and devices stay", call.here("alice", "phone", "agent", "bob"))
    admin.run("UPDATE members SET grants = '{\"canPublishData\": false}' WHERE identity = 'alice'")
    for name in "alice", "phone":
        check(f"a change is one of every device ({name})",
              call.permitted(name, can_publish=True, can_publish_data=False))
    admin.run("DELETE FROM members WHERE identity = 'alice'")
    for name in "alice", "phone":
        check(f"and so is a removal ({name})", call.removed(name))
    check("no one else was", call.here("bob", "agent"))

    demoted(check, call)
    moderated(check, call, tokens["bob"])
    call.outbox.put("DeleteRoom", {"room": ROOM})
    check("DeleteRoom ends the call", differences(
        "ROOM_DELETED", client.last("bob", "disconnected").get("reason")))
    check("a webhook tells room_finished", not call.told("room_finished", room=ROOM))
    rows = admin.run("SELECT rpc, body, last_error FROM livekit_outbox WHERE last_error IS NOT NULL"
                     " OR sent_at IS NULL")
    check("nothing is left in the outbox", [str(row) for row in rows])


def demoted(check, call):
    """Grants that UpdateParticipant cannot take back: who had them is removed."""
    admin = call.admin

    def grants(text):
        admin.run("UPDATE members SET grants = $1::jsonb WHERE identity = 'dora'", text)

    admin.run("INSERT INTO members VALUES ('standup', 'dora')")
    for name, device in ("dora", {}), ("tablet", {"device": "tablet"}):
        check(f"dora joins ({name})", call.join(name, call.token("dora", **device)))
    grants('{"roomAdmin": true}')
    check("who is made a moderator stays", call.here(
        "dora", "tablet", "bob", "agent"))
    grants('{"roomAdmin": true, "canPublish": false}')
    check("and where only permissions change", call.permitted("dora", can_publish=False)
          + call.permitted("tablet", can_publish=False)
          + call.here("dora", "tablet", "bob", "agent"))
    grants('{"canPublish": false}')
    for name in "dora", "tablet":
        check(f"who is one no longer is removed ({name})", call.removed(name))
    token = call.token("dora")
    claims = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    check("the new token has less", differences([None, False], [
        claims["video"].get("roomAdmin"), claims["video"].get("canPublish")]))
    check("and with it she comes back", call.join("dora", token))
    check("and stays", call.here("dora", "bob", "agent"))
    grants('{"roomJoin": false}')
    check("who may not join any more is removed", call.removed("dora"))
    check("and gets no token", "403" not in call.token("dora")[:3])
    check("nobody else was removed", call.here("bob", "agent"))
    admin.run("DELETE FROM members WHERE identity = 'dora'")


def moderated(check, call, token):
    """livekit_room_request: what a user may do to others, where the policies
    make him a moderator."""
    call.admin.run("INSERT INTO members VALUES ('standup', 'carol', '{\"roomAdmin\": true}'),"
                   " ('retro', 'carol', NULL);"
                   "GRANT USAGE ON SCHEMA livekit TO web_user;"
                   "GRANT EXECUTE ON FUNCTION livekit.livekit_room_request TO web_user")

    def ask(who, rpc, room, body):
        with Session("authenticator", "api") as session:
            session.run("SET ROLE web_user")
            session.run("SELECT set_config('request.jwt.claims', $1, false)",
                        json.dumps({"sub": who}))
            return code(lambda: json.loads(session.run(
                "SELECT to_jsonb(r) FROM livekit.livekit_room_request($1, $2, $3::jsonb) AS r",
                rpc, room, json.dumps(body))[0][0]))

    bob = {"identity": "bob"}
    for title, due, *what in [
        ("who is no moderator", "42501", "bob", "RemoveParticipant", ROOM, {"identity": "agent"}),
        ("who has no row", "42501", "mallory", "RemoveParticipant", ROOM, bob),
        ("a moderator of another room", "42501", "carol", "RemoveParticipant", "retro", bob),
        ("a room that is not there", "42501", "carol", "RemoveParticipant", "nowhere", bob),
        ("another room in the body", "22023", "carol", "RemoveParticipant", ROOM,
         {**bob, "room": "retro"}),
        ("a method that is not for users", "22023", "carol", "DeleteRoom", ROOM, {}),
    ]:
        check(f"livekit_room_request refuses {title}", differences(due, ask(*what)))
    for rpc, body, event in [
        ("UpdateRoomMetadata", {"metadata": "now"}, "room_metadata_changed"),
        ("SendData", {"data": "bQ=="}, "data_received"),
        ("UpdateParticipant", {**bob, "permission": {"can_publish": True}},
         "participant_permissions_changed"),
        ("RemoveParticipant", bob, "disconnected"),
    ]:
        request = ask("carol", rpc, ROOM, body)
        status, said = server.answer(urllib.request.Request(
            request["url"], request["body"].encode(), request["headers"]))
        check(f"a moderator's {rpc} is done", differences(200, status) and [said])
        seen = call.client.last("bob", event)
        check(f"and bob sees it ({event})", differences(event, seen["event"]))
        if "permission" in body:
            check("what the body did not say is as LiveKit has it", differences(
                [True, True], [seen["can_subscribe"], seen["can_publish_data"]]))
    check("who was removed by a moderator and is a member comes back",
          call.join("bob", token))


def by_python(check, admin):
    """The third way of examples/http.sql; sql/api_http.sql has the others."""
    text = (database.EXAMPLES / "http.sql").read_text()
    function, use = text[text.index("CREATE FUNCTION"):].split("\n-- SELECT", 1)
    use = "SELECT" + use.replace("\n-- ", "\n")
    admin.run("CREATE EXTENSION plpython3u; SET search_path = public, livekit")
    admin.run(function)
    status, said = admin.run(use)[0]
    check("PL/Python sends a request and has the answer", differences(
        ["200", ROOM], [status, json.loads(said).get("name")]))
    status, said = admin.run(
        "SELECT a.* FROM livekit_api_request('ListRooms') AS r,"
        " livekit_send(r.method, replace(r.url, 'ListRooms', 'CreateRoom'), r.headers,"
        " '{\"name\": \"x\"}') AS a")[0]
    check("and has a refusal, too", differences(["401", "unauthenticated"],
                                                [status, json.loads(said).get("code")]))
    send = "SELECT a.* FROM livekit_send('POST', $1, '{\"Authorization\": \"x\"}', '{}') AS a"
    with worker.LiveKit() as other:
        there = f"http://127.0.0.1:{other.port}/"
        other.answers.append((302, b""))
        status, _ = admin.run(send, there)[0]
        check("it follows no redirect", differences(["302", 1], [status, len(other.requests)]))
    check("without a server it is an error", differences("38000", code(admin.run, send, there)))
    admin.run("DROP FUNCTION livekit_send; RESET search_path; DROP EXTENSION plpython3u")
