"""A receiver of webhooks that checks signatures as the guide has it, while its relay is killed and started again, and it fails itself.

Nothing is lost, each topic keeps its order, and what comes twice is what the guide says may."""

import http.server
import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

from standardwebhooks.webhooks import Webhook

ROOT, RELAY, SCRATCH = Path(os.environ["ROOT"]), os.environ["RELAY"], Path(os.environ["SCRATCH"])
TOPICS, EACH = ["hook-a", "hook-b"], 300

# The guide's own check, taken from its text.
guide = (ROOT / "docs/webhooks.md").read_text()
recipe = {}
exec(re.search(r"cat > check\.py <<'PYTHON'\n(.*?)\nPYTHON", guide, re.S).group(1), recipe)
is_from_relay = recipe["is_from_relay"]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Receiver(http.server.BaseHTTPRequestHandler):
    secret = None
    taken = []
    forged = []
    chance = random.Random(7)
    lock = threading.Lock()

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        with Receiver.lock:
            while Receiver.secret is None:
                time.sleep(0.01)
            if not is_from_relay(Receiver.secret, headers, body) or is_from_relay(Receiver.secret, headers, body + b" "):
                Receiver.forged.append(headers)
            # A library that others wrote raises where it does not agree.
            Webhook(Receiver.secret).verify(body, headers)
            status = Receiver.chance.choice([204, 204, 204, 500, 429])
            if status == 204:
                Receiver.taken.append(json.loads(body))
        self.send_response(status)
        if status == 429:
            self.send_header("retry-after", "1")
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
threading.Thread(target=server.serve_forever, daemon=True).start()
port = free_port()
url = f"http://127.0.0.1:{port}"


def start():
    environment = dict(
        os.environ,
        PULSAR_HOST="127.0.0.1",
        PULSAR_PORT=str(port),
        PULSAR_STORAGE_BACKEND="sqlite",
        PULSAR_DATA_DIR=str(SCRATCH / "data"),
        PULSAR_JWT_SECRET_KEY="a secret for the interop tests, long enough",
        PULSAR_BOOTSTRAP_ADMIN_USERNAME="admin",
        PULSAR_BOOTSTRAP_ADMIN_PASSWORD="interop-password",
        PULSAR_RATE_LIMITS_ENABLED="false",
        PULSAR_WEBHOOK_ALLOW_PRIVATE="true",
    )
    log = open(SCRATCH / "relay.log", "ab")
    relay = subprocess.Popen([RELAY, "serve"], env=environment, cwd=SCRATCH, stdout=log, stderr=log)
    for _ in range(600):
        try:
            urllib.request.urlopen(f"{url}/health/liveness", timeout=1).read()
            return relay
        except (OSError, urllib.error.URLError):
            time.sleep(0.05)
    sys.exit("the relay does not listen: " + (SCRATCH / "relay.log").read_text()[-2000:])


def call(method, path, token=None, body=None, form=None):
    data = form.encode() if form else json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(url + path, data, method=method)
    request.add_header("content-type", "application/x-www-form-urlencoded" if form else "application/json")
    if token:
        request.add_header("authorization", f"Bearer {token}")
    with urllib.request.urlopen(request, timeout=20) as reply:
        return json.loads(reply.read() or b"null")


relay = start()
token = call("POST", "/auth/login", form="username=admin&password=interop-password")["access_token"]
hook = call("POST", "/api/v1/webhooks", token, {"url": f"http://127.0.0.1:{server.server_port}/", "prefix": "hook-"})
Receiver.secret = hook["secret"]

published = {topic: [] for topic in TOPICS}
for number in range(EACH):
    for topic in TOPICS:
        while True:
            try:
                reply = call("POST", "/api/v1/messages", token, {"topic": topic, "payload": {"n": number}})
                published[topic].append(reply["message_id"])
                break
            except OSError:
                time.sleep(0.05)
    if number in (100, 200):
        relay.send_signal(signal.SIGKILL)
        relay.wait()
        relay = start()


def messages(topic):
    with Receiver.lock:
        bodies = [body for body in Receiver.taken if body["topic"] == topic]
    return [event["data"]["message_id"] for body in bodies for event in body["events"] if event["event"] == "message"]


deadline = time.monotonic() + 120
while time.monotonic() < deadline and any(set(published[topic]) - set(messages(topic)) for topic in TOPICS):
    time.sleep(0.2)

for topic in TOPICS:
    came, wanted = messages(topic), published[topic]
    lost = set(wanted) - set(came)
    assert not lost, f"{topic}: {len(lost)} messages are lost: {sorted(lost)[:5]}"
    # Without what came again, each is the one after the last.
    first = list(dict.fromkeys(came))
    inside = [one for one in first if one in set(wanted)]
    assert inside == wanted, f"{topic}: out of order"
    # Only a killed relay forgets that its receiver has answered: of its last POST.
    assert len(came) - len(first) <= 2 * 100, f"{topic}: {len(came) - len(first)} repeats"

# An editing session tells of itself in its own stream: who comes and goes, and the rest.
Receiver.secret = None
watcher = call(
    "POST",
    "/api/v1/webhooks",
    token,
    {"url": f"http://127.0.0.1:{server.server_port}/", "prefix": "session/", "events": ["joined", "left", "session"]},
)
Receiver.secret = watcher["secret"]
call("DELETE", f"/api/v1/webhooks/{hook['id']}", token)
hook = watcher
session = call("POST", "/v1/sessions", token, {"host_id": "alice"})
path = f"/v1/sessions/{session['session_id']}"
joined = call("POST", f"{path}/join", token, {"peer_id": "alice", "join_token": session["join_token"]})
invite = call("POST", f"{path}/invites", joined["ticket"], {"role": "editor"})
guest = call("POST", f"{path}/join", body={"peer_id": "bob", "join_token": invite["token"]})
call("POST", f"{path}/leave", guest["ticket"], {})
call("POST", f"{path}/close", joined["ticket"], {})


def told(kind):
    with Receiver.lock:
        bodies = [body for body in Receiver.taken if body["topic"] == f"session/{session['session_id']}"]
    return [event["data"]["payload"] for body in bodies for event in body["events"] if event["event"] == kind]


deadline = time.monotonic() + 60
while time.monotonic() < deadline and not (told("left") and any(one["type"] == "session_state" for one in told("session"))):
    time.sleep(0.2)
assert [one["peer_id"] for one in told("joined")] == ["alice", "bob"], told("joined")
assert told("left")[0]["peer_id"] == "bob", told("left")
assert told("session")[0]["type"] == "session_created", told("session")
assert not {one["type"] for one in told("session")} & {"peer_joined", "peer_left"}, told("session")
assert not Receiver.forged, Receiver.forged[:1]
# How it goes is kept every few seconds.
deadline = time.monotonic() + 20
while True:
    state = call("GET", f"/api/v1/webhooks/{hook['id']}", token)
    if state["last_outcome"] == "HTTP status 204" and state["lag"] == 0 and state["state"] == "active":
        break
    assert time.monotonic() < deadline, state
    time.sleep(0.2)
relay.send_signal(signal.SIGTERM)
assert relay.wait(30) == 0
