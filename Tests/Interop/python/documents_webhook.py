"""Hocuspocus' webhook: what a server is told of documents and their clients, and what it says to who comes.

The relay posts to http://127.0.0.1:WEBHOOK_PORT/hook, and signs with WEBHOOK_SECRET.
"""

import base64
import contextlib
import hashlib
import hmac
import http.server
import json
import os
import threading
import time

import requests
from pycrdt import Doc, Text
from websockets.sync.client import connect

from documents import Provider, topic_of
from relay import URL, bearer, call, check, equal, eventually, login, new_topic

PORT = int(os.environ["WEBHOOK_PORT"])
SECRET = os.environ["WEBHOOK_SECRET"].encode()


class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        signature = "sha256=" + hmac.new(SECRET, body, hashlib.sha256).hexdigest()
        is_signed = hmac.compare_digest(signature, self.headers.get("X-Hocuspocus-Signature-256", ""))
        event = json.loads(body)
        server = self.server
        server.tries.append((time.monotonic(), event["event"], event["payload"]["documentName"]))
        time.sleep(server.delay)
        status, answer = server.answer(event) if is_signed else (401, b"")
        if not is_signed:
            server.forged += 1
        if status == 200:
            server.events.append(event)
        self.send_response(status)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        with contextlib.suppress(BrokenPipeError):
            self.wfile.write(answer)

    def log_message(self, *_):
        pass


def listen():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", PORT), Receiver)
    server.daemon_threads = True
    server.events, server.tries, server.forged, server.delay = [], [], 0, 0
    server.answer = lambda event: (200, b"")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def events(server, kind, name):
    return [event["payload"] for event in server.events if event["event"] == kind and event["payload"]["documentName"] == name]


def told(server, kind, name, count=1):
    return eventually(lambda: len(found := events(server, kind, name)) >= count and found, f"{kind} of {name} is told")


def uint(number):
    return bytes([number]) if number < 128 else bytes([number & 127 | 128]) + uint(number >> 7)


def text(value):
    data = value.encode()
    return uint(len(data)) + data


class Hocuspocus:
    """One document of a client of Hocuspocus' protocol."""

    def __init__(self, name, token, query=""):
        self.name = name
        address = f"{URL.replace('http', 'ws', 1)}/collab{query}"
        self.socket = connect(address, max_size=None)
        self.socket.send(text(name) + b"\x02\x00" + text(token) + text("4.5.0"))
        while (message := self.socket.recv(timeout=20)[len(text(name)) :])[0] != 2:
            pass
        self.is_in = message[1] == 2
        self.reason = None if self.is_in else message[3:].decode()

    def close(self):
        self.socket.close()


def changes(server, token):
    """A document that is new, is edited, and is told of once it is quiet."""
    name = new_topic("notes/ü ")
    provider = Provider(name.replace(" ", "%20").replace("ü", "%C3%BC"), token)
    began = time.monotonic()
    for number in range(8):
        provider.edit(insert=[0, f"{number} "])
    created = told(server, "create", name)
    equal([event["username"] for event in created], ["admin"], "who has made it")
    first = told(server, "change", name)[0]
    check(time.monotonic() - began >= 1.9, f"told after {time.monotonic() - began} s, before it was quiet")
    equal(first["requestHeaders"], {}, "headers")
    # The state vector is the document's, and the revision a cursor of it.
    reply = requests.get(f"{URL}/api/v1/documents/{requests.utils.quote(name, safe='')}/state-vector", headers=bearer(token), timeout=20)
    equal(base64.b64decode(first["stateVector"]), reply.content, "the state vector")
    check(first["bytes"] > 20, f"its size: {first['bytes']}")
    shown = call("GET", f"/api/v1/documents/{requests.utils.quote(name, safe='')}", token)
    equal(first["revision"], shown["cursor"], "the revision")
    # Who goes on writing is told of after ten seconds at the latest.
    count = len(events(server, "change", name))
    began = time.monotonic()
    while len(events(server, "change", name)) == count:
        check(time.monotonic() - began < 14, "a document that is edited on and on is told of")
        provider.edit(insert=[0, "x"])
        time.sleep(0.5)
    check(time.monotonic() - began > 8, f"told after {time.monotonic() - began} s, while it was written on")
    provider.close()
    return name


def servers(server, token):
    """What a server publishes is a change, too, by whatever route."""
    name = new_topic("by-server")
    document = Doc()
    document["text"] = Text("hello")
    path = f"/api/v1/documents/{name}"
    reply = requests.put(URL + path, headers=bearer(token), data=document.get_update(), timeout=20)
    equal(reply.status_code, 201, "status of the put")
    told(server, "create", name)
    told(server, "change", name)
    document["text"].insert(0, "oh, ")
    update = base64.b64encode(document.get_update()).decode()
    body = {"topic": topic_of(name), "payload": update, "encoding": "base64"}
    call("POST", "/api/v1/messages", token, body, status=201)
    told(server, "change", name, 2)


