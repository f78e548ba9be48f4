"""Peers behind a link that goes down are noticed in time on every transport, and readers that only pause are kept.

Two network namespaces, each with a link of its own to this one: that of the peers that vanish, and that of the readers that pause.
PEER_TIMEOUT is the relay's setting, in seconds.
"""

import base64
import contextlib
import ctypes
import json
import os
import socket
import subprocess
import threading
import time
from urllib.parse import urlsplit

import requests
from websockets.sync.client import connect

from relay import URL, bearer, call, check, equal, eventually, login, new_topic, publish, subscribe

PEER_TIMEOUT = int(os.environ["PEER_TIMEOUT"])
PORT = urlsplit(URL).port
CLONE_NEWNET = 0x40000000
LIBC = ctypes.CDLL(None, use_errno=True)


def ip(*words):
    subprocess.run(["ip", *words], check=True)


class Place:
    """A network namespace with one link to the relay's."""

    def __init__(self, number):
        self.name = f"relay-peers-{os.getpid()}-{number}"
        self.link = f"rp{os.getpid() % 100000}-{number}"
        self.relay, self.own = f"10.231.{number}.1", f"10.231.{number}.2"

    def __enter__(self):
        ip("netns", "add", self.name)
        ip("link", "add", self.link, "type", "veth", "peer", "name", "peer", "netns", self.name)
        ip("addr", "add", f"{self.relay}/30", "dev", self.link)
        ip("link", "set", self.link, "up")
        ip("-n", self.name, "addr", "add", f"{self.own}/30", "dev", "peer")
        ip("-n", self.name, "link", "set", "peer", "up")
        return self

    def __exit__(self, *_):
        ip("link", "del", self.link)
        ip("netns", "del", self.name)

    def cut(self):
        ip("-n", self.name, "link", "set", "peer", "down")

    def connect(self):
        """A connection to the relay from here, with small buffers."""
        made = []

        def make():
            namespace = os.open(f"/run/netns/{self.name}", os.O_RDONLY)
            check(LIBC.setns(namespace, CLONE_NEWNET) == 0, "this thread enters the namespace")
            os.close(namespace)
            made.append(socket.socket())

        # A thread of its own: its socket stays in the namespace, and nothing else does.
        thread = threading.Thread(target=make)
        thread.start()
        thread.join()
        connection = made[0]
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16 << 10)
        connection.settimeout(60)
        connection.connect((self.relay, PORT))
        return connection

    def established(self):
        """How many connections the relay's system has with this place."""
        own = socket.inet_aton(self.own)[::-1].hex().upper()
        with open("/proc/net/tcp") as table:
            lines = [line.split() for line in table][1:]
        return sum(line[1].endswith(f":{PORT:04X}") and line[2].startswith(own) and line[3] == "01" for line in lines)


def ask(connection, line, token, body="", length=None):
    head = [f"{line} HTTP/1.1", "Host: relay", f"Authorization: Bearer {token}", "Content-Type: application/json"]
    head.append(f"Content-Length: {len(body) if length is None else length}")
    connection.sendall(("\r\n".join(head) + "\r\n\r\n" + body).encode())


def upgrade(connection, token, topic):
    """Subscribes on a WebSocket of which nothing is read."""
    head = [
        "GET /ws HTTP/1.1", "Host: relay", f"Authorization: Bearer {token}", "Connection: upgrade", "Upgrade: websocket",
        "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: " + base64.b64encode(os.urandom(16)).decode(),
    ]
    connection.sendall(("\r\n".join(head) + "\r\n\r\n").encode())
    text = json.dumps({"type": "subscribe", "topics": [topic]}).encode()
    check(len(text) < 126, "a short frame")
    connection.sendall(bytes([0x81, 0x80 | len(text), 0, 0, 0, 0]) + text)


def metric(name):
    lines = requests.get(f"{URL}/metrics", timeout=20).text.splitlines()
    return next((float(line.split()[1]) for line in lines if line.startswith(name + " ")), 0)


def waiters(token):
    return call("GET", "/messages/poll/stats", token)["active_waiters"]


def read_until(connection, end, what):
    """Reads all that waits, up to `end`."""
    last = b""
    while end not in last:
        piece = connection.recv(1 << 20)
        check(piece, f"{what} was cut")
        last = last[-len(end):] + piece


token = login()["access_token"]
topic, quiet, large = new_topic(), new_topic(), new_topic()
for number in range(60):
    publish(token, large, {"n": number, "text": "x" * 100_000})

with contextlib.ExitStack() as stack:
    gone, pausing = stack.enter_context(Place(1)), stack.enter_context(Place(2))

    def opened(place):
        return stack.enter_context(contextlib.closing(place.connect()))

    # Readers that pause: more than all buffers hold is on its way to them.
    paused = {"event stream": opened(pausing), "WebSocket": opened(pausing)}
    ask(paused["event stream"], f"GET /sse?topics={topic}", token)
    upgrade(paused["WebSocket"], token, topic)

    # Peers that will vanish.
    stream, closed_window, poll, untaken, body = (opened(gone) for _ in range(5))
    ask(stream, f"GET /sse?topics={quiet}", token)
    ask(closed_window, f"GET /sse?topics={topic}", token)
    ask(poll, "POST /messages/poll", token, json.dumps({"topics": [quiet + "-other"], "timeout": 60}))
    ask(untaken, "POST /messages/poll", token, json.dumps({"topics": [large], "since": {large: "1-0"}}))
    ask(body, "POST /api/v1/messages", token, "{", length=1_000)
    idle = connect(
        f"ws://{gone.relay}:{PORT}/ws", sock=opened(gone), additional_headers=bearer(token), ping_interval=None
    )
    subscribe(idle, [quiet + "-other"])
    eventually(lambda: metric("relay_websocket_connections_active") == 2 and waiters(token) == 1, "all have begun")
    equal(gone.established(), 6, "connections of the peers that will vanish")

    for number in range(80):
        publish(token, topic, {"n": number, "text": "x" * 100_000})
    time.sleep(2)
    gone.cut()
    started = time.monotonic()
    # Traffic for one that is gone: the system repeats it, and asks nothing by itself.
    while gone.established() > 0 or waiters(token) > 0 or metric("relay_websocket_connections_active") > 1:
        check(time.monotonic() - started < 5 * PEER_TIMEOUT + 20, f"still there: {gone.established()} connections")
        publish(token, quiet, {"n": 0})
        time.sleep(0.5)
    print(f"all were noticed after {time.monotonic() - started:.1f} s")

    # Well past the bound those that pause are still there, and get everything.
    while time.monotonic() - started < 4 * PEER_TIMEOUT:
        time.sleep(0.5)
    publish(token, topic, {"n": "the last"})
    for name, connection in paused.items():
        read_until(connection, b"the last", f"the paused {name}")
    # Their connections were not opened anew either.
    equal(pausing.established(), 2, "connections of the readers that paused")
