"""Collectors that are slow, dead, busy, wrong: the relay goes on as fast as ever, and says what it lost.

The relay exports to 127.0.0.1:OTLP_PORT by HTTP, and traces every request.
"""

import os
import time

import requests

from otlp_receiver import HTTPCollector
from relay import URL, bearer, check, equal, eventually, login, new_topic

PORT = int(os.environ["OTLP_PORT"])


def counted(name, **labels):
    total = 0.0
    for line in requests.get(URL + "/metrics", timeout=20).text.splitlines():
        if line.startswith(name) and all(f'{key}="{text}"' in line for key, text in labels.items()):
            total += float(line.rsplit(" ", 1)[1])
    return total


def publish(count):
    """Returns the longest that one took, seconds."""
    session, longest = requests.Session(), 0.0
    for number in range(count):
        started = time.monotonic()
        body = {"topic": topic, "payload": {"n": number}}
        reply = session.post(URL + "/api/v1/messages", headers=bearer(token), json=body, timeout=20)
        equal(reply.status_code, 201, "status of the publish")
        longest = max(longest, time.monotonic() - started)
    return longest


token = login()["access_token"]
topic = new_topic("troubled")
publish(20)

# Nobody is there.
check(publish(100) < 2, "a publish waited for a collector that is not there")

collector = HTTPCollector(PORT)
eventually(lambda: len(collector.spans()) > 30, "what has waited is delivered", 60)

for mode in ("slow", "garbage", "endless", "busy"):
    collector.mode, tries = mode, collector.tries
    check(publish(60) < 2, f"a publish waited for a collector that is {mode}")
    eventually(lambda: collector.tries > tries, f"the collector is tried while it is {mode}", 60)
    before = len(collector.spans())
    collector.mode = "take"
    publish(5)
    eventually(lambda: len(collector.spans()) > before, f"telemetry goes on after the collector was {mode}", 90)

for mode in ("refuse", "redirect"):
    dropped = counted("relay_telemetry_dropped_total", signal="traces", reason="refused")
    collector.mode = mode
    publish(50)
    eventually(
        lambda: counted("relay_telemetry_dropped_total", signal="traces", reason="refused") > dropped,
        f"what a collector does not take is counted: {mode}",
        60,
    )
collector.mode = "take"

# More than there is room for.
collector.close()
publish(400)
check(counted("relay_telemetry_dropped_total", signal="traces", reason="full") > 0, "what had no room is counted")
check(counted("relay_memory_bytes", account="telemetry") <= 2 * 65536, "what waits stays within its bounds")
equal(requests.get(URL + "/health", timeout=20).status_code, 200, "health")
