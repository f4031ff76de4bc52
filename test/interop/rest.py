"""A PostgREST on loopback, and requests to it."""

import contextlib
import http.client
import json
import os
import re
import secrets
import socket
import tempfile
from pathlib import Path

import database
import jws
import program
import server
from install import Failure

PORTS = """\
server-host = "127.0.0.1"
server-port = {port}
admin-server-port = {admin}
"""


class Answer:
    def __init__(self, response):
        self.status, self.headers = response.status, response.headers
        self.text = response.read().decode()

    def __str__(self):
        return f"{self.status} {self.text}"[:500]

    def json(self):
        return json.loads(self.text)

    def code(self):
        """An error's SQLSTATE, where there is one."""
        body = self.json() if self.text else None
        return body.get("code") if isinstance(body, dict) else None

    def token(self):
        """That of an object, or of the only one in a list."""
        body = self.json()
        return (body if isinstance(body, dict) else body[0])["participant_token"]


class Rest:
    """PostgREST on a port of loopback, of which we know the JWT secret."""

    def __init__(self, port, secret):
        self.port, self.secret = port, secret

    def jwt(self, claims):
        return jws.sign(claims, self.secret)

    def connect(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)

    def ask(self, function, arguments, claims="alice", method="POST", connection=None, **headers):
        """Call a function, by claims that are whole, or as of a user, or none."""
        if isinstance(claims, str) and not claims.startswith("{"):
            claims = {"role": "web_user", "sub": claims}
        if claims is not None:
            headers["Authorization"] = f"Bearer {self.jwt(claims)}"
        if arguments is not None:
            headers.setdefault("Content_Type", "application/json")
        if not isinstance(arguments, (str, type(None))):
            arguments = json.dumps(arguments)
        own = connection or self.connect()
        try:
            own.request(method, f"/rpc/{function}", arguments,
                        {name.replace("_", "-"): value for name, value in headers.items()})
            return Answer(own.getresponse())
        finally:
            if not connection:
                own.close()


def configuration(**ours):
    """As examples/api.sql has it, but for the database and the secret."""
    text = (database.EXAMPLES / "api.sql").read_text()
    settings = dict(re.findall(r'^--     ([a-z-]+) = "(.*)"$', text, re.M))
    ours = {name.replace("_", "-"): value for name, value in ours.items()}
    if not ours.keys() <= settings.keys():
        raise Failure(f"examples/api.sql configures only {', '.join(settings)}")
    return "".join(f'{name} = "{value}"\n' for name, value in {**settings, **ours}.items())


@contextlib.contextmanager
def started(path, name, log):
    """PostgREST before a database."""
    secret = secrets.token_hex(32)
    port, admin = server.free_port(socket.SOCK_STREAM), server.free_port(socket.SOCK_STREAM)
    with tempfile.TemporaryDirectory(prefix="livekit_rest.") as home:
        config = Path(home) / "rest.conf"
        config.touch(mode=0o600)
        config.write_text(PORTS.format(port=port, admin=admin) + configuration(
            db_uri="postgres://authenticator@/{}?host={PGHOST}&port={PGPORT}".format(
                name, **os.environ), jwt_secret=secret))
        with program.running([path, config], log, lambda: server.get(admin, "/ready")[0] == 200,
                             cwd=home):
            yield Rest(port, secret)
