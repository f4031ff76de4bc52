"""The table of tokens: what is asked of livekit_issue, and the claims due.

Both directions are driven by it: each token is minted here and read by every
SDK, and each is made by every SDK and read here.
"""

from dataclasses import dataclass

# The claims that hold grants; an object each.
GRANTS = ("video", "sip", "agent", "inference", "observability",
          "agentEndpoint", "agentThread")

# The order in which livekit_issue writes claims.
ORDER = ("iss", "sub", "iat", "nbf", "exp", "jti", "name", "kind", *GRANTS,
         "roomConfig", "roomPreset", "sha256", "metadata", "attributes")

DEFAULT_TTL = 900


@dataclass
class Case:
    title: str
    ask: dict           # livekit_issue's arguments, by name
    claims: dict        # without iss, jti and the times
    ttl: int = DEFAULT_TTL
    nbf: int | None = None

    @property
    def joins(self):
        return self.claims.get("video", {}).get("roomJoin", False)


# Every grant by itself, so that no two can be mistaken for each other.  Those
# that act in a room come with the right to join it, and those that only narrow
# or widen another with that one.
ALONE = {
    "video": {
        "roomCreate": True, "roomList": True, "roomRecord": True,
        "ingressAdmin": True, "agent": True,
    },
    "sip": {"admin": True, "call": True},
    "agent": {
        "admin": True, "simulationAdmin": True, "databaseAdmin": True,
        "dispatchAdmin": True,
    },
    "inference": {"perform": True},
    "observability": {"write": True},
    "agentEndpoint": {
        "call": True, "agentName": "weather", "deployment": "staging",
    },
    "agentThread": {
        "all": True, "scope": "team-7", "threadIds": ["AT_1", "AT_2"],
        "list": True, "create": True, "write": True, "read": True,
        "delete": True,
    },
}
NEEDS = {
    "agentEndpoint.agentName": "call", "agentEndpoint.deployment": "call",
    "agentThread.all": "read", "agentThread.scope": "list", "agentThread.threadIds": "write",
}
IN_ROOM = {
    "roomAdmin": True, "canPublish": True, "canSubscribe": True,
    "canPublishData": True, "canPublishSources": ["screen_share"],
    "canUpdateOwnMetadata": True, "hidden": True, "recorder": True,
    "canSubscribeMetrics": True, "canManageAgentSession": True,
    "destinationRoom": "overflow",
}
# A false must arrive as a false where LiveKit's own default is another.
DENIABLE = ("canPublish", "canSubscribe", "canPublishData",
            "canUpdateOwnMetadata", "canSubscribeMetrics",
            "canManageAgentSession")

EVERY_VIDEO_GRANT = {
    **ALONE["video"], **IN_ROOM, "roomJoin": True, "room": "standup",
    "canPublishSources": ["camera", "microphone", "screen_share",
                          "screen_share_audio"],
}


def alone(scope, name):
    needed = NEEDS.get(f"{scope}.{name}", name)
    return {k: ALONE[scope][k] for k in (needed, name)}


def snake(name):
    return "".join("_" + c.lower() if c.isupper() else c for c in name)


def join(**more):
    return {"roomJoin": True, "room": "standup", **more}


def alice(title, claims=None, video=None, **ask):
    """Alice joins the stand-up; `claims` and `video` are what she has besides."""
    return Case(title, {"identity": "alice", "room": "standup", **ask},
                {"sub": "alice", "video": join(**(video or {})), **(claims or {})})


RTL = "مرحبا بالعالم \u200f שלום \u202e"
EMOJI = "👩‍👩‍👧‍👦 🇺🇦 🫠 e\u0301"
CJK = "会议室 🀄 𠜎"
# All of C0 but NUL, which PostgreSQL's text cannot hold, then DEL, C1, the
# line separators that JavaScript minds, a non-character and the last of all.
CONTROLS = "".join(map(chr, range(1, 32))) + "\x7f\x80\x9f\u2028\u2029\ufeff\ufffe\U0010ffff"
QUOTES = "\"'`\\ \\\" \\\\ \\u0041 \\n </script> & %00 %s $1 {} \\x"

DISPATCH = {"agents": [{"agentName": "scribe", "metadata": '{"lang": "uk"}'}]}
ROOM_CONFIG = {
    "name": "weekly",
    "emptyTimeout": 300,
    "departureTimeout": 20,
    "maxParticipants": 12,
    "metadata": EMOJI,
    "egress": {"tracks": {"filepath": "rec/{room_name}", "s3": {"bucket": "calls"}}},
    "minPlayoutDelay": 100,
    "maxPlayoutDelay": 2000,
    "syncStreams": True,
    "agents": [{
        "agentName": "scribe", "metadata": QUOTES,
        "restartPolicy": "JRP_NEVER", "deployment": "canary",
        "attributes": {"snake_case": "1", "camelCase": CJK},
    }, {"agentName": "greeter"}],
    "tags": {"team_name": "video", "costCentre": "42"},
}


