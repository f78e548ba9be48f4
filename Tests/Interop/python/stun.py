"""coturn's clients for STUN and for the discovery of NATs, and a client of TCP, against the relay's port."""

import os
import re
import socket
import struct
import subprocess

from relay import check, equal

HOST, ALTERNATE = os.environ["STUN_HOST"], os.environ["STUN_ALTERNATE"]
PORT = int(os.environ["STUN_PORT"])
COOKIE = 0x2112A442


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    output = done.stdout + done.stderr
    equal(done.returncode, 0, f"exit of {command}: {output}")
    return output


output = run("turnutils_stunclient", "-p", str(PORT), "-L", "127.0.0.1", HOST)
check("UDP reflexive addr: 127.0.0.1:" in output, f"the client learns its address: {output}")
check(f"{ALTERNATE}:{PORT + 1}" in output, f"the client learns the other address: {output}")

output = run("turnutils_natdiscovery", "-m", "-f", "-L", "127.0.0.1", "-p", str(PORT), HOST)
check("No NAT! (Endpoint Independent Mapping)" in output, f"no mapping on one machine: {output}")
check("NAT with Endpoint Independent Filtering!" in output, f"no filter on one machine: {output}")

# TCP: the answer names the port that this end of the connection has.
with socket.create_connection((HOST, PORT), timeout=20) as connection:
    request = struct.pack("!HHI12s", 0x0001, 0, COOKIE, b"abcdefghijkl")
    connection.sendall(request)
    answer = connection.recv(2048)
    kind, size, cookie, transaction = struct.unpack("!HHI12s", answer[:20])
    equal((kind, cookie, transaction), (0x0101, COOKIE, b"abcdefghijkl"), "head of the answer")
    attribute, length, _, family, port = struct.unpack("!HHBBH", answer[20:28])
    equal((attribute, length, family), (0x0020, 8, 1), "first attribute of the answer")
    equal(port ^ COOKIE >> 16, connection.getsockname()[1], "port of this end")

# The reference's packets, both widths: probes come back, a punch request needs a token that the relay gave out.
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
    peer.settimeout(20)
    peer.connect((HOST, PORT))
    for probe in (b"\x04\x01", b"\x04\xfb\x2c\x01", b"\x04\xfc\x70\x11\x01\x00", b"\x04\x00\x00\x00\x01\x00\x00\x00"):
        peer.send(b"\x00\x10" + b"0123456789abcdef" + b"\x02s1")
        peer.send(b"\x03")
        peer.send(probe)
        equal(peer.recv(2048), probe, "answer to a probe, and to nothing before it")

metrics = subprocess.run(["curl", "-sf", os.environ["RELAY_URL"] + "/metrics"], capture_output=True, text=True).stdout
for reason in ("wrong_token", "not_served"):
    found = re.search(rf'relay_udp_ignored_total{{reason="{reason}"}} (\d+)', metrics)
    equal(found and int(found[1]), 4, f"packets without an answer for {reason}")
