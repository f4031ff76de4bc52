"""nginx as in examples/webhook, and webhooks by hand: what is taken, what is not."""

import base64
import contextlib
import hashlib
import http.client
import json
import os
import shutil
import socket
import tempfile
import time
from pathlib import Path

import database
import jws
import program
import server
from install import Failure
from tap import differences
from wire import Refused, Session

CONFIG = """\
daemon off;
master_process off;
pid {home}/pid;
error_log {home}/log;
events {{ }}
http {{
    access_log off;
    client_body_temp_path {home}/1;
    proxy_temp_path {home}/2;
    fastcgi_temp_path {home}/3;
    uwsgi_temp_path {home}/4;
    scgi_temp_path {home}/5;
    include {home}/livekit.conf;
}}
"""
PATH = "/livekit/webhook"
DIRECT = "/rpc/livekit_webhook"
OCTETS = "application/octet-stream"
LIMIT = 8 * 1024 * 1024


@contextlib.contextmanager
def started(upstream):
    """nginx before a PostgREST; gives its port."""
    port = server.free_port(socket.SOCK_STREAM)
    example = (database.EXAMPLES / "webhook" / "nginx.conf").read_text()
    for there, here in ("127.0.0.1:8080;", f"127.0.0.1:{port};"), (":3000/", f":{upstream}/"):
        if there not in example:
            raise Failure(f"there is no {there} in examples/webhook/nginx.conf")
        example = example.replace(there, here)
    with tempfile.TemporaryDirectory(prefix="livekit_nginx.") as home:
        Path(home, "livekit.conf").write_text(example)
        Path(home, "nginx.conf").write_text(CONFIG.format(home=home))
        command = [program.find("nginx"), "-e", f"{home}/log", "-c", f"{home}/nginx.conf"]
        with program.running(command, Path(home, "log"), lambda: server.get(port, "/")[0] == 404,
                             cwd=home):
            yield port


