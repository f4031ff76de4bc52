"""Watches one backend's memory; see memory."""

import base64
import hashlib
import json
import re
import subprocess
import sys
from pathlib import Path

import claims

COUNT = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
# By then the server's own caches are full.
WARM_UP = 20_000
# A quarter of a byte for each of a million calls; no leak is that small.
BOUND = 256 * 1024
# To explain takes long: so many times fewer calls will do, since what leaks
# takes more than a few bytes.
LESS = 10
# Statements that are sent at once: few enough for the pipe to hold what psql
# says to them.
AT_ONCE = 1000

REFUSE = """CREATE FUNCTION refuse(tokens text[], count int) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
  refused int := 0;
BEGIN
  FOR i IN 1 .. count LOOP
    BEGIN
      PERFORM livekit_verify(tokens[1 + i % array_length(tokens, 1)]);
    EXCEPTION WHEN invalid_authorization_specification THEN
      refused := refused + 1;
    END;
  END LOOP;
  RETURN refused;
END $$;"""


# Rows that let two roles join; and who else asks is refused.
RELATION = f"""CREATE ROLE member;
CREATE ROLE {claims.IDENTITY} IN ROLE member;
CREATE ROLE bob IN ROLE member;
CREATE ROLE mallory IN ROLE member;
CREATE TABLE member (room text, identity text, grants jsonb, ttl interval, name text, metadata text,
                     PRIMARY KEY (room, identity));
INSERT INTO member SELECT '{claims.ROOM}', identity, '{json.dumps(claims.GRANTS)}', '1 hour',
    '{claims.NAME}', '{claims.SMALL}' FROM unnest(ARRAY['{claims.IDENTITY}', 'bob']) AS identity;
ALTER TABLE member ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON member FOR SELECT USING (identity = livekit_identity());
GRANT SELECT ON member TO member;
GRANT EXECUTE ON FUNCTION livekit_join TO member;
SET client_min_messages = error;
SELECT livekit_register_access('member') \\g /dev/null
RESET client_min_messages;
"""


BODY = '{"event":"room_started","room":{"name":"standup"},"id":"EV_1","createdAt":"1767225600"}'
REQUEST = json.dumps({"room": claims.ROOM, "identity": claims.IDENTITY,
                      "permission": claims.GRANTS})


def webhook(body):
    """The token of a webhook, as LiveKit's server makes it."""
    digest = base64.b64encode(hashlib.sha256(body.encode()).digest()).decode()
    plain = claims.claims("small")
    return claims.sign({**{k: plain[k] for k in ("iss", "nbf", "exp")}, "sha256": digest})


def forgeries():
    """Tokens that are refused, each for another reason."""
    good = claims.claims("small")
    token = claims.sign(good)
    header, body, mac = token.split(".")
    deep = json.dumps(good)[:-1] + ', "deep": ' + "[" * 1000 + "]" * 1000 + "}"
    return [
        "",
        f"{header}.{body}",
        f"{token}=",
        f"{header}.{body[:-1]}!.{mac}",
        claims.sign(good, '{"alg":"none"}'),
        claims.sign(good, '{"alg":"HS256","crit":["b64"]}'),
        claims.sign(json.dumps(good)[:-1]),
        claims.sign("[1, 2]"),
        claims.sign(deep),
        claims.sign(json.dumps(good)[:-1] + ', "sub": "bob"}'),
        claims.sign(json.dumps(good)[:-1] + ', "n": 1e999999}'),
        claims.sign({**good, "Video": {}}),
        claims.sign({**good, "iss": "APIother"}),
        claims.sign({**good, "exp": 1_000_000_000}),
        claims.sign({**good, "nbf": good["exp"]}),
        claims.sign({k: v for k, v in good.items() if k != "iss"}),
        claims.sign({k: v for k, v in good.items() if k != "exp"}),
        claims.sign_text(f"{header}.{body}", "another secret"),
        claims.sign_text(claims.sign(claims.claims("16 KiB")).rpartition(".")[0], "another secret"),
    ]


