"""What the scenarios share: the relay under test, users of it, and checks that say what was wrong.

The environment says where the relay is: RELAY_URL, RELAY_PID, RELAY_USERNAME, RELAY_PASSWORD, and SCRATCH, a folder for
the scenario's own files.
"""

import json
import os
import pathlib
import signal
import sys
import time
import uuid

import requests
from websockets.sync.client import connect

URL = os.environ["RELAY_URL"]
PID = int(os.environ["RELAY_PID"])
USERNAME = os.environ["RELAY_USERNAME"]
PASSWORD = os.environ["RELAY_PASSWORD"]
SCRATCH = pathlib.Path(os.environ["SCRATCH"])
SOCKET_URL = URL.replace("http", "ws", 1) + "/ws"

# Whoever stops a scenario lets it clean up.
signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped from outside"))


def check(condition, message):
    if not condition:
        sys.exit(f"failed: {message}")


def equal(found, expected, what):
    check(found == expected, f"{what}: expected {expected!r}, found {found!r}")


def eventually(condition, what, seconds=20):
    """Waits until `condition()` is true, and returns its value."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        check(time.monotonic() < deadline, f"not within {seconds} s: {what}")
        time.sleep(0.02)
    return value


def new_topic(base="topic"):
    return f"{base}-{uuid.uuid4().hex[:12]}"


def login(username=USERNAME, password=PASSWORD):
    """The reply's JSON."""
    reply = requests.post(f"{URL}/auth/login", data={"username": username, "password": password}, timeout=20)
    equal(reply.status_code, 200, "status of the login")
    return reply.json()


def register(admin_token, permissions=("read", "write")):
    """Makes a user. Returns its name and password."""
    name, password = f"user-{uuid.uuid4().hex[:12]}", uuid.uuid4().hex
    body = {"username": name, "password": password, "permissions": list(permissions)}
    call("POST", "/auth/register", admin_token, body, status=201)
    return name, password


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


def call(method, path, token, body=None, status=200, session=requests):
    """One request. Returns the reply's JSON, or None where it has no body."""
    reply = session.request(method, URL + path, headers=bearer(token), json=body, timeout=70)
    equal(reply.status_code, status, f"status of {method} {path} ({reply.text[:200]})")
    return reply.json() if reply.content else None


def publish(token, topic, payload, session=requests):
    """Returns the message's id."""
    body = {"topic": topic, "payload": payload}
    return call("POST", "/api/v1/messages", token, body, status=201, session=session)["message_id"]


def open_socket(token, **options):
    return connect(SOCKET_URL, additional_headers=bearer(token), max_size=None, **options)


def subscribe(socket, topics, **members):
    """Returns the `subscribed` frame."""
    send(socket, type="subscribe", topics=topics, **members)
    return expect(socket, "subscribed")


def send(socket, **frame):
    socket.send(json.dumps(frame))


def receive(socket, seconds=20):
    return json.loads(socket.recv(timeout=seconds))


def expect(socket, kind):
    frame = receive(socket)
    equal(frame.get("type"), kind, f"type of the frame {frame}")
    return frame


def number(message_id):
    """A message id as something that compares like the relay's order."""
    milliseconds, sequence = message_id.split("-")
    return int(milliseconds), int(sequence)
