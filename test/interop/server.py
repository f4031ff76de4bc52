"""A livekit-server on loopback, and as much of a client as admission takes."""

import base64
import contextlib
import json
import os
import socket
import tempfile
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import program

CONFIG = """\
port: {port}
bind_addresses: ["127.0.0.1"]
keys: {{ {key}: {secret} }}
rtc:
  node_ip: 127.0.0.1
  use_external_ip: false
  udp_port: {udp}
  tcp_port: 0
  enable_loopback_candidate: true
  ips: {{ includes: ["127.0.0.1/32"] }}
"""

# Never a proxy between us and loopback.
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def free_port(kind):
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def started(path, key, secret):
    """A server that knows one key; gives its port."""
    with tempfile.TemporaryDirectory(prefix="livekit_server.") as home:
        port = free_port(socket.SOCK_STREAM)
        config, log = Path(home) / "config.yaml", Path(home) / "log"
        config.touch(mode=0o600)
        config.write_text(CONFIG.format(port=port, udp=free_port(socket.SOCK_DGRAM),
                                        key=key, secret=secret))
        with program.running([path, "--config", config], log, lambda: get(port, "/")[0] == 200,
                             cwd=home):
            yield port


def answer(request):
    try:
        with OPENER.open(request, timeout=20) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()
    except OSError as error:
        return 0, str(error)


def get(port, path, token=None):
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return answer(urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers=headers))


def validate(port, token):
    """May the bearer join?  Asked as browsers do, unless no URL holds the token."""
    if len(token) > 8192:
        return get(port, "/rtc/validate", token)
    return get(port, "/rtc/validate?" + urllib.parse.urlencode({"access_token": token}))


def call(port, method, body, token):
    """A Twirp call, as in RoomService/ListRooms; its status and answer."""
    status, text = answer(urllib.request.Request(
        f"http://127.0.0.1:{port}/twirp/livekit.{method}", data=json.dumps(body).encode(),
        headers={"Content-Type": "application/json", "Authorization": f"Bearer {token}"}))
    return status, json.loads(text)


@contextlib.contextmanager
def joined(port, token):
    """Join by WebSocket; entered as soon as the server has said what it says to
    a participant who is in."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as wire:
        nonce = base64.b64encode(os.urandom(16)).decode()
        wire.sendall((f"GET /rtc?protocol=15 HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
                      f"Authorization: Bearer {token}\r\n"
                      "Connection: Upgrade\r\nUpgrade: websocket\r\n"
                      f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {nonce}\r\n\r\n").encode())
        stream = wire.makefile("rb")
        status = int(stream.readline().split()[1])
        while stream.readline().strip():
            pass
        if status == 101:
            stream.read(2)
        yield status
