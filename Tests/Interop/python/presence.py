"""Who is on a topic, with the published libraries: over /ws, Pulse, polls and REST, which agree; many who come anew at once; who reads
slowly; and the guide's own example."""

import contextlib
import io
import json
import os
import pathlib
import random
import re
import threading
import time
import uuid

import msgpack
import requests
from websockets.sync.client import connect

import relay
from relay import URL, bearer, call, check, equal, eventually, expect, login, new_topic, open_socket, publish, register, send, subscribe

token = login()["access_token"]


class View:
    """What a client knows that is told who is on a topic. Every report has to fit the one before."""

    def __init__(self):
        self.members, self.syncs, self.bytes, self.cursor = {}, 0, 0, None

    def take(self, report):
        if report["action"] == "sync":
            self.syncs += 1
            self.members = {member["connection_id"]: member for member in report["members"]}
        else:
            for member in report.get("joined", []):
                check(member["connection_id"] not in self.members, f"has come twice: {member}")
                self.members[member["connection_id"]] = member
            for member in report.get("updated", []):
                check(member["connection_id"] in self.members, f"was not there: {member}")
                self.members[member["connection_id"]] = member
            for connection in report.get("left", []):
                check(self.members.pop(connection, None) is not None, f"was not there: {connection}")
        equal(report["connections"], len(self.members), "connections")
        equal(report["users"], len({member["user"] for member in self.members.values()}), "users")
        self.cursor = report["cursor"]

    @property
    def data(self):
        return {connection: member["data"] for connection, member in self.members.items()}


class Member:
    """A WebSocket whose frames are read by a thread of its own."""

    def __init__(self, topic, token=token):
        self.topic, self.view, self.answers, self.lock = topic, View(), {}, threading.Lock()
        self.socket = open_socket(token)
        subscribe(self.socket, [new_topic("quiet")])
        self.fault, self.ended = None, False
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.thread.start()

    def read(self):
        try:
            for text in self.socket:
                frame = json.loads(text)
                with self.lock:
                    name = frame.get("id") or (frame.get("details") or {}).get("id")
                    if name is not None:
                        self.answers[name] = frame
                    elif frame["type"] == "presence":
                        self.view.bytes += len(text)
                        self.view.take(frame)
        except SystemExit as fault:
            self.fault = fault
        except Exception as fault:
            self.fault = None if self.ended else fault

    def ask(self, action, **members):
        name = uuid.uuid4().hex
        send(self.socket, type="presence", action=action, topic=self.topic, id=name, **members)

        def answer():
            check(self.fault is None, f"a member's reports: {self.fault}")
            return self.answers.get(name)

        return eventually(answer, f"an answer to {action}")

    def join(self, data):
        answer = self.ask("join", data=data)
        equal(answer.get("action"), "joined", f"answer to a join: {answer}")
        self.id = answer["connection_id"]
        return self.id

    def knows(self, members, what):
        def agrees():
            check(self.fault is None, f"a member's reports: {self.fault}")
            with self.lock:
                return self.view.data == members

        eventually(agrees, what)

    def close(self):
        self.ended = True
        self.socket.close()


class Pulse:
    """A client of Pulse's on a channel; what it is told of others is kept as it comes."""

    def __init__(self, channel, token=token):
        self.channel, self.states = channel, {}
        self.socket = connect(URL.replace("http", "ws", 1) + f"/pulse?token={token}", max_size=1 << 25)
        self.id = self.receive("connected")["connection_id"]
        self.send(type="subscribe", id=1)
        equal(self.receive("ack")["id"], 1, "ack of the subscribe")

    def send(self, **frame):
        body = msgpack.packb({"channel": self.channel} | frame)
        self.socket.send(len(body).to_bytes(4, "big") + body)

    def receive(self, kind, name=None):
        while True:
            message = self.socket.recv(timeout=20)
            equal(int.from_bytes(message[:4], "big"), len(message) - 4, "length of a frame in its message")
            frame = msgpack.unpackb(message[4:])
            if frame["type"] == "presence" and frame["id"] == 0:
                self.take(frame)
            if frame["type"] == kind and (name is None or frame.get("id") == name):
                return frame
            check(frame["type"] in ("ping", "presence"), f"expected {kind}, got {frame}")

    def take(self, frame):
        equal(frame["channel"], self.channel, "channel of a presence")
        if frame["action"] == 3:
            self.states = {state["connection_id"]: state["data"] for state in frame["data"]["members"]}
        elif frame["action"] == 1:
            check(self.states.pop(frame["data"]["connection_id"], self) is not self, f"was not there: {frame}")
        else:
            there = frame["data"]["connection_id"] in self.states
            equal(there, frame["action"] == 2, f"whether it was there: {frame}")
            self.states[frame["data"]["connection_id"]] = frame["data"]["data"]

    def ask(self, action, **members):
        self.send(type="presence", id=7, action=action, **members)
        return self.receive("presence" if action == 3 else "ack", 7)

    def roster(self):
        return {state["connection_id"]: state["data"] for state in self.ask(3)["data"]["members"]}

    def knows(self, states, what):
        deadline = time.monotonic() + 20
        while self.states != states:
            check(time.monotonic() < deadline, f"not in time: {what}: {self.states}, and not {states}")
            self.receive("presence", 0)


