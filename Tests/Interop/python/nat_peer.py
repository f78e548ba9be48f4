"""A peer behind a NAT: learns how it is reached, tells the other on a topic of the relay, and punches at an agreed time.

    nat_peer.py NAME udp|tcp

RELAY_URL, TOKEN and TOPIC say where the two meet, STUN (host:port) who tells a peer its mapping. Prints one line of JSON: how this
peer is mapped, whether it reached the other, and after how many seconds.
"""

import json
import os
import socket
import struct
import sys
import time
import urllib.request

NAME, KIND = sys.argv[1:3]
COOKIE = 0x2112A442
STUN = os.environ["STUN"].split(":")
STUN = (STUN[0], int(STUN[1]))
BUDGET = 6


def call(path, body):
    request = urllib.request.Request(
        os.environ["RELAY_URL"] + path,
        json.dumps(body).encode(),
        {"Authorization": f"Bearer {os.environ['TOKEN']}", "Content-Type": "application/json"},
    )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=40) as answer:
        return json.load(answer)


def question():
    return struct.pack("!HHI", 0x0001, 0, COOKIE) + os.urandom(12)


def mapped(asked, answer):
    """The address of XOR-MAPPED-ADDRESS (RFC 8489, section 14.2)."""
    kind, length, cookie = struct.unpack_from("!HHI", answer)
    assert (kind, cookie, answer[8:20]) == (0x0101, COOKIE, asked[8:20]), answer
    place = 20
    while place < 20 + length:
        attribute, size = struct.unpack_from("!HH", answer, place)
        if attribute == 0x0020:
            port, address = struct.unpack_from("!HI", answer, place + 6)
            return socket.inet_ntoa(struct.pack("!I", address ^ COOKIE)), port ^ COOKIE >> 16
        place += 4 + (size + 3 & ~3)
    raise AssertionError(answer)


def meet(candidate):
    """Tells the other peer where this one is, and returns where the other is and when both begin."""
    topic = os.environ["TOPIC"]
    call("/api/v1/messages", {"topic": topic, "payload": {"peer": NAME, "candidate": candidate, "ready": time.time()}})
    told, cursor, deadline = {}, "0", time.monotonic() + 40
    while len(told) < 2 and time.monotonic() < deadline:
        for message in call("/messages/poll", {"topics": [topic], "since": {topic: cursor}, "timeout": 10})["messages"]:
            told[message["payload"]["peer"]], cursor = message["payload"], message["message_id"]
    assert len(told) == 2, told
    other = next(payload for peer, payload in told.items() if peer != NAME)
    return tuple(other["candidate"]), max(payload["ready"] for payload in told.values()) + 1


def punch_udp():
    peer = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    peer.bind(("", 0))
    peer.settimeout(0.5)
    own = None
    for _ in range(10):
        asked = question()
        peer.sendto(asked, STUN)
        try:
            own = mapped(asked, peer.recv(2048))
            break
        except TimeoutError:
            continue
    assert own, "no answer from the relay's port"
    other, start = meet(own)
    time.sleep(max(0, start - time.time()))
    peer.settimeout(0.05)
    began, heard, reached = time.monotonic(), False, None
    # The other has to hear that it was heard, so this goes on for a little.
    while time.monotonic() < (began + BUDGET if reached is None else reached + 0.5):
        peer.sendto(b"heard" if heard else b"hello", other)
        try:
            data, source = peer.recvfrom(2048)
        except TimeoutError:
            continue
        if source != other:
            continue
        heard = True
        if data == b"heard" and reached is None:
            reached = time.monotonic()
        time.sleep(0.02)
    return own, None if reached is None else reached - began


def tcp_socket(port=0):
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    connection.bind(("", port))
    return connection


def punch_tcp():
    """Simultaneous open (RFC 9293, section 3.5): both connect, from the port whose mapping they learned."""
    # Open until the end, so that the NAT keeps the mapping.
    stun = tcp_socket()
    stun.settimeout(20)
    stun.connect(STUN)
    asked = question()
    stun.sendall(asked)
    own = mapped(asked, stun.recv(2048))
    other, start = meet(own)
    time.sleep(max(0, start - time.time()))
    began, pause = time.monotonic(), 0.02
    while (left := began + BUDGET - time.monotonic()) > 0:
        connection = tcp_socket(stun.getsockname()[1])
        # One connect is under way at a time; the system repeats its SYN.
        connection.settimeout(left)
        try:
            connection.connect(other)
            connection.sendall(NAME.encode())
            data = connection.recv(64)
            assert data and data != NAME.encode(), data
            return own, time.monotonic() - began
        except OSError:
            connection.close()
            time.sleep(pause)
            pause = min(0.5, 2 * pause)
    return own, None


own, seconds = punch_udp() if KIND == "udp" else punch_tcp()
print(json.dumps({"mapped": own, "reached": seconds is not None, "seconds": seconds}))
