"""The QUIC relay with aioquic: who gets in, tunnels, streams and datagrams, and what is refused, by which code.

QUIC_PORT says where it listens.
"""

import asyncio
import contextlib
import hashlib
import io
import os
import pathlib
import re
import socket
import time

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from quic import ALPN, CODES, Session, base64url, bound, connected, field, varint
from relay import URL, call, check, equal, eventually, login

import requests

PORT = int(os.environ["QUIC_PORT"])


async def protocols(session):
    """Both names of the relay in ALPN are spoken. What is none of the port's is refused."""
    for name in ([ALPN], ["pulsar-relay"], ["h3", "pulsar-relay"]):
        async with connected(PORT, alpn=name) as client:
            await client.asks("auth", "auth_ok", ticket=session.tickets["host"])
    for name in (["h2"], ["pulsar-relay/3"], None):
        try:
            async with connected(PORT, alpn=name) as client:
                await client.wait_connected()
        except ConnectionError:
            continue
        check(False, f"a client that speaks {name} was let in")


async def certificate(session):
    offer = session.made["relay"]
    equal(offer["address"], f"127.0.0.1:{PORT}", "the address of the QUIC relay")
    equal(offer["alpn"], [ALPN, "pulsar-relay"], "its names in ALPN")
    async with connected(PORT) as client:
        equal(client.digest(), offer["certificate_hash"], "the digest of its certificate")
    check(offer["certificate_hash"] in offer["certificate_hashes"], "the certificate is among those that are told")


async def strangers():
    """Who has not said who it is gets nothing back, and five seconds."""
    for name in (ALPN, "pulsar-relay"):
        async with connected(PORT, alpn=name) as client:
            start = time.monotonic()
            # As old clients do: bytes on a stream, which their relay copied back.
            old = client.open(b"hello, is there an echo?")
            await old.until(lambda: old.reset is not None and old.stopped is not None, "the stream's end")
            equal((old.reset, bytes(old.data)), (CODES["unauthenticated"], b""), "an old client's stream")
            data = client.open(varint(1) + b"more")
            await data.until(lambda: data.reset is not None, "the reset of a stranger's stream")
            equal(data.reset, CODES["unauthenticated"], "code for a stranger's data stream")
            client.datagram(varint(1) + b"and more")
            end = await client.ended()
            took = time.monotonic() - start
            equal((end.error_code, end.reason_phrase), (CODES["auth_timeout"], "auth_timeout"), "a stranger's end")
            check(4.5 <= took <= 6.5, f"a stranger had {took} s")
            check(client.datagrams.empty(), "a stranger's datagram came back")


async def entrance(session):
    async with connected(PORT) as client:
        await client.asks("bind", "unauthenticated", to="host", tunnel=1)
        await client.asks("stats", "unauthenticated")
        await client.asks("echo", "unauthenticated", data=b"hi")
        await client.asks("dance", "unknown_type")
        await client.asks("auth", "bad_message")
        await client.asks("auth", "unauthenticated", ticket="none")
        await client.asks("auth", "unauthenticated", ticket=session.made["join_token"])
        await client.asks("auth", "missing_parameter", ticket=session.token)
        await client.asks("auth", "session_mismatch", ticket=session.tickets["bob"], session_id="another-session")
        welcome = await client.asks("auth", "auth_ok", ticket=session.tickets["bob"])
        equal((welcome["session_id"], welcome["peer_id"]), (session.id, "bob"), "who it is")
        equal(len(bytes.fromhex(welcome["alloc"])), 16, "bytes of the allocation's id")
        equal((welcome["limits"]["tunnels"], welcome["limits"]["streams"]), (64, 256), "limits")
        check(abs(welcome["server_time_ms"] - time.time() * 1000) < 5000, "the relay's clock")
        await client.asks("auth", "already_authenticated", ticket=session.tickets["bob"])
        equal((await client.asks("echo", "echo", data=b"hi"))["data"], b"hi", "an echo that was asked for")
        equal((await client.asks("stats", "stats"))["tunnels"], [], "tunnels of a new connection")
        stream = client.open(b"", unidirectional=True)
        stream.send(b"nobody hears this")
        await stream.until(lambda: stream.stopped is not None, "the end of a unidirectional stream")
        equal(stream.stopped, CODES["unidirectional"], "code for a unidirectional stream")
        stream = client.open(varint(9) + b"?")
        await stream.until(lambda: stream.reset is not None, "the reset of a stream of no tunnel")
        equal(stream.reset, CODES["tunnel_unknown"], "code for a stream of no tunnel")
    # An account names its session, and its peer there.
    async with connected(PORT) as client:
        await client.asks("auth", "forbidden", ticket=session.token, session_id=session.id, peer_id="bob")


