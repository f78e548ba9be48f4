"""Peers whose QUIC connections are at two relays have tunnels as at one: streams with all their ends, datagrams, credit, and counts.

QUIC_PORT says where the first relay listens; OTHER_QUIC_PORT, OTHER_URL and OTHER_PID where the second is, which shares its store.
"""

import asyncio
import hashlib
import os
import re
import signal
import time

import requests

from quic import CODES, Session, bound, varint
from relay import URL, call, check, equal, eventually

PORT = int(os.environ["QUIC_PORT"])
OTHER_PORT = int(os.environ["OTHER_QUIC_PORT"])
OTHER_URL = os.environ["OTHER_URL"]
OTHER_PID = int(os.environ["OTHER_PID"])


def metric(url, name):
    """The value of a series, by its name and labels as they stand in `/metrics`; 0 where there is none yet."""
    found = re.search(rf"^{re.escape(name)} (\S+)$", requests.get(f"{url}/metrics", timeout=20).text, re.MULTILINE)
    return int(float(found[1])) if found else 0


def carried(direction):
    name = f'pulsar_path_bytes_total{{direction="{direction}",mode="quic_relay"}}'
    return metric(URL, name) + metric(OTHER_URL, name)


def unbound(message, tunnel, reason):
    """The relays tell each other, and the session's topic tells both: what comes first is not certain."""
    equal(message["tunnel"], tunnel, "the tunnel that is unbound")
    check(message["reason"] in (reason, "closed"), f"what became of it: {message}")


async def meeting(session):
    async with session.client("host", PORT) as host, session.client("bob", OTHER_PORT) as bob:
        await host.asks("bind", "not_found", to="nobody", tunnel=1)
        await host.asks("bind", "peer_not_here", to="carol", tunnel=1)
        mine, theirs = await bound(host, bob, "bob", 1, kind="git")
        equal((mine["tunnel"], mine["peer_id"], mine["kind"]), (1, "bob", "git"), "the opener's tunnel")
        equal((theirs["tunnel"], theirs["peer_id"], theirs["kind"]), (1, "host", "git"), "the target's tunnel")
        equal(mine["tunnel_id"], theirs["tunnel_id"], "the tunnel's id")
        listed = call("GET", f"/v1/sessions/{session.id}/tunnels", session.tickets["bob"])["tunnels"]
        equal([(one["tunnel_id"], one["state"]) for one in listed], [(mine["tunnel_id"], "accepted")], "its tunnels")
        # The other way round, with a number that is taken.
        back, there = await bound(bob, host, "host", 1 << 40)
        equal((back["tunnel"], there["tunnel"]), (1 << 40, 1 << 40), "numbers of the other tunnel")
        await bob.asks("unbind", "unbound", tunnel=1 << 40)
        gone = await host.hears(lambda message: message["type"] == "unbound", "the end of the tunnel")
        unbound(gone, 1 << 40, "unbound_by_peer")


async def streams(session):
    async with session.client("host", PORT) as host, session.client("bob", OTHER_PORT) as bob:
        await bound(host, bob, "bob")
        before = [carried(direction) for direction in ("inbound", "outbound")]
        one = host.open(varint(1) + b"ping", end=True)
        other = await bob.accept()
        equal(await other.head(), 1, "the number at the other peer")
        await other.until(lambda: other.ended, "the end of what the opener sends")
        equal(bytes(other.data), b"ping", "what came")
        other.send(b"pong", end=True)
        await one.until(lambda: one.ended, "the end of the answer")
        equal(bytes(one.data), b"pong", "the answer")
        back = bob.open(varint(1) + b"from the target", end=True)
        there = await host.accept()
        equal(await there.head(), 1, "a stream of the target's")
        await there.until(lambda: there.ended, "its end")
        equal(bytes(there.data), b"from the target", "what it has")

        # Each byte counts once, whichever relays it has passed.
        for direction, count in zip(("inbound", "outbound"), before):
            eventually(lambda d=direction, c=count: carried(d) - c == 4 + 4 + 15, f"bytes {direction}")
        for client in (host, bob):
            traffic = (await client.asks("stats", "stats", tunnel=1))["tunnels"][0]
            expected = (4, 19) if client is host else (19, 4)
            equal((traffic["sent"], traffic["received"]), expected, "what the tunnel has carried")

        # Ends that are no clean ones.
        one = host.open(varint(1) + b"x")
        other = await bob.accept()
        await other.head()
        host._quic.reset_stream(one.id, 4711)
        host.transmit()
        await other.until(lambda: other.reset is not None, "the reset at the other peer")
        equal(other.reset, 4711, "the code of a reset")
        one = bob.open(varint(1) + b"y")
        other = await host.accept()
        await other.head()
        host._quic.stop_stream(other.id, 17)
        host.transmit()
        one.send(b"more")
        await one.until(lambda: one.stopped is not None, "the stop at the other peer")

        # Datagrams.
        for sender, receiver in ((host, bob), (bob, host)):
            sender.datagram(varint(1) + b"by chance")
            async with asyncio.timeout(20):
                equal(await receiver.datagrams.get(), varint(1) + b"by chance", "a datagram")


