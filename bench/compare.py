"""Runs the comparison; see run, which prepares what it needs."""

import re
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

import claims
import contenders
import report

HERE = Path(__file__).parent
WHAT = ("mint", "verify")
QUICK = "--quick" in sys.argv[1:]
ROUNDS, SECONDS, CLIENT_SECONDS = (3, 0.02, 1) if QUICK else (11, 0.2, 2)


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


def calibrate(contender, what, text):
    """How often it fits into SECONDS; warms it up as well."""
    count = 1
    while True:
        elapsed = contender.loop(what, count, text) * count / 1e9
        if elapsed >= SECONDS / 2:
            return max(1, round(count * SECONDS / elapsed))
        count *= 2


def single(everybody):
    """Nanoseconds per token: {(size, what, name): one figure for each round}."""
    texts = {}
    for size in claims.SIZES:
        texts[size, "mint"] = claims.metadata(size)
        texts[size, "verify"] = claims.sign(claims.claims(size))
    jobs = {(*job, name): calibrate(contender, job[1], text)
            for job, text in texts.items() for name, contender in everybody.items()}
    figures = defaultdict(list)
    for _ in range(ROUNDS):
        for (size, what, name), count in jobs.items():
            figures[size, what, name].append(everybody[name].loop(what, count, texts[size, what]))
    return figures


def clients(directory):
    """Transactions per second of two clients, small token: {title: figures}."""
    sql = contenders.statements()
    token = claims.sign(claims.claims("small"))
    scripts = {"SELECT 1": "SELECT 1;"}
    for name in ("livekit_token", "pgjwt", "PL/Python"):
        for what in WHAT:
            # The row's number is none of pgbench's.
            expression = re.sub(r"CASE WHEN g > 0 THEN (\$1) END", r"\1", sql[name][what])
            text = ":metadata" if what == "mint" else ":token"
            scripts[f"{name}, {what}"] = (
                "SELECT " + " ".join(expression.replace("$1", f"{text}::text").split()) + ";")
    figures = defaultdict(list)
    for _ in range(ROUNDS):
        for number, (title, script) in enumerate(scripts.items()):
            file = Path(directory, f"{number}.sql")
            file.write_text(script + "\n")
            figures[title].append(transactions(file, token))
    return figures


def transactions(file, token):
    done = subprocess.run(
        ["pgbench", "-n", "-M", "prepared", "-c", "2", "-j", "2", "-f", file,
         "-T", str(CLIENT_SECONDS), "-D", f"metadata={claims.metadata('small')}",
         "-D", f"token={token}"],
        text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    match = re.search(r"^tps = ([\d.]+)", done.stdout, re.M)
    if done.returncode or not match:
        raise SystemExit(f"bench: pgbench said: {done.stdout[-500:]}")
    return float(match[1])


def main():
    with tempfile.TemporaryDirectory() as directory:
        floor = f"{directory}/floor"
        subprocess.run(["cc", "-std=c11", "-O2", "-o", floor, HERE / "floor.c", "-lcrypto"],
                       check=True)
        everybody = contenders.everybody(floor)
        token = claims.sign(claims.claims("small"))
        for name, contender in everybody.items():
            check(name, contender, token)
        times = single(everybody)
        versions = {name: contender.version for name, contender in everybody.items()}
        for contender in everybody.values():
            contender.close()
        rates = clients(directory)
    text = report.markdown(times, rates, versions, ROUNDS)
    if QUICK:
        print(text)
        return
    report.plot(times, HERE / "results.svg")
    (HERE / "RESULTS.md").write_text(text)
    print("bench: wrote RESULTS.md and results.svg")


if __name__ == "__main__":
    main()
