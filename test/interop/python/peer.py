"""Reads JSON lines, each {"verify": token} or {"make": claims}, and answers in kind."""

import json
import sys
from datetime import timedelta

from google.protobuf.json_format import ParseDict
from livekit import api
from livekit.api import access_token as sdk
from livekit.protocol.room import RoomConfiguration

OBJECTS = {
    "video": (sdk.AccessToken.with_grants, sdk.VideoGrants),
    "sip": (sdk.AccessToken.with_sip_grants, sdk.SIPGrants),
    "agent": (sdk.AccessToken.with_agent_grants, sdk.AgentGrants),
    "inference": (sdk.AccessToken.with_inference_grants, sdk.InferenceGrants),
    "observability": (sdk.AccessToken.with_observability_grants, sdk.ObservabilityGrants),
    "agentEndpoint": (sdk.AccessToken.with_agent_endpoint_grants, sdk.AgentEndpointGrants),
    "agentThread": (sdk.AccessToken.with_agent_thread_grants, sdk.AgentThreadGrants),
}
TEXTS = {
    "sub": sdk.AccessToken.with_identity,
    "name": sdk.AccessToken.with_name,
    "kind": sdk.AccessToken.with_kind,
    "metadata": sdk.AccessToken.with_metadata,
    "attributes": sdk.AccessToken.with_attributes,
    "sha256": sdk.AccessToken.with_sha256,
    "roomPreset": sdk.AccessToken.with_room_preset,
}


def make(request):
    token = api.AccessToken(request["key"], request["secret"])
    token.with_ttl(timedelta(seconds=request["ttl"]))
    for name, value in request["make"].items():
        if name in OBJECTS:
            add, grants = OBJECTS[name]
            add(token, grants(**{sdk.camel_to_snake(k): v for k, v in value.items()}))
        elif name == "roomConfig":
            token.with_room_config(ParseDict(value, RoomConfiguration()))
        else:
            TEXTS[name](token, value)
    return {"token": token.to_jwt()}


def verify(request):
    verifier = api.TokenVerifier(request["key"], request["secret"])
    return {"claims": verifier.verify(request["verify"]).asdict()}


for line in sys.stdin:
    request = json.loads(line)
    try:
        answer = (make if "make" in request else verify)(request)
    except Exception as error:
        answer = {"error": repr(error)}
    print(json.dumps(answer), flush=True)
