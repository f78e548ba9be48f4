"""WebSockets over HTTP/2 (RFC 8441), each beside others on one connection."""

import json

import wsproto.frame_protocol as frames

from http2 import Connection
from relay import check, equal, login, new_topic, publish

token = login()["access_token"]
connection = Connection()
connection.until(lambda: connection.h2.remote_settings.enable_connect_protocol == 1, "the setting for WebSockets")


def open_stream(path, headers=(), protocol="websocket"):
    stream = connection.h2.get_next_available_stream_id()
    fields = [
        (":method", "CONNECT"),
        (":protocol", protocol),
        (":scheme", "https"),
        (":authority", connection.authority),
        (":path", path),
        ("sec-websocket-version", "13"),
    ]
    connection.h2.send_headers(stream, fields + list(headers))
    connection.flush()
    return stream


class Socket:
    def __init__(self, path, headers=()):
        self.stream = open_stream(path, headers)
        equal(connection.status(self.stream), 200, f"status of a WebSocket at {path}")
        self.head = connection.heads[self.stream]
        self.protocol = frames.FrameProtocol(client=True, extensions=[])
        self.taken = 0
        self.pending = []

    def send(self, **frame):
        connection.send(self.stream, bytes(self.protocol.send_data(json.dumps(frame), fin=True)))

    def receive(self):
        while not self.pending:
            connection.until(lambda: len(connection.bodies.get(self.stream, b"")) > self.taken, "a frame")
            data = bytes(connection.bodies[self.stream][self.taken :])
            self.taken += len(data)
            self.protocol.receive_bytes(data)
            for frame in self.protocol.received_frames():
                if frame.opcode is frames.Opcode.PING:
                    connection.send(self.stream, bytes(self.protocol.pong(frame.payload)))
                else:
                    self.pending.append(frame)
        return self.pending.pop(0)

    def expect(self, kind):
        frame = json.loads(self.receive().payload)
        equal(frame.get("type"), kind, f"type of the frame {frame}")
        return frame


bearer = ("authorization", f"Bearer {token}")
topic = new_topic("ws-h2")
sockets = [Socket("/ws", [bearer]) for _ in range(5)]
for one in sockets:
    one.send(type="subscribe", topics=[topic])
    one.expect("subscribed")
sent = publish(token, topic, {"n": 1})
for one in sockets:
    equal(one.expect("message")["message_id"], sent, "the message of a WebSocket over HTTP/2")

# A token as a subprotocol, whose name alone comes back.
browser = Socket("/ws", [("sec-websocket-protocol", f"bearer, bearer.{token}")])
equal(browser.head.get("sec-websocket-protocol"), "bearer", "the subprotocol")

# One closes, the others go on.
closing = sockets.pop()
connection.send(closing.stream, bytes(closing.protocol.close(1000)))
frame = closing.receive()
check(frame.opcode is frames.Opcode.CLOSE, f"a close frame was answered by {frame}")
connection.until(lambda: closing.stream in connection.ended, "the end of a stream whose WebSocket has closed")
sent = publish(token, topic, {"n": 2})
for one in sockets:
    equal(one.expect("message")["message_id"], sent, "the message beside a WebSocket that has closed")

# A frame that breaks the protocol ends its own stream alone.
broken = sockets.pop()
connection.send(broken.stream, b"\x83\x80\x00\x00\x00\x00")
check(broken.receive().opcode is frames.Opcode.CLOSE, "a frame of no kind was not answered by a close frame")
connection.until(lambda: broken.stream in connection.ended, "the end of a stream whose client broke the protocol")

# Refusals.
for path, headers, protocol, wanted in [
    ("/ws", [("authorization", "Bearer nobody")], "websocket", 401),
    ("/ws", [bearer], "webtransport", 501),
    ("/health", [bearer], "websocket", 404),
    ("/nowhere", [bearer], "websocket", 404),
    ("/ws", [bearer, ("origin", "https://other.example")], "websocket", 403),
]:
    stream = open_stream(path, headers, protocol)
    equal(connection.answer(stream)[0], wanted, f"status of {protocol} at {path}")
stream = connection.request("GET", "/ws", token)
equal(connection.answer(stream)[0], 400, "status of a GET of a WebSocket's path")

# A client that leaves without a word is gone at once.
gone = sockets.pop()
connection.h2.reset_stream(gone.stream, error_code=8)
connection.flush()
sent = publish(token, topic, {"n": 3})
for one in sockets:
    equal(one.expect("message")["message_id"], sent, "the message beside a client that has left")
connection.close()
