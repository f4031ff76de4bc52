"""Prometheus' postgres_exporter, with the query and the role of examples/audit."""

import os
import re
import socket
import tempfile
from pathlib import Path

import database
import program
import server
from tap import differences
from wire import Refused, Session

AUDIT = database.EXAMPLES / "audit"
SET_UP = "CREATE SCHEMA livekit; CREATE EXTENSION livekit_token SCHEMA livekit"
SAMPLE = re.compile(r'^livekit_total\{event="(\w+)",reason="(\w*)",server="[^"]*"\} (\S+)$', re.M)


def suite(tap, *_):
    with Session("postgres", "postgres") as admin:
        admin.run("CREATE DATABASE exported")
    with Session("postgres", "exported") as admin, tempfile.TemporaryDirectory() as home:
        admin.run(SET_UP)
        admin.run((AUDIT / "exporter.sql").read_text())
        port = server.free_port(socket.SOCK_STREAM)
        command = [program.find("prometheus-postgres-exporter"),
                   f"--web.listen-address=127.0.0.1:{port}", "--disable-default-metrics",
                   "--disable-settings-metrics", f"--extend.query-path={AUDIT / 'queries.yaml'}"]
        source = f"host={os.environ['PGHOST']} port={os.environ['PGPORT']} sslmode=disable " \
                 "user=exporter dbname=exported"
        with program.running(command, Path(home, "log"), lambda: server.get(port, "/")[0] == 200,
                             env={**os.environ, "DATA_SOURCE_NAME": source}):
            before, _ = scrape(port)
            admin.run("SELECT livekit.livekit_issue('alice', 'standup') FROM generate_series(1, 3)")
            for _ in range(2):
                try:
                    admin.run("SELECT livekit.livekit_verify('no token')")
                except Refused:
                    pass
            after, text = scrape(port)
    tap.check("exporter: it could run the query",
              [] if "pg_exporter_last_scrape_error 0" in text else text.splitlines()[:20])
    tap.check("exporter: nothing counts but what was done", differences(
        {("issued", "livekit_issue"): 3, ("refused", "malformed"): 2},
        {labels: after[labels] - before.get(labels, 0) for labels in after
         if after[labels] != before.get(labels, 0)}))
    tap.check("exporter: all reasons are there from the start", differences(
        sorted(before), sorted(after)))
    tap.check("exporter: they are a counter", "# TYPE livekit_total counter" not in text)


def scrape(port):
    """The counts by event and reason, and all that was said."""
    text = server.get(port, "/metrics")[1]
    return {(event, reason): int(float(count)) for event, reason, count in SAMPLE.findall(text)}, text
