"""A real PostgREST over the set-up of examples/api.sql: what a browser gets."""

import os
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import database
import install
import jws
from rest import started
from tap import differences
from wire import Session

# Beside what the example exposes: the functions that it does not; one as it
# must not be written, even by an owner under policies; one that sets what its
# caller names; and rows that must not count.
EXPOSED = """
GRANT EXECUTE ON FUNCTION livekit.livekit_token, livekit.livekit_verify, livekit.livekit_can_join
    TO web_user;
CREATE FUNCTION api.token(room text, grants jsonb DEFAULT '{}', identity text DEFAULT NULL)
RETURNS text LANGUAGE sql VOLATILE
BEGIN ATOMIC SELECT livekit.livekit_token(identity, room, grants); END;
CREATE FUNCTION api.verify(token text) RETURNS jsonb LANGUAGE sql VOLATILE
BEGIN ATOMIC SELECT livekit.livekit_verify(token); END;
CREATE FUNCTION api.can_join(room text) RETURNS boolean LANGUAGE sql STABLE
BEGIN ATOMIC SELECT livekit.livekit_can_join(room); END;
CREATE FUNCTION api.pinned(room text)
RETURNS SETOF livekit.livekit_connection LANGUAGE sql VOLATILE SET search_path = ''
BEGIN ATOMIC SELECT * FROM livekit.livekit_join(room); END;
CREATE FUNCTION api.definer(room text)
RETURNS SETOF livekit.livekit_connection LANGUAGE sql VOLATILE SECURITY DEFINER
BEGIN ATOMIC SELECT * FROM livekit.livekit_join(room); END;
CREATE ROLE clerk;
GRANT CREATE ON SCHEMA api TO clerk;
ALTER FUNCTION api.definer OWNER TO clerk;
GRANT SELECT ON members TO clerk;
GRANT EXECUTE ON FUNCTION livekit.livekit_join TO clerk;
CREATE POLICY clerk ON members TO clerk USING (true);
CREATE FUNCTION api.join_as(setting text, value text)
RETURNS SETOF livekit.livekit_connection LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    PERFORM set_config(setting, value, true);
    RETURN QUERY SELECT * FROM livekit.livekit_join('standup');
END $$;
CREATE FUNCTION api.issue(room text) RETURNS text LANGUAGE sql VOLATILE SECURITY DEFINER
BEGIN ATOMIC SELECT livekit.livekit_issue('server', room); END;
CREATE FUNCTION api.claims() RETURNS json LANGUAGE sql STABLE
BEGIN ATOMIC SELECT json_build_object('sub', current_setting('request.jwt.claims')::json ->> 'sub',
    'identity', livekit.livekit_identity(), 'request', livekit.livekit_join_request()); END;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA api TO web_user;

-- A relation that allows what a good one does not.
CREATE TABLE odd (room text, identity text, project text, grants jsonb);
INSERT INTO odd VALUES ('twice', 'alice'), ('twice', 'alice');
INSERT INTO odd VALUES ('elsewhere', 'alice', 'nowhere');
INSERT INTO odd VALUES ('misspelt', 'alice', NULL, '{"canPublsh": true}');
CREATE INDEX ON odd (room);
ALTER TABLE odd ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON odd FOR SELECT TO web_user USING (true);
GRANT SELECT ON odd TO web_user;

INSERT INTO members SELECT 'crowd', 'user' || n FROM generate_series(1, 50) n;
INSERT INTO members VALUES ('standup', '42'), ('boardroom', 'bob');
-- Nobody is a role, nor a device.
INSERT INTO members SELECT 'standup', unnest('{web_user,anon,authenticator,alice#phone}'::text[]);
INSERT INTO members VALUES ('listen', 'alice', '{"canPublish": false, "canPublishData": false}');
"""

ALLOWED = {"canPublish": True, "canSubscribe": True, "canPublishData": True}


