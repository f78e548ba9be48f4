"""What the commands say where there can be no TLS: the reason in one sentence, at once, with no word about where they were built.

What answers is no relay: a server that shows one certificate after another, and hears no request.
"""

import json
import os
import socket
import ssl
import subprocess
import threading
import time

from tls_certificates import DAY, SCRATCH, Authority, put

PROGRAM = os.environ["RELAY_PROGRAM"]
CONFIG = SCRATCH / "config"
heard = []


def serve(certificate=None):
    """Listens, with a certificate or without TLS. Returns the port."""
    context = None
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(SCRATCH / f"{certificate}.crt", SCRATCH / f"{certificate}.key")
    listener = socket.create_server(("127.0.0.1", 0))

    def answer(connection):
        try:
            connection.settimeout(10)
            if not context:
                connection.recv(4096)
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                return connection.close()
            with context.wrap_socket(connection, server_side=True) as secured:
                heard.append(secured.recv(4096))
        except OSError:
            connection.close()

    def accept():
        while True:
            threading.Thread(target=answer, args=[listener.accept()[0]], daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    return listener.getsockname()[1]


def refused(url, *command):
    """Runs a command as somebody who is logged in. Returns what it says, which is one line."""
    tokens = {"username": "alice", "access_token": "good", "refresh_token": None, "expires_at": int(time.time()) + 86_400}
    CONFIG.joinpath("pulsar-relay").mkdir(parents=True, exist_ok=True)
    book = CONFIG / "pulsar-relay" / "credentials.json"
    book.write_text(json.dumps({"default": url, "relays": {url: tokens}}))
    own = {
        "PULSAR_RELAY_URL": url,
        "PULSAR_PASSWORD": "a password",
        "PULSAR_RELAY_CA": str(SCRATCH / "authority.pem"),
        "XDG_CONFIG_HOME": str(CONFIG),
    }
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PULSAR_")} | own
    began = time.monotonic()
    done = subprocess.run(
        [PROGRAM, *command], env=environment, cwd=SCRATCH, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60
    )
    took = time.monotonic() - began
    said = done.stderr.strip()
    assert done.returncode in (1, 2), f"{command}: {done.returncode}: {said}"
    assert took < 8, f"{command} took {took} s: {said}"
    assert said.count("\n") == 0 and "/" not in said.replace(url, ""), f"{command}: {said}"
    return said


authority = Authority("authority")
for name, maker, until, addresses in [
    ("strange", Authority("others"), DAY, ["127.0.0.1"]),
    ("expired", authority, -DAY, ["127.0.0.1"]),
    ("elsewhere", authority, DAY, ["127.0.0.9"]),
]:
    certificate, key, _ = maker.make(name, until, addresses)
    put(f"{name}.crt", certificate)
    put(f"{name}.key", key)

COMMANDS = [
    ("login", "--username", "alice"),
    ("login", "--device"),
    ("publish", "news", "{}"),
    ("subscribe", "news"),
    ("poll", "news"),
    ("history", "news"),
    ("topic", "list"),
    ("token", "list"),
    ("webhook", "list"),
    ("user", "list"),
    ("session", "list"),
    ("tunnel", "expose", "9"),
    ("connections", "list"),
    ("nodes",),
    ("audit",),
    ("password",),
    ("config", "reload"),
    ("top", "--once"),
    ("prove", "--duration", "1s"),
]
strange = f"https://127.0.0.1:{serve('strange')}"
for command in COMMANDS:
    said = refused(strange, *command)
    assert "no authority that is trusted here" in said and "--ca" in said, f"{command}: {said}"

others = {
    "expired": (serve("expired"), "has expired"),
    "elsewhere": (serve("elsewhere"), "is for other names"),
    "plain": (serve(), "speaks no TLS"),
}
for name, (port, reason) in others.items():
    for command in [("topic", "list"), ("subscribe", "news"), ("login", "--username", "alice")]:
        said = refused(f"https://127.0.0.1:{port}", *command)
        assert reason in said and "--ca" not in said, f"{name}: {command}: {said}"

# Nobody who is not trusted has heard anything.
assert not any(heard), f"heard: {heard}"
