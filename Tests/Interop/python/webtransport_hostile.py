"""Clients of HTTP/3 that behave badly, and a relay that stops, with aioquic. The script stops the relay itself.

QUIC_PORT is the relay's port for QUIC."""

import asyncio
import json
import os
import signal

from relay import PID, call, check, equal, login, new_topic, publish
from webtransport_client import Pulse, dial, frames

PORT = int(os.environ["QUIC_PORT"])
token = login()["access_token"]
EXCESSIVE_LOAD = 0x107


async def flood():
    """Requests that are reset at once."""
    async with dial(PORT) as transport:
        fields = [(b":method", b"GET"), (b":scheme", b"https"), (b":authority", b"127.0.0.1"), (b":path", b"/health")]
        for _ in range(600):
            stream = transport._quic.get_next_available_stream_id()
            transport.http.send_headers(stream, fields)
            transport.transmit()
            transport._quic.reset_stream(stream, 0x10C)
            transport.transmit()
            await asyncio.sleep(0.002)
            if transport.end is not None:
                break
        await transport.until(lambda: transport.end is not None, "the end of a connection that floods")
        equal(transport.end, EXCESSIVE_LOAD, "the code that it ends with")


async def garbage():
    """Streams of noise cost their connection, and no other."""
    for noise in (b"\x00\x00", b"\x01\x04\xff\xff\xff\xff", b"\x02\x00", b"\x40\x41\x03"):
        async with dial(PORT) as transport:
            stream = transport._quic.get_next_available_stream_id()
            transport._quic.send_stream_data(stream, noise, True)
            transport.transmit()
            await transport.until(lambda: transport.end is not None or transport.resets, f"what comes of {noise!r}")


async def slow():
    """A session that reads nothing for a while gets all that it has missed, from the topic and not from memory."""
    async with dial(PORT) as transport:
        client, topic = await Pulse.open(transport, token), new_topic("slow")
        client.send(type="subscribe", id=1, channel=topic, stream=True)
        await client.receive("ack")
        # The library gives credit as it reads, and it does not read while these requests are made.
        count, size = 100, 60_000
        for number in range(count):
            publish(token, topic, {"n": number, "x": "x" * size})

        def found():
            data = b"".join(transport.pushed.values())
            # To look at all of it each time would take longer than to send it.
            numbers = [json.loads(each["payload"])["n"] for each in frames(data)] if len(data) > count * size else []
            return numbers if len(numbers) == count else None

        equal(await transport.until(found, "all messages", 60), list(range(count)), "what came")


async def stop():
    async with dial(PORT) as transport:
        client = await Pulse.open(transport, token)
        client.send(type="subscribe", id=1, channel=new_topic("last"))
        await client.receive("ack")
        os.kill(PID, signal.SIGTERM)
        equal((await client.receive("error"))["code"], 1010, "what a session hears of a relay that stops")
        await transport.until(lambda: client.session in transport.ended or transport.end is not None, "the session's end")


asyncio.run(flood())
asyncio.run(garbage())
asyncio.run(slow())
check(call("GET", "/health", token)["status"] == "healthy", "others are served")
asyncio.run(stop())