def roster(topic):
    """Who is there by REST, from several pages."""
    members, cursor = {}, None
    while True:
        reply = requests.get(
            f"{URL}/api/v1/topics/{topic.replace('/', '%2F')}/presence",
            params={"limit": 7} | ({"cursor": cursor} if cursor else {}),
            headers=bearer(token),
            timeout=20,
        )
        equal(reply.status_code, 200, f"status of the roster: {reply.text}")
        page = reply.json()
        members |= {member["connection_id"]: member["data"] for member in page["members"]}
        cursor = reply.headers.get("x-next-cursor")
        if cursor is None:
            equal(page["connections"], len(members), "members of all pages")
            return members, page["cursor"]


def poll(topic, cursor, seconds=20):
    body = {"presence": {topic: cursor}, "timeout": seconds}
    return call("POST", "/messages/poll", token, body).get("presence", {}).get(topic)


# All ways agree, on a channel of Pulse's too.
for topic, channel in [(name := new_topic("room"), name), (f"pulse/room_3a{(name := uuid.uuid4().hex)}", f"room:{name}")]:
    watcher, one, other = Member(topic), Member(topic), Pulse(channel)
    equal(watcher.ask("watch")["action"], "watching", "answer to a watch")
    polled = View()
    there = {one.join({"from": "/ws", "n": [1, None, 2.5]}): {"from": "/ws", "n": [1, None, 2.5]}}
    polled.take(poll(topic, None))
    other.knows(there, "Pulse is told of a member by /ws")
    other.ask(0, data={"from": "Pulse"})
    there[other.id] = {"from": "Pulse"}
    watcher.knows(there, "/ws is told of a member by Pulse")
    equal(roster(topic)[0], there, "REST's roster")
    equal(other.roster(), there, "Pulse's roster")
    polled.take(poll(topic, polled.cursor))
    equal(polled.data, there, "what polls amount to")
    equal(one.ask("update", data="away")["action"], "updated", "answer to an update")
    there[one.id] = "away"
    other.ask(2, data=None)
    there[other.id] = None
    watcher.knows(there, "updates")
    # Who reads nothing but polls hears of all that, once.
    polled.take(poll(topic, polled.cursor))
    equal(polled.data, there, "what polls amount to after updates")
    equal(poll(topic, polled.cursor, 1), None, "a poll with nothing new")
    one.close()
    del there[one.id]
    other.knows({}, "Pulse is told that a member by /ws has gone")
    watcher.knows(there, "the other has gone")
    other.ask(1)
    watcher.knows({}, "nobody is there")
    check(watcher.view.syncs == 1, "more syncs than needed")
    watcher.close()

# Nobody sees what it may not.
secret = new_topic("secret")
publish(token, secret, {})
stranger = Member(secret, login(*register(token))["access_token"])
for action in ("join", "watch", "get"):
    equal(stranger.ask(action)["type"], "error", f"{action} of somebody else's topic")
equal(roster(secret)[0], {}, "who is on the secret topic")
stranger.close()

# Many come anew, some of them at once, and all know in the end who is there.
crowd = new_topic("crowd")
members = [Member(crowd) for _ in range(40)]
for number, member in enumerate(members):
    member.ask("watch")
    member.join({"n": number})


def anew(place):
    members[place].close()
    members[place] = Member(crowd)
    if random.random() < 0.5:
        members[place].ask("watch")
        members[place].join({"n": place})
    else:
        members[place].join({"n": place})
        members[place].ask("watch")


for _ in range(2):
    places = random.sample(range(40), 40)
    threads = [threading.Thread(target=lambda part=places[each::8]: [anew(place) for place in part]) for each in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
there = {member.id: {"n": number} for number, member in enumerate(members)}
equal(len(there), 40, "members")
for member in members:
    member.knows(there, "everybody knows everybody")
equal(roster(crowd)[0], there, "the crowd by REST")

# Who does not read gets what holds in the end, and no more than a few reports.
slow = Member(crowd)
slow.ask("watch")
slow.knows(there, "before")
before = slow.view.bytes
for round in range(100):
    members[0].ask("update", data={"n": round})
    there[members[0].id] = {"n": round}
slow.knows(there, "after many updates")
for member in members + [slow]:
    member.close()
eventually(lambda: roster(crowd)[0] == {}, "nobody is left")

# The guide's example.
guide = (pathlib.Path(__file__).parents[3] / "docs" / "presence.md").read_text(encoding="utf-8")
os.environ.update(RELAY=URL, TOKEN=token)
said = io.StringIO()
with contextlib.redirect_stdout(said):
    exec(re.search(r"```python\n(.*?)```", guide, re.S).group(1), {})
lines = said.getvalue().splitlines()
expected = ["[]", "joined", "{'status': 'reading'}", "{'status': 'typing'}", "1 has left"]
equal(lines, expected, "the guide's example")