class Suite:
    def __init__(self, tap, key, secret):
        self.tap, self.key, self.secret = tap, key, secret
        self.tokens = {}

    def check(self, title, problems):
        self.tap.check(f"postgrest: {title}", problems)

    def claims(self, token):
        """Those of one of our tokens, which is remembered."""
        self.tokens[token] = True
        header, claims = jws.payload(token, self.secret)
        return claims if header == jws.HEADER else {"header": header}

    def signed(self, answer, room, identity, **video):
        """What is wrong with an answer that ought to carry a token."""
        if answer.status != 201:
            return [str(answer)]
        claims = self.claims(answer.token())
        due = {"iss": self.key, "sub": identity,
               "video": {"roomJoin": True, "room": room, **ALLOWED, **video}}
        problems = differences(due, {k: claims.get(k) for k in due})
        if answer.headers.get_all("Cache-Control") != ["no-store"]:
            problems.append(f"Cache-Control: {answer.headers.get_all('Cache-Control')}")
        return problems

    def refused(self, answer, status, code, title):
        """An error of SQLSTATE code, and without a token."""
        self.check(title, differences([status, code], [answer.status, answer.code()])
                   and [str(answer)])


def suite(tap, program, key, secret):
    run = Suite(tap, key, secret)
    home, (command,) = program
    server_log = Path(os.environ["LK_LOG"])
    before = server_log.stat().st_size
    sdk = install.peer("python")
    database.example("api")
    run.check("examples/api.sql runs as it is", [])
    with Session("postgres", "api") as admin:
        admin.run(EXPOSED)
    with Session("postgres", "postgres") as admin:
        admin.run("CREATE DATABASE broken TEMPLATE api")
    with Session("postgres", "api") as admin, tempfile.TemporaryDirectory() as logs:
        log = Path(logs) / "log"
        with started(home / command, "api", log) as rest:
            joins(run, rest)
            refusals(run, rest)
            methods(run, rest)
            identities(run, rest, admin)
            mistakes(run, rest, admin)
            crowd(run, rest)
        misconfigured(run, home / command, log)
        verified(run, sdk)
        silent(run, "PostgREST's", log.read_bytes(), b"Starting PostgREST")
    with server_log.open("rb") as text:
        text.seek(before)
        silent(run, "the server's", text.read(), b'"odd"', b"/nowhere/keys.yaml")


def joins(run, rest):
    standup = {"room": "standup"}
    for title, function, arguments, identity, how in [
        ("livekit_join", "livekit_join", standup, "alice", {}),
        ("livekit_join for a device", "livekit_join", {**standup, "device": "phone"},
         "alice#phone", {}),
        ("livekit_join as one object", "livekit_join", standup, "alice",
         {"Accept": "application/vnd.pgrst.object+json"}),
        ("livekit_join by a form", "livekit_join", "room=standup", "alice",
         {"Content_Type": "application/x-www-form-urlencoded"}),
        ("livekit_join, one column", "livekit_join?select=participant_token", standup, "alice", {}),
        ("a function with settings of its own", "pinned", standup, "alice", {}),
        ("livekit_token_source", "livekit_token_source", {"room_name": "standup"}, "alice", {}),
        ("livekit_token_source in camelCase", "livekit_token_source", {"roomName": "standup"},
         "alice", {}),
        ("livekit_token_source for oneself", "livekit_token_source",
         {"room_name": "standup", "participant_identity": "alice"}, "alice", {}),
        ("livekit_token_source for one's device", "livekit_token_source",
         {"room_name": "standup", "participant_identity": "alice#tab"}, "alice#tab", {}),
        ("livekit_token_source with keys that say nothing", "livekit_token_source",
         {"room_name": "standup", "participant_name": "", "participant_metadata": None,
          "participant_attributes": {}, "room_config": {}}, "alice", {}),
    ]:
        answer = rest.ask(function, arguments, **how)
        run.check(f"201 for {title}", run.signed(answer, "standup", identity))
        if title == "livekit_join":
            run.check("its row", row(run, answer))
        elif function == "livekit_token_source" and answer.status == 201:
            run.check(f"{title}: the body", differences(
                {"server_url": database.URL, "participant_token": answer.token()}, answer.json()))
    answer = rest.ask("livekit_join", {"room": "listen"})
    run.check("201 for livekit_join within the row's grants", run.signed(
        answer, "listen", "alice", canPublish=False, canPublishData=False))


def row(run, answer):
    """Where livekit_join's answer is not its one row."""
    if answer.status != 201:
        return [str(answer)]
    claims = run.claims(answer.token())
    expires = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(claims["exp"]))
    return differences([{"server_url": database.URL, "participant_token": answer.token(),
                         "room": "standup", "identity": "alice", "expires_at": expires}],
                       answer.json())


