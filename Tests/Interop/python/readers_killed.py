"""Named readers that acknowledge under load, over a WebSocket and by REST, while the relay is killed with SIGKILL.

Leaves in SCRATCH/readers.json what each has acknowledged: see readers_after.py, which looks where they go on after a restart.
"""

import json
import os
import signal
import threading

import requests
from websockets.exceptions import ConnectionClosed

from relay import PID, SCRATCH, call, check, eventually, login, new_topic, open_socket, publish, receive, send, subscribe

ENOUGH = 150  # acknowledgements of each reader that were answered before the end comes
token = login()["access_token"]
topic = new_topic("orders")
publish(token, topic, {"n": -1})
published, over = [], threading.Event()
# Of each reader: what was said to be done, and what of that was answered. The first is said before it is asked.
sent, answered = {}, {}


def produce():
    with requests.Session() as session:
        for n in range(1_000_000):
            published.append(publish(token, topic, {"n": n}, session))


def by_socket(name, answers):
    """Acknowledges each message; with `answers` waits for each."""
    with open_socket(token) as socket:
        subscribe(socket, [topic], reader=name, offset="earliest")
        n = 0
        while True:
            frame = receive(socket)
            if frame["type"] == "acked":
                answered[name].append(frame["message_id"])
                continue
            check(frame["type"] == "message", f"unexpected frame {frame}")
            sent[name].append(frame["message_id"])
            n += 1
            send(socket, type="ack", topic=topic, message_id=frame["message_id"], **({"id": n} if answers else {}))


def by_rest(name):
    path = f"/api/v1/topics/{topic}/readers/{name}"
    with requests.Session() as session:
        call("PUT", path, token, {"cursor": "earliest"}, 201, session)
        while True:
            page = call("POST", "/messages/poll", token, {"topics": [topic], "reader": name}, session=session)
            for message in page["messages"][:7]:
                sent[name].append(message["message_id"])
                reply = call("POST", f"{path}/ack", token, {"message_id": message["message_id"]}, session=session)
                answered[name].append(reply["message_id"])


def until_the_end(work, *args):
    try:
        work(*args)
    except (requests.RequestException, ConnectionClosed, OSError, TimeoutError):
        if not over.is_set():
            raise


readers = [("socket", by_socket, True), ("silent", by_socket, False), ("rest", by_rest)]
for name, *_ in readers:
    sent[name], answered[name] = [], []
work = [(produce,), (produce,)] + [(way, name, *rest) for name, way, *rest in readers]
threads = [threading.Thread(target=until_the_end, args=args, daemon=True) for args in work]
for thread in threads:
    thread.start()
for name in ["socket", "rest"]:
    eventually(lambda: len(answered[name]) >= ENOUGH, f"{ENOUGH} answers of {name}", seconds=90)
eventually(lambda: len(sent["silent"]) >= ENOUGH, "acknowledgements of the silent one", seconds=90)
over.set()
os.kill(PID, signal.SIGKILL)
for thread in threads:
    thread.join(30)
(SCRATCH / "readers.json").write_text(json.dumps({"topic": topic, "sent": sent, "answered": answered}))
