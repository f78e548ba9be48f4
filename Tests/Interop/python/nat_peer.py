"""A peer behind a NAT, one of two in a session: learns how it is reached, asks the relay for a meeting, punches when and where it is told, and tells
what came of it. Where nothing did, it goes on by a tunnel through the relay.

    nat_peer.py a|b udp|tcp

RELAY_URL, SESSION and TICKET say where the two meet, STUN (host:port) who tells a peer its mapping, NAT_CLASS what its NAT is. Prints one line of
JSON: how this peer is mapped, whether it reached the other, after how many seconds, and whether it went on through the relay.
"""

import json
import os
import socket
import struct
import sys
import time
import urllib.request

from websockets.sync.client import connect

NAME, KIND = sys.argv[1:3]
OTHER = {"a": "b", "b": "a"}[NAME]
SESSION = os.environ["SESSION"]
PUNCH = f"session/{SESSION}/punch"
COOKIE = 0x2112A442
STUN = os.environ["STUN"].split(":")
STUN = (STUN[0], int(STUN[1]))
BUDGET = 6


def call(path, body=None):
    request = urllib.request.Request(
        os.environ["RELAY_URL"] + path,
        None if body is None else json.dumps(body).encode(),
        {"Authorization": f"Bearer {os.environ['TICKET']}", "Content-Type": "application/json"},
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


def say(payload):
    call("/api/v1/messages", {"topic": PUNCH, "payload": {"to_peer_id": OTHER, **payload}})


def meet(mapped, local):
    """Asks for the other peer, and returns what the relay tells of the meeting."""
    candidates = [
        f"candidate:1 1 {KIND} 1694498815 {mapped[0]} {mapped[1]} typ srflx raddr {local[0]} rport {local[1]}",
        {"ip": "10.0.0.2", "port": local[1], "proto": KIND, "candidate_type": "host"},
    ]
    before = time.time()
    call("/health")
    trip = int((time.time() - before) * 1000)
    say({"type": "punch_request", "candidates": candidates, "nat_type": os.environ["NAT_CLASS"], "rtt_ms": trip})
    cursor, deadline = "0", time.monotonic() + 40
    while time.monotonic() < deadline:
        for message in call("/messages/poll", {"topics": [PUNCH], "since": {PUNCH: cursor}, "timeout": 10})["messages"]:
            cursor, payload = message["message_id"], message["payload"]
            if "sender" not in message and payload["type"] == "punch_coord":
                assert payload["peer_id"] == OTHER and len(payload["token"]) == 43, payload
                assert payload["role"] == ("controlling" if NAME == "a" else "controlled"), payload
                # Behind two NATs what one calls itself inside is nothing to the other.
                assert [found["candidate_type"] for found in payload["candidates"]] == ["srflx"], payload
                return payload
    raise AssertionError("the relay told of no meeting")


def acknowledged(peer, told):
    """Whether the relay's port knows the token: a punch request of the older protocol, and its acknowledgement."""
    texts = [bytes([len(text)]) + text for text in (told["token"].encode(), SESSION.encode())]
    peer.sendto(b"\x00" + b"".join(texts), STUN)
    return peer.recv(2048) == b"\x01" + texts[1]


def place(told):
    return told["candidates"][0]["ip"], told["candidates"][0]["port"]


def wait_for_start(told):
    time.sleep(max(0, told["start_ts_ms"] / 1000 - time.time()))


def report(told, seconds):
    result = {"type": "punch_result", "attempt": told["attempt"], "transport": KIND, "reached": seconds is not None}
    say({**result, "reason": "timeout"} if seconds is None else {**result, "duration_ms": int(seconds * 1000)})


def go_on():
    """The same session, by a tunnel through the relay."""
    path = f"/v1/sessions/{SESSION}/tunnels"
    if NAME == "a":
        call(path, {"to_peer_id": OTHER})
    wanted = "requested" if NAME == "b" else "accepted"
    deadline = time.monotonic() + 25
    while not (found := [tunnel for tunnel in call(path)["tunnels"] if tunnel["state"] == wanted]):
        assert time.monotonic() < deadline, "no tunnel"
        time.sleep(0.1)
    if NAME == "b":
        call(f"{path}/{found[0]['tunnel_id']}/accept", {})
    url = os.environ["RELAY_URL"].replace("http", "ws", 1) + found[0]["url"]
    headers = {"Authorization": f"Bearer {os.environ['TICKET']}"}
    with connect(url, additional_headers=headers, proxy=None, compression=None) as end:
        if NAME == "a":
            end.send(b"over the relay")
            return end.recv(20) == b"over the relay"
        data = end.recv(20)
        end.send(data)
        # The other closes first, so that it has it.
        try:
            end.recv(20)
        except Exception:
            pass
        return data == b"over the relay"


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
    told = meet(own, peer.getsockname())
    other = place(told)
    assert acknowledged(peer, told), "the relay does not know its own token"
    wait_for_start(told)
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
    return own, told, None if reached is None else reached - began


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
    told = meet(own, stun.getsockname())
    other = place(told)
    wait_for_start(told)
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
            return own, told, time.monotonic() - began
        except OSError:
            connection.close()
            time.sleep(pause)
            pause = min(0.5, 2 * pause)
    return own, told, None


own, told, seconds = punch_udp() if KIND == "udp" else punch_tcp()
report(told, seconds)
relayed = go_on() if seconds is None else False
print(json.dumps({"mapped": own, "reached": seconds is not None, "seconds": seconds, "relayed": relayed}))
