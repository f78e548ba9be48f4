"""A relay that stops tells its QUIC clients, lets them finish, and then goes.

QUIC_PORT says where the relay listens, which has six seconds of grace.
"""

import asyncio
import os
import signal

from quic import CODES, Session, bound, connected, varint
from relay import PID, check, equal

PORT = int(os.environ["QUIC_PORT"])


async def main():
    session = Session().peers("bob")
    async with session.client("host", PORT) as host, session.client("bob", PORT) as bob:
        await bound(host, bob, "bob")
        stream = host.open(varint(1) + b"begun ")
        other = await bob.accept()
        await other.head()
        os.kill(PID, signal.SIGTERM)
        for client in (host, bob):
            goaway = await client.hears(lambda message: message["type"] == "goaway", "that the relay stops")
            check(0 < goaway["deadline_ms"] <= 6_000, f"the time that is left: {goaway}")
        await host.asks("bind", "going_away", to="bob", tunnel=2)
        stream.send(b"and finished", end=True)
        await other.until(lambda: other.ended, "what was begun")
        equal(bytes(other.data), b"begun and finished", "what was begun")
        for client in (host, bob):
            end = await client.ended(seconds=15)
            equal(end.error_code, CODES["going_away"], "the end of the connection")


asyncio.run(main())