# What is asked by alice or another, and what PostgREST makes of our errors.
REFUSED = [
    # title, status, SQLSTATE, function, arguments, claims
    ("no JWT", 401, "42501", "livekit_join", {"room": "standup"}, None),
    ("no JWT, for an endpoint", 401, "42501", "livekit_token_source", {"room_name": "standup"},
     None),
    ("a JWT of anon", 401, "42501", "livekit_join", {"room": "standup"},
     {"role": "anon", "sub": "alice"}),
    ("a JWT of a role that is not PostgREST's", 403, "42501", "livekit_join", {"room": "standup"},
     {"role": "postgres", "sub": "alice"}),
    ("an expired JWT", 401, "PGRST301", "livekit_join", {"room": "standup"},
     {"role": "web_user", "sub": "alice", "exp": 1}),
    ("a room that is another's", 403, "42501", "livekit_join", {"room": "boardroom"}, "alice"),
    ("a room that is not there", 403, "42501", "livekit_join", {"room": "nowhere"}, "alice"),
    ("a room for nobody", 403, "42501", "livekit_join", {"room": "standup"}, "mallory"),
    ("a room null", 403, "42501", "livekit_join", {"room": None}, "alice"),
    ("a device with #", 400, "22023", "livekit_join", {"room": "standup", "device": "a#b"},
     "alice"),
    ("an endpoint's room that is not there", 403, "42501", "livekit_token_source",
     {"room_name": "nowhere"}, "alice"),
    ("an endpoint without a room", 403, "42501", "livekit_token_source", {}, "alice"),
    ("an endpoint's other identity", 403, "42501", "livekit_token_source",
     {"room_name": "standup", "participant_identity": "bob"}, "alice"),
    ("an endpoint's other identity's device", 403, "42501", "livekit_token_source",
     {"room_name": "standup", "participant_identity": "bob#tab"}, "alice"),
    ("an endpoint's name", 403, "42501", "livekit_token_source",
     {"room_name": "standup", "participant_name": "Bob"}, "alice"),
    ("an endpoint's key that is not one", 400, "22023", "livekit_token_source",
     {"room_name": "standup", "room": "standup"}, "alice"),
    ("an endpoint's room in both spellings", 400, "22023", "livekit_token_source",
     {"room_name": "standup", "roomName": "boardroom"}, "alice"),
    ("an endpoint's body that is a list", 400, "22023", "livekit_token_source",
     [{"room_name": "standup"}], "alice"),
    ("an endpoint's body null", 400, "22023", "livekit_token_source", "null", "alice"),
    ("metadata beyond LiveKit's", 413, "54000", "livekit_token_source",
     {"room_name": "standup", "participant_metadata": "x" * (512 * 1024 + 1)}, "alice"),
    ("a grant that is not one", 400, "22023", "token",
     {"room": "standup", "grants": {"canPublsh": True}}, "alice"),
    ("a grant beyond the row", 403, "42501", "token",
     {"room": "standup", "grants": {"roomAdmin": True}}, "alice"),
    ("a token for another", 403, "42501", "token",
     {"room": "standup", "identity": "bob"}, "alice"),
    ("a token that is none", 403, "28000", "verify", {"token": "x.y.z"}, "alice"),
    ("a function of its owner's rights", 500, "55000", "definer", {"room": "standup"}, "alice"),
]


def refusals(run, rest):
    answers = {}
    for title, status, code, function, arguments, claims in REFUSED:
        answers[title] = rest.ask(function, arguments, claims)
        run.refused(answers[title], status, code, f"{status} for {title}")
    absent, forbidden = (
        (a.status, a.text, [h for h in a.headers.items() if h[0] != "Date"])
        for a in (answers["a room that is not there"], answers["a room that is another's"]))
    run.check("a room that is not there answers as one that is another's",
              differences([*absent], [*forbidden]))
    misspelt = answers["a grant that is not one"]
    run.check("a hint arrives", '"hint":"Did you mean \\"canPublish\\"?"' not in misspelt.text)
    run.check("a mistake's cause stays here",
              without_cause(answers["a function of its owner's rights"]))


def without_cause(answer):
    """The cause of a set-up mistake stays in the server's log: the client has
    no detail of it, and no name that is ours alone."""
    if answer.status != 500:
        return [str(answer)]
    names = [name for name in ("members", "odd", "definer", "canPublsh", "nowhere", "keys.yaml")
             if name in answer.text]
    return names + differences(None, answer.json()["details"])


