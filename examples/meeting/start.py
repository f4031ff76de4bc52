"""Start all of it on free ports of loopback: see tools/example, which runs this
beside a PostgreSQL server.  With --check and its arguments, check it, and end."""

import os
import shutil
import signal
import socket
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
RUN = Path(os.environ["LK_RUN"])
sys.path.insert(0, str(ROOT / "test/interop"))
import install  # noqa: E402
import program  # noqa: E402
import server  # noqa: E402

WORKER = ROOT / "examples/outbox.py"
PAGE, POSTGREST, LIVEKIT, RTC = "8080", "3000", "7880", "7882"
install.PEERS["page"] = lambda source, target: (
    install.node(source, target), install.call("npm", "run", "build", cwd=target)), []
install.PEERS["check"] = install.node, ["node", "check.mjs"]


def configure(ports):
    """Our configuration files, with free ports in place of the usual ones."""
    for name in ("postgrest.conf", "livekit.yaml", "nginx.conf"):
        text = (HERE / name).read_text()
        for usual, free in ports.items():
            text = text.replace(usual, free)
        (RUN / name).write_text(text)


def database(url):
    def psql(database, *arguments):
        return install.call("psql", "-Xq", "-v", "ON_ERROR_STOP=1", "-d", database, *arguments,
                            PGOPTIONS="-c client_min_messages=warning")
    psql("postgres", "-c", "CREATE DATABASE meeting")
    psql("meeting", "-c", "LOAD 'livekit_token'",
         "-c", f"ALTER DATABASE meeting SET livekit_token.url = '{url}'")
    psql("meeting", "-1", "-f", str(HERE / "schema.sql"))
    secret = RUN / "jwt.secret"
    secret.touch(mode=0o600)
    secret.write_text(psql("meeting", "-Atc", "SELECT secret FROM private.jwt_secret").strip())


def log_of(name):
    return RUN / f"{name}.log"


def print_logs():
    for name in ("server", "postgrest", "nginx", "livekit", "worker"):
        for line in [f"{name}.log:", *program.tail(log_of(name)).splitlines()]:
            print("# " + line[:400])


def main(arguments):
    page, _ = install.peer("page", HERE)
    check = arguments[:1] == ["--check"] and install.peer("check", HERE)
    rest, (postgrest,) = install.peer("postgrest")
    livekit = install.livekit_server()

    ports = {usual: str(server.free_port(kind)) for usual, kind in (
        (PAGE, socket.SOCK_STREAM), (POSTGREST, socket.SOCK_STREAM),
        (LIVEKIT, socket.SOCK_STREAM), (RTC, socket.SOCK_DGRAM))}
    configure(ports)
    database(f"ws://127.0.0.1:{ports[LIVEKIT]}")
    shutil.copytree(page / "dist", RUN / "www")

    def answers(port, path="/"):
        return lambda: server.get(ports[port], path)[0] == 200

    with ExitStack() as programs:
        running = {}

        def start(name, *command, end=signal.SIGKILL, **options):
            """It ends with us, however we end."""
            ours = ["setpriv", "--pdeathsig", end.name, "--", *map(str, command)]
            process = programs.enter_context(
                program.running(ours, log_of(name), end=end, cwd=RUN, **options))
            running[process.pid] = name

        start("postgrest", rest / postgrest, "postgrest.conf", ready=answers(POSTGREST))
        start("nginx", "/usr/sbin/nginx", "-p", RUN, "-e", "stderr", "-c", RUN / "nginx.conf",
              ready=answers(PAGE), end=signal.SIGTERM)
        start("livekit", livekit, "--config", "livekit.yaml", ready=answers(LIVEKIT))
        start("worker", "/usr/bin/python3", "-B", WORKER, "dbname=meeting user=livekit_worker")
        address = f"http://127.0.0.1:{ports[PAGE]}/"
        if check:
            home, command = check
            status = subprocess.call([*command, address, *arguments[1:]], cwd=home)
            return status if not status else print_logs() or status
        print(f"\n    {address}\n\nSign in as Ada in one window and as Ben in another (password: demo), "
              "and join standup.\nAda is its host. Ctrl-C ends all of it. Logs, and the database:\n\n"
              f"    {RUN}/*.log\n    psql -h {RUN}/socket -U postgres meeting\n", flush=True)
        ended, _ = os.wait()
        raise install.Failure(f"{running[ended]} ended\n" + program.tail(log_of(running[ended])))


def interrupted(number, _):
    sys.exit(128 + number)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, interrupted)
    signal.signal(signal.SIGINT, interrupted)
    try:
        sys.exit(main(sys.argv[1:]))
    except install.Failure as failure:
        sys.exit(str(failure))
