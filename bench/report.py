"""What compare.py measured, as Markdown and as a picture."""

import os
import re
import statistics
import subprocess
from pathlib import Path

import audit
import claims
import endpoint
import policy

WHAT = {"mint": "Mint", "verify": "Verify"}
OURS, TABLE, LEAST, RUST = "livekit_token", "sealed table", "floor", "Rust SDK"

HEAD = """\
# Side by side

What a token and its check cost in this extension and with what one would use instead; and what it
costs to ask the policies. `make bench` writes this page; `make bench-instructions` counts
instructions, which do not vary.

Nanoseconds are of processor time, all threads of a process on one core: the median of {rounds}
interleaved rounds. ± is half the distance between the quartiles. × is a median of ratios within
each round. But for the part on it, `livekit_token.audit` is off.
"""

TOKENS = """\
## Tokens

Everybody makes the same token: identity, name, a join grant for one room with canPublish and
canSubscribe, and metadata, which is JSON of ASCII characters. The small token is {bytes} bytes of
claims and {characters} characters, with {small} B of metadata; the others have 100 B, 16 KiB and
256 KiB. All read the same tokens, and build or parse the claims each time. × is the ratio to the
floor.

- **floor**: a C program that only builds, encodes, signs and encodes; and decodes, checks the MAC
  and scans the JSON. Claims are C strings, there is no clock and no server around it.
- **sealed table**: the next one, with the key in `livekit_sealed_key` instead of the key file.
- **livekit_token**: `SELECT count(livekit_issue(…)) FROM (SELECT generate_series(…))`, and
  `livekit_verify`, which returns jsonb. The time is the backend's, executor and all.
- **pgjwt**, **PL/Python**: likewise, with pgjwt's SQL over pgcrypto, and PyJWT in a function.
- **SDKs**: LiveKit's own, in a loop of their language, warmed up.
"""

POLICIES = """\
## Policies

What `livekit_join` replaces: the plain `SELECT` of a row (room, identity, grants, ttl, name,
metadata) by room and identity under the same policy, `identity = livekit_identity()`; and then
`livekit_issue` with what the row says. Each is a statement of a loop in PL/pgSQL, which keeps its
plan. They ask for {rooms} rooms in turn, or as many as there are. × is `livekit_join` by the sum of
the two. *At once*: one `SELECT livekit_issue(…)` with the row's columns as arguments.

An index on (room, identity) serves the large relations. Who asks is the role, or the "sub" of the
claims in a setting. In the last lines the loops change that each time: the claims (but for issue),
or the role, for which PostgreSQL plans anew.
"""

AUDIT = """\
## Audit

`livekit_issue` and `livekit_join` in loops like those above, in one transaction, in each mode of
`livekit_token.audit`; and beside them functions in PL/pgSQL that call them with audit off, take
what to tell from `livekit_verify`, and write the same line by `RAISE LOG` or the same row by
`INSERT`. × is the ratio to off. *File*: each backend writes to the log. *Jsonlog*: the logging
collector does, whose time is added. Both tables have {rows} rows before.

*Refused*: by `livekit_join`, and caught in PL/pgSQL; *suppressed*, after a hundred others. Here ×
is the ratio to audit_refusals off. *Clients*: two of `pgbench -M prepared`, with a transaction for
each `livekit_issue`, and fsync on.
"""

ENDPOINTS = """\
## Token endpoints

{clients} clients, each with a connection and a request at a time, ask in rounds of {seconds} s for
a token over HTTP, with a JWT that tells who they are: nine of ten for a room that they may join, the
others for one that is refused. Every answer is checked: signature, key, identity, room, grants,
name, metadata, lifetime, that no `jti` comes twice; and that refusals are 403 and say nothing. Of
{answers} answers none was wrong.

Endpoints have {pool} connections to the same database and read the same table. Clients, endpoint
and PostgreSQL share this machine's cores. *Endpoint* and *backends*: processor time of a request.
*Clients*: the share of all processor time that asking and checking took. *Memory*: what the largest
backend of the endpoint holds after a first round and after the last.

- **PostgREST**: the function named, exposed by an SQL function as in `examples/api.sql`.
- **Node**: express, jsonwebtoken, pg with a named statement, livekit-server-sdk. Its role is not
  subject to policies: the endpoint itself looks for the row of (room, identity).
"""


def median(figures):
    return statistics.median(figures)


def spread(figures):
    """Half the distance between the quartiles, in per cent of the median."""
    low, _, high = statistics.quantiles(figures, n=4, method="inclusive")
    return f"±{50 * (high - low) / median(figures):.0f}%"


def ratio(times, size, what, name, to=LEAST):
    return median([a / b for a, b in zip(times[size, what, name], times[size, what, to])])


def short(number):
    return f"{number:.2f}" if number < 10 else f"{number:.1f}" if number < 100 else f"{number:.0f}"