def methods(run, rest):
    """What is cached or runs in a read-only transaction gives no token."""
    for method in ("GET", "HEAD"):
        for function in ("livekit_join?room=standup", "token?room=standup", "issue?room=standup"):
            answer = rest.ask(function, None, method=method)
            run.refused(answer, 405, None if method == "HEAD" else "25006",
                        f"405 for {method} {function}")
    for room, due in ("standup", "true"), ("boardroom", "false"), ("nowhere", "false"):
        answer = rest.ask(f"can_join?room={room}", None, method="GET")
        run.check(f"GET can_join?room={room}", differences([200, due],
                                                           [answer.status, answer.text]))
    # A function's own token has no header of ours.
    for function, identity in ("token", "alice"), ("issue", "server"):
        answer = rest.ask(function, {"room": "standup"})
        run.check(f"200 for POST {function}", [str(answer)] if answer.status != 200 else
                  differences(identity, run.claims(answer.json())["sub"]))
    asked = {"Origin": "https://app.example.com", "Access_Control_Request_Method": "POST",
             "Access_Control_Request_Headers": "authorization, content-type"}
    answer = rest.ask("livekit_token_source", None, None, "OPTIONS", **asked)
    allowed = {name: answer.headers[f"Access-Control-Allow-{name}"] or ""
               for name in ("Origin", "Methods", "Headers")}
    run.check("a browser may ask", [] if answer.status == 200 and allowed["Origin"]
              and "POST" in allowed["Methods"] and "authorization" in allowed["Headers"].lower()
              else [f"{answer.status} {allowed}"])
    answer = rest.ask("livekit_token_source", {"room_name": "standup"},
                      Origin="https://app.example.com")
    run.check("a browser may read the answer", run.signed(answer, "standup", "alice")
              or not answer.headers["Access-Control-Allow-Origin"])


def identities(run, rest, admin):
    join = {"room": "standup"}
    for title, claims in [
        ("no sub", '{"role": "web_user"}'),
        ("sub null", '{"role": "web_user", "sub": null}'),
        ("sub empty", '{"role": "web_user", "sub": ""}'),
        ("sub with #", '{"role": "web_user", "sub": "alice#phone"}'),
        ("sub in capitals", '{"role": "web_user", "Sub": "alice"}'),
        ("sub in an object", '{"role": "web_user", "user": {"sub": "alice"}}'),
    ]:
        run.refused(rest.ask("livekit_join", join, claims), 403, "42501", f"403 for {title}")
    # What PostgREST itself takes for a claim.
    for title, claims in [
        ("sub a number", '{"role": "web_user", "sub": 42}'),
        ("sub an object", '{"role": "web_user", "sub": {"a": "alice"}}'),
        ("sub a list", '{"role": "web_user", "sub": ["alice"]}'),
    ]:
        run.refused(rest.ask("livekit_join", join, claims), 401, "PGRST301", f"401 for {title}")
    # It passes one of the two on; that one, and none else, is who asks.
    twice = '{"role": "web_user", "sub": "alice", "sub": "bob"}'
    seen = rest.ask("claims", {}, twice).json()
    answer = rest.ask("livekit_join", join, twice)
    run.check("sub twice is who PostgREST says",
              run.signed(answer, "standup", seen["sub"])
              or differences(seen["sub"], seen["identity"]))
    run.check("no question is pending", differences(
        {"sub": "alice", "identity": "alice", "request": None},
        rest.ask("claims", {}).json()))

    # For join_as, which names livekit_join only when it runs.
    admin.run("GRANT USAGE ON SCHEMA livekit TO web_user")
    run.refused(rest.ask("join_as", {"setting": "livekit_token.identity", "value": "role"}),
                403, "42501", "a client cannot set who is asking")
    run.refused(rest.ask("join_as", {"setting": "livekit_token.identity",
                                     "value": "request.headers:x-user"}, x_user="bob"),
                403, "42501", "nor that a header says it")
    answer = rest.ask("join_as", {"setting": "livekit_token.max_ttl", "value": "1d"})
    run.refused(answer, 403, "42501", "nor another setting")
    answer = rest.ask("join_as", {"setting": "response.headers", "value": '[{"X-Own": "1"}]'})
    run.check("a function's other headers stay",
              run.signed(answer, "standup", "alice") or answer.headers["X-Own"] != "1")
    run.refused(rest.ask("set_config", {"setting_name": "livekit_token.identity",
                                        "new_value": "role", "is_local": False}),
                404, "PGRST202", "set_config is not exposed")
    run.refused(rest.ask("livekit_issue", {"identity": "bob", "room": "standup"},
                         Content_Profile="livekit"), 406, "PGRST106", "nor is schema livekit")
    answer = rest.ask("livekit_join", join, x_user="bob", role="bob", sub="bob",
                      request_jwt_claims='{"sub":"bob"}', livekit_token_identity="role")
    run.check("no header is an identity", run.signed(answer, "standup", "alice"))


