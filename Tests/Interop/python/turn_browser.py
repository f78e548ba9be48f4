"""Two pages in Chromium exchange data through the relay's TURN, and hear of each other by a topic only."""

import os
import pathlib

from chromium import visit
from relay import equal, login, new_topic, publish

PAGE = pathlib.Path(__file__).with_name("turn.html").read_bytes()
FLAGS = ["--allow-loopback-in-peer-connection"]

token = login()["access_token"]
for transport in ("udp", "tcp"):
    topic = new_topic("webrtc")
    since = publish(token, topic, {"text": "the topic is there"})
    port = int(os.environ["ALLOWED_PORT"])
    found = visit(PAGE, port, flags=FLAGS, token=token, topic=topic, since=since, transport=transport)
    equal(found.get("error"), None, f"what went wrong by {transport}: {found}")
    equal(found["received"], [8, 8, 50005], f"lengths of what came back by {transport}")
    equal(found["kinds"], ["relay", "relay"], f"candidates that were used by {transport}")