class Backend:
    """One backend, by way of psql."""

    def __init__(self):
        self.process = subprocess.Popen(["psql", "-XqAt"], text=True, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.pid = int(self.ask("\\set VERBOSITY terse\nSELECT pg_backend_pid();")[0])

    def ask(self, script):
        """The lines that psql says to it."""
        self.process.stdin.write(script + "\n\\echo ^\n")
        self.process.stdin.flush()
        lines = []
        while True:
            line = self.process.stdout.readline().rstrip("\n")
            if line == "^":
                return lines
            if not line and self.process.poll() is not None:
                raise SystemExit(f"memory: the backend ended; {lines[-3:]}")
            lines.append(line)

    def measure(self, job, count):
        """Do a job; what it held at most meanwhile, and what it holds afterwards."""
        # proc(5): the peak shall be that of from now on.
        Path(f"/proc/{self.pid}/clear_refs").write_text("5")
        done = job(count)
        return done, self.holds()

    def holds(self):
        """Bytes: resident at most, and now, of these private, and in memory contexts."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        sizes = [int(re.search(rf"^{name}:\s*(\d+) kB", status, re.M)[1]) * 1024
                 for name in ("VmHWM", "VmRSS", "RssAnon")]
        total = self.ask("SELECT sum(total_bytes) FROM pg_backend_memory_contexts;")
        return *sizes, int(total[0])


def main():
    backend = Backend()
    tokens = forgeries()
    token = webhook(BODY)
    mint = (f"livekit_issue('{claims.IDENTITY}', '{claims.ROOM}', "
            f"'{json.dumps(claims.GRANTS)}', '1 hour', '{claims.NAME}', '{claims.SMALL}')")
    trouble = backend.ask("CREATE EXTENSION livekit_token;\n" + REFUSE + RELATION + "".join(
        f"\n\\set token{n} '{token}'" for n, token in enumerate(tokens)))
    if trouble:
        raise SystemExit(f"memory: {trouble}")

    def one(call):
        def run(count):
            # In FROM itself, the series would be kept as a whole.
            series = f"(SELECT generate_series(1, {count})) AS series"
            return int(backend.ask(f"SELECT count({call}) FROM {series};")[0])
        return run

    def from_one(function, first, second="", where="true"):
        def run(count):
            # It has to name g, or it would be evaluated once for all rows.
            return int(backend.ask(f"""SELECT count(*)
                FROM (SELECT generate_series(1, {count}) AS g) AS series,
                  LATERAL {function}(CASE WHEN g > 0 THEN '{first}' END {second}) AS answer
                WHERE {where};""")[0])
        return run

    def one_refusal(count):
        array = ", ".join(f":'token{n}'" for n in range(len(tokens)))
        return int(backend.ask(f"SELECT refuse(ARRAY[{array}], {count});")[0])

    def with_setting(job, setting, value):
        def run(count):
            backend.ask(f"SET {setting} = '{value}';")
            done = job(count)
            backend.ask(f"RESET {setting};")
            return done
        return run

    def with_rows(job):
        def run(count):
            backend.ask("TRUNCATE livekit_issued;")
            done = with_setting(job, "livekit_token.audit", "both")(count)
            return done if backend.ask("SELECT count(*) FROM livekit_issued;") == [str(done)] else 0
        return run

    def report(count):
        """So many rows at once."""
        subprocess.run(["psql", "-Xq", "-v", "ON_ERROR_STOP=1"], check=True, text=True, input=f"""
            INSERT INTO member
              SELECT 'room-' || g, '{claims.IDENTITY}', '{json.dumps(claims.GRANTS)}'
              FROM generate_series((SELECT count(*) FROM member) + 1, {count}) AS g;""")
        answer = "count(*) FILTER (WHERE problem IS NULL)"
        return int(backend.ask(f"SELECT {answer} FROM livekit_access_report();")[-1])

    def many(statements, wanted):
        def run(count):
            done = 0
            for start in range(0, count, AT_ONCE):
                part = [statements[i % len(statements)]
                        for i in range(start, min(count, start + AT_ONCE))]
                done += sum(map(wanted, backend.ask("\n".join([*part, "RESET ROLE;"]))))
            return done
        return run

    def by(role):
        return (f"SET ROLE {role};"
                f"SELECT length(participant_token) FROM livekit_join('{claims.ROOM}');")

    def explain(role):
        return (f"SELECT verdict FROM livekit_explain_join('{role}', '{claims.ROOM}') "
                "WHERE subject = 'answer';")

    join = with_setting(from_one("livekit_join", claims.ROOM), "role", claims.IDENTITY)
    mints = many([f"SELECT length({mint});"], str.isdigit)
    jobs = {
        "mint, one statement": one(mint),
        "mint, a statement each": mints,
        "mint, audit both, one statement": with_rows(one(mint)),
        "mint, audit both, a statement each": with_rows(mints),
        "refuse, one statement": one_refusal,
        "refuse, a statement each": many(
            [f"SELECT livekit_verify(:'token{n}');" for n in range(len(tokens))],
            lambda line: line == "ERROR:  token refused"),
        "join, one statement": join,
        "join, a statement each": many([by(claims.IDENTITY)], str.isdigit),
        "join, another role each": many([by(claims.IDENTITY), by("bob")], str.isdigit),
        "join refused, likewise": many([by("mallory")], lambda line: line.startswith("ERROR:")),
        "API request, one statement": from_one(
            "livekit_api_request", "UpdateParticipant", f", '{REQUEST}'", "body <> ''"),
        "API request, a statement each": many(
            [f"SELECT length(body) FROM livekit_api_request('UpdateParticipant', '{REQUEST}');"],
            str.isdigit),
        "webhook, one statement": one(f"livekit_webhook('{BODY}', '{token}')"),
        "webhook refused, a statement each": many(
            [f"SELECT livekit_webhook('{BODY} ', '{token}');"],
            lambda line: line == "ERROR:  token refused"),
        "explain, one statement": from_one(
            "livekit_explain_join", claims.IDENTITY, f", '{claims.ROOM}'",
            "subject = 'answer' AND verdict = 'ok'"),
        "explain, another role each": many(
            [explain(claims.IDENTITY), explain("mallory")], lambda line: line in ("ok", "refused")),
        "report, as many rows": report,
    }

    def calls(title, count):
        return count // LESS if title.startswith("explain") else count

    def do(title, count):
        wanted = calls(title, count)
        done, held = backend.measure(jobs[title], wanted)
        if done != wanted:
            raise SystemExit(f"memory: {title}: not every call did what it should")
        return held

    for title in jobs:
        do(title, WARM_UP)

    print(f"kB after {WARM_UP:,} and after {COUNT:,} more; to grow by {BOUND // 1024} is a failure")
    print(f"{'':36}{'peak':>20}{'resident':>20}{'private':>20}{'contexts':>20}")
    flat = True
    for title in jobs:
        before, after = do(title, WARM_UP), do(title, COUNT)
        print(f"{title:36}" + "".join(f"{a // 1024:>11,} {b // 1024:>8,}"
                                      for a, b in zip(before, after)), flush=True)
        flat = flat and all(b - a < BOUND for a, b in zip(before, after))
    print("flat" if flat else "NOT FLAT")
    return 0 if flat else 1


sys.exit(main())
