"""Publishes from many connections in all three ways, and kills the relay with SIGKILL in the middle of it.

Leaves in SCRATCH/acknowledged.json what the relay had acknowledged: see acknowledged.py, which looks for it after a restart.
"""

import json
import os
import signal
import threading

import requests
from websockets.exceptions import ConnectionClosed

from relay import PID, SCRATCH, call, check, eventually, login, new_topic, open_socket, publish, receive, send, subscribe

ENOUGH = 1_000  # messages acknowledged before the end comes
token = login()["access_token"]
topics = [new_topic("killed") for _ in range(3)]
acknowledged = []  # (topic, id, number)
over = threading.Event()


def one_by_one(worker):
    with requests.Session() as session:
        for n in range(1_000_000):
            topic = topics[n % len(topics)]
            acknowledged.append((topic, publish(token, topic, {"worker": worker, "n": n}, session), [worker, n]))


def in_bulk(worker):
    with requests.Session() as session:
        for n in range(0, 1_000_000, 10):
            topic = topics[worker % len(topics)]
            messages = [{"topic": topic, "payload": {"worker": worker, "n": n + i}} for i in range(10)]
            reply = call("POST", "/api/v1/messages/bulk", token, {"messages": messages}, 207, session)
            for i, result in enumerate(reply["results"]):
                acknowledged.append((topic, result["message_id"], [worker, n + i]))


def over_a_socket(worker):
    topic = topics[worker % len(topics)]
    with open_socket(token) as socket:
        subscribe(socket, [f"{topic}-quiet"])
        for n in range(1_000_000):
            send(socket, type="publish", id=n, topic=topic, payload={"worker": worker, "n": n})
            reply = receive(socket)
            check(reply["type"] == "published", f"unexpected frame {reply}")
            acknowledged.append((topic, reply["message_id"], [worker, n]))


def until_the_end(work, worker):
    try:
        work(worker)
    except (requests.RequestException, ConnectionClosed, OSError):
        if not over.is_set():
            raise


ways = [one_by_one] * 4 + [in_bulk] * 2 + [over_a_socket] * 2
workers = [threading.Thread(target=until_the_end, args=(way, i), daemon=True) for i, way in enumerate(ways)]
for worker in workers:
    worker.start()
eventually(lambda: len(acknowledged) >= ENOUGH, f"{ENOUGH} messages acknowledged", seconds=90)
check(all(worker.is_alive() for worker in workers), "a publisher stopped early")
over.set()
os.kill(PID, signal.SIGKILL)
for worker in workers:
    worker.join(30)
check(not any(worker.is_alive() for worker in workers), "a publisher still waits for a relay that is gone")
(SCRATCH / "acknowledged.json").write_text(json.dumps(acknowledged))
