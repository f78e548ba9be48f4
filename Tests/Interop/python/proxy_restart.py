"""A relay restarts behind nginx: a bare `EventSource` ends for good, and the guide's lines come back."""

import json
import os
import pathlib
import re
import signal
import subprocess
import threading
import time

import proxy
import requests
from chromium import visit
from relay import PID, SCRATCH, URL, check, equal, eventually, login, publish

GUIDE = (pathlib.Path(__file__).parents[3] / "docs" / "browsers.md").read_text(encoding="utf-8")
PAGE = """<!doctype html>
<meta charset="utf-8">
<script>
const token = TOKEN
const logged = []
const run = (text) => new Function("console", "freshToken", "token", text)(
  { log: (...values) => logged.push(values[0].text) }, async () => token, token)
const bare = run(BARE + "; return source")
run(FOLLOWING)
const began = Date.now()
const timer = setInterval(() => {
  if (Date.now() - began < 60000 && !(bare.readyState === EventSource.CLOSED && logged.includes("after"))) return
  clearInterval(timer)
  fetch("/", { method: "POST", body: JSON.stringify({ state: bare.readyState, logged }) })
}, 50)
</script>
"""


def refused():
    """How often nginx had no relay to ask for an event stream."""
    log = SCRATCH / "access.log"
    return len(re.findall(r'"GET /sse\S* HTTP/1.1" 502', log.read_text())) if log.exists() else 0


def delivered():
    metrics = requests.get(f"{URL}/metrics", timeout=20).text
    found = re.search(r'^relay_messages_delivered_total\{[^}]*"event_stream"[^}]*\} (\S+)$', metrics, re.MULTILINE)
    return float(found[1]) if found else 0


def both_follow():
    before = delivered()
    publish(token, "news", {"text": "before"})
    time.sleep(0.2)
    return delivered() - before >= 2


def restart():
    """Stops the relay once both streams are open, and starts it again when both have had a 502."""
    process = pathlib.Path(f"/proc/{PID}")
    command = (process / "cmdline").read_bytes().rstrip(b"\0").split(b"\0")
    environment = dict(part.split(b"=", 1) for part in (process / "environ").read_bytes().split(b"\0") if part)
    folder = os.readlink(process / "cwd")
    eventually(both_follow, "two event streams that bring messages", seconds=60)
    os.kill(PID, signal.SIGTERM)
    eventually(lambda: refused() >= 2, "a 502 for both streams", seconds=60)
    with open(SCRATCH / "relay.log", "ab") as log:
        return subprocess.Popen(command, env=environment, cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log)


def is_ready():
    try:
        return requests.get(f"{URL}/ready", timeout=20).ok
    except requests.ConnectionError:
        return False


def work():
    relay = None
    try:
        relay = restart()
        eventually(is_ready, "the relay is back")
        while not over.wait(0.3):
            publish(token, "news", {"text": "after"})
    finally:
        if relay:
            relay.terminate()
            relay.wait(30)


token = login()["access_token"]
publish(token, "news", {"text": "first"})
examples = re.findall(r"^```js\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)
bare = next(text for text in examples if "new EventSource" in text and "freshToken" not in text)
following = next(text for text in examples if "freshToken" in text)
over = threading.Event()
with proxy.nginx() as url:
    page = PAGE.replace("TOKEN", json.dumps(token), 1)
    for name, text in {"BARE": bare, "FOLLOWING": following}.items():
        check("http://127.0.0.1:8080" in text, "the example names the relay")
        page = page.replace(name, json.dumps(text.replace("http://127.0.0.1:8080", url)), 1)
    worker = threading.Thread(target=work)
    worker.start()
    try:
        found = visit(page.encode(), int(os.environ["ALLOWED_PORT"]), flags=["--ignore-certificate-errors"])
    finally:
        over.set()
        worker.join()
equal(found["state"], 2, "state of the bare EventSource")
check("before" in found["logged"] and "after" in found["logged"], f"messages on both sides of the restart: {found}")
