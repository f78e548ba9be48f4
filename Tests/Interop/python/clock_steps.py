"""The relay's wall clock is set by an hour and by a day, forth and back, while a WebSocket reads and others log in and publish."""

import os
import pathlib
import time

import requests
from websockets.exceptions import ConnectionClosed

from relay import URL, bearer, call, check, equal, eventually, login, new_topic, number, open_socket, receive, subscribe

HOUR = 3600
CLOCK = pathlib.Path(os.environ["CLOCK"])
topic = new_topic()
stored = []


def set_clock(seconds):
    """Sets it so far from the right time, at once: a reader never finds half of the file."""
    beside = CLOCK.with_suffix(".new")
    beside.write_text(f"{seconds:+d}")
    beside.rename(CLOCK)


def try_refresh():
    """Log-ins and refreshes are counted in one way. Returns the status, and the seconds until the relay counts anew."""
    reply = requests.post(f"{URL}/auth/token/refresh", json={"refresh_token": "no.token"}, timeout=20)
    return reply.status_code, int(reply.headers.get("Retry-After", 0))


def publish_some(token, key):
    """The same key twice stores one message."""
    body = {"topic": topic, "payload": {"key": key}}
    ids = set()
    for _ in range(2):
        headers = bearer(token) | {"Idempotency-Key": key}
        reply = requests.post(f"{URL}/api/v1/messages", json=body, headers=headers, timeout=20)
        equal(reply.status_code, 201, f"status of a publish ({reply.text})")
        ids.add(reply.json()["message_id"])
    equal(len(ids), 1, "ids that a repeated publish got")
    stored.append(ids.pop())


def history(token):
    page = call("GET", f"/api/v1/topics/{topic}/messages?limit=100&order=asc", token)
    return [message["message_id"] for message in page["messages"]]


def next_message(socket):
    while True:
        frame = receive(socket)
        if frame["type"] != "token_expiring":
            equal(frame["type"], "message", f"type of {frame}")
            return frame["message_id"]


# A token of before all steps. After a step forward by its life it has expired, after one back it is good again.
first = login()["access_token"]
publish_some(first, "first")
began = time.monotonic()
while try_refresh()[0] == 401:
    pass

for step in (-24 * HOUR, -HOUR, HOUR, 24 * HOUR):
    set_clock(0)
    token = login()["access_token"]
    with open_socket(token) as socket:
        subscribe(socket, [topic])
        set_clock(step)
        status, seconds = try_refresh()
        if time.monotonic() - began < 55:
            equal(status, 429, f"status of a refresh after a step of {step} s")
            check(seconds <= 60, f"refused for a minute at most, not for {seconds} s")
        token = login()["access_token"]
        publish_some(token, f"step {step}")
        if step > 0:
            # By the clock the socket's token has expired: the relay ends the socket, in good order.
            try:
                while True:
                    next_message(socket)
            except ConnectionClosed as end:
                equal(end.rcvd.code, 4001, "close code of the socket")
        else:
            equal(next_message(socket), stored[-1], "the message that the socket got")
            publish_some(first, f"first after {step}")
            equal(next_message(socket), stored[-1], "the message that the socket got")
            publish_some(first, "first")
            equal(stored.pop(), stored[0], "a repeat within its window, which lasts longer by the step")
    equal(requests.get(f"{URL}/ready", timeout=20).status_code, 200, "status of /ready")
    equal(history(token), stored, "the history")

eventually(lambda: try_refresh()[0] == 401, "a refresh that is not refused for being one too many", 75)

# A token that was logged out stays logged out, wherever the clock goes.
set_clock(0)
token = login()["access_token"]
call("POST", "/auth/logout", token, status=204)
for step in (24 * HOUR, -24 * HOUR, 0):
    set_clock(step)
    equal(requests.get(f"{URL}/auth/me", headers=bearer(token), timeout=20).status_code, 401, "status of /auth/me")

equal([number(one) for one in stored], sorted(number(one) for one in stored), "ids of a topic increase over all steps")
