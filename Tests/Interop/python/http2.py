"""One HTTP/2 connection to the relay, by h2 over Python's TLS: requests on many streams, whose windows the scenario opens as it likes."""

import json
import os
import socket
import ssl
import time
import urllib.parse

import h2.config
import h2.connection
import h2.events
import h2.settings
from hyperframe.frame import Frame

from relay import URL, check

NO_ERROR, COMPRESSION_ERROR, CALM = 0, 9, 11


def open_tls(alpn=("h2",)):
    """A connection behind its handshake."""
    target = urllib.parse.urlsplit(URL)
    context = ssl.create_default_context(cafile=os.environ["SSL_CERT_FILE"])
    context.set_alpn_protocols(list(alpn))
    plain = socket.create_connection((target.hostname, target.port), timeout=20)
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return context.wrap_socket(plain, server_hostname=target.hostname)


class Connection:
    """What has come is kept by stream: `heads`, `bodies`, and in `ended` how each stream ended, None or a code."""

    def __init__(self, window=None, settings=None):
        self.socket = open_tls()
        check(self.socket.selected_alpn_protocol() == "h2", "the relay did not choose h2")
        config = h2.config.H2Configuration(client_side=True, header_encoding="utf-8", validate_outbound_headers=False)
        self.h2 = h2.connection.H2Connection(config)
        if window is not None:
            self.h2.local_settings[h2.settings.SettingCodes.INITIAL_WINDOW_SIZE] = window
            self.h2.local_settings.acknowledge()
        self.h2.initiate_connection()
        self.authority = urllib.parse.urlsplit(URL).netloc
        self.heads, self.bodies, self.ended = {}, {}, {}
        self.goaway = None
        self.acknowledges = True
        self.is_closed = False
        self.rest, self.frames = b"", []
        self.flush()

    def flush(self):
        self.socket.sendall(self.h2.data_to_send())

    def raw(self, data):
        """Bytes of the scenario's own making."""
        self.socket.sendall(data)

    def request(self, method, path, token=None, body=None, headers=(), end=True):
        """Sends a request. Returns its stream."""
        stream = self.h2.get_next_available_stream_id()
        fields = [(":method", method), (":scheme", "https"), (":authority", self.authority), (":path", path)]
        if token:
            fields.append(("authorization", f"Bearer {token}"))
        data = json.dumps(body).encode() if isinstance(body, (dict, list)) else body
        if isinstance(body, (dict, list)):
            fields.append(("content-type", "application/json"))
        self.h2.send_headers(stream, fields + list(headers), end_stream=end and data is None)
        self.flush()
        if data is not None:
            self.send(stream, data, end)
        return stream

    def send(self, stream, data, end=False):
        """Sends as much as the relay's windows take, and waits for more room."""
        while data:
            room = min(self.h2.local_flow_control_window(stream), self.h2.max_outbound_frame_size)
            if not room:
                self.read()
                continue
            piece, data = data[:room], data[room:]
            self.h2.send_data(stream, piece, end_stream=end and not data)
            self.flush()

    def read(self, seconds=20):
        """Takes what comes next. Returns False where nothing comes in time, or the connection has ended."""
        self.socket.settimeout(seconds)
        try:
            data = self.socket.recv(65536)
        except TimeoutError:
            return False
        except (ConnectionError, ssl.SSLError):
            data = b""
        if not data:
            self.is_closed = True
            return False
        for event in self.h2.receive_data(data):
            self.take(event)
        try:
            self.flush()
        except (ConnectionError, ssl.SSLError):
            self.is_closed = True
        return True

    def take(self, event):
        kind = type(event).__name__
        if kind == "ResponseReceived":
            self.heads[event.stream_id] = dict(event.headers)
        elif kind == "DataReceived":
            self.bodies.setdefault(event.stream_id, bytearray()).extend(event.data)
            if self.acknowledges:
                self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        elif kind == "StreamEnded":
            self.ended.setdefault(event.stream_id, None)
        elif kind == "StreamReset":
            self.ended.setdefault(event.stream_id, event.error_code)
        elif kind == "ConnectionTerminated":
            self.goaway = int(event.error_code)

    def until(self, condition, what, seconds=20):
        deadline = time.monotonic() + seconds
        while not condition():
            left = deadline - time.monotonic()
            check(left > 0 and not self.is_closed, f"not within {seconds} s: {what} (GOAWAY {self.goaway})")
            self.read(left)

    def status(self, stream):
        self.until(lambda: stream in self.heads or stream in self.ended, "an answer's head")
        return int(self.heads[stream][":status"]) if stream in self.heads else None

    def answer(self, stream):
        """Status and body, once the stream has ended."""
        self.until(lambda: stream in self.ended, "an answer's end")
        return self.status(stream), self.bodies.get(stream, b"")

    def read_all(self, seconds=20):
        """Takes what comes until the relay ends the connection. Returns the code of its GOAWAY, if it has sent one."""
        deadline = time.monotonic() + seconds
        while not self.is_closed:
            check(time.monotonic() < deadline, "the relay did not end the connection")
            self.read_raw(deadline - time.monotonic())
        return self.goaway

    def read_raw(self, seconds):
        """As `read`, without a state machine: the scenario has broken the rules."""
        self.socket.settimeout(seconds)
        try:
            data = self.socket.recv(65536)
        except (ConnectionError, ssl.SSLError, TimeoutError):
            data = b""
        if not data:
            self.is_closed = True
        self.rest += data
        while len(self.rest) >= 9:
            frame, length = Frame.parse_frame_header(memoryview(self.rest[:9]))
            if len(self.rest) < 9 + length:
                return
            frame.parse_body(memoryview(self.rest[9 : 9 + length]))
            self.rest = self.rest[9 + length :]
            self.frames.append(frame)
            if type(frame).__name__ == "GoAwayFrame" and self.goaway is None:
                self.goaway = frame.error_code

    def close(self):
        self.socket.close()
