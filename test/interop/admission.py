"""A real livekit-server: whom it lets in with our tokens, and what they may call."""

import json
import time

import database
import install
import jws
import server
from cases import ALONE, CASES, snake
from tap import differences

ROOM = "standup"
# The grants that the server shows as a participant's permissions, and their
# value where nothing is said.  One has another name there.
PERMISSIONS = {
    "canPublish": True, "canSubscribe": True, "canPublishData": True, "canPublishSources": [],
    "canUpdateOwnMetadata": False, "hidden": False, "recorder": False, "agent": False,
    "canSubscribeMetrics": False, "canManageAgentSession": False,
}
ELSEWHERE = {"canUpdateOwnMetadata": "can_update_metadata"}

# Made by hand, since nothing here would sign them.  What is changed in a good
# token, the server's status, and livekit_inspect's reason.  Where they differ
# we are the stricter.
BY_HAND = [
    # title, claims (None: taken out), status, reason, how it is signed
    ("unchanged", {}, 200, "ok", {}),
    ("expired 50 s ago", {"exp": -50}, 200, "ok", {}),
    ("expired 70 s ago", {"exp": -70}, 401, "expired", {}),
    ("valid in 50 s", {"nbf": 50}, 200, "ok", {}),
    ("valid in 70 s", {"nbf": 70}, 401, "not_yet_valid", {}),
    ("without an end", {"exp": None}, 200, "no_expiry", {}),
    ("roomless", {"video": {"roomJoin": True}}, 400, "ok", {}),
    ("without roomJoin", {"video": {"room": ROOM}}, 401, "ok", {}),
    ("without video", {"video": None}, 401, "ok", {}),
    ("without identity", {"sub": None}, 400, "ok", {}),
    ("of an unknown key", {"iss": "APIother"}, 401, "unknown_key", {}),
    ("signed with another secret", {}, 401, "signature_mismatch", {"secret": "o" * 32}),
    ("HS384", {}, 401, "unsupported_algorithm",
     {"header": {"alg": "HS384", "typ": "JWT"}, "hash_name": "sha384"}),
    ("HS512", {}, 401, "unsupported_algorithm",
     {"header": {"alg": "HS512", "typ": "JWT"}, "hash_name": "sha512"}),
    ("alg none", {}, 401, "unsupported_algorithm", {"header": {"alg": "none", "typ": "JWT"}}),
    ("critical extension", {}, 200, "bad_header",
     {"header": {**jws.HEADER, "crit": ["b64"], "b64": True}}),
    ("with a source in capitals", {"video": {"roomJoin": True, "room": ROOM,
                                             "canPublishSources": ["CAMERA"]}}, 200, "ok", {}),
    ("with a grant that is a string", {"video": {"roomJoin": True, "room": ROOM,
                                                 "canPublish": "no"}}, 401, "ok", {}),
    ("with a scope that is a list", {"sip": []}, 401, "ok", {}),
    ("with a name that is a number", {"name": 1}, 401, "ok", {}),
    ("with an attribute that is a number", {"attributes": {"a": 1}}, 401, "ok", {}),
    ("with an iat that is a string", {"iat": "now"}, 401, "ok", {}),
    ("with an exp beyond 64 bits", {"exp": 1e30}, 401, "ok", {}),
    ("with an identity of 257 bytes", {"sub": "x" * 257}, 400, "ok", {}),
    ("RoomJoin for roomJoin", {"video": {"RoomJoin": True, "room": ROOM}}, 200,
     "ambiguous_name", {}),
]

# Each call, the grants that it needs, and the status that says authorised: a
# single node answers for egress, ingress and SIP that it lacks redis.
IN_ROOM = {"roomAdmin": True}
CALLS = [
    # method, body, grants, status
    ("RoomService/CreateRoom", {"name": ROOM}, {"roomCreate": True}, 200),
    ("RoomService/ListRooms", {}, {"roomList": True}, 200),
    ("RoomService/ListParticipants", {"room": ROOM}, IN_ROOM, 200),
    ("RoomService/GetParticipant", {"room": ROOM, "identity": "alice"}, IN_ROOM, 200),
    ("RoomService/UpdateRoomMetadata", {"room": ROOM, "metadata": "m"}, IN_ROOM, 200),
    ("RoomService/UpdateParticipant",
     {"room": ROOM, "identity": "alice", "metadata": "m"}, IN_ROOM, 200),
    ("RoomService/SendData", {"room": ROOM, "data": "bQ=="}, IN_ROOM, 200),
    ("AgentDispatchService/ListDispatch", {"room": ROOM}, IN_ROOM, 200),
    ("RoomService/RemoveParticipant", {"room": ROOM, "identity": "alice"}, IN_ROOM, 200),
    ("RoomService/DeleteRoom", {"room": ROOM}, {"roomCreate": True}, 200),
    ("Egress/ListEgress", {}, {"roomRecord": True}, 500),
    ("Ingress/ListIngress", {}, {"ingressAdmin": True}, 500),
    ("SIP/ListSIPInboundTrunk", {}, {"sip": {"admin": True}}, 500),
    ("SIP/CreateSIPParticipant", {"roomName": ROOM, "sipTrunkId": "ST_1", "sipCallTo": "1"},
     {"sip": {"call": True}}, 500),
]
EVERY = {**ALONE["video"], "roomAdmin": True, "sip": ALONE["sip"]}


def without(needed):
    """Every grant but those."""
    rest = {k: v for k, v in EVERY.items() if k not in needed}
    if "sip" in needed:
        rest["sip"] = {k: v for k, v in EVERY["sip"].items() if k not in needed["sip"]}
    return rest


