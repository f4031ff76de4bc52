"""peer.py KEY SECRET IDENTITY NAME ROOM

Reads lines, "version", "mint N METADATA" or "verify N TOKEN", and answers each
with one: after N times the token, or its identity, or "refused".
"""

import platform
import sys
from datetime import timedelta
from importlib.metadata import version

from livekit import api

KEY, SECRET, IDENTITY, NAME, ROOM = sys.argv[1:]
VERIFIER = api.TokenVerifier(KEY, SECRET)


def mint(metadata):
    return (api.AccessToken(KEY, SECRET)
            .with_identity(IDENTITY)
            .with_name(NAME)
            .with_metadata(metadata)
            .with_ttl(timedelta(hours=6))
            .with_grants(api.VideoGrants(room_join=True, room=ROOM,
                                         can_publish=True, can_subscribe=True))
            .to_jwt())


def verify(token):
    return VERIFIER.verify(token).identity


def loop(work, count, text):
    for _ in range(count):
        result = work(text)
    return result


for line in sys.stdin:
    what, _, rest = line.rstrip("\n").partition(" ")
    try:
        if what == "version":
            answer = f"livekit-api {version('livekit-api')}, Python {platform.python_version()}"
        else:
            count, _, text = rest.partition(" ")
            answer = loop({"mint": mint, "verify": verify}[what], int(count), text)
    except Exception:
        answer = "refused"
    print(answer, flush=True)
