"""Readers that connect again and again while others publish lose nothing and get nothing twice."""

import random
import threading

from relay import call, equal, login, new_topic, number, open_socket, publish, receive, subscribe

import requests

PUBLISHERS, MESSAGES, READERS = 3, 150, 3
token = login()["access_token"]
topic = new_topic("resume")
published, seen = [], {}
start = publish(token, topic, {"n": -1})


def produce():
    with requests.Session() as session:
        for n in range(MESSAGES):
            published.append(publish(token, topic, {"n": n}, session))


def follow(name):
    """Breaks its connection every few messages, some without a close, and goes on from the last id it saw."""
    chance = random.Random(name)
    cursor, ids = start, []
    while len(ids) < PUBLISHERS * MESSAGES:
        with open_socket(token) as socket:
            subscribe(socket, [topic], cursors={topic: cursor})
            for _ in range(min(chance.randint(1, 40), PUBLISHERS * MESSAGES - len(ids))):
                frame = receive(socket, 60)
                if frame["type"] != "message":
                    raise AssertionError(f"unexpected frame {frame}")
                cursor = frame["message_id"]
                ids.append(cursor)
            if chance.random() < 0.5:
                socket.socket.shutdown(2)
    seen[name] = ids


threads = [threading.Thread(target=produce) for _ in range(PUBLISHERS)]
threads += [threading.Thread(target=follow, args=(name,)) for name in range(READERS)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()

ordered = sorted(published, key=number)
equal(len(ordered), PUBLISHERS * MESSAGES, "messages acknowledged")
for name in range(READERS):
    equal(seen.get(name), ordered, f"what reader {name} saw")
page = call("GET", f"/api/v1/topics/{topic}/messages?limit=100&order=asc&cursor={start}", token)
equal([m["message_id"] for m in page["messages"]], ordered[:100], "the history's beginning")