def table(rows, column="---:"):
    head, *body = rows
    align = ["---"] + [column] * (len(head) - 1)
    return "\n".join("| " + " | ".join(row) + " |" for row in (head, align, *body)) + "\n"


def names(times):
    return list(dict.fromkeys(name for _, _, name in times))


def costs(times, what):
    rows = [["", *(cell for size in claims.SIZES for cell in (f"{size}, ns", "", "×"))]]
    for name in names(times):
        row = [name]
        for size in claims.SIZES:
            figures = times[size, what, name]
            row += [f"{median(figures):,.0f}", spread(figures),
                    short(ratio(times, size, what, name))]
        rows.append(row)
    return table(rows)


def share(rates, title):
    return median([a / b for a, b in zip(rates[title], rates["SELECT 1"])])


def clients(rates):
    return table([["", "per second", "", "of SELECT 1"], *(
        [title, f"{median(figures):,.0f}", spread(figures), f"{100 * share(rates, title):.0f}%"]
        for title, figures in rates.items())])


def targets(times, rates):
    """What was aimed at: title, limit, figure, whether less is better, its form."""
    def x(size, what, name=OURS, to=LEAST):
        return ratio(times, size, what, name, to)

    slower, peer = min((x("small", what, name, OURS), f"{name}, {what}") for what in WHAT
                       for name in names(times) if name not in (OURS, TABLE, LEAST, RUST))
    return [
        ("mint, × the floor", 2.5, x("small", "mint"), True, short),
        ("mint, times as fast as the Rust SDK", 2, x("small", "mint", RUST, OURS), False, short),
        ("verify, × the floor", 4.6, x("small", "verify"), True, short),
        ("verify, times as fast as the Rust SDK", 1, x("small", "verify", RUST, OURS), False,
         short),
        ("mint with a key of the sealed table, × with the key file", 1.1,
         x("small", "mint", TABLE, OURS), True, short),
        (f"times as fast as any other peer (nearest: {peer})", 5, slower, False, short),
        ("mint by two clients, share of SELECT 1", 0.8, share(rates, f"{OURS}, mint"), False,
         lambda part: f"{100 * part:.0f}%"),
        ("mint with 256 KiB, × the floor", 2.5, x("256 KiB", "mint"), True, short),
        ("verify with 256 KiB, × the floor", 2.5, x("256 KiB", "verify"), True, short),
    ]


def policy_targets(answers):
    return [(f"livekit_join, × SELECT and livekit_issue: {title}", 1.3,
             over_both(answers, title), True, short) for title in askers(answers)]


def verdicts(aims):
    rows = [["", "target", "measured", ""]]
    for title, limit, figure, less, form in aims:
        met = figure <= limit if less else figure >= limit
        rows.append([title, f"{'≤' if less else '≥'} {form(limit)}", form(figure),
                     "met" if met else "**missed**"])
    return table(rows)


def askers(answers):
    return list(dict.fromkeys(title for _, title in answers))


def over_both(answers, title):
    """What a join costs, by what it replaces."""
    return median([join / (select + issue) for join, select, issue in zip(
        *(answers[what, title] for what in (policy.JOIN, policy.SELECT, policy.ISSUE)))])


def policies(answers):
    rows = [["", "SELECT, ns", "", "issue, ns", "", "at once, ns", "", "join, ns", "", "×",
             "can_join, ns", "", "token, ns", ""]]
    for title in askers(answers):
        row = [title]
        for what in policy.STATEMENTS:
            figures = answers[what, title]
            row += [f"{median(figures):,.0f}", spread(figures)]
            if what == policy.JOIN:
                row.append(short(over_both(answers, title)))
        rows.append(row)
    return table(rows)


def against(figures, base, form):
    """Cells: figures, and their ratio to others; empty where there are none."""
    if not figures:
        return ["", "", ""]
    return [f"{median(figures):,.0f}", spread(figures),
            form(median([a / b for a, b in zip(figures, base)]))]


def audits(times, rates):
    """A line for each way to tell."""
    rows = [["", "issue, ns", "", "×", "join, ns", "", "×", "clients, per second", "", "of off"]]
    for title in (*audit.WAYS, *audit.REFUSALS):
        what, off = ((audit.REFUSE, audit.UNTOLD) if title in audit.REFUSALS
                     else (audit.JOIN, audit.OFF))
        rows.append([
            title,
            *against(times.get((audit.ISSUE, title)), times[audit.ISSUE, audit.OFF], short),
            *against(times.get((what, title)), times[what, off], short),
            *against(rates.get(title), rates[audit.OFF], lambda part: f"{100 * part:.0f}%")])
    return table(rows)


def machine():
    about = Path("/proc/cpuinfo").read_text()
    model = re.search(r"^model name\s*: (.*)$", about, re.M)
    sha = re.search(r"^(flags|Features)\s*:.* sha(_ni|2)\b", about, re.M)
    system = re.search(r'^PRETTY_NAME="?([^"\n]*)', Path("/etc/os-release").read_text(), re.M)
    return (f"{model[1] if model else os.uname().machine}, {'with' if sha else 'without'} SHA "
            f"instructions, {os.cpu_count()} cores; {system[1]}")


