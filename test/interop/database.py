"""The extension under test, by psql."""

import json
import os
import re
import subprocess
from pathlib import Path

from install import Failure

EXAMPLES = Path(__file__).parents[2] / "examples"
URL = "wss://livekit.example.com"
ISSUE = """SELECT livekit_issue(ask->>'identity', ask->>'room',
    coalesce(ask->'grants', '{}'), (ask->>'ttl')::interval, ask->>'name', ask->>'metadata',
    ask->'attributes', ask->'room_config', NULL, ask->'options')
  FROM (SELECT %s::jsonb) AS q(ask);"""
# In hex: psql leaves U+FFFFF and its like out of what it prints.
VERIFY = """SELECT encode(convert_to(livekit_verify(%s #>> '{}')::text, 'UTF8'), 'hex');"""
INSPECT = """SELECT encode(convert_to(to_jsonb(i)::text, 'UTF8'), 'hex')
  FROM livekit_inspect(%s #>> '{}') AS i;"""
GRANT_TYPES = "SELECT to_jsonb(g) FROM livekit_grant_types() AS g;"


def run(script):
    """What each statement of a script gives: its line, or an error's text."""
    statements = "".join(f"\\echo ^{n}\n{s}\n" for n, s in enumerate(script))
    done = subprocess.run(
        ["psql", "-X", "-qAt"], text=True, encoding="utf-8",
        input="\\set VERBOSITY verbose\n" + statements, check=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        env={**os.environ, "PGCLIENTENCODING": "UTF8",
             "PGOPTIONS": "-c client_min_messages=error"})
    answers = re.split(r"^\^\d+\n", done.stdout, flags=re.M)
    if len(answers) != len(script) + 1 or answers[0]:
        raise RuntimeError(f"psql said: {done.stdout[:500]}")
    return [answer.strip() for answer in answers[1:]]


def literal(value):
    """A jsonb literal in ASCII: no quoting, encoding or psql variable to mind."""
    return f"$json${json.dumps(value)}$json$::jsonb"


def issue(asks):
    return run([ISSUE % literal(ask) for ask in asks])


def read(tokens):
    """For each token what livekit_verify and livekit_inspect say of it."""
    answers = run([query % literal(token) for token in tokens for query in (VERIFY, INSPECT)])
    answers = [a if a.startswith("ERROR") else json.loads(bytes.fromhex(a)) for a in answers]
    return list(zip(answers[::2], answers[1::2]))


def grant_types():
    return [json.loads(row) for row in run([GRANT_TYPES])[0].split("\n")]


def example(name):
    """A database in which a file of examples/ ran, as its users run it."""
    file = EXAMPLES / f"{name}.sql"
    script = (f"CREATE DATABASE {name};\n\\connect {name}\n"
              f"ALTER DATABASE {name} SET livekit_token.url = '{URL}';\n\\include {file}\n")
    done = subprocess.run(["psql", "-Xq", "-v", "ON_ERROR_STOP=1"], input=script, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          env={**os.environ, "PGOPTIONS": "-c client_min_messages=warning"})
    # A warning is a flaw of the example.
    if done.returncode or done.stderr:
        raise Failure(f"examples/{name}.sql: {done.stderr}")
