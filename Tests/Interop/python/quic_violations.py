"""Clients that break the rules of QUIC, of HTTP/3 or of the UDP port itself: each ends at most its own connection, and nobody else notices.

QUIC_PORT is the relay's port for QUIC."""

import asyncio
import os
import socket

from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.connection import QuicConnection
from aioquic.quic.packet import QuicErrorCode, QuicProtocolVersion

import requests

from quic import ALPN, connected, varint
from relay import URL, bearer, call, check, equal, eventually, login
from webtransport_client import dial

PORT = int(os.environ["QUIC_PORT"])
ADDRESS = ("127.0.0.1", PORT)


def first_packet(version=QuicProtocolVersion.VERSION_1):
    """What a client begins with."""
    configuration = QuicConfiguration(is_client=True, alpn_protocols=[ALPN], server_name="localhost")
    configuration.supported_versions = [version]
    connection = QuicConnection(configuration=configuration)
    connection.connect(ADDRESS, now=0)
    return connection.datagrams_to_send(now=0)[0][0]


def other_version(packet, mark):
    """The same of a version that nobody speaks. The answer begins with the mark, behind its head."""
    other = bytearray(packet)
    other[1:5] = b"\x1a\x2a\x3a\x4a"
    # The ids: whom it is for, 8 bytes, and whom the answer is for, 8 bytes.
    other[5:23] = b"\x08" + bytes(8) + b"\x08" + mark
    return bytes(other)


class Stranger:
    """Sends single packets, and never answers."""

    def __init__(self):
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.packet = first_packet()

    def send(self, packet):
        self.sock.sendto(packet, ADDRESS)

    def answers(self, *packets):
        """The sizes of all that comes back for these, up to the answer to a last one that always has one."""
        mark = os.urandom(8)
        for packet in packets:
            self.send(packet)
        self.send(other_version(self.packet, mark))
        self.sock.settimeout(20)
        sizes = []
        while (found := self.sock.recv(2048))[6:14] != mark:
            sizes.append(len(found))
        return sizes

    def all_answers(self, packet, seconds):
        """The same of what also comes late, and of what comes again."""
        self.send(packet)
        self.sock.settimeout(20)
        sizes = [len(self.sock.recv(2048))]
        self.sock.settimeout(seconds)
        try:
            while True:
                sizes.append(len(self.sock.recv(2048)))
        except TimeoutError:
            return sizes


def proportion():
    """Who does not answer may be somebody else than it says: it gets at most three times what came in its name."""
    stranger = Stranger()
    packet = stranger.packet
    # A first packet is no first packet below 1200 bytes, whatever is in it.
    equal(stranger.answers(packet[:1199], packet[:600], packet[:100]), [], "answers to short first packets")
    # Of another version: an offer, which is no longer than the question. In a short packet: nothing.
    other = other_version(packet, bytes(8))
    sizes = stranger.answers(other)
    check(len(sizes) == 1 and sizes[0] <= len(other), f"an offer of versions: {sizes}")
    equal(stranger.answers(other[:1199]), [], "answers to a short packet of another version")
    # For connections that are not known: less than the question.
    for size in (0, 1, 20, 21, 22, 40, 100, 1200):
        sizes = stranger.answers((b"\x40" + os.urandom(size))[:size])
        check(sum(sizes) < max(size, 1), f"{sizes} for {size}")
    sizes = stranger.all_answers(packet, 4)
    check(sum(sizes) <= 3 * len(packet), f"{sizes} for {len(packet)}")


def send_frame(client, kind, body=b""):
    """Sends a frame that the library would never send, with others behind it perhaps."""

    def write(builder, uids=(), comment=""):
        builder.start_frame(kind, capacity=len(body) + 8, handler=lambda *_: None).push_bytes(body)

    client._quic._write_ping_frame = write
    client._quic.send_ping(0)
    client.transmit()


def new_id(number, retired):
    """What stands in NEW_CONNECTION_ID."""
    return varint(number) + varint(retired) + b"\x08" + number.to_bytes(8, "big") + bytes(15) + bytes([number])


def piece(stream, offset):
    """What stands in a STREAM frame with an offset and a length."""
    return varint(stream) + varint(offset) + varint(1) + b"x"


async def frames():
    """Frames that have no place, or lie. The connection ends with the code for it."""
    for kind, body, code in [
        # Behind what is granted, on a stream, and on all of them together.
        (0x0E, piece(0, 1 << 30), QuicErrorCode.FLOW_CONTROL_ERROR),
        (0x0E, b"\x0e".join(piece(4 * number, 255_000) for number in range(100)), QuicErrorCode.FLOW_CONTROL_ERROR),
        (0x04, varint(0) + varint(1) + varint(1 << 60), QuicErrorCode.FLOW_CONTROL_ERROR),
        # A stream that is far beyond those that there may be.
        (0x0E, piece(4 * 1024, 0), QuicErrorCode.STREAM_LIMIT_ERROR),
        (0x05, varint(1 << 20) + varint(1), QuicErrorCode.STREAM_LIMIT_ERROR),
        (0x08 | 4, varint(0) + varint((1 << 62) - 1) + b"x", QuicErrorCode.FLOW_CONTROL_ERROR),
        (0x06, varint((1 << 62) - 1) + varint(1) + b"x", QuicErrorCode.FRAME_ENCODING_ERROR),
        (0x06, varint(1 << 20) + varint(1) + b"x", QuicErrorCode.CRYPTO_BUFFER_EXCEEDED),
        (0x07, varint(0), QuicErrorCode.PROTOCOL_VIOLATION),
        (0x1E, b"", QuicErrorCode.PROTOCOL_VIOLATION),
        (0x12, varint((1 << 60) + 1), QuicErrorCode.FRAME_ENCODING_ERROR),
        (0x02, varint(1 << 40) + varint(0) + varint(0) + varint(0), QuicErrorCode.PROTOCOL_VIOLATION),
        (0x18, varint(9) + varint(10) + b"\x08" + bytes(24), QuicErrorCode.FRAME_ENCODING_ERROR),
        (0x18, varint(9) + varint(0) + b"\x00" + bytes(16), QuicErrorCode.FRAME_ENCODING_ERROR),
        (0x19, varint(1 << 40), QuicErrorCode.PROTOCOL_VIOLATION),
        (0x3F, b"", QuicErrorCode.FRAME_ENCODING_ERROR),
    ]:
        async with connected(PORT) as client:
            send_frame(client, kind, body)
            equal((await client.ended()).error_code, code, f"the end behind a frame {kind:#x} {body.hex()}")


