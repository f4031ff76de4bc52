"""The token that everybody makes and reads here."""

import base64
import hmac
import json
import os
import time
from pathlib import Path

IDENTITY, NAME, ROOM = "alice", "Alice", "standup"
GRANTS = {"canPublish": True, "canSubscribe": True}
LIFETIME = 6 * 60 * 60

# Metadata is what applications put there: JSON, with quotes to be escaped.
SMALL = '{"colour":"red"}'
ENTRY = '{"id":1042,"role":"speaker","about":"Third floor, likes tea and short meetings"},'
SIZES = {"small": len(SMALL), "100 B": 100, "16 KiB": 16 * 1024, "256 KiB": 256 * 1024}


def metadata(size):
    length = SIZES[size]
    return SMALL if size == "small" else (ENTRY * (length // len(ENTRY) + 1))[:length]


def key():
    """Name and secret of the cluster's only key."""
    return Path(os.environ["LK_RUN"], "keys.yaml").read_text().strip().split(": ")


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(part):
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def sign_text(signed, secret=None):
    """The text with its signature behind it."""
    mac = hmac.digest((secret or key()[1]).encode(), signed.encode(), "sha256")
    return f"{signed}.{encode(mac)}"


def sign(claims, header='{"alg":"HS256","typ":"JWT"}'):
    """`claims` is a dict, or a payload to be signed to the letter."""
    payload = claims if isinstance(claims, str) else json.dumps(claims, separators=(",", ":"))
    return sign_text(f"{encode(header.encode())}.{encode(payload.encode())}")


def claims(size):
    now = int(time.time())
    return {"iss": key()[0], "sub": IDENTITY, "iat": now, "nbf": now, "exp": now + LIFETIME,
            "jti": "000102030405060708090a0b0c0d0e0f", "name": NAME,
            "video": {"roomJoin": True, "room": ROOM, **GRANTS}, "metadata": metadata(size)}
