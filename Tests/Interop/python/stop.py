"""SIGTERM under load: polls are answered, WebSockets closed with 1001, streams ended, nothing acknowledged is lost.

Leaves what was acknowledged for acknowledged.py, as kill_under_load.py does.
"""

import json
import os
import signal
import threading

import requests
from websockets.exceptions import ConnectionClosed

from relay import (
    PID, SCRATCH, URL, bearer, call, check, equal, eventually, login, new_topic, open_socket, publish, subscribe,
)  # fmt: skip

token = login()["access_token"]
busy, quiet = new_topic("busy"), new_topic("quiet")
acknowledged, answers, problems = [], {}, []
over = threading.Event()


def produce(worker):
    try:
        with requests.Session() as session:
            for n in range(1_000_000):
                acknowledged.append((busy, publish(token, busy, {"worker": worker, "n": n}, session), [worker, n]))
    except requests.ConnectionError:
        if not over.is_set():
            problems.append("a publisher lost its connection before the signal")
    except SystemExit as failure:
        problems.append(str(failure))


def poll():
    body = {"topics": [quiet], "timeout": 60}
    reply = requests.post(f"{URL}/messages/poll", headers=bearer(token), json=body, timeout=70)
    answers["poll"] = (reply.status_code, reply.json())


def stream():
    with requests.get(f"{URL}/sse?topics={quiet}", headers=bearer(token), stream=True, timeout=70) as reply:
        answers["stream"] = "open"
        for _ in reply.iter_lines():
            pass
    answers["stream"] = "ended"


def socket_close(socket):
    try:
        answers["socket"] = socket.recv(timeout=60)
    except ConnectionClosed as error:
        answers["socket"] = error.rcvd.code if error.rcvd else None


with open_socket(token) as socket, open_socket(token) as fresh:
    subscribe(socket, [quiet])
    publishers = [threading.Thread(target=produce, args=(i,), daemon=True) for i in range(4)]
    readers = [threading.Thread(target=socket_close, args=(socket,), daemon=True)]
    readers += [threading.Thread(target=work, daemon=True) for work in (poll, stream)]
    for thread in publishers + readers:
        thread.start()
    waiting = lambda: call("GET", "/messages/poll/stats", token)["active_waiters"] == 1
    eventually(waiting, "a waiting poll")
    eventually(lambda: answers.get("stream") == "open", "an open stream")
    eventually(lambda: len(acknowledged) >= 200, "200 messages acknowledged", seconds=60)
    over.set()
    os.kill(PID, signal.SIGTERM)
    for thread in publishers + readers:
        thread.join(40)
    try:
        fresh.recv(timeout=40)
    except ConnectionClosed as error:
        equal(error.rcvd and error.rcvd.code, 1001, "close code of a socket that had not subscribed yet")

equal(problems, [], "problems of the publishers")
equal(answers.get("poll"), (200, {"messages": [], "has_more": False}), "answer to the waiting poll")
equal(answers.get("socket"), 1001, "close code of the WebSocket")
equal(answers.get("stream"), "ended", "state of the event stream")
check(not any(thread.is_alive() for thread in publishers), "a publisher still waits")
(SCRATCH / "acknowledged.json").write_text(json.dumps(acknowledged))
