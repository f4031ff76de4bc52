"""Runs the code of the recipes, page by page, each in a server of its own: this
with the page's name, beside that server, or without one for all.  Prints TAP.

Blocks run in their order: sql as superuser, psql with the role that logs in
there; the errors they give are those that their comments say.  python, js and
ruby of a page are one program.  text is not run."""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT / "test/interop"))
import install  # noqa: E402

PAGES = ("psycopg", "node-postgres", "rails", "supabase", "hasura")
DATABASE = """CREATE DATABASE app;
\\connect app
ALTER DATABASE app SET livekit_token.url = 'wss://livekit.example.com';
"""
# As the README's quick start has it; hasura.sql does this itself.
EXTENSION = """CREATE SCHEMA livekit;
CREATE EXTENSION livekit_token SCHEMA livekit;
ALTER DATABASE app SET search_path = public, livekit;
"""
RAILS = """require 'active_record'
ActiveRecord::Base.establish_connection(adapter: 'postgresql', host: ENV['PGHOST'],
  database: 'app', username: 'app_user')
"""


def run(*command, **options):
    done = subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          env={**os.environ, "PGOPTIONS": "-c client_min_messages=warning"}, **options)
    return done.returncode, done.stdout, done.stderr


def psql(role, script, stop="0"):
    return run("psql", "-XqAt", "-U", role, "-v", f"ON_ERROR_STOP={stop}", input=script)


def sql(role, block):
    """What went otherwise than the block says."""
    _, output, errors = psql(role, block)
    due = re.findall(r"^-- (ERROR:  .*)$", block, re.M)
    got = re.findall(r"^(?:psql:.*?: )?((?:ERROR|FATAL|WARNING):  .*)$", errors, re.M)
    wrong = [f"due {due}, got {got}"] if due != got else []
    return wrong + [f"said {line}" for line in output.splitlines() if line == "f"]


def program(language, text):
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory) / {"python": "app.py", "js": "app.mjs", "ruby": "app.rb"}[language]
        command = {"python": "/usr/bin/python3", "js": "node", "ruby": "/usr/bin/ruby"}[language]
        if language == "js":
            home, _ = install.peer("without", ROOT / "examples/meeting")
            (file.parent / "node_modules").symlink_to(home / "node_modules")
        file.write_text(text)
        status, output, errors = run(command, file)
        return [output + errors] if status else []


def problems(page):
    text = (HERE / f"{page}.md").read_text()
    os.environ["PGDATABASE"] = "postgres"
    schema = HERE / re.search(r"\]\((\.\./\S+\.sql)\)", text)[1]
    extension = "" if schema.name == "hasura.sql" else EXTENSION + "\\connect\n"
    status, _, errors = psql("postgres", DATABASE + extension + f"\\include {schema}\n", stop="1")
    if status or errors:
        return [errors]
    os.environ["PGDATABASE"] = "app"

    wrong, programs = [], {}
    for language, role, block in re.findall(r"^```(\w+) ?(\w*)\n(.*?)^```$", text, re.M | re.S):
        if language in ("sql", "psql"):
            wrong += sql(role or "postgres", block)
        elif "ApplicationController" in block:
            status, _, errors = run("/usr/bin/ruby", "-c", input=block)
            wrong += [errors] if status else []
        elif language != "text":
            programs[language] = programs.get(language, RAILS if language == "ruby" else "") + block
    for language, whole in programs.items():
        wrong += program(language, whole)
    return wrong


def main(pages):
    if pages:
        wrong = problems(pages[0])
        print("\n".join(wrong))
        return bool(wrong)
    failed = 0
    for number, page in enumerate(PAGES, 1):
        if page == "rails" and run("/bin/sh", "-c", "/usr/bin/ruby -e 'require \"active_record\"; require \"pg\"'")[0]:
            print(f"ok {number} - recipes/{page}.md # SKIP no ruby-activerecord, ruby-pg")
            continue
        done = subprocess.run([ROOT / "tools/ephemeral", "-k", "--", sys.executable, "-B", __file__, page],
                              text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        failed += bool(done.returncode)
        print(f"{'not ok' if done.returncode else 'ok'} {number} - recipes/{page}.md runs as it stands")
        for line in done.stdout.splitlines() if done.returncode else ():
            print(f"# {line}")
    print(f"1..{len(PAGES)}")
    return bool(failed)


if __name__ == "__main__":
    install.PEERS["without"] = install.node, []
    sys.exit(main(sys.argv[1:]))
