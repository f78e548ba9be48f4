"""What the scenarios of `pulsar-relay tunnel` share: both commands, and programs at their ends."""

import contextlib
import json
import os
import socket
import subprocess
import threading

from relay import PASSWORD, SCRATCH, URL, USERNAME, check

PROGRAM = os.environ["RELAY_PROGRAM"]
ENVIRONMENT = os.environ | {
    "PULSAR_RELAY_URL": URL,
    "PULSAR_PASSWORD": PASSWORD,
    "XDG_CONFIG_HOME": str(SCRATCH / "config"),
}


def run(*arguments, **options):
    """Runs a command, which has to succeed, and returns what it printed."""
    done = subprocess.run(
        [PROGRAM, *arguments], env=ENVIRONMENT, capture_output=True, text=True, timeout=60, check=False, **options
    )
    check(done.returncode == 0, f"{arguments}: {done.stderr}")
    return done.stdout


def login():
    run("login", "--username", USERNAME)


@contextlib.contextmanager
def started(name, *arguments):
    """Starts a command, and gives the JSON of its first line."""
    errors = open(SCRATCH / f"{name}.log", "w+", encoding="utf-8")
    process = subprocess.Popen(
        [PROGRAM, *arguments, "--json"],
        env=ENVIRONMENT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=errors,
        text=True,
    )
    try:
        line = process.stdout.readline()
        errors.seek(0)
        check(line, f"{arguments} ended: {errors.read()}")
        yield json.loads(line)
        check(process.poll() is None, f"{arguments} has ended meanwhile")
    finally:
        process.terminate()
        process.wait(30)


@contextlib.contextmanager
def tunnel(port):
    """Exposes a port. Gives the port that reaches it, and the invite."""
    with started("expose", "tunnel", "expose", str(port)) as exposed:
        with started("connect", "tunnel", "connect", exposed["invite"]) as connected:
            yield connected["port"], exposed["invite"]


def notices(name):
    return (SCRATCH / f"{name}.log").read_text(encoding="utf-8")


@contextlib.contextmanager
def served(handle):
    """Serves connections in threads. Gives the port."""
    listener = socket.create_server(("127.0.0.1", 0))

    def accept():
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                threading.Thread(target=handle, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.close()


def connected(port):
    return socket.create_connection(("127.0.0.1", port), timeout=120)


def send(connection, data):
    """`sendall` counts its timeout for all of the data. Here it is for each part: what moves on is not late."""
    rest = memoryview(data)
    while rest:
        rest = rest[connection.send(rest[: 1 << 18]) :]


def received(connection):
    """Everything until its end."""
    parts = []
    while part := connection.recv(1 << 16):
        parts.append(part)
    return b"".join(parts)
