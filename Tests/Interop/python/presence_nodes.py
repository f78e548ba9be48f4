"""Who is on a topic of two relays that share a Valkey: one of them is killed, and later stops in an orderly way; Valkey is away for a while. Both
show the same members, and those of the relay that is gone are gone."""

import json
import os
import signal
import threading
import time

import requests
from websockets.sync.client import connect

from two_relays import PASSWORD, processes, start_relay, start_valkey, stop, until

TOPIC = "room"


class Watcher:
    """A WebSocket that watches, and may be there. Reports are taken by a thread of its own."""

    def __init__(self, url, token, data=None):
        address = url.replace("http", "ws", 1) + "/ws"
        self.socket = connect(address, additional_headers={"Authorization": f"Bearer {token}"}, max_size=None)
        self.members, self.fault, self.joined = None, None, threading.Event()
        self.send(type="subscribe", topics=["quiet"])
        self.send(type="presence", action="watch", topic=TOPIC)
        if data is not None:
            self.send(type="presence", action="join", topic=TOPIC, data=data, id=1)
        threading.Thread(target=self.read, daemon=True).start()
        if data is not None:
            assert self.joined.wait(20), "no answer to a join"

    def send(self, **frame):
        self.socket.send(json.dumps(frame))

    def read(self):
        try:
            for text in self.socket:
                self.take(json.loads(text))
        except AssertionError as fault:
            self.fault = fault
        except Exception:
            self.members = None

    def take(self, frame):
        if frame["type"] != "presence":
            assert frame["type"] == "subscribed", frame
        elif frame["action"] == "joined":
            self.joined.set()
        elif frame["action"] == "sync":
            self.members = {member["connection_id"]: member["data"] for member in frame["members"]}
        elif frame["action"] == "changes":
            for member in frame.get("joined", []):
                assert member["connection_id"] not in self.members, f"has come twice: {member}"
                self.members[member["connection_id"]] = member["data"]
            for member in frame.get("updated", []):
                self.members[member["connection_id"]] = member["data"]
            for connection in frame.get("left", []):
                assert self.members.pop(connection, self) is not self, f"was not there: {connection}"

    def knows(self, data):
        def agrees():
            assert self.fault is None, self.fault
            return sorted((self.members or {"": "nothing"}).values()) == sorted(data)

        until(agrees, f"who is there: {data}")


def login(url):
    form = {"username": "admin", "password": PASSWORD}
    return requests.post(f"{url}/auth/login", data=form, timeout=20).json()["access_token"]


def roster(url, token):
    reply = requests.get(f"{url}/api/v1/topics/{TOPIC}/presence", headers={"Authorization": f"Bearer {token}"}, timeout=20)
    assert reply.status_code == 200, reply.text
    return sorted(member["data"] for member in reply.json()["members"])


try:
    valkey = start_valkey()
    settings = {"PRESENCE_LEASE_SECONDS": "3"}
    first = start_relay(1, valkey, **settings)
    killed = processes[-1]
    second = start_relay(2, valkey, **settings)
    stopped = processes[-1]
    token = login(first)
    here = [Watcher(first, token, f"first {number}") for number in range(3)]
    there = [Watcher(second, token, f"second {number}") for number in range(2)]
    everybody = ["first 0", "first 1", "first 2", "second 0", "second 1"]
    for watcher in here + there:
        watcher.knows(everybody)
    assert roster(first, token) == roster(second, token) == everybody

    # Killed: its members are missed in time, once, by the other.
    killed.send_signal(signal.SIGKILL)
    began = time.monotonic()
    for watcher in there:
        watcher.knows(["second 0", "second 1"])
    assert time.monotonic() - began < 15, "the members of a killed relay were shown for too long"
    assert roster(second, token) == ["second 0", "second 1"]

    # Another takes its place, and its members come again.
    third = start_relay(3, valkey, **settings)
    again = [Watcher(third, token, f"third {number}") for number in range(3)]
    everybody = ["second 0", "second 1", "third 0", "third 1", "third 2"]
    for watcher in there + again:
        watcher.knows(everybody)

    # A relay that is only slow is believed again.
    paused = processes[-1]
    paused.send_signal(signal.SIGSTOP)
    for watcher in there:
        watcher.knows(["second 0", "second 1"])
    paused.send_signal(signal.SIGCONT)
    for watcher in there + again:
        watcher.knows(everybody)
    assert roster(second, token) == roster(third, token) == everybody

    # One that stops takes its members along, at once.
    stopped.terminate()
    began = time.monotonic()
    for watcher in again:
        watcher.knows(["third 0", "third 1", "third 2"])
    assert time.monotonic() - began < 20, "the members of a relay that stops were shown for too long"
    assert roster(third, token) == ["third 0", "third 1", "third 2"]
finally:
    stop()
