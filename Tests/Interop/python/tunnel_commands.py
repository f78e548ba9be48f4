"""`tunnel expose` and `tunnel connect` with real programs at both ends: git, curl, plain sockets, pipes."""

import concurrent.futures
import hashlib
import http.server
import os
import socket
import subprocess
import threading
import time

from relay import SCRATCH, check, equal, eventually
from tunnel import ENVIRONMENT, PROGRAM, connected, login, notices, received, run, send, served, tunnel

MUCH = 64 << 20
login()


def digest(data):
    return hashlib.sha256(data).hexdigest()


# --- 64 MiB each way at once, with half-closes: each side ends its own direction, and reads on.
blobs = {side: os.urandom(MUCH) for side in ("here", "there")}
arrived = {}


def swap(connection):
    writer = threading.Thread(target=lambda: (send(connection, blobs["there"]), connection.shutdown(socket.SHUT_WR)))
    writer.start()
    arrived["there"] = digest(received(connection))
    writer.join()
    connection.close()


with served(swap) as port, tunnel(port) as (local, _):
    with connected(local) as connection:
        writer = threading.Thread(target=lambda: (send(connection, blobs["here"]), connection.shutdown(socket.SHUT_WR)))
        writer.start()
        equal(digest(received(connection)), digest(blobs["there"]), "what came back")
        writer.join()
    equal(eventually(lambda: arrived.get("there"), "the far side has it all"), digest(blobs["here"]), "what went there")
    equal(notices("connect") + notices("expose"), "", "notices")


# --- A half-close that comes first, an answer afterwards; several at once; one that is cut.
def answer(connection):
    with connection:
        asked = received(connection)
        connection.sendall(b"answer to " + asked)


with served(answer) as port, tunnel(port) as (local, invite):

    def ask(number):
        with connected(local) as connection:
            question = f"question {number}".encode()
            connection.sendall(question)
            connection.shutdown(socket.SHUT_WR)
            return received(connection) == b"answer to " + question

    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        check(all(pool.map(ask, range(48))), "48 connections, 16 at a time")

    # --- Standard input and output, as a pipe and as files.
    piped = subprocess.run(
        [PROGRAM, "tunnel", "connect", "--stdio", invite],
        env=ENVIRONMENT, input=b"from a pipe", capture_output=True, timeout=60, check=False,
    )
    equal((piped.returncode, piped.stdout), (0, b"answer to from a pipe"), f"a pipe ({piped.stderr})")
    (SCRATCH / "in").write_bytes(b"from a file")
    with open(SCRATCH / "in", "rb") as source, open(SCRATCH / "out", "wb") as target:
        subprocess.run(
            [PROGRAM, "tunnel", "connect", "--stdio", invite],
            env=ENVIRONMENT, stdin=source, stdout=target, timeout=60, check=True,
        )
    equal((SCRATCH / "out").read_bytes(), b"answer to from a file", "a file")

# --- A writer is held up by a reader that does not read, and nothing is lost.
go_on = threading.Event()


def stall(connection):
    with connection:
        go_on.wait(120)
        connection.sendall(digest(received(connection)).encode())


with served(stall) as port, tunnel(port) as (local, _):
    with connected(local) as connection:
        connection.settimeout(2)
        sent = hashlib.sha256()
        count = 0
        piece = os.urandom(1 << 16)
        try:
            while count < MUCH:
                taken = connection.send(piece)
                sent.update(piece[:taken])
                count += taken
        except TimeoutError:
            pass
        check(count < 40 << 20, f"{count} bytes were taken for a program that reads nothing")
        connection.settimeout(60)
        go_on.set()
        connection.shutdown(socket.SHUT_WR)
        equal(received(connection).decode(), sent.hexdigest(), "what a slow reader got")

# --- Nothing listens: the connection is closed, a notice says why, and both commands go on.
with socket.create_server(("127.0.0.1", 0)) as nobody:
    closed = nobody.getsockname()[1]
with tunnel(closed) as (local, _):
    with connected(local) as connection:
        try:
            equal(connection.recv(1), b"", "bytes of a program that is not there")
        except ConnectionResetError:
            pass
    eventually(lambda: "nothing answers" in notices("expose"), "expose says that nothing answers")
    eventually(lambda: "did not take the connection" in notices("connect"), "connect says so too")


# --- A program that is cut at one end is cut at the other.
def cut(connection):
    connection.sendall(b"begun")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    time.sleep(0.2)
    connection.close()


with served(cut) as port, tunnel(port) as (local, _):
    with connected(local) as connection:
        try:
            received(connection)
            check(False, "a connection that was cut ended in good order")
        except ConnectionResetError:
            pass
    eventually(lambda: "has cut its connection" in notices("connect"), "connect says that the connection was cut")

# --- git daemon and git clone.
origin = SCRATCH / "origin" / "project"
origin.mkdir(parents=True)
git = {"cwd": origin, "check": True, "timeout": 60, "capture_output": True}
subprocess.run(["git", "init", "--quiet"], **git)
(origin / "blob").write_bytes(os.urandom(1 << 20))
subprocess.run(["git", "add", "."], **git)
author = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
subprocess.run(["git", *author, "commit", "--quiet", "--message", "first"], **git)
with socket.socket() as unused:
    unused.bind(("127.0.0.1", 0))
    free = unused.getsockname()[1]
daemon = subprocess.Popen(
    ["git", "daemon", "--export-all", f"--base-path={origin.parent}", "--listen=127.0.0.1", f"--port={free}"],
    stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
)
try:
    with tunnel(free) as (local, _):
        def clone():
            return subprocess.run(
                ["git", "clone", "--quiet", f"git://127.0.0.1:{local}/project", str(SCRATCH / "clone")],
                capture_output=True, timeout=60, check=False,
            ).returncode == 0

        eventually(clone, "git clones through the tunnel", 60)
        equal((SCRATCH / "clone" / "blob").read_bytes(), (origin / "blob").read_bytes(), "the cloned file")
finally:
    daemon.terminate()
    daemon.wait(30)

# --- curl and an HTTP server.
class Quiet(http.server.SimpleHTTPRequestHandler):
    def __init__(self, *arguments):
        super().__init__(*arguments, directory=str(origin))

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet)
threading.Thread(target=server.serve_forever, daemon=True).start()
with tunnel(server.server_port) as (local, _):
    page = subprocess.run(
        ["curl", "-sS", "--max-time", "60", f"http://127.0.0.1:{local}/blob"], capture_output=True, timeout=90, check=True
    )
    equal(digest(page.stdout), digest((origin / "blob").read_bytes()), "what curl got")
server.shutdown()

# --- The session ends with the command that made it.
check("active" not in run("session", "list"), "a session was left open")
