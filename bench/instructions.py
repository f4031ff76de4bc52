"""Counts the instructions of one call; see instructions."""

import os
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import claims
import contenders
import policy

HERE = Path(__file__).parent
COUNTS = Path(os.environ["LK_COUNTS"])
PART = sys.argv[1]
CALLS = max(10, int(sys.argv[2])) if len(sys.argv) > 2 else 1000
SIZE = sys.argv[3] if len(sys.argv) > 3 else "small"
TOP = 25

if SIZE not in claims.SIZES:
    sys.exit(f"instructions: no size {SIZE!r}; there are {', '.join(claims.SIZES)}")


def run(*command, **options):
    return subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE, **options).stdout


def server(what, text, calls, settings=""):
    """Do it in a backend of its own; the file with its counts."""
    call = contenders.statements()["livekit_token"][what].replace("$1", ":'text'")
    pid = run("psql", "-XqAt", "-v", "ON_ERROR_STOP=1", input=f"""\
\\set text '{text}'
{settings}
SELECT pg_backend_pid();
SELECT count({call}) FROM generate_series(1, {calls}) \\g /dev/null
""").strip()
    return counted(pid)


def counted(pid):
    """The file with a backend's counts, which is written after its client has gone."""
    while Path(f"/proc/{pid}").exists():
        time.sleep(0.05)
    return COUNTS / str(pid)


def asker(kind, login, what, calls):
    """The same for a loop of policy.py."""
    one = policy.Asker(kind, policy.FEW, login)
    one.loop(what, calls)
    one.close()
    return counted(one.pid)


def floor(program, what, text, calls):
    file = COUNTS / f"floor-{what}-{calls}"
    run("valgrind", "-q", "--tool=callgrind", f"--callgrind-out-file={file}",
        f"--toggle-collect={what}", program, *claims.key(),
        claims.IDENTITY, claims.NAME, claims.ROOM, input=f"{what} {calls} {text}\n")
    return file


def costs(file, inclusive):
    """Instructions by function, and the library of each."""
    listing = run("callgrind_annotate", "--threshold=100", "--show-percs=no", "--auto=no",
                  f"--inclusive={'yes' if inclusive else 'no'}", file)
    found, libraries = Counter(), {}
    for line in listing.splitlines():
        match = re.match(r" *([\d,]+)  (?:\S*:)?(\S+?)(?:'\d+)?(?: \[(\S+)\])?$", line)
        if not match or match[2] == "TOTALS":
            continue
        cost, function = int(match[1].replace(",", "")), match[2]
        # One with inlined code has a line for each source, a recursive one for
        # each depth.
        found[function] = max(found[function], cost) if inclusive else found[function] + cost
        if match[3]:
            libraries[function] = Path(match[3]).name
    return found, libraries


def per_call(count):
    """Inclusive and own instructions of one call, by function; and of the hash."""
    few, many = count(CALLS // 10), count(CALLS)
    both = []
    for inclusive in (True, False):
        before, _ = costs(few, inclusive)
        after, libraries = costs(many, inclusive)
        both.append({name: (after[name] - before[name]) / (CALLS - CALLS // 10)
                     for name in after})
    hashing = max((cost for name, cost in both[1].items()
                   if "libcrypto" in libraries.get(name, "")), default=0)
    return *both, hashing, libraries


def tokens():
    run("psql", "-Xqc", "CREATE EXTENSION livekit_token")
    with tempfile.TemporaryDirectory() as build:
        program = f"{build}/floor"
        run("cc", "-std=c11", "-O2", "-g", "-o", program, HERE / "floor.c", "-lcrypto")
        texts = {"mint": claims.metadata(SIZE), "verify": claims.sign(claims.claims(SIZE))}
        for what, text in texts.items():
            report(what, per_call(lambda calls: floor(program, what, text, calls)),
                   per_call(lambda calls: server(what, text, calls)))


def policies():
    policy.create_roles()
    for kind in policy.TYPES:
        policy.create(kind, policy.FEW)
    for kind, login in (("text", claims.IDENTITY), ("text", "web"), ("uuid", "web")):
        parts, rests = {}, {}
        for what in (policy.SELECT, policy.ISSUE, policy.JOIN):
            parts[what] = per_call(lambda calls: asker(kind, login, what, calls))
            _, own, hashing, _ = parts[what]
            rests[what] = sum(own.values()) - hashing
        both = rests[policy.SELECT] + rests[policy.ISSUE]
        print(f"join, {kind}, as {login}: without the hash {rests[policy.JOIN]:,.0f} instructions, "
              f"{rests[policy.JOIN] / both:.2f} x {rests[policy.SELECT]:,.0f} of the SELECT and "
              f"{rests[policy.ISSUE]:,.0f} of issue\n")
        functions(*parts[policy.JOIN])


def audits():
    run("psql", "-Xqc", "CREATE EXTENSION livekit_token")
    totals = []
    for mode in ("off", "log", "both"):
        counts = per_call(lambda calls: server("mint", claims.metadata(SIZE), calls, f"""\
LOAD 'livekit_token';
SET log_min_messages = warning;
SET livekit_token.audit = '{mode}';"""))
        totals.append(sum(counts[1].values()))
        print(f"mint with audit {mode}: {totals[-1]:,.0f} instructions, "
              f"{totals[-1] - totals[0]:,.0f} above off\n")
        if mode != "off":
            functions(*counts)


def report(what, least, ours):
    _, least_own, least_hashing, _ = least
    _, own, hashing, _ = ours
    floor_total, total = sum(least_own.values()), sum(own.values())
    rest, floor_rest = total - hashing, floor_total - least_hashing
    print(f"{what}: {total:,.0f} instructions, {total / floor_total:.2f} x the floor's "
          f"{floor_total:,.0f}; without the hash {rest:,.0f}, {rest / floor_rest:.2f} x "
          f"{floor_rest:,.0f}\n")
    functions(*ours)


def functions(inclusive, own, _, libraries):
    total = sum(own.values())
    print(f"{'with callees':>12} {'alone':>10}  function")
    # What calls us does nothing meanwhile; and OpenSSL's inside is its own affair.
    inside = [name for name in inclusive if "libcrypto" not in libraries.get(name, "")
              and not name.startswith("0x")
              and (own.get(name, 0) >= 1 or inclusive[name] < 0.999 * total)]
    for name in sorted(inside, key=inclusive.get, reverse=True)[:TOP]:
        print(f"{inclusive[name]:12,.0f} {own.get(name, 0):10,.0f}  {name} "
              f"({libraries.get(name, '?')})")
    print()


{"tokens": tokens, "policy": policies, "audit": audits}[PART]()
