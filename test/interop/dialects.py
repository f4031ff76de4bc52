"""In what the SDKs differ from the claims that they are given.

All comparisons are exact: a claim that an SDK learns to read, or that it
begins to add, fails a test until its row here says so.
"""

from dataclasses import dataclass, field

from cases import ALONE, DENIABLE, GRANTS


@dataclass
class Dialect:
    ignores: set = field(default_factory=set)    # claims, or "claim.member"...
    renames: dict = field(default_factory=dict)  # claim: its other name
    adds: dict = field(default_factory=dict)     # claims where there are none;
                                                 # None: not this time
    fills: dict = field(default_factory=dict)    # members of objects, likewise
    keeps_false: tuple | None = None             # the video grants whose false
                                                 # is kept; None: all

    def say(self, claims):
        said = {}
        for name, value in without(claims, self.ignores).items():
            if name in GRANTS:
                if self.keeps_false is not None:
                    value = {k: v for k, v in value.items()
                             if v is not False or k in self.keeps_false}
                value = {**self.fills.get(name, {}), **value}
            if value != {}:
                said[self.renames.get(name, name)] = value
        for name, value in self.adds.items():
            if callable(value):
                value = value(claims)
            if value is not None:
                said.setdefault(name, value)
        return said


def without(value, ignores, path=""):
    if isinstance(value, list):
        return [without(v, ignores, path) for v in value]
    if not isinstance(value, dict):
        return value
    return {k: without(v, ignores, f"{path}{k}.") for k, v in value.items()
            if path + k not in ignores}


REGISTERED = {"iss", "iat", "nbf", "exp", "jti"}
FALSE = {scope: {k: "" if isinstance(v, str) else False for k, v in grants.items()
                 if not isinstance(v, (list, str))}
         for scope, grants in ALONE.items()}
PYTHON_VIDEO = dict.fromkeys(("canPublish", "canSubscribe", "canPublishData"), True)

# What an SDK's verifier says of a token.
READS = {
    # The payload as it is; so does java-jwt.
    "node": Dialect(),
    "java": Dialect(),
    # Grants that were not given come back as false, and what is allowed by
    # default as true.
    "python": Dialect(
        ignores=REGISTERED,
        renames={"sub": "identity"},
        adds={"video": PYTHON_VIDEO, "sip": FALSE["sip"], "inference": FALSE["inference"],
              "observability": FALSE["observability"], "attributes": {}},
        fills={**FALSE, "video": PYTHON_VIDEO},
    ),
    # LiveKit's server takes an identity from here.
    "go": Dialect(adds={"identity": lambda claims: claims.get("sub", claims["jti"])},
                  keeps_false=DENIABLE),
    "rust": Dialect(
        ignores={"iat", "jti", "roomPreset", "video.canSubscribeMetrics",
                 "video.canManageAgentSession"},
        keeps_false=DENIABLE,
    ),
}

# What an SDK writes when asked for claims; what it ignores, it has no way to write.
WRITES = {
    "node": Dialect(ignores={"agent", "agentEndpoint", "agentThread"}),
    "java": Dialect(
        ignores={
            "kind", *GRANTS[2:], "video.canSubscribeMetrics", "video.canManageAgentSession",
            "roomConfig.agents.deployment", "roomConfig.agents.attributes",
            # Written as a list of keys and values, which LiveKit does not read.
            "roomConfig.tags",
        },
        adds={"video": {}, "sip": {}},
    ),
    "python": Dialect(adds={"sub": ""}, fills={**FALSE, "video": PYTHON_VIDEO}),
    "go": Dialect(adds={"identity": lambda claims: claims.get("sub")}, keeps_false=DENIABLE),
    "rust": Dialect(
        ignores={"roomPreset", "video.canSubscribeMetrics", "video.canManageAgentSession"},
        keeps_false=DENIABLE,
    ),
}


def plain_config(value):
    """A RoomConfiguration without the zeros that Node writes, and in camelCase
    where Java writes snake_case; the names in its maps are left alone."""
    maps = ("attributes", "tags")
    if isinstance(value, list):
        return [plain_config(v) for v in value]
    if not isinstance(value, dict):
        return value
    plain = {camel(k): v if k in maps else plain_config(v) for k, v in value.items()}
    return {k: v for k, v in plain.items()
            if v not in (0, "", False, [], {}, "JRP_ON_FAILURE")}


def camel(name):
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
