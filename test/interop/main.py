"""Runs the suites; see run, which prepares what they need."""

import json
import os
import secrets
import signal
import subprocess
import sys
import time
import traceback
from pathlib import Path

import admission
import api
import database
import exporter
import hasura
import install
import jws
import pgbouncer
import postgrest
from cases import CASES, GRANTS, ORDER
from dialects import READS, REGISTERED, WRITES, Dialect, plain_config
from tap import Tap, differences

GATEWAYS = {"postgrest": postgrest.suite, "hasura": hasura.suite, "pgbouncer": pgbouncer.suite,
            "api": api.suite, "exporter": exporter.suite}
SUITES = tuple(dict.fromkeys((*(name for name in install.PEERS if name not in GATEWAYS),
                              "server", *GATEWAYS)))
JOIN = CASES[0].title
# Our tokens, and theirs, after somebody laid hands on them.
FORGERIES = {
    "with a changed claim": lambda token, _: jws.change_claim(token),
    "with a changed signature": lambda token, _: jws.change_signature(token),
    "signed with another secret": jws.resign,
}


def ours(tap, key, secret):
    """Mint the whole table and read it with the standard library alone; the
    tokens and their claims by title."""
    before = int(time.time())
    answers = database.issue([case.ask for case in CASES])
    after = int(time.time())
    minted = {}
    for case, token in zip(CASES, answers):
        title = f"ours: {case.title}"
        try:
            header, claims = jws.payload(token, secret)
        except ValueError:
            tap.check(title, [token[:300]])
            continue
        times = {name: claims.get(name) for name in ("iat", "nbf", "exp", "jti")}
        due = {"iss": key, **case.claims, **times}
        problems = differences(jws.HEADER, header) + differences(due, claims)
        if list(claims) != [name for name in ORDER if name in claims]:
            problems.append(f"order: {', '.join(claims)}")
        if not all(isinstance(times[name], int) for name in ("iat", "nbf", "exp")):
            problems.append(f"times that are not integers: {times}")
        elif (not before <= claims["iat"] <= after
                or claims["nbf"] != (case.nbf or claims["iat"])
                or claims["exp"] - claims["iat"] != case.ttl):
            problems.append(f"times: {times}, minted from {before} to {after}")
        tap.check(title, problems)
        minted[case.title] = token, due
    tap.check("ours: no jti twice",
              len({due["jti"] for _, due in minted.values()}) != len(minted))
    return minted


def covered(tap):
    """Does the table hold every grant that the extension knows, and no other?"""
    known = {f"{row['scope']}.{row['name']}" for row in database.grant_types()}
    used = {f"{scope}.{name}" for case in CASES for scope in GRANTS
            for name in case.claims.get(scope, {})}
    tap.check("ours: a case for every row of livekit_grant_types()",
              differences(dict.fromkeys(known, "tested"), dict.fromkeys(used, "tested")))


