"""A client of WebTransport on aioquic, which speaks Pulse on its session's first stream."""

import asyncio
import contextlib
import json
import ssl

import msgpack
from aioquic.asyncio import QuicConnectionProtocol, connect
from aioquic.h3.connection import H3_ALPN, H3Connection
from aioquic.h3.events import DataReceived, DatagramReceived, HeadersReceived, WebTransportStreamDataReceived
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.events import ConnectionTerminated, StreamDataReceived, StreamReset

from relay import check, equal


class Transport(QuicConnectionProtocol):
    """One connection. It keeps what comes, by stream, until it is asked for."""

    def __init__(self, *arguments, **more):
        super().__init__(*arguments, **more)
        self.http = H3Connection(self._quic, enable_webtransport=True)
        self.heads, self.bodies, self.ended = {}, {}, set()
        # Of the session: what came on each stream of ours as it is, on each of the relay's behind its beginning, and datagrams.
        self.raw, self.pushed, self.datagrams = {}, {}, []
        self.resets, self.end = {}, None
        self.changed = asyncio.Event()

    def quic_event_received(self, event):
        if isinstance(event, StreamDataReceived) and event.stream_id in self.raw:
            # The library does not read answers on streams of a session that it has opened itself.
            self.raw[event.stream_id] += event.data
            if event.end_stream:
                self.ended.add(event.stream_id)
        else:
            if isinstance(event, ConnectionTerminated):
                self.end = event.error_code
            if isinstance(event, StreamReset):
                self.resets[event.stream_id] = event.error_code
            for found in self.http.handle_event(event):
                self.take(found)
        self.changed.set()

    def take(self, event):
        if isinstance(event, HeadersReceived):
            self.heads.setdefault(event.stream_id, dict(event.headers))
        elif isinstance(event, DataReceived):
            self.bodies[event.stream_id] = self.bodies.get(event.stream_id, b"") + event.data
        elif isinstance(event, WebTransportStreamDataReceived):
            self.pushed[event.stream_id] = self.pushed.get(event.stream_id, b"") + event.data
        elif isinstance(event, DatagramReceived):
            self.datagrams.append(event.data)
        if getattr(event, "stream_ended", False):
            self.ended.add(event.stream_id)

    async def until(self, condition, what, seconds=20):
        try:
            async with asyncio.timeout(seconds):
                while not (value := condition()):
                    self.changed.clear()
                    await self.changed.wait()
                return value
        except TimeoutError:
            check(False, f"not within {seconds} s: {what}; the connection's end: {self.end}")

    async def request(self, method, path, body=b"", headers=()):
        """Returns status, head and body."""
        stream = self._quic.get_next_available_stream_id()
        fields = [(":method", method), (":scheme", "https"), (":authority", "127.0.0.1"), (":path", path), *headers]
        self.http.send_headers(stream, [(a.encode(), b.encode()) for a, b in fields], end_stream=not body)
        if body:
            self.http.send_data(stream, body, end_stream=True)
        self.transmit()
        await self.until(lambda: stream in self.ended or stream in self.resets, f"an answer to {method} {path}")
        head = self.heads.get(stream, {})
        return int(head.get(b":status", b"0")), head, self.bodies.get(stream, b"")

    async def open_session(self, path, headers=()):
        """Asks for a session. Returns its id and the status."""
        session = self._quic.get_next_available_stream_id()
        fields = [
            (":method", "CONNECT"), (":protocol", "webtransport"), (":scheme", "https"), (":authority", "127.0.0.1"),
            (":path", path), ("sec-webtransport-http3-draft02", "1"), *headers,
        ]
        self.http.send_headers(session, [(a.encode(), b.encode()) for a, b in fields])
        self.transmit()
        await self.until(lambda: session in self.heads or session in self.resets, "an answer to CONNECT")
        return session, int(self.heads.get(session, {}).get(b":status", b"0"))

    def open_stream(self, session, one_way=False):
        stream = self.http.create_webtransport_stream(session, is_unidirectional=one_way)
        self.raw[stream] = b""
        return stream

    def send(self, stream, data, end=False):
        self._quic.send_stream_data(stream, data, end)
        self.transmit()


class Pulse:
    """What is said on a session's first stream."""

    def __init__(self, transport, session):
        self.transport, self.session = transport, session
        self.stream = transport.open_stream(session)
        self.taken = 0

    @staticmethod
    async def open(transport, token=None):
        session, status = await transport.open_session("/wt" + (f"?token={token}" if token else ""))
        equal(status, 200, "status of the session")
        client = Pulse(transport, session)
        transport.send(client.stream, b"")
        client.greeting = await client.receive("connected")
        return client

    def send(self, **frame):
        body = msgpack.packb(frame)
        self.transport.send(self.stream, len(body).to_bytes(4, "big") + body)

    def next(self):
        data = self.transport.raw[self.stream][self.taken:]
        size = int.from_bytes(data[:4], "big")
        if len(data) < 4 or len(data) < 4 + size:
            return None
        self.taken += 4 + size
        return msgpack.unpackb(data[4 : 4 + size])

    async def receive(self, kind):
        while True:
            frame = await self.transport.until(self.next, f"a frame {kind}")
            if frame["type"] == kind:
                return frame
            check(frame["type"] in ("ping", "ack", "publish"), f"expected {kind}, got {frame}")


class Texts:
    """JSON on a session's first stream, each text behind its length."""

    def __init__(self, transport, session):
        self.transport, self.session = transport, session
        self.stream = transport.open_stream(session)
        self.taken = 0

    @staticmethod
    async def open(transport, token):
        session, status = await transport.open_session(f"/wt?frames=json&token={token}")
        equal(status, 200, "status of the session")
        return Texts(transport, session)

    def send(self, pieces=1, **frame):
        """In so many pieces, of a packet each."""
        text = json.dumps(frame).encode()
        data = len(text).to_bytes(4, "big") + text
        size = -(-len(data) // pieces)
        for at in range(0, len(data), size):
            self.transport.send(self.stream, data[at : at + size])

    def next(self):
        data = self.transport.raw[self.stream][self.taken:]
        size = int.from_bytes(data[:4], "big")
        if len(data) < 4 or len(data) < 4 + size:
            return None
        self.taken += 4 + size
        return json.loads(data[4 : 4 + size])

    async def receive(self, kind):
        frame = await self.transport.until(self.next, f"a frame {kind}")
        equal(frame["type"], kind, f"what came: {frame}")
        return frame


def frames(data):
    """The frames of Pulse that the data hold."""
    found = []
    while len(data) >= 4:
        size = int.from_bytes(data[:4], "big")
        if len(data) < 4 + size:
            break
        found.append(msgpack.unpackb(data[4 : 4 + size]))
        data = data[4 + size :]
    return found


@contextlib.asynccontextmanager
async def dial(port):
    configuration = QuicConfiguration(is_client=True, alpn_protocols=H3_ALPN, max_datagram_frame_size=65_536)
    configuration.verify_mode = ssl.CERT_NONE
    async with connect("127.0.0.1", port, configuration=configuration, create_protocol=Transport) as transport:
        yield transport
