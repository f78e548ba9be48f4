"""A transfer through `tunnel expose` and `tunnel connect` while the relay is killed and started again: nothing is lost."""

import hashlib
import os
import pathlib
import signal
import socket
import subprocess
import threading
import time

from relay import PID, SCRATCH, check, equal, eventually
from tunnel import connected, login, notices, received, send, served, tunnel

login()
process = pathlib.Path(f"/proc/{PID}")
command = process.joinpath("cmdline").read_bytes().rstrip(b"\0").split(b"\0")
environment = dict(pair.split(b"=", 1) for pair in process.joinpath("environ").read_bytes().rstrip(b"\0").split(b"\0"))
folder = os.readlink(process / "cwd")
program = os.readlink(process / "exe")

MUCH = 16 << 20
data = os.urandom(MUCH)
passed = [0]


def echo(connection):
    """Slow enough for the relay to be killed meanwhile."""
    with connection:
        while part := connection.recv(1 << 16):
            connection.sendall(part)
            passed[0] += len(part)
            time.sleep(0.003)
        connection.shutdown(socket.SHUT_WR)
        received(connection)


def restarted():
    os.kill(PID, signal.SIGKILL)
    with open(SCRATCH / "second.log", "wb") as log:
        return subprocess.Popen(
            [program, *command[1:]], env=environment, cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )


relay = None
try:
    with served(echo) as port, tunnel(port) as (local, _):
        with connected(local) as connection:

            def write():
                send(connection, data)
                connection.shutdown(socket.SHUT_WR)

            writer = threading.Thread(target=write)
            writer.start()
            eventually(lambda: passed[0] > 4 << 20, "the transfer is under way")
            relay = restarted()
            equal(hashlib.sha256(received(connection)).digest(), hashlib.sha256(data).digest(), "what came back")
            writer.join()
        check("nothing was lost" in notices("connect"), f"connect says so: {notices('connect')}")
        # New connections work, too.
        with connected(local) as connection:
            connection.sendall(b"again")
            connection.shutdown(socket.SHUT_WR)
            equal(received(connection), b"again", "a connection after the restart")
except BaseException:
    # What the commands and the relay said about it goes with the folder.
    for name in ["expose", "connect", "second"]:
        if (SCRATCH / f"{name}.log").exists():
            print(f"{name}: {notices(name)}", flush=True)
    raise
finally:
    if relay:
        relay.terminate()
        relay.wait(30)
