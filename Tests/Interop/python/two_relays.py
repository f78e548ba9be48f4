"""Two relays that share a Valkey, and a tunnel whose ends come to one each: for scripts that start all that they need.

Call stop() at the end, whatever has happened.
"""

import http.server
import os
import pathlib
import socket
import subprocess
import threading
import time
import urllib.request

PROGRAM = os.environ["RELAY_PROGRAM"]
SCRATCH = pathlib.Path(os.environ["SCRATCH"])
PASSWORD = "interop-password"
processes = []


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def until(condition, what):
    deadline = time.monotonic() + 30
    while not (found := condition()):
        assert time.monotonic() < deadline, f"not in time: {what}"
        time.sleep(0.05)
    return found


def start(name, *command, **environment):
    log = open(SCRATCH / f"{name}.log", "ab")
    processes.append(
        subprocess.Popen(
            command, env=os.environ | environment, cwd=SCRATCH, stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
    )


def listening(port, what):
    def answers():
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    until(answers, f"{what} listens")
    return port


def start_valkey():
    """Returns its port."""
    port = free_port()
    start("valkey", "redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no")
    return listening(port, "Valkey")


def start_relay(number, valkey, scheme="http", **settings):
    """Starts one with these settings, keys of the configuration in upper case. Returns its URL."""
    port = free_port()
    url = f"{scheme}://127.0.0.1:{port}"
    settings = {
        "PORT": str(port),
        "STORAGE_BACKEND": "valkey",
        "VALKEY_HOST": "127.0.0.1",
        "VALKEY_PORT": str(valkey),
        "JWT_SECRET_KEY": "a secret for the interop tests, long enough",
        "BOOTSTRAP_ADMIN_PASSWORD": PASSWORD,
        "NODE_URL": url,
    } | settings
    start(f"relay{number}", PROGRAM, "serve", **{f"PULSAR_{name}": value for name, value in settings.items()})
    listening(port, f"relay {number}")
    return url


class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"through two relays")

    def log_message(self, *_):
        pass


def carry_page(first, second, **environment):
    """Has a page come through a tunnel: its server is at the first relay, its reader at the second. The environment is the commands'."""
    own = {"PULSAR_PASSWORD": PASSWORD, "XDG_CONFIG_HOME": str(SCRATCH / "config"), "PULSAR_RELAY_URL": first} | environment
    subprocess.run([PROGRAM, "login", "--username", "admin"], env=os.environ | own, check=True, timeout=60)
    page = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=page.serve_forever, daemon=True).start()
    start("expose", PROGRAM, "tunnel", "expose", str(page.server_address[1]), **own)
    invite = until(
        lambda: [line.split()[-1] for line in (SCRATCH / "expose.log").read_text().splitlines() if " connect " in line],
        "the port is exposed",
    )[0]
    port = free_port()
    connect = ["tunnel", "connect", "--url", second, invite, "--listen", str(port)]
    start("connect", PROGRAM, *connect, **own | {"PULSAR_RELAY_URL": second})
    listening(port, "the other end")
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=30) as answer:
        assert answer.read() == b"through two relays"


def stop():
    for process in reversed(processes):
        process.terminate()
    for process in reversed(processes):
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