def post(port, path, body, *headers, method="POST", content_type="application/webhook+json"):
    """The status, and PostgREST's code if there is one; headers may be doubled."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.putrequest(method, path)
        for name, value in (("Content-Type", content_type), ("Content-Length", str(len(body))),
                            *headers):
            connection.putheader(name, value)
        connection.endheaders()
        with contextlib.suppress(ConnectionError):
            # Who finds the body too long may hang up before its end.
            connection.send(body)
        answer = connection.getresponse()
        text = answer.read().decode()
    finally:
        connection.close()
    try:
        return answer.status, json.loads(text).get("code")
    except (ValueError, AttributeError):
        return answer.status, None


class Hook:
    """As LiveKit makes them, and as others would."""

    def __init__(self, key, secret):
        self.key, self.secret, self.number = key, secret, 0

    def event(self, event="room_started", **more):
        """The body of a new event."""
        self.number += 1
        return json.dumps({"event": event, "id": f"EV_test{self.number}", **more},
                          separators=(",", ":"), ensure_ascii=False).encode()

    def token(self, body, how=None, **claims):
        """What goes with a body; a claim None is left out."""
        now = int(time.time())
        claims = {"iss": self.key, "iat": now, "nbf": now, "exp": now + 300, "sha256": digest(body),
                  **claims}
        return jws.sign({name: value for name, value in claims.items() if value is not None},
                        **{"secret": self.secret, **(how or {})})


def digest(body):
    return base64.b64encode(hashlib.sha256(body).digest()).decode()


def authorized(*tokens):
    return [("Authorization", token) for token in tokens]


def projects(check, admin, hook, body):
    """Only keys of the default project vouch for what happens in its rooms."""
    keys = {name: os.urandom(32).hex() for name in ("APIsecond", "APItenantb")}
    with tempfile.TemporaryDirectory(prefix="livekit_master.") as home:
        path = Path(home, "master.key")
        path.write_text(os.urandom(32).hex())
        path.chmod(0o600)
        for there in (home, path) if os.geteuid() == 0 else ():
            shutil.chown(there, "postgres")
        admin.run(f"ALTER DATABASE api SET livekit_token.master_key_file = '{path}'")
        with Session("postgres", "api") as keeper, Session("authenticator", "api") as rest:
            for name, project in ("APIsecond", "default"), ("APItenantb", "tenantb"):
                keeper.run("SELECT livekit.livekit_key_set($1, $2, $3)", name, keys[name], project)
            ours, theirs = (hook.token(body, {"secret": keys[name]}, iss=name) for name in keys)
            first, number = hook.token(body), json.loads(body)["id"]

            def code(session, *statement):
                try:
                    return session.run(*statement)[0][0]
                except Refused as refused:
                    return refused.code

            rest.run("SET ROLE anon")
            for title, token, due in [
                ("refused: a key of another project", theirs, "28000"),
                ("another key of the project is as good", ours, ""),
            ]:
                rest.run("SELECT set_config('request.headers', $1, false)",
                         json.dumps({"authorization": token}))
                check(title, differences(due, code(
                    rest, "SELECT api.livekit_webhook($1::bytea)", "\\x" + body.hex())))
            check("what was taken is kept", differences([[number]], keeper.run(
                "DELETE FROM livekit_inbox WHERE id = $1 RETURNING id", number)))
            for title, project, token, due in [
                ("its own project takes that key", "tenantb", theirs, number),
                ("and refuses the default project's", "tenantb", ours, "28000"),
                ("that of the key file, too", "tenantb", first, "28000"),
                ("the default project by its name", "default", first, number),
                ("it refuses the other's", "default", theirs, "28000"),
            ]:
                check(f"livekit_webhook: {title}", differences(due, code(
                    keeper, "SELECT livekit.livekit_webhook($1::bytea, $2, $3) ->> 'id'",
                    "\\x" + body.hex(), token, project)))
            for name in keys:
                keeper.run("SELECT livekit.livekit_key_drop($1, true)", name)
        admin.run("ALTER DATABASE api RESET livekit_token.master_key_file")


def suite(check, admin, rest, nginx, key, secret, log):
    """Webhooks by hand, to nginx and to PostgREST itself."""
    hook = Hook(key, secret)
    log_before = log.stat().st_size

    def held():
        (count,), = admin.run("SELECT count(*) FROM livekit_inbox")
        return int(count)

    def taken(title, body, *headers, path=PATH, port=nginx, more=1, **how):
        before = held()
        status, code = post(port, path, body, *headers, **how)
        check(title, differences([204, None, more], [status, code, held() - before]))

    def refused(title, due, body, *headers, path=PATH, port=nginx, **how):
        before = held()
        answer = post(port, path, body, *headers, **how)
        check(title, differences([list(due), 0], [list(answer), held() - before]))

    body = hook.event(room={"sid": "RM_1", "name": "r"},
                      participant={"identity": "zoë", "name": "Zo\u2028ë 🙂"})
    good = hook.token(body)
    taken("a webhook is taken", body, *authorized(good))
    (stored,), = admin.run("SELECT to_jsonb(i) FROM livekit_inbox AS i")
    stored = json.loads(stored)
    check("and kept", differences(
        {"id": "EV_test1", "event": "room_started", "room": "r", "identity": "zoë",
         "body": json.loads(body)}, {k: v for k, v in stored.items() if k != "received_at"}))
    taken("again, it changes nothing", body, *authorized(good), more=0)
    other = body.replace(b"room_started", b"room_finished")
    taken("nor does another of that id", other, *authorized(hook.token(other)), more=0)
    (name,), = admin.run("SELECT event FROM livekit_inbox")
    check("the first one stays", differences("room_started", name))
    for title, claims in [("that expired 30 s ago", {"exp": int(time.time()) - 30}),
                          ("that is for in 30 s", {"nbf": int(time.time()) + 30}),
                          ("without nbf and iat", {"nbf": None, "iat": None})]:
        fresh = hook.event()
        taken(f"a webhook {title} is taken", fresh, *authorized(hook.token(fresh, **claims)))
    spaced = b' {\n"id" : "EV_spaced", "event":"\\u0072oom_started", "x": 1.0}\n'
    taken("the body is hashed as it came", spaced, *authorized(hook.token(spaced)))
    fresh = hook.event()
    taken("no other header counts", fresh, *authorized(hook.token(fresh)),
          ("Content-Profile", "livekit"), ("Prefer", "params=single-object"), ("X-HTTP", "1"))

    body = hook.event(room={"name": "r"}, participant={"identity": "mallory"})
    good, no = hook.token(body), (403, "28000")
    api = jws.sign({"iss": key, "nbf": int(time.time()), "exp": int(time.time()) + 60,
                    "video": {"roomAdmin": True, "room": "r"}}, secret)
    for title, due, sent, headers in [
        ("one byte changed", no, body.replace(b"mallory", b"mallorx"), authorized(good)),
        ("one byte more", no, body + b"\n", authorized(good)),
        ("one byte less", no, body[:-1], authorized(good)),
        ("the JSON written anew", no, json.dumps(json.loads(body)).encode(), authorized(good)),
        ("no body", no, b"", authorized(good)),
        ("no Authorization", no, body, ()),
        ("an empty Authorization", no, body, authorized("")),
        ("Authorization doubled", (400, None), body, authorized(good, good)),
        ("Authorization doubled, the good one first", (400, None), body, authorized(good, api)),
        ("Authorization doubled, the good one last", (400, None), body, authorized(api, good)),
        ("two tokens in one Authorization", no, body, authorized(f"{good}, {good}")),
        ("a token of an API call", no, body, authorized(api)),
        ("a hash of nothing", no, body, authorized(hook.token(body, sha256=""))),
        ("no hash", no, body, authorized(hook.token(body, sha256=None))),
        ("a hash that is a number", no, body, authorized(hook.token(body, sha256=1))),
        ("a hash in hex", no, body, authorized(hook.token(
            body, sha256=hashlib.sha256(body).hexdigest()))),
        ("a hash cut short", no, body, authorized(hook.token(body, sha256=digest(body)[:-4]))),
        ("a hash of another body", no, body, authorized(hook.token(b"{}"))),
        ("a replay after it expired", no, body, authorized(
            hook.token(body, exp=int(time.time()) - 70))),
        ("one that is for in 70 s", no, body, authorized(
            hook.token(body, nbf=int(time.time()) + 70))),
        ("no end", no, body, authorized(hook.token(body, exp=None))),
        ("an unknown key", no, body, authorized(hook.token(body, iss="APIother"))),
        ("no key", no, body, authorized(hook.token(body, iss=None))),
        ("another secret", no, body, authorized(hook.token(body, {"secret": "o" * 32}))),
        ("HS512", no, body, authorized(hook.token(
            body, {"header": {"alg": "HS512", "typ": "JWT"}, "hash_name": "sha512"}))),
        ("no signature", no, body, authorized(good.rpartition(".")[0] + ".")),
        ("the algorithm none", no, body, authorized(hook.token(
            body, {"header": {"alg": "none", "typ": "JWT"}}))),
    ]:
        refused(f"refused: {title}", due, sent, *headers)
    for title, text in [("no JSON", b"event"), ("no UTF-8", b'{"id":"\xff"}'),
                        ("a list", b"[]"), ("null", b"null"),
                        ("no id", b'{"event":"room_started"}'),
                        ("NUL in a text", b'{"id":"\\u0000","event":"e"}')]:
        before = held()
        status, code = post(nginx, PATH, text, *authorized(hook.token(text)))
        check(f"refused: a body of {title}", [] if 400 <= status < 500 and held() == before
              else [f"{status} {code}"])
    refused("refused: GET", (403, None), b"", *authorized(good), method="GET")
    refused("refused: PUT", (403, None), body, *authorized(good), method="PUT")
    refused("refused: another path", (404, None), body, *authorized(good), path=PATH + "/x")
    long = hook.event(pad="x" * 10 * 1024 * 1024)
    refused("refused: 10 MiB", (413, None), long, *authorized(hook.token(long)))

    projects(check, admin, hook, body)

    # PostgREST alone, as whoever reaches it behind nginx.
    refused("refused by PostgREST: a webhook's content type", (400, "PGRST102"), body,
            *authorized(good), port=rest, path=DIRECT)
    refused("refused by PostgREST: Bearer before it", (401, "PGRST301"), body,
            *authorized(f"Bearer {good}"), port=rest, path=DIRECT, content_type=OCTETS)
    # Where Authorization is doubled it shows SQL the last, as if that were all.
    refused("refused by PostgREST: the good one before another", no, body,
            *authorized(good, api), port=rest, path=DIRECT, content_type=OCTETS)
    taken("taken by PostgREST: the good one", body, *authorized(good), port=rest, path=DIRECT,
          content_type=OCTETS)
    refused("refused by PostgREST: 10 MiB", (413, "54000"), long, *authorized(hook.token(long)),
            port=rest, path=DIRECT, content_type=OCTETS)
    for title, size, due in ("8 MiB", LIMIT, None), ("a byte more", LIMIT + 1, (413, "54000")):
        bare = hook.event(pad="")
        whole = bare.replace(b'"pad":""', b'"pad":"%s"' % (b"x" * (size - len(bare))))
        (refused if due else taken)(
            f"{'refused' if due else 'taken'} by PostgREST: {title}", *([due] if due else []),
            whole, *authorized(hook.token(whole)), port=rest, path=DIRECT, content_type=OCTETS)

    with log.open("rb") as text:
        text.seek(log_before)
        said = text.read()
    check("no token is in the server's log", b"eyJ" in said)
    check("nor a body", b"mallory" in said)
    check("but the causes are", [f"no {word}" for word in (
        "digest_mismatch", "no_digest", "expired", "unknown_key", "signature_mismatch",
        "unsupported_algorithm", "not_yet_valid") if f'"reason":"{word}"'.encode() not in said])
    admin.run("TRUNCATE livekit_inbox")