async def proof(session):
    """A ticket that names a key opens nothing without the key."""
    key = Ed25519PrivateKey.generate()
    public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    def signed(token, nonce):
        claims = jwt.decode(token, options={"verify_signature": False})
        parts = [b"pulsar-relay session ticket key proof 1"]
        parts += [claims[name].encode() for name in ("aud", "sid", "jti")] + [base64url_bytes(nonce)]
        return base64url(key.sign(b"".join(field(part) for part in parts)))

    nonce = requests.post(f"{URL}/v1/sessions/{session.id}/challenge", timeout=20).json()["nonce"]
    token = session.made["join_token"]
    session.join("keyed", key=base64url(public), nonce=nonce, signature=signed(token, nonce))
    ticket = session.tickets["keyed"]
    async with connected(PORT) as client:
        await client.asks("auth", "unauthenticated", ticket=ticket)
        challenge = await client.asks("challenge", "challenge", session_id=session.id)
        wrong = {"nonce": challenge["nonce"], "key": base64url(public), "signature": base64url(bytes(64))}
        await client.asks("auth", "invalid_token", ticket=ticket, proof=wrong)
        right = wrong | {"signature": signed(ticket, challenge["nonce"])}
        await client.asks("auth", "auth_ok", ticket=ticket, proof=right)
    async with connected(PORT) as client:
        await client.asks("auth", "invalid_token", ticket=ticket, proof=right)


def base64url_bytes(text):
    import base64

    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


async def tunnels(session):
    async with session.client("host", PORT) as host, session.client("bob", PORT) as bob:
        await host.asks("bind", "not_found", to="nobody", tunnel=1)
        await host.asks("bind", "not_found", to="host", tunnel=1)
        await host.asks("bind", "peer_not_here", to="carol", tunnel=1)
        mine, theirs = await bound(host, bob, "bob", 1, kind="git")
        equal((mine["tunnel"], mine["peer_id"], mine["kind"]), (1, "bob", "git"), "the opener's tunnel")
        equal((theirs["tunnel"], theirs["peer_id"], theirs["kind"]), (1, "host", "git"), "the target's tunnel")
        equal(mine["tunnel_id"], theirs["tunnel_id"], "the tunnel's id")
        await host.asks("bind", "tunnel_exists", to="bob", tunnel=1)
        # It is one of the session's.
        listed = call("GET", f"/v1/sessions/{session.id}/tunnels", session.tickets["bob"])["tunnels"]
        equal([(one["tunnel_id"], one["state"]) for one in listed], [(mine["tunnel_id"], "accepted")], "its tunnels")

        # Streams both ways, with half-closes.
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
        equal((await there.head(), back.id), (1, back.id), "a stream of the target's")

        # Ends that are no clean ones reach the other peer with their codes.
        one = host.open(varint(1) + b"x")
        other = await bob.accept()
        await other.head()
        host._quic.reset_stream(one.id, 4711)
        host.transmit()
        await other.until(lambda: other.reset is not None, "the reset at the other peer")
        equal(other.reset, 4711, "the code of a reset")
        bob._quic.stop_stream(back.id, 17)
        bob.transmit()
        await there.until(lambda: there.stopped is not None, "the stop at the other peer")

        # Datagrams.
        host.datagram(varint(1) + b"by chance")
        async with asyncio.timeout(20):
            equal(await bob.datagrams.get(), varint(1) + b"by chance", "a datagram")
        host.datagram(varint(2) + b"nobody's")
        host.datagram(b"")

        traffic = (await bob.asks("stats", "stats", tunnel=1))["tunnels"][0]
        equal((traffic["tunnel"], traffic["peer_id"]), (1, "host"), "whose traffic it is")
        # What a reset gives up may have gone on, or not.
        check(traffic["received"] in (4 + 9, 4 + 1 + 9), f"what it carried: {traffic}")

        # A number that is taken at the other peer is another there.
        check(session.join("dave")["relay"] is not None, "a join tells of the QUIC relay")
        async with session.client("carol", PORT) as client:
            mine, theirs = await bound(client, bob, "bob", 1)
            equal((mine["tunnel"], theirs["tunnel"]), (1, 0), "numbers of a tunnel")
            one = client.open(varint(1) + b"c", end=True)
            equal(await (await bob.accept()).head(), 0, "the number at the other peer")
        gone = await bob.hears(lambda message: message["type"] == "unbound", "the end of carol's tunnel")
        equal((gone["tunnel"], gone["reason"]), (0, "peer_gone"), "what became of it")

        # The end of one: by a peer, and by the session.
        stream = host.open(varint(1) + b"open")
        other = await bob.accept()
        await other.head()
        await host.asks("unbind", "unbound", tunnel=1)
        gone = await bob.hears(lambda message: message["type"] == "unbound", "the end of the tunnel")
        equal((gone["tunnel"], gone["reason"]), (1, "unbound_by_peer"), "what became of it")
        for end in (stream, other):
            await end.until(lambda end=end: end.reset is not None, "the reset of the tunnel's stream")
            equal(end.reset, CODES["unbound"], "code of a stream whose tunnel is unbound")
        await host.asks("unbind", "tunnel_unknown", tunnel=1)
        mine, _ = await bound(host, bob, "bob", 5)
        call("DELETE", f"/v1/sessions/{session.id}/tunnels/{mine['tunnel_id']}", session.tickets["bob"], status=204)
        for client in (host, bob):
            gone = await client.hears(lambda message: message["type"] == "unbound", "the end by the session")
            equal((gone["tunnel"], gone["reason"]), (5, "closed"), "what became of it")
        eventually(
            lambda: not call("GET", f"/v1/sessions/{session.id}/tunnels", session.tickets["bob"])["tunnels"],
            "the session has no tunnel left",
        )


