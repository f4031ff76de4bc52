"""Start all of it on free ports of loopback: see tools/example, which runs this
beside a PostgreSQL server.  With --check and its arguments, check it, and end."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
RUN = Path(os.environ["LK_RUN"])
sys.path.insert(0, str(ROOT / "test/interop"))
import install  # noqa: E402
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
    psql("meeting", "-f", str(HERE / "schema.sql"))
    secret = RUN / "jwt.secret"
    secret.touch(mode=0o600)
    secret.write_text(psql("meeting", "-Atc", "SELECT secret FROM private.jwt_secret").strip())


@contextmanager
def started(name, *command, end="KILL"):
    """A program, for as long as we live."""
    log = RUN / f"{name}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(["setpriv", "--pdeathsig", end, "--", *map(str, command)], cwd=RUN,
                                   stdin=subprocess.DEVNULL, stdout=output, stderr=output)
    try:
        yield process
    finally:
        process.send_signal(getattr(signal, f"SIG{end}"))
        process.wait()


def tail(name, lines=20):
    log = RUN / f"{name}.log"
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:]) if log.exists() else ""


def wait_for(name, process, ready):
    deadline = time.monotonic() + 20
    while not ready():
        if process.poll() is not None or time.monotonic() > deadline:
            raise install.Failure(f"{name} did not start\n" + tail(name))
        time.sleep(0.05)


def print_logs():
    for name in ("server", "postgrest", "nginx", "livekit", "worker"):
        for line in [f"{name}.log:", *tail(name).splitlines()]:
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

        def start(name, *command, ready, **options):
            process = programs.enter_context(started(name, *command, **options))
            running[process.pid] = name
            wait_for(name, process, ready or (lambda: True))
        start("postgrest", rest / postgrest, "postgrest.conf", ready=answers(POSTGREST))
        start("nginx", "/usr/sbin/nginx", "-p", RUN, "-e", "stderr", "-c", RUN / "nginx.conf",
              ready=answers(PAGE), end="TERM")
        start("livekit", livekit, "--config", "livekit.yaml", ready=answers(LIVEKIT))
        start("worker", "/usr/bin/python3", "-B", WORKER, "dbname=meeting user=livekit_worker", ready=None)
        address = f"http://127.0.0.1:{ports[PAGE]}/"
        if check:
            home, program = check
            status = subprocess.call([*program, address, *arguments[1:]], cwd=home)
            return status if not status else print_logs() or status
        print(f"\n    {address}\n\nSign in as Ada in one window and as Ben in another (password: demo), "
              "and join standup.\nAda is its host. Ctrl-C ends all of it. Logs, and the database:\n\n"
              f"    {RUN}/*.log\n    psql -h {RUN}/socket -U postgres meeting\n", flush=True)
        ended, _ = os.wait()
        raise install.Failure(f"{running[ended]} ended\n" + tail(running[ended]))


def interrupted(number, _):
    sys.exit(128 + number)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, interrupted)
    signal.signal(signal.SIGINT, interrupted)
    try:
        sys.exit(main(sys.argv[1:]))
    except install.Failure as failure:
        sys.exit(str(failure))
