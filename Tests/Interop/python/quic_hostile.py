"""Clients of the QUIC relay that behave as badly as they can: it goes on, and holds nothing of theirs.

QUIC_PORT says where the relay listens.
"""

import asyncio
import contextlib
import os
import random
import socket

from quic import CODES, Session, bound, connected, varint
from relay import bearer, check, equal, eventually, login, URL

import requests

PORT = int(os.environ["QUIC_PORT"])
SEED = 7


def packets():
    """Bytes that are no packets, and packets that belong to nothing."""
    chance = random.Random(SEED)
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    for size in (0, 1, 7, 20, 21, 1199, 1200, 1472):
        for first in (0x00, 0x40, 0x5A, 0xC0, 0xE3, 0xFF):
            for version in (b"\0\0\0\1", b"\0\0\0\0", b"\xff\0\0\x1d", b"\x1a\x2a\x3a\x4a"):
                data = bytes([first]) + version + bytes([8]) + chance.randbytes(8) + bytes([8])
                sock.sendto((data + chance.randbytes(1500))[:size], ("127.0.0.1", PORT))


async def control(session):
    """A member whose control stream holds what is no message has no connection any more."""
    for garbage in (b"\x05hello", varint(1 << 20), b"\x00", varint((1 << 62) - 1)):
        async with session.client("host", PORT) as client:
            client.control.send(garbage)
            equal((await client.ended()).error_code, CODES["bad_message"], f"the end after {garbage!r}")
    async with session.client("host", PORT) as client:
        client.control.send(varint(100) + b"\x81", end=True)
        equal((await client.ended()).error_code, CODES["bad_message"], "the end of a message that is cut off")
    async with session.client("host", PORT) as client:
        client.control.send(b"", end=True)
        equal((await client.ended()).error_code, 0x7000, "the end of who ends its control stream")


async def streams(session):
    """Streams that are opened and given up at once, and more of them than there may be."""
    async with session.client("host", PORT) as host, session.client("bob", PORT) as bob:
        await bound(host, bob, "bob")
        chance = random.Random(SEED)
        for _ in range(150):
            stream = host.open(chance.choice([b"", varint(1), varint(1) + bytes(2000), b"\xc0", varint(77)]))
            if chance.random() < 0.8:
                host._quic.reset_stream(stream.id, 1)
                host._quic.stop_stream(stream.id, 2)
            else:
                stream.send(b"", end=True)
            host.transmit()
            if chance.random() < 0.05:
                await asyncio.sleep(0.01)
        for _ in range(200):
            host.datagram(chance.choice([b"", b"\xff", varint(1), varint(1) + bytes(900), varint(5) + b"x"]))
        equal((await host.asks("echo", "echo", data=b"still there"))["data"], b"still there", "an echo")
    async with session.client("host", PORT) as host, session.client("bob", PORT) as bob:
        await bound(host, bob, "bob")
        # The relay lets a client have 256 streams, and this one takes 128 of the other's at a time: the rest wait.
        opened = [host.open(varint(1) + b"x", end=True) for _ in range(300)]
        first = [await bob.accept() for _ in range(128)]
        await asyncio.sleep(0.5)
        check(bob.accepted.empty(), "more streams came than bob takes")
        equal((await bob.asks("stats", "stats"))["tunnels"][0]["streams"], 128, "streams at the other peer")
        equal((await host.asks("stats", "stats"))["tunnels"][0]["streams"], 256, "streams of who opened them")
        for stream in first:
            stream.send(b"", end=True)
        for _ in range(300 - 128):
            (await bob.accept()).send(b"", end=True)
        for stream in opened:
            await stream.until(lambda stream=stream: stream.ended, "the end of each stream")


async def resets(session):
    """Streams given up at once have a budget, a stranger's that are refused too. Whoever is sent them has none of it to pay."""
    async with session.client("host", PORT) as host, session.client("bob", PORT) as bob:
        await bound(host, bob, "bob")
        # Some at a time: what is given up before it was sent is never heard of.
        with contextlib.suppress(ConnectionError):
            for _ in range(200):
                given = [host.open(varint(1)) for _ in range(10)]
                await host.ping()
                for stream in given:
                    host._quic.reset_stream(stream.id, 1)
                    host._quic.stop_stream(stream.id, 1)
                await host.ping()
        equal((await host.ended()).error_code, CODES["too_many"], "the end of who resets streams without end")
        await bob.asks("stats", "stats")
    async with connected(PORT) as client:
        client.control = client.open()
        for _ in range(250):
            client.open(b"x")
        equal((await client.ended()).error_code, CODES["too_many"], "the end of a stranger whose streams are refused")


async def requests_without_end(session):
    """A member that asks without hearing the answers is heard no further."""
    async with session.client("bob", PORT) as client:
        body = b"".join(
            varint(len(message)) + message for message in [b"\x82\xa4type\xa4echo\xa4data\xc5\x08\x00" + bytes(2048)] * 500
        )
        client.control.send(body)
        await client.hears(lambda message: message["type"] == "echo", "an echo")


def held():
    text = requests.get(f"{URL}/metrics", headers=bearer(login()["access_token"]), timeout=20).text
    values = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    names = [f'relay_memory_bytes{{account="{name}"}}' for name in ("answers", "requests", "strangers")]
    names += ["relay_quic_connections_active", "relay_quic_allocations_active", "pulsar_relay_connections_active"]
    return {name: float(values[name]) for name in names if float(values[name]) != 0}


async def main():
    session = Session().peers("bob")
    packets()
    await control(session)
    await streams(session)
    await resets(session)
    await requests_without_end(session)
    async with session.client("host", PORT):
        pass
    eventually(lambda: not held(), f"the relay holds nothing: {held()}")


asyncio.run(main())