async def ids():
    """Ids that are taken back, and then come again and again: as packets that are late would bring them, or somebody who means ill."""
    for repeated in (50, 99):
        async with connected(PORT) as client:
            again = b"\x18" + new_id(repeated, 0)
            send_frame(client, 0x18, new_id(100, 100) + 3 * again)
            await asyncio.sleep(0.2)
    # More of them than anybody needs.
    async with connected(PORT) as client:
        for number in range(10, 250):
            send_frame(client, 0x18, new_id(number, number))
    async with connected(PORT) as client:
        client._quic.send_ping(1)
        client.transmit()


async def nothing():
    """All that can be empty."""
    async with connected(PORT) as client:
        for _ in range(200):
            client.datagram(b"")
            client.open(b"", end=True)
        send_frame(client, 0x08 | 2, varint(0) + varint(0))
        send_frame(client, 0x31, varint(0))
    async with dial(PORT) as transport:
        stream = transport._quic.get_next_available_stream_id()
        # A request between frames of nothing.
        transport.send(stream, 40 * (varint(0x21) + varint(0)))
        fields = [(b":method", b"GET"), (b":scheme", b"https"), (b":authority", b"127.0.0.1"), (b":path", b"/health")]
        transport.http.send_headers(stream, fields)
        transport.send(stream, 40 * (varint(0) + varint(0)), end=True)
        await transport.until(lambda: stream in transport.ended, "an answer to a request with nothing around it")
        equal(transport.heads[stream][b":status"], b"200", "status of a request with nothing around it")
        transport._quic.send_datagram_frame(b"\x00")
        transport.transmit()
        # What names no session is no datagram of HTTP.
        transport._quic.send_datagram_frame(b"")
        transport.transmit()
        await transport.until(lambda: transport.end is not None, "the end of who sends a datagram of nothing")


async def bombs():
    """Heads that become many times what they were, or have no end."""
    async with dial(PORT) as transport:
        # The static table's largest entry, by two bytes each time.
        section = bytes(2) + 60_000 * b"\xff\x00"
        stream = transport._quic.get_next_available_stream_id()
        transport.send(stream, b"\x01" + varint(len(section)) + section, end=True)
        await transport.until(lambda: stream in transport.heads or stream in transport.resets, "an answer to a bomb")
        equal(transport.heads[stream][b":status"], b"431", "status of a head that becomes too large")
        # A head that claims more than is taken is refused at its beginning.
        stream = transport._quic.get_next_available_stream_id()
        transport.send(stream, b"\x01" + varint(1 << 30))
        await transport.until(lambda: stream in transport.heads or stream in transport.resets, "an answer to a claim")
        equal(transport.heads[stream][b":status"], b"431", "status of a head that claims too much")
        equal((await transport.request("GET", "/health"))[0], 200, "status of a request beside")
    for bytes_, code in ((b"\x02\x3f\xe1\x1f", 0x201), (b"\x03\x80", 0x202), (b"\x02" + 4 * b"\x41a\x01b", 0x201)):
        async with dial(PORT) as transport:
            stream = transport._quic.get_next_available_stream_id(is_unidirectional=True)
            transport.send(stream, bytes_)
            await transport.until(lambda: transport.end is not None, "the end of who wants a dynamic table")
            equal(transport.end, code, f"the end behind {bytes_.hex()}")


async def abandoned():
    """As many streams as there may be, each with the beginning of a head."""
    async with dial(PORT) as transport:
        for _ in range(256):
            transport._quic.send_stream_data(transport._quic.get_next_available_stream_id(), b"\x01\x40\x80\x00")
        transport.transmit()
        async with dial(PORT) as other:
            equal((await other.request("GET", "/health"))[0], 200, "status of another client's request")


def held():
    text = requests.get(f"{URL}/metrics", headers=bearer(TOKEN), timeout=20).text
    values = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    names = [f'relay_memory_bytes{{account="{name}"}}' for name in ("answers", "requests", "strangers")]
    names += ["relay_quic_connections_active", "relay_http3_connections_active"]
    return {name: float(values.get(name, 0)) for name in names if float(values.get(name, 0)) != 0}


TOKEN = login()["access_token"]


async def main():
    proportion()
    for attack in (frames, ids, nothing, bombs, abandoned):
        await attack()
        equal(call("GET", "/health", TOKEN)["status"], "healthy", f"the relay after {attack.__name__}")
    eventually(lambda: not held(), f"the relay holds nothing: {held()}")


asyncio.run(main())