async def limits(session):
    async with session.client("host", PORT) as host, session.client("bob", PORT) as bob:
        for number in range(64):
            await host.asks("bind", "bound", to="bob", tunnel=number)
        await host.asks("bind", "too_many_tunnels", to="bob", tunnel=64)
        equal(len((await bob.asks("stats", "stats"))["tunnels"]), 64, "tunnels at the other peer")


async def replaced(session):
    async with session.client("host", PORT) as first, session.client("bob", PORT) as bob:
        await bound(first, bob, "bob")
        async with session.client("host", PORT):
            end = await first.ended()
            equal(end.error_code, CODES["replaced"], "the end of a connection whose peer has a newer one")
            gone = await bob.hears(lambda message: message["type"] == "unbound", "the end of its tunnel")
            equal(gone["reason"], "peer_gone", "what became of its tunnel")


async def splice(session, size=32 << 20):
    """A large transfer arrives as it was sent, while another stream of the tunnel is held up by its reader."""
    async with session.client("host", PORT) as host, session.client("bob", PORT) as bob:
        await bound(host, bob, "bob")
        piece = os.urandom(1 << 20)
        sent, digest = 0, hashlib.sha256()
        stream = host.open(varint(1))
        other = await bob.accept()
        await other.head()
        got = hashlib.sha256()
        while sent < size:
            stream.send(piece)
            digest.update(piece)
            sent += len(piece)
            await other.until(lambda: len(other.data) > 0, "some of it")
            got.update(bytes(other.data))
            other.data.clear()
        stream.send(b"", end=True)
        await other.until(lambda: other.ended, "all of it", seconds=120)
        got.update(bytes(other.data))
        equal(got.hexdigest(), digest.hexdigest(), f"the digest of {size} bytes")


async def migration(session):
    """A connection goes on from another port of its client's."""
    async with session.client("host", PORT) as host, session.client("bob", PORT) as bob:
        await bound(host, bob, "bob")
        stream = host.open(varint(1) + b"before ")
        other = await bob.accept()
        await other.head()
        await other.until(lambda: len(other.data) == 7, "what was sent before")
        old = host._transport
        port = old.get_extra_info("sockname")[1]
        # As aioquic makes its own.
        sock = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        sock.bind(("::", 0))
        await asyncio.get_running_loop().create_datagram_endpoint(lambda: host, sock=sock)
        old.close()
        check(host._transport.get_extra_info("sockname")[1] != port, "another port")
        stream.send(b"after")
        await other.until(lambda: bytes(other.data) == b"before after", "what was sent after")
        other.send(b"and back")
        await stream.until(lambda: bytes(stream.data) == b"and back", "the answer")


async def left(session):
    """Who is no peer any more has no connection any more."""
    async with session.client("bob", PORT) as bob:
        call("POST", f"/v1/sessions/{session.id}/kick", session.tickets["host"], {"target_peer_id": "bob"}, status=204)
        equal((await bob.ended()).error_code, CODES["access_lost"], "the end of who was put out")


async def main():
    session = Session().peers("bob", "carol")
    for scenario in (protocols, certificate, entrance, proof, tunnels, limits, replaced, splice, migration):
        start = time.monotonic()
        await (scenario(Session().peers("bob", "carol")) if scenario in (limits,) else scenario(session))
        print(f"{scenario.__name__}: {time.monotonic() - start:.1f} s")
    await strangers()
    await left(session)


asyncio.run(main())

# The guide's example.
guide = (pathlib.Path(__file__).parents[3] / "docs" / "quic.md").read_text(encoding="utf-8")
os.environ.update(RELAY=URL, TOKEN=login()["access_token"])
said = io.StringIO()
with contextlib.redirect_stdout(said):
    exec(re.search(r"```python\n(.*?)```", guide, re.S).group(1), {})
equal(said.getvalue(), "b'HELLO'\n", "the guide's example")
