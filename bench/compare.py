"""Runs the comparison; see run, which prepares what it needs."""

import argparse
import re
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

import audit
import claims
import contenders
import endpoint
import policy
import report

HERE = Path(__file__).parent
PARTS = ["tokens", "policy", "audit", "endpoint"]


class Effort:
    """How long a figure may take."""

    def __init__(self, quick):
        self.rounds = 3 if quick else 11
        self.seconds = 0.02 if quick else 0.2
        self.client_seconds = 1 if quick else 2
        # Together, a minute and more for each.
        self.visit_seconds = 2 if quick else 6

    def calibrate(self, loop):
        """How often it fits into the time for one; warms it up as well."""
        count = 1
        while True:
            elapsed = loop(count) * count / 1e9
            if elapsed >= self.seconds / 2:
                return max(1, round(count * self.seconds / elapsed))
            count *= 2

    def interleaved(self, jobs):
        """One figure for each round: {key: loop} gives {key: figures}."""
        counts = {key: self.calibrate(loop) for key, loop in jobs.items()}
        figures = defaultdict(list)
        for _ in range(self.rounds):
            for key, loop in jobs.items():
                figures[key].append(loop(counts[key]))
        return figures


def check(name, contender, token):
    """It makes the token that is meant, reads one, and refuses a forgery."""
    text = claims.metadata("small")
    made = contender.once("mint", text)
    try:
        header, body, _ = made.split(".")
        seen = claims.decode(body)
        due = claims.claims("small")
        due["video"] = {**seen["video"], **due["video"]}
        signed = claims.sign_text(f"{header}.{body}") == made
        same = all(seen[k] == due[k] for k in ("iss", "sub", "name", "video", "metadata"))
    except (ValueError, KeyError) as error:
        raise SystemExit(f"bench: {name} made {made[:500]}: {error!r}")
    if not signed or not same:
        raise SystemExit(f"bench: {name} made another token: {made}")
    forged = claims.sign_text(token.rpartition(".")[0], "another secret")
    verdicts = [contender.once("verify", t) for t in (token, forged)]
    if verdicts != [claims.IDENTITY, contenders.REFUSED]:
        raise SystemExit(f"bench: {name} reads the token and a forgery as {verdicts}")


def tokens(effort):
    """Nanoseconds per token, {(size, what, name): figures}; and who takes part
    in which version."""
    with tempfile.TemporaryDirectory() as directory:
        floor = f"{directory}/floor"
        subprocess.run(["cc", "-std=c11", "-O2", "-o", floor, HERE / "floor.c", "-lcrypto"],
                       check=True)
        everybody = contenders.everybody(floor)
        token = claims.sign(claims.claims("small"))
        for name, contender in everybody.items():
            check(name, contender, token)
        texts = {}
        for size in claims.SIZES:
            texts[size, "mint"] = claims.metadata(size)
            texts[size, "verify"] = claims.sign(claims.claims(size))
        figures = effort.interleaved({
            (*job, name): lambda count, c=contender, job=job, t=text: c.loop(job[1], count, t)
            for job, text in texts.items() for name, contender in everybody.items()})
        versions = {name: contender.version for name, contender in everybody.items()}
        for contender in everybody.values():
            contender.close()
    return figures, versions


def policies(effort, rows):
    """Nanoseconds per answer: {(what, title): figures}."""
    askers = policy.askers(rows)
    figures = effort.interleaved({
        (what, title): lambda count, a=asker, what=what: a.loop(what, count)
        for title, asker in askers.items() for what in policy.STATEMENTS})
    for asker in askers.values():
        asker.close()
    return figures


def clients(effort, parts, rows):
    """Transactions per second of two clients: {title: figures}."""
    token = claims.sign(claims.claims("small"))
    scripts = {"SELECT 1": ("SELECT 1;",)}
    if "tokens" in parts:
        for name, what, expression in contenders.client_statements():
            text = ":metadata" if what == "mint" else ":token"
            scripts[f"{name}, {what}"] = (f"SELECT {expression.replace('$1', f'{text}::text')};",)
    if "policy" in parts:
        where = "-U", claims.IDENTITY, policy.database("text", rows)
        scripts |= {title: (script, *where) for title, script in policy.CLIENTS.items()}
    return transactions(effort, scripts, "-D", f"metadata={claims.metadata('small')}",
                        "-D", f"token={token}")


def audits(effort, rows):
    """Nanoseconds per token, {(what, title): figures}; transactions per second of
    two clients, {title: figures}; and how many rows there were before."""
    with audit.servers(rows) as servers:
        with audit.tellers(servers) as jobs:
            times = effort.interleaved(jobs)
        rates = transactions(effort, audit.scripts(servers),
                             after=lambda: [one.trim() for one in servers.values()])
    return times, rates, rows


def transactions(effort, scripts, *options, after=lambda: None):
    """Per second, of two clients: {title: (script, pgbench's arguments)} gives
    {title: figures}."""
    figures = defaultdict(list)
    with tempfile.TemporaryDirectory() as directory:
        for _ in range(effort.rounds):
            for number, (title, (script, *where)) in enumerate(scripts.items()):
                file = Path(directory, f"{number}.sql")
                file.write_text(script.replace("\n ", " ") + "\n")
                figures[title].append(pgbench(
                    file, "-T", str(effort.client_seconds), *options, *where))
                after()
    return figures


def pgbench(file, *options):
    done = subprocess.run(
        ["pgbench", "-n", "-M", "prepared", "-c", "2", "-j", "2", "-f", file, *options],
        text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    match = re.search(r"^tps = ([\d.]+)", done.stdout, re.M)
    if done.returncode or not match:
        raise SystemExit(f"bench: pgbench said: {done.stdout[-500:]}")
    return float(match[1])


def main():
    parser = argparse.ArgumentParser(prog="run")
    parser.add_argument("--quick", action="store_true", help="rough figures")
    parser.add_argument("--rows", type=int, help="of the large relations")
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    asked = parser.parse_args()
    parts = asked.parts or PARTS
    if not set(parts) <= set(PARTS):
        parser.error(f"the parts are {', '.join(PARTS)}")
    rows = asked.rows or (100_000 if asked.quick else 10_000_000)
    effort = Effort(asked.quick)
    times, versions, answers, rates, told, endpoints = {}, {}, {}, {}, (), {}
    if "tokens" in parts:
        times, versions = tokens(effort)
    if "policy" in parts:
        answers = policies(effort, rows)
    if {"tokens", "policy"} & set(parts):
        rates = clients(effort, parts, rows)
    if "audit" in parts:
        told = audits(effort, min(rows, audit.ROWS))
    if "endpoint" in parts:
        endpoints = endpoint.compare(effort)
    text = report.markdown(effort.rounds, times, versions, answers, rates, told, endpoints)
    if asked.quick or asked.parts:
        print(text)
        return report.grown(endpoints)
    report.plot(times, HERE / "results.svg")
    (HERE / "RESULTS.md").write_text(text)
    print("bench: wrote RESULTS.md and results.svg")
    return report.grown(endpoints)


if __name__ == "__main__":
    sys.exit(main())
