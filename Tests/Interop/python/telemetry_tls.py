"""Collectors over TLS, whose certificate is of an authority that nobody but the relay's operator knows: without `otlp_ca_path` nothing is exported,
and the log says why; with it, which comes while the relay runs, everything is. Then another collector takes its place.

OTLP_PROTOCOL is "grpc" or "http". Starts the relay that it needs.
"""

import os
import pathlib
import signal
import socket
import subprocess
import time

import requests

from otlp_receiver import GRPCCollector, HTTPCollector
from tls_certificates import Authority, put

PROGRAM = os.environ["RELAY_PROGRAM"]
WAY = os.environ["OTLP_PROTOCOL"]
SCRATCH = pathlib.Path(os.environ["SCRATCH"])
LOG = SCRATCH / "relay.log"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def until(condition, what):
    deadline = time.monotonic() + 60
    while not (found := condition()):
        assert time.monotonic() < deadline, f"not in time: {what}\n{LOG.read_text()[-3000:]}"
        time.sleep(0.1)
    return found


def collector(authority):
    """One with a certificate of that authority."""
    own, key, _ = Authority(authority).make("collector", addresses=["127.0.0.1"])
    put(f"{authority}-collector.crt", own)
    put(f"{authority}-collector.key", key)
    files = tuple(str(SCRATCH / f"{authority}-collector.{kind}") for kind in ("crt", "key"))
    return (GRPCCollector if WAY == "grpc" else HTTPCollector)(certificate=files)


def configure(**keys):
    lines = [f"{key}: {text}" for key, text in (SETTINGS | keys).items()]
    (SCRATCH / "config.yaml").write_text("\n".join(lines) + "\n")


def reload(**keys):
    """Has the relay take over other settings. Waits until its log says that it has."""
    configure(**keys)
    before = LOG.read_text().count("the configuration was read again")
    relay.send_signal(signal.SIGHUP)
    until(lambda: LOG.read_text().count("the configuration was read again") > before, "the relay reads again")


def ask():
    assert requests.get(f"http://127.0.0.1:{port}/health", timeout=20).status_code == 200


first, second = collector("authority"), collector("other")
port = free_port()
SETTINGS = {
    "host": "127.0.0.1",
    "port": port,
    "storage_backend": "memory",
    "jwt_secret_key": "a-secret-for-the-interop-tests-long-enough",
    "otlp_protocol": WAY,
    "otlp_endpoint": f"https://127.0.0.1:{first.port}",
    "trace_sample_ratio": 1,
}
configure()
environment = {name: text for name, text in os.environ.items() if not name.startswith("PULSAR_")}
relay = subprocess.Popen(
    [PROGRAM, "serve", "--config", str(SCRATCH / "config.yaml")],
    env=environment, cwd=SCRATCH, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=LOG.open("wb"),
)
try:
    until(lambda: socket.socket().connect_ex(("127.0.0.1", port)) == 0, "the relay listens")
    ask()
    said = until(
        lambda: [line for line in LOG.read_text().splitlines() if "the collector takes no telemetry" in line],
        "the log says that nothing is exported",
    )
    assert any("certificate" in line.lower() for line in said), said
    assert not first.spans() and not first.records(), "a collector that nobody vouches for got something"

    # Nothing changes where the file is not good.
    configure(otlp_ca_path=SCRATCH / "nowhere.pem")
    relay.send_signal(signal.SIGHUP)
    until(lambda: "nowhere.pem holds no certificates" in LOG.read_text(), "the log says that the file is not there")

    reload(otlp_ca_path=SCRATCH / "authority.pem")
    ask()
    until(lambda: first.spans() and first.records(), "with its authority, the collector gets spans and log records")

    reload(otlp_ca_path=SCRATCH / "other.pem", otlp_endpoint=f"https://127.0.0.1:{second.port}")
    ask()
    until(lambda: second.spans(), "the other collector gets what comes from now on")
    count = len(first.spans())
    for _ in range(20):
        ask()
    seen = len(second.spans())
    until(lambda: len(second.spans()) >= seen + 20, "all of it")
    assert len(first.spans()) == count, "the first collector still gets spans"
    relay.send_signal(signal.SIGTERM)
    assert relay.wait(30) == 0
finally:
    relay.kill()
    first.close()
    second.close()
