"""Clients of Pulse with the published libraries, beside readers of the same topics by /ws and polls; and the guide's own example.

PULSE_PORT is the relay's port for Pulse."""

import contextlib
import io
import os
import pathlib
import re

import msgpack
import requests
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

import relay
from relay import URL, call, check, equal, expect, login, new_topic, open_socket, publish, register, subscribe

OWN = f"ws://127.0.0.1:{os.environ['PULSE_PORT']}/ws"
SHARED = URL.replace("http", "ws", 1) + "/pulse"
token = login()["access_token"]


class Client:
    """One connection, which keeps what comes until it is asked for."""

    def __init__(self, url, shown=None):
        self.socket = connect(url + (f"?token={shown}" if shown else ""), max_size=1 << 25)
        self.greeting = self.receive("connected")

    def send(self, **frame):
        body = msgpack.packb(frame)
        self.socket.send(len(body).to_bytes(4, "big") + body)

    def receive(self, kind):
        while True:
            message = self.socket.recv(timeout=20)
            size = int.from_bytes(message[:4], "big")
            equal(size, len(message) - 4, "length of a frame in its message")
            frame = msgpack.unpackb(message[4:])
            if frame["type"] == kind:
                return frame
            check(frame["type"] in ("ping", "ack", "publish"), f"expected {kind}, got {frame}")


# On either port; the token in the address, or in a frame.
channel, plain = f"room:{new_topic('x')}", new_topic("plain")
writer, reader = Client(OWN, token), Client(SHARED)
reader.send(type="connect", version=1, token=token)
equal(reader.receive("connected"), reader.greeting, "second greeting")
equal((reader.greeting["version"], reader.greeting["heartbeat"]), (1, 30_000), "greeting")
for each, name in enumerate((channel, plain)):
    reader.send(type="subscribe", id=2**64 - 1 - each, channel=name)
    equal(reader.receive("ack")["id"], 2**64 - 1 - each, "id of the answer")

# Beside readers of the same topic by other ways.
with open_socket(token) as socket:
    subscribe(socket, [plain])
    payloads = [b"", bytes(range(256)), b'{"n": 1}', "Grüße".encode(), os.urandom(60_000)]
    for number, payload in enumerate(payloads):
        writer.send(type="publish", id=number, channel=plain, event=f"e{number}", payload=payload)
        equal(writer.receive("ack")["id"], number, "id of the ack")
        frame = reader.receive("publish")
        equal(frame, {"type": "publish", "channel": plain, "event": f"e{number}", "payload": payload}, "delivery")
        seen = expect(socket, "message")
        equal(seen["metadata"], {"event": f"e{number}"}, "event in JSON")
        equal("encoding" in seen, payload != b'{"n": 1}', "bytes in JSON")
    publish(token, plain, {"from": "REST"})
    equal(msgpack.unpackb(msgpack.packb(reader.receive("publish")["payload"])), b'{"from": "REST"}', "from REST")
polled = requests.post(
    f"{URL}/messages/poll",
    json={"topics": [plain], "since": {plain: "0"}},
    headers=relay.bearer(token),
    timeout=70,
).json()["messages"]
equal(len(polled), len(payloads) + 1, "messages of a poll")

# A thousand in their order, from where the history begins.
for number in range(1_000):
    writer.send(type="publish", channel=channel, payload=number.to_bytes(4, "big"))
late = Client(SHARED, token)
writer.send(type="publish", id=7, channel=channel, payload=b"last")
writer.receive("ack")
late.send(type="subscribe", id=1, channel=channel, since="0")
for client in (reader, late):
    for number in range(1_000):
        equal(client.receive("publish")["payload"], number.to_bytes(4, "big"), "order")
    equal(client.receive("publish")["payload"], b"last", "the last")

# Who may not, and what is none.
stranger = Client(SHARED, login(*register(token))["access_token"])
stranger.send(type="subscribe", id=1, channel=plain)
equal(stranger.receive("error")["code"], 1004, "somebody else's topic")
stranger.socket.send(b"\x00\x00\x00\x01\xc1")
equal(stranger.receive("error")["code"], 1001, "no frame")
stranger.socket.send(b"\x7f\xff\xff\xff")
equal(stranger.receive("error")["code"], 1007, "a claim")
try:
    stranger.socket.recv(timeout=20)
    check(False, "the connection goes on behind a frame without end")
except ConnectionClosed as end:
    equal(end.rcvd.code, 1009, "close code")

health = requests.get(f"http://127.0.0.1:{os.environ['PULSE_PORT']}/health", timeout=20).json()
equal(health["status"], "ok", "health")
equal(health["version"], call("GET", "/health", token)["version"], "version")

# The guide's example.
guide = (pathlib.Path(__file__).parents[3] / "docs" / "pulse.md").read_text(encoding="utf-8")
os.environ.update(RELAY=URL, TOKEN=token)
said = io.StringIO()
with contextlib.redirect_stdout(said):
    exec(re.search(r"```python\n(.*?)```", guide, re.S).group(1), {})
lines = said.getvalue().splitlines()
equal(lines[:3], ["connected", "connected", "{'type': 'ack', 'id': 1}"], "the guide's example")
check("'event': 'said'" in lines[3] and "hello" in lines[3], f"the guide's message: {lines[3]}")