def per_request(visits, name):
    """Microseconds of processor time."""
    return median([1e6 * seen[name] / (seen["Joined"] + seen["Refused"]) for seen in visits])


def growth(endpoints):
    """Of the backend behind PostgREST that grew most: bytes.  One that came later
    has grown."""
    ours = [one for one in endpoints.values() if one.role == endpoint.REST]
    return max(after - one.before.get(pid, 0) for one in ours for pid, after in one.after.items())


def grown(endpoints):
    return bool(endpoints) and growth(endpoints) > endpoint.BOUND


def endpoint_targets(endpoints):
    return [("a backend behind PostgREST grows by, kB", endpoint.BOUND // 1024,
             growth(endpoints) / 1024, True, lambda size: f"{size:,.0f}")]


def visited(one):
    """An endpoint's line."""
    visits = one.visits
    rates = [(seen["Joined"] + seen["Refused"]) / seen["Seconds"] for seen in visits]
    busy = median([seen["Busy"] / seen["Seconds"] for seen in visits]) / os.cpu_count()
    return [
        f"{median(rates):,.0f}", spread(rates),
        *(short(median([seen["Latency"][part] for seen in visits])) for part in (0, 1)),
        *(f"{per_request(visits, name):,.0f}" for name in ("Server", "Backends")),
        f"{100 * busy:.0f}%",
        *(f"{max(memory.values()) // 1024:,}" for memory in (one.before, one.after))]


def endpoints_section(endpoints):
    visits = [seen for e in endpoints.values() for seen in e.visits]
    answers = sum(seen["Joined"] + seen["Refused"] for seen in visits)
    text = ENDPOINTS.format(clients=endpoint.CLIENTS, pool=endpoint.POOL, answers=f"{answers:,}",
                            seconds=round(visits[0]["Seconds"]))
    return [text, table([
        ["", "per second", "", "median, ms", "99 %, ms", "endpoint, µs", "backends, µs", "clients",
         "memory, kB", ""],
        *([title, *visited(e)] for title, e in endpoints.items())])]


def tokens(times):
    token = claims.sign(claims.claims("small"))
    parts = [TOKENS.format(bytes=len(token.split(".")[1]) * 3 // 4, characters=len(token),
                           small=claims.SIZES["small"])]
    for what, title in WHAT.items():
        parts += [f"### {title}\n", costs(times, what)]
    return [*parts, "![The small token, × the floor](results.svg)\n"]


def markdown(rounds, times, versions, answers, rates, told, endpoints):
    """The page; what was not measured is empty."""
    aims, parts = [], []
    if times:
        aims += targets(times, rates)
        parts += tokens(times)
    if answers:
        aims += policy_targets(answers)
        parts += [POLICIES.format(rooms=policy.ROOMS), policies(answers)]
    if rates:
        parts += ["## Two clients\n",
                  "Transactions per second of `pgbench -M prepared -c 2 -j 2`, small token, Unix "
                  "socket.\n", clients(rates)]
    if told:
        costs_of_audit, rates_of_audit, before = told
        parts += [AUDIT.format(rows=f"{before:,}"), audits(costs_of_audit, rates_of_audit)]
    if endpoints:
        aims += endpoint_targets(endpoints)
        parts += endpoints_section(endpoints)
        versions = {**versions, **{e.title: e.version for e in endpoints.values()}}
    parts += ["## Versions\n", f"{machine()}.\n",
              table([["", "version"], *([name, version] for name, version in versions.items())],
                    column="---")]
    head = HEAD.format(rounds=rounds)
    return "\n".join([head, "## Against the targets\n", verdicts(aims), *parts])


def plot(times, file):
    """Bars on a logarithmic scale, by gnuplot."""
    rows = "".join(
        f'"{name}" ' + " ".join(f"{ratio(times, 'small', what, name):.3f}" for what in WHAT) + "\n"
        for name in names(times) if name != LEAST)
    subprocess.run(["gnuplot"], text=True, check=True, input=f"""\
$ratios << END
{rows}END
set terminal svg noenhanced size 800,400 font "sans-serif,13" background rgb "white"
set output "{file}"
set title "A small token: cost as a multiple of the floor (C program, cached key)"
set style data histogram
set style histogram clustered gap 1
set style fill solid noborder
set logscale y
set yrange [0.7:*]
set ylabel "× floor"
set grid ytics
set xtics nomirror scale 0
set key top left
set boxwidth 0.9
plot $ratios using 2:xtic(1) title "mint" linecolor rgb "#1f6feb", \\
     "" using 0:2:(sprintf("%.3g", $2)) with labels offset -1.7,0.5 notitle, \\
     "" using 3 title "verify" linecolor rgb "#f0883e", \\
     "" using 0:3:(sprintf("%.3g", $3)) with labels offset 1.7,0.5 notitle
""")
