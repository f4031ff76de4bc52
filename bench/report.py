"""What compare.py measured, as Markdown and as a picture."""

import os
import re
import statistics
import subprocess
from pathlib import Path

import claims

WHAT = {"mint": "Mint", "verify": "Verify"}
OURS, LEAST, RUST = "livekit_token", "floor", "Rust SDK"

HEAD = """\
# Side by side

What a token and its check cost in this extension and with what one would use instead. Nanoseconds
of processor time per token, all threads of a process on one core: the median of {rounds}
interleaved rounds. ± is half the distance between the quartiles. × is the ratio to the floor: the
median of the ratios within each round. `make bench` writes this page; `make bench-instructions`
counts instructions, which do not vary.

Everybody makes the same token: identity, name, a join grant for one room with canPublish and
canSubscribe, and metadata, which is JSON of ASCII characters. The small token is {bytes} bytes of
claims and {characters} characters, with {small} B of metadata; the others have 100 B, 16 KiB and
256 KiB. All read the same tokens, and build or parse the claims each time.

- **floor**: a C program that only builds, encodes, signs and encodes; and decodes, checks the MAC
  and scans the JSON. Claims are C strings, there is no clock and no server around it.
- **livekit_token**: `SELECT count(livekit_issue(…)) FROM (SELECT generate_series(…))`, and
  `livekit_verify`, which returns jsonb. The time is the backend's, executor and all.
- **pgjwt**, **PL/Python**: likewise, with pgjwt's SQL over pgcrypto, and PyJWT in a function.
- **SDKs**: LiveKit's own, in a loop of their language, warmed up.
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
                       for name in names(times) if name not in (OURS, LEAST, RUST))
    return [
        ("mint, × the floor", 2.5, x("small", "mint"), True, short),
        ("mint, times as fast as the Rust SDK", 2, x("small", "mint", RUST, OURS), False, short),
        ("verify, × the floor", 4.6, x("small", "verify"), True, short),
        ("verify, times as fast as the Rust SDK", 1, x("small", "verify", RUST, OURS), False,
         short),
        (f"times as fast as any other peer (nearest: {peer})", 5, slower, False, short),
        ("mint by two clients, share of SELECT 1", 0.8, share(rates, f"{OURS}, mint"), False,
         lambda part: f"{100 * part:.0f}%"),
        ("mint with 256 KiB, × the floor", 2.5, x("256 KiB", "mint"), True, short),
        ("verify with 256 KiB, × the floor", 2.5, x("256 KiB", "verify"), True, short),
    ]


def verdicts(times, rates):
    rows = [["", "target", "measured", ""]]
    for title, limit, figure, less, form in targets(times, rates):
        met = figure <= limit if less else figure >= limit
        rows.append([title, f"{'≤' if less else '≥'} {form(limit)}", form(figure),
                     "met" if met else "**missed**"])
    return table(rows)


def machine():
    about = Path("/proc/cpuinfo").read_text()
    model = re.search(r"^model name\s*: (.*)$", about, re.M)
    sha = re.search(r"^(flags|Features)\s*:.* sha(_ni|2)\b", about, re.M)
    system = re.search(r'^PRETTY_NAME="?([^"\n]*)', Path("/etc/os-release").read_text(), re.M)
    return (f"{model[1] if model else os.uname().machine}, {'with' if sha else 'without'} SHA "
            f"instructions, {os.cpu_count()} cores; {system[1]}")


def markdown(times, rates, versions, rounds):
    token = claims.sign(claims.claims("small"))
    head = HEAD.format(rounds=rounds, bytes=len(token.split(".")[1]) * 3 // 4,
                       characters=len(token), small=claims.SIZES["small"])
    parts = [head, "## Against the targets\n", verdicts(times, rates)]
    for what, title in WHAT.items():
        parts += [f"## {title}\n", costs(times, what)]
    parts += [
        "![The small token, × the floor](results.svg)\n",
        "## Two clients\n",
        "Transactions per second of `pgbench -M prepared -c 2 -j 2`, small token, Unix socket.\n",
        clients(rates),
        "## Versions\n", f"{machine()}.\n",
        table([["", "version"], *([name, version] for name, version in versions.items())],
              column="---")]
    return "\n".join(parts)


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