def snake_config(config):
    """RoomConfiguration as the Python SDK and the token endpoint spell it."""
    return {snake(k): [{snake(k): v for k, v in agent.items()} for agent in v]
            if k == "agents" else v for k, v in config.items()}


CASES = [
    alice("join"),
    alice("subscribe only",
          video={"canPublish": False, "canPublishData": False, "canSubscribe": True},
          grants={"canPublish": False, "canPublishData": False, "canSubscribe": True}),
    alice("camera only", video={"canPublishSources": ["camera"]},
          grants={"canPublishSources": ["camera"]}),
    alice("listens to nothing", video=dict.fromkeys(DENIABLE, False),
          grants=dict.fromkeys(DENIABLE, False)),
    Case("admin", {"room": "standup", "grants": {"roomAdmin": True}},
         {"video": {"room": "standup", "roomAdmin": True}}),
    Case("server API", {"grants": ALONE["video"]}, {"video": ALONE["video"]}),
    Case("SIP", {"identity": "trunk", "grants": {"sip": ALONE["sip"]}},
         {"sub": "trunk", "sip": ALONE["sip"]}),
    alice("agent dispatch", {"roomConfig": DISPATCH}, room_config=DISPATCH),
    alice("agent's own token", {"kind": "agent"},
          {"agent": True, "hidden": True, "canUpdateOwnMetadata": True},
          grants={"agent": True, "hidden": True, "canUpdateOwnMetadata": True},
          options={"kind": "agent"}),

    Case("every grant there is",
         {"identity": "alice", "room": "standup",
          "grants": {"video": EVERY_VIDEO_GRANT,
                     **{scope: ALONE[scope] for scope in GRANTS[1:]}}},
         {"sub": "alice", "video": EVERY_VIDEO_GRANT,
          **{scope: ALONE[scope] for scope in GRANTS[1:]}}),
    Case("every video grant in snake_case",
         {"identity": "alice", "room": "standup",
          "grants": {snake(k): v for k, v in EVERY_VIDEO_GRANT.items()}},
         {"sub": "alice", "video": EVERY_VIDEO_GRANT}),
    alice("grants beside the object video", video={"hidden": True, "recorder": True},
          grants={"hidden": True, "video": {"recorder": True}}),

    alice("whole room configuration", {"roomConfig": ROOM_CONFIG},
          room_config=ROOM_CONFIG),
    alice("room configuration in snake_case", {"roomConfig": ROOM_CONFIG},
          room_config=snake_config(ROOM_CONFIG)),
    alice("room preset", {"roomPreset": "large"}, options={"roomPreset": "large"}),
    Case("hash of a body",
         {"options": {"sha256": "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="}},
         {"sha256": "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="}),

    alice("name, metadata, attributes",
          {"name": "Alice Ω", "metadata": '{"seat": 3}', "attributes": {"role": "host"}},
          name="Alice Ω", metadata='{"seat": 3}', attributes={"role": "host"}),
    *(Case(title,
           {"identity": text, "room": text, "name": text, "metadata": text,
            "attributes": {text: text, "plain": text}},
           {"sub": text, "video": join(room=text), "name": text, "metadata": text,
            "attributes": {text: text, "plain": text}})
      for title, text in {
          "right to left": RTL, "emoji": EMOJI, "Chinese": CJK,
          "control characters": CONTROLS, "quotes and backslashes": QUOTES,
      }.items()),
    Case("everything as long as LiveKit allows",
         {"identity": "é" * 128, "room": "r" * 256, "name": "🫠" * 64,
          "metadata": "m" * (512 * 1024), "attributes": {"k" * 1024: "v" * (63 * 1024)}},
         {"sub": "é" * 128, "video": join(room="r" * 256), "name": "🫠" * 64,
          "metadata": "m" * (512 * 1024), "attributes": {"k" * 1024: "v" * (63 * 1024)}}),

    Case("two hours", {"identity": "alice", "room": "standup", "ttl": "2 hours"},
         {"sub": "alice", "video": join()}, ttl=7200),
    Case("not before", {"identity": "alice", "room": "standup",
                        "options": {"notBefore": "2020-01-01T00:00:00Z"}},
         {"sub": "alice", "video": join()}, nbf=1577836800),

    *(alice(f"kind {kind}", {"kind": kind}, options={"kind": kind})
      for kind in ("standard", "ingress", "egress", "sip", "connector", "bridge")),
    *(Case(f"{scope}.{name}", {"grants": {scope: alone(scope, name)}},
           {scope: alone(scope, name)})
      for scope, grants in ALONE.items() for name in grants),
    *(alice(f"video.{name} in a room", video={name: value}, grants={name: value})
      for name, value in IN_ROOM.items()),
    *(alice(f"video.{name} denied", video={name: False}, grants={name: False})
      for name in DENIABLE),
]
