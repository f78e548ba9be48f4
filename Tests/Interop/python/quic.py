"""What the scenarios of the QUIC relay share: a client on aioquic that speaks its control stream, and sessions with peers."""

import asyncio
import base64
import contextlib
import hashlib
import ssl
import struct

import msgpack
import requests
from aioquic.asyncio import QuicConnectionProtocol, connect
from aioquic.quic import events
from aioquic.quic.configuration import QuicConfiguration
from cryptography.hazmat.primitives.serialization import Encoding

from relay import URL, call, check, equal, login

ALPN = "pulsar-relay/2"
CODES = {
    "unauthenticated": 0x7001, "auth_timeout": 0x7002, "bad_message": 0x7003, "unidirectional": 0x7004,
    "tunnel_unknown": 0x7005, "too_many": 0x7006, "unbound": 0x7007, "access_lost": 0x7008, "replaced": 0x7009,
    "going_away": 0x700A,
}


def varint(number):
    for size, mark in ((1, 0), (2, 1), (4, 2), (8, 3)):
        if number < 1 << 8 * size - 2:
            return (number | mark << 8 * size - 2).to_bytes(size, "big")
    raise ValueError(number)


def read_varint(data):
    """The number that the data begin with, and its size; None where more have to come first."""
    if not data or len(data) < (size := 1 << (data[0] >> 6)):
        return None
    return int.from_bytes(data[:size], "big") & (1 << 8 * size - 2) - 1, size


class Stream:
    """One stream, as its client sees it."""

    def __init__(self, client, number):
        self.client, self.id = client, number
        self.data, self.ended, self.reset, self.stopped = bytearray(), False, None, None
        self.hears = True
        self.changed = asyncio.Event()

    def send(self, data, end=False):
        self.client._quic.send_stream_data(self.id, data, end)
        self.client.transmit()

    async def until(self, condition, what, seconds=20):
        async with asyncio.timeout(seconds):
            while not condition():
                self.changed.clear()
                await self.changed.wait()

    async def head(self):
        await self.until(lambda: read_varint(self.data) is not None, "a head")
        number, size = read_varint(self.data)
        del self.data[:size]
        return number


class Client(QuicConnectionProtocol):
    def __init__(self, *arguments, **named):
        super().__init__(*arguments, **named)
        self.streams, self.accepted = {}, asyncio.Queue()
        self.inbox, self.control, self.message_id = [], None, 0
        self.datagrams = asyncio.Queue()
        self.end = asyncio.get_running_loop().create_future()
        self.news = asyncio.Event()

    def quic_event_received(self, event):
        if isinstance(event, (events.StreamDataReceived, events.StreamReset, events.StopSendingReceived)):
            stream = self.streams.get(event.stream_id)
            if stream is None:
                stream = self.streams[event.stream_id] = Stream(self, event.stream_id)
                self.accepted.put_nowait(stream)
            if isinstance(event, events.StreamDataReceived):
                stream.data += event.data
                stream.ended |= event.end_stream
                if stream is self.control:
                    self.hear()
            elif isinstance(event, events.StreamReset):
                stream.reset = event.error_code
            else:
                stream.stopped = event.error_code
            stream.changed.set()
        elif isinstance(event, events.DatagramFrameReceived):
            self.datagrams.put_nowait(event.data)
        elif isinstance(event, events.ConnectionTerminated) and not self.end.done():
            self.end.set_result(event)
            for stream in self.streams.values():
                stream.changed.set()
            self.news.set()

    def hear(self):
        data = self.control.data
        while (head := read_varint(data)) and len(data) >= sum(head):
            self.inbox.append(msgpack.unpackb(bytes(data[head[1] : sum(head)])))
            del data[: sum(head)]
        self.news.set()

    def open(self, data=b"", end=False, unidirectional=False):
        number = self._quic.get_next_available_stream_id(is_unidirectional=unidirectional)
        stream = self.streams[number] = Stream(self, number)
        stream.send(data, end)
        return stream

    def say(self, type_, /, **members):
        if self.control is None:
            number = self._quic.get_next_available_stream_id()
            equal(number, 0, "the first stream's number")
            self.control = self.streams[number] = Stream(self, number)
        self.message_id += 1
        body = msgpack.packb({"type": type_, "id": self.message_id, **members})
        self.control.send(varint(len(body)) + body)
        return self.message_id

    async def hears(self, condition, what, seconds=20):
        """The first message that is so, which is taken out."""
        try:
            async with asyncio.timeout(seconds):
                while True:
                    for place, message in enumerate(self.inbox):
                        if condition(message):
                            return self.inbox.pop(place)
                    check(not self.end.done(), f"{what}: the connection ended: {self.end}")
                    self.news.clear()
                    await self.news.wait()
        except TimeoutError:
            check(False, f"{what} did not come; what came: {self.inbox}")

    async def ask(self, type_, /, **members):
        number = self.say(type_, **members)
        return await self.hears(lambda message: message.get("re") == number, f"the answer to {type_}")

    async def asks(self, type_, expected, /, **members):
        """An answer of this type, or an error with this code."""
        answer = await self.ask(type_, **members)
        found = answer["code"] if answer["type"] == "error" else answer["type"]
        equal(found, expected, f"the answer to {type_} {members}: {answer}")
        return answer

    async def accept(self):
        async with asyncio.timeout(20):
            return await self.accepted.get()

    async def ended(self, seconds=20):
        async with asyncio.timeout(seconds):
            return await asyncio.shield(self.end)

    def datagram(self, data):
        self._quic.send_datagram_frame(data)
        self.transmit()

    def digest(self):
        """SHA-256 of the certificate that the relay has shown."""
        return hashlib.sha256(self._quic.tls._peer_certificate.public_bytes(Encoding.DER)).hexdigest()


@contextlib.asynccontextmanager
async def connected(port, alpn=ALPN, datagrams=65536, window=1 << 20):
    configuration = QuicConfiguration(
        is_client=True,
        alpn_protocols=[alpn] if isinstance(alpn, str) else alpn,
        verify_mode=ssl.CERT_NONE,
        max_datagram_frame_size=datagrams,
        max_data=16 * window,
        max_stream_data=window,
        server_name="localhost",
    )
    async with connect("127.0.0.1", port, configuration=configuration, create_protocol=Client) as client:
        yield client


class Session:
    """A session of the relay's, with what its host got."""

    def __init__(self):
        self.token = login()["access_token"]
        self.made = call("POST", "/v1/sessions", self.token, {"host_id": "host"})
        self.id = self.made["session_id"]
        self.tickets = {}

    def join(self, peer, **members):
        token = self.made["host_token" if peer == "host" else "join_token"]
        body = {"join_token": token, "peer_id": peer, **members}
        reply = requests.post(f"{URL}/v1/sessions/{self.id}/join", json=body, timeout=20)
        equal(reply.status_code, 200, f"status of the join ({reply.text})")
        self.tickets[peer] = reply.json()["ticket"]
        return reply.json()

    def peers(self, *names):
        for name in ("host", *names):
            self.join(name)
        return self

    @contextlib.asynccontextmanager
    async def client(self, peer, port, **named):
        async with connected(port, **named) as client:
            client.welcome = await client.asks("auth", "auth_ok", ticket=self.tickets[peer])
            yield client


async def bound(one, other, to, number=1, kind="stream"):
    """Binds a tunnel, and returns both sides' messages."""
    mine = await one.asks("bind", "bound", to=to, tunnel=number, kind=kind)
    theirs = await other.hears(lambda message: message["type"] == "bound", "bound at the other peer")
    return mine, theirs


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def field(data):
    return struct.pack(">H", len(data)) + data