def mistakes(run, rest, admin):
    """Of who wrote the relation: the client learns that, and no more."""
    admin.run("SELECT livekit.livekit_register_access('odd')")
    for title, status, code, room in [
        ("two rows", 400, "21000", "twice"),
        ("a project that is not there", 400, "42704", "elsewhere"),
        ("a row with a misspelt grant", 500, "55000", "misspelt"),
    ]:
        answer = rest.ask("livekit_join", {"room": room})
        run.refused(answer, status, code, f"{status} for {title}")
        if code == "55000":
            run.check(f"{title}: the cause stays here", without_cause(answer))
    admin.run("ALTER TABLE odd DISABLE ROW LEVEL SECURITY")
    answer = rest.ask("livekit_join", {"room": "elsewhere"})
    run.refused(answer, 500, "55000", "500 where row-level security was disabled")
    run.check("row-level security disabled: the cause stays here", without_cause(answer))
    admin.run("SELECT livekit.livekit_register_access('members')")
    answer = rest.ask("livekit_join", {"room": "standup"})
    run.check("registered again, it signs again", run.signed(answer, "standup", "alice"))


def crowd(run, rest):
    """Many at once, over connections and sessions that all share."""
    users = [f"user{n % 50 + 1}" for n in range(200)]

    def some(mine):
        connection = rest.connect()
        try:
            return [(user, rest.ask("livekit_join", {"room": "crowd"}, user,
                                    connection=connection)) for user in mine]
        finally:
            connection.close()

    with ThreadPoolExecutor(20) as pool:
        answers = [pair for part in pool.map(some, (users[n::20] for n in range(20)))
                   for pair in part]
    wrong = [line for user, answer in answers for line in run.signed(answer, "crowd", user)]
    run.check("each of 200 tokens is its asker's", wrong[:5])
    run.check("no jti twice",
              len({run.claims(token)["jti"] for token in run.tokens}) != len(run.tokens))


def misconfigured(run, program, log):
    """A database where nothing is registered, with no key, with a file that is
    not there: 500 each, and not a word of it."""
    with Session("postgres", "broken") as broken:
        broken.run(f"ALTER DATABASE broken SET livekit_token.url = '{database.URL}';"
                   "ALTER DATABASE broken SET livekit_token.key_file = '';"
                   "SELECT livekit.livekit_unregister_access()")
        join = "livekit_join", {"room": "standup"}
        source = "livekit_token_source", {"room_name": "standup"}
        token = "token", {"room": "standup"}
        with started(program, "broken", log) as rest:
            told(run, rest, "nothing registered", "55000", join, source, token)
            broken.run("SELECT livekit.livekit_register_access('members')")
            told(run, rest, "no key", "55000", join, source, token)
        broken.run("ALTER DATABASE broken SET livekit_token.key_file = '/nowhere/keys.yaml'")
        with started(program, "broken", log) as rest:
            told(run, rest, "no key file", "F0000", join, source, token)


def told(run, rest, title, code, *calls):
    for function, arguments in calls:
        answer = rest.ask(function, arguments)
        run.refused(answer, 500, code, f"500 for {function} with {title}")
        run.check(f"{function} with {title}: the cause stays here", without_cause(answer))


def verified(run, sdk):
    """LiveKit's own library takes them."""
    answers = install.ask(*sdk, [{"verify": token, "key": run.key, "secret": run.secret}
                                 for token in run.tokens])
    run.check("LiveKit's library takes each token", [
        line for token, answer in zip(run.tokens, answers)
        for line in ([answer["error"]] if "error" in answer else differences(
            run.claims(token)["sub"], answer["claims"]["identity"]))][:5])


def silent(run, whose, log, *told):
    """A log of default settings has what an administrator needs, and no more."""
    words = [run.secret, *run.tokens, *(token.split(".")[2] for token in run.tokens)]
    run.check(f"no secret and no token is in {whose} log",
              any(word.encode() in log for word in words))
    run.check(f"what went wrong is in {whose} log",
              [f"no {word.decode()}" for word in told if word not in log])