def peer(tap, sdk, program, minted, key, secret):
    """One SDK: reads ours, refuses forgeries of ours; we read its and refuse
    forgeries of its."""
    join, _ = minted[JOIN]
    forged = {title: forge(join, secrets.token_hex(32)) for title, forge in FORGERIES.items()}
    makes = {}
    can_write = Dialect(ignores=WRITES[sdk].ignores)
    for case in CASES:
        claims = can_write.say(case.claims)
        if not claims.keys().isdisjoint({*GRANTS, "sha256"}):
            makes.setdefault(json.dumps([claims, case.ttl]), (case, claims))
    makes = list(makes.values())
    try:
        answers = iter(install.ask(*program, [
            *({"verify": token, "key": key, "secret": secret}
              for token in [*(token for token, _ in minted.values()), *forged.values()]),
            *({"make": claims, "ttl": case.ttl, "key": key, "secret": secret}
              for case, claims in makes)]))
    except (install.Failure, OSError, ValueError, subprocess.TimeoutExpired) as failure:
        tap.check(f"{sdk}: runs", str(failure).splitlines())
        return

    for title, (_, due) in minted.items():
        answer = next(answers)
        tap.check(f"{sdk}: reads {title}", [answer["error"]] if "error" in answer
                  else differences(READS[sdk].say(due), answer["claims"]))
    for title in forged:
        answer = next(answers)
        tap.check(f"{sdk}: refuses ours {title}",
                  [] if "error" in answer else ["it was taken"])

    made = list(answers)
    verdicts = database.read([answer.get("token", "") for answer in made])
    for (case, claims), answer, verdict in zip(makes, made, verdicts):
        tap.check(f"{sdk}: writes {case.title}", [answer["error"]] if "error" in answer
                  else unlike(key, case.ttl, WRITES[sdk].say(claims), *verdict))
    if "token" not in made[0]:
        return
    theirs = [forge(made[0]["token"], secrets.token_hex(32)) for forge in FORGERIES.values()]
    for title, (verified, inspected) in zip(FORGERIES, database.read(theirs)):
        tap.check(f"{sdk}: refused here, its {title}", refused(
            "signature_mismatch", verified, inspected))


def unlike(key, ttl, due, verified, inspected):
    """Where a token that somebody made does not read as what was asked for."""
    if not isinstance(verified, dict) or not isinstance(inspected, dict):
        return [str(verified)[:300], str(inspected)[:300]]
    claims = {k: v for k, v in verified.items() if k not in REGISTERED}
    for side in (due, claims):
        if "roomConfig" in side:
            side["roomConfig"] = plain_config(side["roomConfig"])
    grants = {k: v for k, v in verified.items() if k in GRANTS}
    seen = {"valid": True, "reason": "ok", "api_key": key, "claims": verified, "grants": grants,
            "identity": verified.get("sub") or None,
            "room": grants.get("video", {}).get("room")}
    problems = (differences(due, claims) + differences(key, verified["iss"])
                + differences(seen, {k: inspected[k] for k in seen}))
    if not ttl - 60 <= verified["exp"] - time.time() <= ttl:
        problems.append(f"exp: {verified['exp']}")
    return problems


def refused(reason, verified, inspected):
    problems = differences([False, reason], [inspected["valid"], inspected["reason"]])
    if not str(verified).startswith("ERROR:  28000: token refused\n"):
        problems.append(f"livekit_verify: {verified}")
    return problems


def gateway(tap, suite, program, key, secret):
    try:
        GATEWAYS[suite](tap, program, key, secret)
    # The answers are others' programs': there is no saying what goes wrong.
    except Exception:
        tap.check(f"{suite}: runs", traceback.format_exc().splitlines())


def main(wanted):
    unknown = set(wanted) - set(SUITES)
    if unknown:
        sys.exit(f"run: no suite {', '.join(sorted(unknown))}; there are {', '.join(SUITES)}")
    # So that a server of ours ends with us.
    for number in signal.SIGINT, signal.SIGTERM, signal.SIGHUP:
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, lambda number, _: sys.exit(128 + number))
    suites = [suite for suite in SUITES if suite in (wanted or SUITES)]
    # Before anything is minted: this may take longer than a token lives.
    programs = install.installed(suites)

    key, secret = Path(os.environ["LK_RUN"], "keys.yaml").read_text().strip().split(": ")
    error, = database.run(["CREATE EXTENSION livekit_token;"])
    if error:
        print(f"Bail out! {error.splitlines()[0]}")
        return 1
    tap = Tap()
    minted = ours(tap, key, secret)
    covered(tap)
    for suite in suites if JOIN in minted else ():
        program = programs[suite]
        if isinstance(program, Exception):
            tap.check(f"{suite}: is installed", str(program).splitlines())
        elif suite == "server":
            admission.suite(tap, program, minted, key, secret)
        elif suite in GATEWAYS:
            gateway(tap, suite, program, key, secret)
        else:
            peer(tap, suite, program, minted, key, secret)
    return tap.done()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