def clients(server, token):
    """Who comes by Hocuspocus' protocol is asked for, and told of when it goes."""
    name = new_topic("asked")
    server.answer = lambda event: (200, b'{"colour": "red"}') if event["event"] == "connect" else (200, b"")
    client = Hocuspocus(name, token, "?room=7&token=" + token)
    check(client.is_in, f"let in: {client.reason}")
    asked = told(server, "connect", name)[0]
    equal(asked["requestParameters"], {"room": "7"}, "the parameters, without the token")
    equal(asked["username"], "admin", "who comes")
    client.close()
    left = told(server, "disconnect", name)[0]
    equal(left["context"], {"colour": "red"}, "what the server has said of the client")
    equal(left["requestParameters"], {"room": "7"}, "the parameters")

    server.answer = lambda event: (403, b"no") if event["event"] == "connect" else (200, b"")
    refused = Hocuspocus(name, token)
    equal((refused.is_in, refused.reason), (False, "Forbidden"), "a client that the server does not want")
    refused.close()
    # A server that says nothing lets nobody in.
    server.answer, server.delay = (lambda event: (200, b"")), 8
    unheard = Hocuspocus(name, token)
    equal((unheard.is_in, unheard.reason), (False, "Try again later"), "a client of which the server says nothing")
    unheard.close()
    server.delay = 0
    time.sleep(0.2)
    equal(len(events(server, "disconnect", name)), 1, "clients that have left")


def slowness(server, token):
    """A server that takes its time slows nobody down, and gets all events one after another."""
    server.answer, server.delay = (lambda event: (200, b"")), 0.7
    began = len(server.tries)
    names = [new_topic("slow") for _ in range(4)]
    providers = [Provider(name, token) for name in names]
    for provider in providers:
        start = time.monotonic()
        provider.edit(insert=[0, "quick"])
        check(time.monotonic() - start < 5, "an edit does not wait for the server")
    for name in names:
        told(server, "change", name)
    times = [moment for moment, _, _ in server.tries[began:]]
    check(all(later - earlier >= 0.69 for earlier, later in zip(times, times[1:])), f"one at a time: {times}")
    server.delay = 0
    for provider in providers:
        provider.close()


def failures(server, token):
    """What a server can't take it is told again, in order, with pauses; what it refuses it is not."""
    name = new_topic("failing")
    server.answer = lambda event: (503, b"")
    provider = Provider(name, token)
    eventually(lambda: sum(kind == "create" and who == name for _, kind, who in server.tries) >= 4, "it is tried again", 30)
    times = [moment for moment, kind, who in server.tries if kind == "create" and who == name]
    pauses = [later - earlier for earlier, later in zip(times, times[1:])]
    check(pauses[0] >= 0.9 and pauses[1] >= 1.9 and pauses[2] >= 3.8, f"pauses between tries: {pauses}")
    provider.edit(insert=[0, "meanwhile"])
    # Gone altogether, and back.
    server.shutdown()
    server.server_close()
    time.sleep(3)
    provider.edit(insert=[0, "more "])
    server = listen()
    told(server, "create", name)
    found = eventually(lambda: events(server, "change", name), "the change is told", 40)
    equal(len(found), 1, "changes that were told, of those that waited the newest")
    order = [event["event"] for event in server.events if event["payload"]["documentName"] == name]
    equal(order, ["create", "change"], "the order")

    # Refused once is refused.
    tries = len(server.tries)
    other = new_topic("refused")
    server.answer = lambda event: (400, b"") if event["event"] == "create" else (200, b"")
    second = Provider(other, token)
    second.edit(insert=[0, "x"])
    told(server, "change", other)
    equal(sum(kind == "create" for _, kind, _ in server.tries[tries:]), 1, "tries of what was refused")
    provider.close()
    second.close()
    return server


def metrics():
    found = {}
    for line in requests.get(URL + "/metrics", timeout=20).text.splitlines():
        if line.startswith("relay_webhook_"):
            key, value = line.rsplit(" ", 1)
            found[key] = float(value)
    return found


token = login()["access_token"]
server = listen()
changes(server, token)
servers(server, token)
clients(server, token)
slowness(server, token)
forged = server.forged
server = failures(server, token)
equal(server.forged + forged, 0, "events whose signature was wrong")
counted = metrics()
check(counted['relay_webhook_events_total{event="change",result="delivered"}'] >= 5, f"changes that were counted: {counted}")
check(counted['relay_webhook_events_total{event="create",result="refused"}'] == 1, f"refusals that were counted: {counted}")
check(counted['relay_webhook_events_total{event="connect",result="refused"}'] == 1, f"refusals that were counted: {counted}")
check(counted['relay_webhook_failures_total{event="create"}'] >= 4, f"failures that were counted: {counted}")

# What waits is told before the relay stops.
name = new_topic("last")
provider = Provider(name, token)
provider.edit(insert=[0, "at the end"])
time.sleep(0.3)
equal(events(server, "change", name), [], "what was told before it was quiet")
os.kill(int(os.environ["RELAY_PID"]), 15)
told(server, "change", name)
provider.process.kill()