async def pour(stream, size):
    """Sends so many bytes, and returns their digest."""
    digest, sent = hashlib.sha256(), 0
    piece = os.urandom(64 << 10)
    while sent < size:
        if stream.client._quic._streams[stream.id].sender.buffer_is_empty:
            stream.send(piece)
            digest.update(piece)
            sent += len(piece)
        await asyncio.sleep(0.001)
    stream.send(b"", end=True)
    return digest.hexdigest()


async def drink(stream):
    digest = hashlib.sha256()
    while True:
        ended = stream.ended
        digest.update(bytes(stream.data))
        stream.data.clear()
        if ended:
            return digest.hexdigest()
        await asyncio.sleep(0.001)


async def splice(session, size=8 << 20):
    """Large transfers both ways at once arrive as they were sent."""
    async with session.client("host", PORT) as host, session.client("bob", OTHER_PORT) as bob:
        await bound(host, bob, "bob")
        one = host.open(varint(1))
        other = await bob.accept()
        await other.head()
        async with asyncio.timeout(120):
            results = await asyncio.gather(pour(one, size), pour(other, size), drink(other), drink(one))
        equal(results[2:], results[:2], "the digests")


async def slow(session):
    """A reader that takes nothing stops its writer at a window, and no other stream."""
    async with session.client("host", PORT) as host, session.client("bob", OTHER_PORT, window=64 << 10) as bob:
        await bound(host, bob, "bob")
        held = host.open(varint(1))
        other = await bob.accept()
        await other.head()
        usual = bob._quic._write_stream_limits
        bob._quic._write_stream_limits = lambda builder, space, stream: (
            None if stream.stream_id == other.id else usual(builder=builder, space=space, stream=stream)
        )
        held.send(os.urandom(4 << 20))
        sent = lambda: host._quic._streams[held.id].sender.highest_offset
        last, still = -1, 0
        async with asyncio.timeout(30):
            while still < 20:
                await asyncio.sleep(0.1)
                still = still + 1 if sent() == last else 0
                last = sent()
        check(last <= (64 << 10) + (256 << 10) + 1024, f"a reader that takes nothing let {last} bytes through")
        free = host.open(varint(1) + b"not held up", end=True)
        async with asyncio.timeout(20):
            there = await bob.accept()
        await there.head()
        await there.until(lambda: there.ended, "another stream")
        equal(bytes(there.data), b"not held up", "another stream")
        check(free.reset is None, "the other stream was reset")


async def ends(session):
    # The session's word reaches both.
    async with session.client("host", PORT) as host, session.client("bob", OTHER_PORT) as bob:
        mine, _ = await bound(host, bob, "bob", 5)
        stream = host.open(varint(5) + b"open")
        other = await bob.accept()
        await other.head()
        call("DELETE", f"/v1/sessions/{session.id}/tunnels/{mine['tunnel_id']}", session.tickets["bob"], status=204)
        for client in (host, bob):
            gone = await client.hears(lambda message: message["type"] == "unbound", "the end by the session")
            equal((gone["tunnel"], gone["reason"]), (5, "closed"), "what became of it")
        for end in (stream, other):
            await end.until(lambda end=end: end.reset is not None, "the reset of the tunnel's stream")
            equal(end.reset, CODES["unbound"], "code of a stream whose tunnel is unbound")
        # A connection that goes takes its tunnels along.
        await bound(host, bob, "bob", 6)
        bob.close()
        gone = await host.hears(lambda message: message["type"] == "unbound", "the end of bob's tunnel")
        unbound(gone, 6, "peer_gone")
        await host.asks("bind", "peer_not_here", to="bob", tunnel=7)


async def moved(session):
    """Who comes to the other relay has no connection at the first any more, and is found where it is."""
    async with session.client("bob", PORT) as first, session.client("host", PORT) as host:
        async with session.client("bob", OTHER_PORT) as bob:
            equal((await first.ended()).error_code, CODES["replaced"], "the end of the connection before")
            await bound(host, bob, "bob")


async def lost(session):
    """A relay that is killed takes its peers' tunnels along, and nothing else."""
    async with session.client("host", PORT) as host, session.client("carol", PORT) as carol:
        async with session.client("bob", OTHER_PORT) as bob:
            await bound(host, bob, "bob", 1)
            await bound(host, carol, "carol", 2)
            os.kill(OTHER_PID, signal.SIGKILL)
            gone = await host.hears(lambda message: message["type"] == "unbound", "the end of bob's tunnel", seconds=60)
            equal((gone["tunnel"], gone["reason"]), (1, "peer_gone"), "what became of it")
            await host.asks("bind", "peer_not_here", to="bob", tunnel=3)
            host.open(varint(2) + b"here still", end=True)
            other = await carol.accept()
            await other.head()
            await other.until(lambda: other.ended, "a stream at the relay that is left")


async def main():
    session = Session().peers("bob", "carol")
    for scenario in (meeting, streams, splice, slow, ends, moved, lost):
        start = time.monotonic()
        await scenario(session)
        print(f"{scenario.__name__}: {time.monotonic() - start:.1f} s")


asyncio.run(main())
