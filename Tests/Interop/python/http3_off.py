"""A relay whose port of QUIC does not speak HTTP/3: nobody is told of it there, and who comes for it is refused by TLS.

QUIC_PORT is the relay's port for QUIC."""

import asyncio
import os

import requests

from relay import URL, check, equal
from webtransport_client import dial

PORT = int(os.environ["QUIC_PORT"])


async def refused():
    try:
        async with asyncio.timeout(20):
            async with dial(PORT):
                check(False, "HTTP/3 is spoken")
    except ConnectionError:
        pass


listed = requests.get(f"{URL}/.well-known/pulsar-relay", timeout=20).json()["transports"]
equal([each["type"] for each in listed], ["http", "websocket", "event_stream", "pulse"], "transports")
asyncio.run(refused())
