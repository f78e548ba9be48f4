"""The relay's certificate is replaced while a WebSocket is open; then by garbage, by one without its key, and by none."""

import json
import socket
import ssl
import subprocess
import urllib.parse

import requests
from cryptography.hazmat.primitives import hashes
from websockets.sync.client import connect

from relay import SCRATCH, SOCKET_URL, URL, bearer, check, equal, eventually, login, new_topic, subscribe
from tls_certificates import put, relay_certificate

place = urllib.parse.urlsplit(URL)
log = SCRATCH / "relay.log"


def shown():
    """The digest of the certificate that a new connection is shown."""
    context = ssl.create_default_context()
    with socket.create_connection((place.hostname, place.port), timeout=20) as raw:
        with context.wrap_socket(raw, server_hostname=place.hostname) as wrapped:
            check(wrapped.version() in ("TLSv1.2", "TLSv1.3"), f"version of TLS: {wrapped.version()}")
            return hashes_of(wrapped.getpeercert(binary_form=True))


def hashes_of(certificate):
    digest = hashes.Hash(hashes.SHA256())
    digest.update(certificate)
    return digest.finalize().hex()


def told():
    return requests.get(f"{URL}/tls/fingerprint", timeout=20).json()


def complaints():
    return log.read_text().count("the certificate could not be replaced")


first = shown()
equal(told()["sha256"], first, "digest that the relay tells")
check(not told()["self_signed"], "the relay takes somebody else's certificate for its own")
for version in ["--http1.1", "--tlsv1.2", "--tlsv1.3"]:
    done = subprocess.run(
        ["curl", "-sS", version, "--cacert", str(SCRATCH / "authority.pem"), f"{URL}/health/liveness"],
        capture_output=True,
        check=False,
    )
    check(done.returncode == 0 and b"healthy" in done.stdout, f"curl {version}: {done.stderr.decode()}")

token, topic = login()["access_token"], new_topic("tls")
with connect(SOCKET_URL, additional_headers=bearer(token)) as stream:
    subscribe(stream, [topic])

    def passes(n):
        """A message gets through to the WebSocket that has been open all the time."""
        reply = requests.post(
            f"{URL}/api/v1/messages", headers=bearer(token), json={"topic": topic, "payload": {"n": n}}, timeout=20
        )
        equal(reply.status_code, 201, "status of a publish")
        while (message := json.loads(stream.recv(timeout=20)))["type"] != "message":
            pass
        equal(message["payload"], {"n": n}, "what the WebSocket brings")

    passes(1)
    certificate, key, made = relay_certificate()
    put("relay.crt", certificate)
    put("relay.key", key)
    second = made.fingerprint(hashes.SHA256()).hex()
    eventually(lambda: shown() == second, "the new certificate is shown")
    equal(told()["sha256"], second, "digest that the relay tells now")
    passes(2)
    equal(complaints(), 0, "complaints while all went well")

    put("relay.crt", b"garbage")
    eventually(lambda: complaints() == 1, "garbage is complained of")
    equal(shown(), second, "what is shown beside garbage")
    other, _, _ = relay_certificate()
    put("relay.crt", other)
    eventually(lambda: complaints() == 2, "a certificate without its key is complained of")
    (SCRATCH / "relay.crt").unlink()
    eventually(lambda: complaints() == 3, "a file that is gone is complained of")
    equal(shown(), second, "what is shown beside no file")
    passes(3)

    certificate, key, made = relay_certificate()
    put("relay.key", key)
    put("relay.crt", certificate)
    third = made.fingerprint(hashes.SHA256()).hex()
    eventually(lambda: shown() == third, "a good certificate is taken after bad ones")
    passes(4)
    equal(complaints(), 3, "complaints in all")