def suite(tap, program, minted, key, secret):
    try:
        with server.started(program, key, secret) as port:
            by_hand(tap, port, minted, key, secret)
            joins(tap, port, minted)
            calls(tap, port, minted)
    except install.Failure as failure:
        tap.check("server: runs", str(failure).splitlines())


def by_hand(tap, port, minted, key, secret):
    now = int(time.time())
    good = {"iss": key, "sub": "alice", "nbf": now, "exp": now + 600,
            "video": {"roomJoin": True, "room": ROOM}}
    forged = {}
    for title, changes, status, reason, how in BY_HAND:
        changes = {k: now + v if k in ("exp", "nbf") and v is not None else v
                   for k, v in changes.items()}
        claims = {k: v for k, v in {**good, **changes}.items() if v is not None}
        forged[title] = jws.sign(claims, **{"secret": secret, **how}), status, reason
    whole, _ = minted["join"]
    twice = jws.sign('{"sub":"mallory",' + json.dumps(good)[1:], secret)
    forged.update({
        "of ours": (whole, 200, "ok"),
        "with a changed claim": (jws.change_claim(whole), 401, "signature_mismatch"),
        "with a changed signature": (jws.change_signature(whole), 401, "signature_mismatch"),
        "without a signature": (whole.rpartition(".")[0] + ".", 401, "signature_mismatch"),
        "with padding": (whole + "=", 401, "malformed"),
        "in two parts": (whole.rpartition(".")[0], 401, "malformed"),
        "with a claim twice": (twice, 200, "duplicate_name"),
    })
    verdicts = database.read([token for token, _, _ in forged.values()])
    praise = verdicts[0][1]["detail"]
    for (title, (token, status, reason)), (_, inspected) in zip(forged.items(), verdicts):
        got = server.validate(port, token)
        problems = [] if got[0] == status else [f"{status} was due, got {got}"]
        if inspected["reason"] != reason:
            problems.append(f"inspect says {inspected['reason']} and not {reason}")
        # Valid and yet of no use to who wants to join: that must be explained.
        if reason == "ok" and (inspected["detail"] == praise) != (status == 200):
            problems.append(f"inspect explains: {inspected['detail']}")
        tap.check(f"server: {'admits' if status == 200 else 'refuses'} one {title}", problems)


def joins(tap, port, minted):
    """Each join of the table is admitted, and the server sees in it what we wrote."""
    lister, = database.issue([{"grants": {"roomCreate": True}}])
    for case in CASES:
        if not case.joins or case.title not in minted:
            continue
        token, due = minted[case.title]
        got = server.validate(port, token)
        tap.check(f"server: admits {case.title}",
                  [] if got == (200, "success") else [str(got)])
        # This server has no presets, and refuses the join itself for want of them.
        if "roomPreset" in due:
            continue
        room = due["video"]["room"]
        admin, = database.issue([{"room": room, "grants": {"roomAdmin": True}}])
        with server.joined(port, token) as status:
            listed = server.call(port, "RoomService/ListParticipants", {"room": room}, admin)
            tap.check(f"server: sees {case.title}", seen(due, status, listed))
        server.call(port, "RoomService/DeleteRoom", {"room": room}, lister)


def seen(due, joined, listed):
    status, answer = listed
    if joined != 101 or status != 200 or len(answer["participants"]) != 1:
        return [f"join {joined}, ListParticipants {listed}"]
    mine, = answer["participants"]
    video = due["video"]
    may = {k: video.get(k, v) for k, v in PERMISSIONS.items()}
    # Unset, it follows another.
    may["canPublishData"] = video.get("canPublishData", may["canPublish"])
    may["canPublishSources"] = [source.upper() for source in may["canPublishSources"]]
    wanted = {
        "identity": due["sub"],
        "name": due.get("name", ""),
        "kind": due.get("kind", "standard").upper(),
        "metadata": due.get("metadata", ""),
        "attributes": due.get("attributes", {}),
        "permission": {ELSEWHERE.get(k, snake(k)): v for k, v in may.items()},
    }
    return differences(wanted, {k: mine.get(k) for k in wanted})


def calls(tap, port, minted):
    """Each call is open to a token with just what it needs, and closed to one
    with everything else, or for another room."""
    rows = []
    for method, body, needed, status in CALLS:
        kept_out = 401, {"code": "unauthenticated", "msg": "permissions denied"}
        rows.append((f"{method} with {names(needed)}", method, body, ROOM, needed, (status,)))
        rows.append((f"{method} without {names(needed)}", method, body, ROOM, without(needed),
                     kept_out))
        if "roomAdmin" in needed:
            rows.append((f"{method} with roomAdmin of another room", method, body, "other",
                         EVERY, kept_out))
    tokens = database.issue([
        {"grants": grants, **({"room": room} if "roomAdmin" in grants else {})}
        for _, _, _, room, grants, _ in rows])
    with server.joined(port, minted["join"][0]) as joined:
        tap.check("server: alice is in", differences(101, joined))
        # Refusals first: what is authorised removes her, and the room in the end.
        for (title, method, body, _, _, due), token in sorted(
                zip(rows, tokens), key=lambda row: len(row[0][-1]) == 1):
            status, answer = server.call(port, method, body, token)
            tap.check(f"server: {title}", differences([*due], [status, answer][:len(due)])
                      and [f"{status} {answer}"[:300]])


def names(grants):
    return ", ".join(f"{k}.{next(iter(v))}" if isinstance(v, dict) else k
                     for k, v in grants.items())
