"""Frames that are no good get error frames, and what breaks the protocol closes the connection with the right code."""

import json
import time

from websockets.exceptions import ConnectionClosed

from relay import check, equal, expect, login, new_topic, open_socket, publish, register, send, subscribe

BIGGEST = 1_048_576  # bytes of a message: the default of max_body_bytes
token = login()["access_token"]
topic = new_topic("protocol")


def closed(socket):
    """The code with which the relay closes the connection."""
    try:
        frame = socket.recv(timeout=20)
    except ConnectionClosed as error:
        return error.rcvd.code if error.rcvd else None
    check(False, f"expected a close, got {frame}")


def error(socket, code):
    frame = expect(socket, "error")
    equal(frame["code"], code, f"code of {frame}")
    return frame


# The first frame has to subscribe.
FIRST = {"a ping": {"type": "ping"}, "no topics": {"type": "subscribe", "topics": []}, "bad name": {"topics": ["a b"]}}
for what, frame in FIRST.items():
    with open_socket(token) as socket:
        send(socket, **frame)
        error(socket, "SUBSCRIPTION_ERROR")
        equal(closed(socket), 1000, f"close code after {what} as the first frame")

# Somebody else's topic is denied.
publish(token, topic, {"text": "first"})
stranger = login(*register(token))["access_token"]
with open_socket(stranger) as socket:
    send(socket, type="subscribe", topics=[topic])
    error(socket, "SUBSCRIPTION_ERROR")
    equal(closed(socket), 1000, "close code after a denied subscribe")

# Later mistakes leave it open.
with open_socket(token) as socket:
    subscribe(socket, [topic])
    for text in ("{", "[]", '"text"', "{}", '{"type":"publish","id":"x","topic":"bad name","payload":{}}'):
        socket.send(text)
        error(socket, "PROCESSING_ERROR")
    send(socket, type="publish", id="mine", topic=topic, payload=[])
    equal(error(socket, "PROCESSING_ERROR")["details"]["id"], "mine", "id of a refused publish")
    send(socket, type="dance")
    error(socket, "UNKNOWN_MESSAGE_TYPE")
    socket.send(b"\x00\x01")
    error(socket, "PROCESSING_ERROR")

    # In fragments, a control frame between them.
    text = json.dumps({"type": "publish", "id": 2, "topic": topic, "payload": {"text": "é" * 1000}}, ensure_ascii=False)

    def fragments():
        yield text[:500]
        socket.ping()
        yield ""
        yield text[500:]

    socket.send(fragments())
    frames = {frame["type"]: frame for frame in (json.loads(socket.recv(timeout=20)) for _ in range(2))}
    equal(frames["published"]["id"], 2, "id of the publish that came in fragments")
    equal(frames["message"]["payload"], {"text": "é" * 1000}, "its payload")

# The largest message still fits, one byte more does not, in one frame or in many.
with open_socket(token) as socket:
    subscribe(socket, [topic])
    empty = json.dumps({"type": "publish", "id": 3, "topic": topic, "payload": {"text": ""}})
    fitting = empty.replace('""', '"' + "x" * (BIGGEST - len(empty)) + '"')
    equal(len(fitting), BIGGEST, "size of the message")
    socket.send(fitting)
    frames = {frame["type"]: frame for frame in (json.loads(socket.recv(timeout=20)) for _ in range(2))}
    equal(set(frames), {"published", "message"}, "answer to the largest message")
for oversize in (fitting + " ", iter([fitting, " "]), iter(["x" * 65_536] * 17)):
    with open_socket(token) as socket:
        subscribe(socket, [topic])
        try:
            socket.send(oversize)
        except ConnectionClosed:
            pass
        equal(closed(socket), 1009, "close code after a message that is too large")

# Bytes that no client may send.
BROKEN = {
    "unmasked": b"\x81\x02{}",
    "reserved bit": b"\xc1\x82\x00\x00\x00\x00{}",
    "unknown opcode": b"\x83\x80\x00\x00\x00\x00",
    "a continuation of nothing": b"\x80\x80\x00\x00\x00\x00",
    "a fragmented ping": b"\x09\x80\x00\x00\x00\x00",
    "a ping of 126 bytes": b"\x89\xfe\x00\x7e\x00\x00\x00\x00" + b"x" * 126,
}
for what, data in BROKEN.items():
    with open_socket(token) as socket:
        subscribe(socket, [topic])
        socket.socket.sendall(data)
        equal(closed(socket), 1002, f"close code after {what}")

# A client that closes is answered, and the relay ends the connection at once.
with open_socket(token, close_timeout=60) as socket:
    subscribe(socket, [topic])
    began = time.monotonic()
    socket.close(4000, "done")
    check(time.monotonic() - began < 3, f"closing took {time.monotonic() - began:.1f} s")
    equal(socket.close_code, 4000, "close code in the relay's answer")
