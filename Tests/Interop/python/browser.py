"""Chromium on a page of another origin: it logs in, publishes and receives where that is allowed, else it can't."""

import contextlib
import http.server
import json
import os
import pathlib
import queue
import subprocess
import threading
import urllib.parse

from relay import PASSWORD, SCRATCH, URL, USERNAME, call, check, equal, login, new_topic

PAGE = pathlib.Path(__file__).with_name("browser.html").read_bytes()
BROWSER = ["chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
BROWSER += ["--no-first-run", "--disable-extensions", "--disable-background-networking", "--disable-component-update"]
BROWSER += ["--disable-sync", "--no-proxy-server"]


class Page(http.server.BaseHTTPRequestHandler):
    """Serves the page, and takes what it found."""

    def do_GET(self):
        found = self.path.startswith("/?")
        self.send_response(200 if found else 404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        if found:
            self.wfile.write(PAGE)

    def do_POST(self):
        self.server.found.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def chromium(url):
    """Runs the browser on the page. Its processes are a session of their own, and end together."""
    log = SCRATCH / "chromium.log"
    with open(log, "ab") as output:
        browser = subprocess.Popen(
            [*BROWSER, f"--user-data-dir={SCRATCH / 'profile'}", url],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        yield log
    finally:
        browser.terminate()
        try:
            browser.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(browser.pid, 9)
            browser.wait()


def visit(port, **query):
    """Has the browser load the page from a server on `port`, and returns what the page found."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Page)
    server.found = queue.Queue()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    page = f"http://127.0.0.1:{server.server_port}/?{urllib.parse.urlencode({'relay': URL, **query})}"
    try:
        with chromium(page) as log:
            try:
                return server.found.get(timeout=90)
            except queue.Empty:
                check(False, f"the page reported nothing; the browser said: {log.read_text(errors='replace')[-2000:]}")
    finally:
        server.shutdown()
        server.server_close()


token = login()["access_token"]
user = call("GET", "/auth/me", token)["user_id"]
topic = new_topic("browser")
who = {"username": USERNAME, "password": PASSWORD, "topic": topic}

found = visit(int(os.environ["ALLOWED_PORT"]), user=user, **who)
equal(found.get("error"), None, "what went wrong on the page")
equal(found["first"]["status"], 201, "status of the publish")
equal(found["again"]["body"], found["first"]["body"], "answer to the publish with the same key")
check(found["first"]["requestID"], "the page may read the request's id")
equal(found["protocol"], "bearer", "subprotocol that the browser was given")
payloads = [{"text": "Grüße aus dem Browser 🚀"}, {"n": 2}]
for reader in ("socket", "readme", "events", "polled"):
    equal([m["payload"] for m in found[reader]], payloads, f"messages of the {reader} reader")
    equal(found[reader][0]["message_id"], found["first"]["body"]["message_id"], f"first id of the {reader} reader")
equal([m["cursor"] for m in found["events"]], [m["message_id"] for m in found["socket"]], "ids of the events")
equal(found["patched"]["body"].get("email"), "new@example.org", "address after a PATCH")

refused = visit(0, token=token, **who)
equal(refused.get("error"), None, "what went wrong on the refused page")
for attempt, failure in refused.items():
    check(failure, f"a page of an origin that is not allowed succeeded: {attempt}")
equal(set(refused), {"login", "publish", "read", "socket", "events"}, "attempts of the refused page")
page = call("GET", f"/api/v1/topics/{topic}/messages?limit=100&order=asc", token)
equal([m["payload"] for m in page["messages"]], payloads, "what was stored")
