"""Chromium on a page that the scenario serves."""

import contextlib
import http.server
import json
import os
import queue
import subprocess
import threading
import urllib.parse

from relay import SCRATCH, URL, check

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
            self.wfile.write(self.server.page)

    def do_POST(self):
        self.server.found.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def chromium(url, flags=()):
    """Runs the browser on the page. Its processes are a session of their own, and end together."""
    log = SCRATCH / "chromium.log"
    with open(log, "ab") as output:
        browser = subprocess.Popen(
            [*BROWSER, *os.environ.get("CHROMIUM_FLAGS", "").split(), *flags, f"--user-data-dir={SCRATCH / 'profile'}", url],
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


def visit(html, port, flags=(), **query):
    """Has the browser load the page from a server on `port`, and returns what the page posts back."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Page)
    server.page = html
    server.found = queue.Queue()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    page = f"http://127.0.0.1:{server.server_port}/?{urllib.parse.urlencode({'relay': URL, **query})}"
    try:
        with chromium(page, flags) as log:
            try:
                return server.found.get(timeout=90)
            except queue.Empty:
                check(False, f"the page reported nothing; the browser said: {log.read_text(errors='replace')[-2000:]}")
    finally:
        server.shutdown()
        server.server_close()
