"""Programs of others that run beside the tests, for as long as they are needed."""

import contextlib
import os
import shutil
import signal
import subprocess
import time

from install import Failure

SECONDS = 20


def find(name):
    """The path of a program of the system's, a server perhaps."""
    path = shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin")
    if not path:
        raise Failure(f"there is no {name}")
    return path


def tail(log, lines=20):
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:]) if log.exists() else ""


@contextlib.contextmanager
def running(command, log, ready=lambda: True, end=signal.SIGKILL, **options):
    """Start it, with its output in a log, and wait until it is ready; gives the
    process, which ends with the block: most keep nothing to be put in order."""
    with log.open("ab") as output:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL,
                                   stdout=output, stderr=output, **options)
    try:
        deadline = time.monotonic() + SECONDS
        while not ready():
            if process.poll() is not None or time.monotonic() > deadline:
                raise Failure(f"{' '.join(map(str, command))} did not start\n{tail(log)}")
            time.sleep(0.02)
        yield process
    finally:
        process.send_signal(end)
        process.wait()
