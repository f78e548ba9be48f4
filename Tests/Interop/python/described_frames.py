"""What is said over `/ws`, `/sse`, rooms and signaling sockets, both ways, is as `/asyncapi.json` describes it."""

import json

import requests
from jsonschema import Draft202012Validator
from websockets.sync.client import connect

from relay import URL, bearer, call, check, equal, eventually, login, new_topic, publish

DOCUMENT = requests.get(f"{URL}/asyncapi.json", timeout=20).json()
token = login()["access_token"]


def resolved(value):
    while "$ref" in value:
        target = DOCUMENT
        for step in value["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        value = target
    return value


def tags(schema, member):
    """What a message's `type` may be."""
    schema = resolved(schema)
    own = schema.get("properties", {}).get(member, {})
    found = {own["const"]} if "const" in own else set(own.get("enum", []))
    return found.union(*(tags(part, member) for part in schema.get("allOf", [])))


class Described:
    """The messages of an operation. Frames are judged one by one, and it is known which types came."""

    def __init__(self, operation, member="type"):
        self.member, self.operation = member, operation
        self.validators, self.seen = {}, set()
        for reference in DOCUMENT["operations"][operation]["messages"]:
            payload = resolved(reference)["payload"]
            for tag in tags(payload, member):
                schema = {**payload, "components": DOCUMENT["components"]}
                check(tag not in self.validators, f"{tag} is described twice in {operation}")
                self.validators[tag] = Draft202012Validator(schema)

    def judge(self, frame):
        tag = frame.get(self.member)
        check(tag in self.validators, f"{self.operation} has no {tag}: {frame}")
        errors = [f"{list(error.absolute_path)}: {error.message}" for error in self.validators[tag].iter_errors(frame)]
        check(not errors, f"{tag} is not as {self.operation} describes it: {errors} ({frame})")
        self.seen.add(tag)
        return frame


class Socket:
    """A WebSocket whose frames are judged as they come and go."""

    def __init__(self, path, says, hears, credentials):
        headers = bearer(credentials) if credentials else {}
        address = URL.replace("http", "ws", 1) + path
        self.socket = connect(address, additional_headers=headers, max_size=None)
        self.says, self.hears = says, hears

    def say(self, **frame):
        self.socket.send(json.dumps(self.says.judge(frame)))

    def hear(self, tag):
        """The next frame of that type; those before it are judged, too. Binary messages are passed over."""
        while True:
            message = self.socket.recv(timeout=20)
            if isinstance(message, bytes):
                continue
            frame = self.hears.judge(json.loads(message))
            if frame[self.hears.member] == tag:
                return frame

    def close(self):
        self.socket.close()


# /ws

says, hears = Described("sayOnSocket"), Described("hearOnSocket")
topic, doomed = new_topic("described"), new_topic("described")
for name in (topic, doomed):
    publish(token, name, {"n": 0})
socket = Socket("/ws", says, hears, token)
socket.say(type="subscribe", topics=[topic, doomed], offset="earliest", reader="worker", client_id="tester")
socket.hear("subscribed")
for metadata in (None, {"kind": "test"}):
    socket.say(type="publish", id="mine", topic=topic, payload={"n": 1}, ttl=60, metadata=metadata)
    socket.hear("published")
socket.say(type="publish", id=7, topic=topic, payload={"n": 2}, idempotency_key="once")
receipt = socket.hear("published")
socket.say(type="ack", message_id="1-0", topic=topic)
socket.say(type="ack", message_id=receipt["message_id"], topic=topic, id="done")
socket.hear("acked")
room = new_topic("described")
socket.say(type="presence", action="watch", topic=room, id="watch")
for action, members in [("join", {"data": {"n": 1}}), ("update", {"data": None}), ("get", {}), ("leave", {}), ("unwatch", {})]:
    socket.say(type="presence", action=action, topic=room, id=action, **members)
    while socket.hear("presence").get("id") != action:
        pass
socket.socket.send(json.dumps({"type": "presence", "action": "dance", "topic": room, "id": 9}))
equal(socket.hear("error")["details"]["id"], 9, "id of a bad presence")
socket.say(type="ping")
socket.hear("pong")
socket.say(type="auth", token=login()["access_token"])
socket.hear("authenticated")
socket.say(type="auth", token="none")
equal(socket.hear("error")["code"], "AUTH_ERROR", "code of a bad token")
socket.socket.send(json.dumps({"type": "dance"}))
equal(socket.hear("error")["code"], "UNKNOWN_MESSAGE_TYPE", "code of an unknown type")
socket.socket.send(json.dumps({"type": "publish", "id": 8, "topic": topic}))
equal(socket.hear("error")["code"], "PROCESSING_ERROR", "code of a bad publish")
call("DELETE", f"/api/v1/topics/{doomed}", token, status=204)
equal(socket.hear("error")["code"], "SUBSCRIPTION_ERROR", "code of a deleted topic")
socket.say(type="unsubscribe", topics=[topic])
# MAX_MESSAGES_PER_TOPIC is 5: what came first is gone.
old = publish(token, topic, {"n": 3})
for n in range(8):
    publish(token, topic, {"n": n})
socket.say(type="subscribe", topics=[topic], cursors={topic: old})
socket.hear("gap")
# A document's messages are bytes.
call("PUT", "/api/v1/documents/described", token)
update = {"topic": "document/described", "payload": "AQEBAAQBAXQBYQA=", "encoding": "base64"}
call("POST", "/api/v1/messages", token, update, status=201)
socket.say(type="subscribe", topics=["document/described"], offset="earliest")
while socket.hear("message")["topic"] != "document/described":
    pass
socket.close()
equal(set(says.validators) - says.seen, set(), "frames of clients that were not said")
equal(set(hears.validators) - hears.seen, {"token_expiring"}, "frames of the relay that did not come")

# /sse

events = Described("hearOnStream")
with requests.get(
    f"{URL}/sse",
    params={"topics": topic, "last_event_id": old},
    headers={**bearer(token), "Accept": "text/event-stream"},
    stream=True,
    timeout=20,
) as stream:
    equal(stream.headers["content-type"].split(";")[0], "text/event-stream", "content type of the stream")
    name, deleted = None, False
    for line in stream.iter_lines(decode_unicode=True):
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        if line.startswith("data: "):
            frame = events.judge(json.loads(line.removeprefix("data: ")))
            equal(name, frame["type"], "name of the event")
            if {"gap", "message"} <= events.seen and not deleted:
                deleted = True
                call("DELETE", f"/api/v1/topics/{topic}", token, status=204)
equal(events.seen, set(events.validators), "events that came")

# Rooms

says, hears = Described("sayInRoom", "action"), Described("hearInRoom", "action")
room = Socket("/ws", says, hears, token)
room.say(action="join", room="described")
room.hear("joined")
room.say(action="leave")
room.socket.send(b"\x00\x00\x00")
room.hear("error")
room.close()

# Signaling, of the usual dialect and of Core's

says, hears = Described("sayToSession"), Described("hearFromSession")
session = call("POST", "/v1/sessions", token, {"host_id": "alice", "host_policy": "wait"})
path = f"/v1/sessions/{session['session_id']}"


def join(peer, join_token, credentials=None, **more):
    socket = Socket("/v1/signaling", says, hears, credentials)
    socket.say(type="join", session_id=session["session_id"], peer_id=peer, join_token=join_token, id=1, **more)
    return socket, socket.hear("joined")


alice, joined = join("alice", session["host_token"], display_name="Alice")
ticket = joined["join_token"]
invite = call("POST", f"{path}/invites", ticket, {"uses": 5}, status=201)
alice.hear("invite_created")
bob, _ = join("bob", invite["token"])
alice.hear("peer_joined")
core = Socket("/v1/signaling", says, hears, None)
core.say(type="join", token=invite["token"])
core.hear("joined")
carol, carols = join("carol", invite["token"])
core.hear("peer_joined")
alice.say(type="ping", id=2)
alice.hear("pong")
alice.say(type="pong")
SAID = {
    "chat_message": {"message": "Hello"},
    "chat": {"text": "Hello"},
    "cursor_update": {"path": "a", "line": 1, "column": 2},
    "presence_update": {"status": "away"},
    "offer": {"sdp": "v=0", "to_peer_id": "bob"},
    "answer": {"sdp": "v=0", "to_peer_id": "bob"},
    "candidate": {"candidate": "candidate:1 1 udp 1694498815 198.51.100.11 40000 typ srflx"},
    "end_of_candidates": {},
    "p2p_connection_request": {"public_ip": "198.51.100.11", "public_port": 40000},
    "p2_p_connection_request": {"public_ip": "198.51.100.11", "public_port": 40000},
    "p2p_connection_response": {"sdp": "v=0"},
    "p2_p_connection_response": {"candidate": "x", "sdp": "v=0"},
    "replication_update": {"data": "AQEB"},
    "state_update": {"element_id": "e", "state": {"color": "red"}},
    "file_changed": {"path": "README.md", "kind": "modified"},
    "path_report": {"to_peer_id": "bob", "mode": "direct_udp", "reason": "punched"},
    "punch_result": {"to_peer_id": "bob", "attempt": 1, "reached": False, "reason": "timeout"},
}
for tag, members in SAID.items():
    alice.say(type=tag, **members)
    # bob is no Core client and has spelled nothing yet.
    bob.hear("chat_message" if tag == "chat" else tag.replace("p2_p_", "p2p_"))
core.hear("chat")
ASKED = {
    "file_manifest": ("request_file_manifest", {}, {"entries": []}),
    "files_chunk": ("request_files", {"file_paths": ["a"]}, {"files_json": "{}", "chunk_index": 0, "total_chunks": 1}),
    "project_tree_response": ("request_project_tree", {}, {"tree_json": "{}"}),
    "file_chunk": ("request_file", {"path": "a"}, {"path": "a", "offset": 0, "data": "YQ==", "is_last": True}),
    "git_objects_chunk": (
        "request_git_objects",
        {"commit_hash": "9f2c"},
        {"objects_json": "[]", "chunk_index": 0, "total_chunks": 1},
    ),
}
for answer, (request, asked, answered) in ASKED.items():
    bob.say(type=request, **asked)
    alice.hear(request)
    alice.say(type=answer, **answered)
    bob.hear(answer)
alice.say(type="punch_request", to_peer_id="bob", candidates=[], rtt_ms=10, nat_type="open")
bob.hear("punch_request")
bob.say(type="punch_request", to_peer_id="alice")
alice.hear("punch_coord")
bob.hear("punch_coord")

# Locks and permissions
alice.say(type="request_lock", element_id="e", id=3)
bob.hear("lock_granted")
bob.say(type="request_lock", element_id="e", id=4)
bob.hear("lock_denied")
alice.say(type="request_permission", element_id="e", permission="write", id=5)
alice.hear("permission_granted")
bob.say(type="request_permission", element_id="e", permission="kick")
bob.hear("permission_denied")
alice.say(type="release_lock", element_id="e")
bob.hear("lock_released")

# Tunnels and proxy frames
daves = call("POST", f"{path}/join", token, {"join_token": invite["token"], "peer_id": "dave"})["ticket"]
alice.hear("peer_joined")
tunnel = call("POST", f"{path}/tunnels", daves, {"to_peer_id": "alice"}, status=201)["tunnel_id"]
alice.hear("tunnel_requested")
call("POST", f"{path}/tunnels/{tunnel}/accept", ticket)
call("DELETE", f"{path}/tunnels/{tunnel}", ticket, status=204)
bob.hear("tunnel_closed")
tunnel = call("POST", f"{path}/tunnels", ticket, {"to_peer_id": "dave"}, status=201)["tunnel_id"]
call("POST", f"{path}/tunnels/{tunnel}/accept", daves)
alice.hear("tunnel_accepted")
alice.say(type="request_binary_proxy", to_peer_id="bob", window=65536)
bob.hear("request_binary_proxy")
bob.say(type="binary_proxy_accepted", to_peer_id="alice", window=65536, max_frame=16384)
alice.hear("binary_proxy_accepted")
alice.say(type="binary_proxy_data", to_peer_id="bob", sequence=0, is_git_protocol=False)
alice.socket.send(b"data")
eventually(lambda: isinstance(bob.socket.recv(timeout=20), bytes), "a proxy frame")
bob.say(type="binary_proxy_ack", to_peer_id="alice", sequence=1)
alice.hear("binary_proxy_ack")
bob.say(type="binary_proxy_closed", to_peer_id="alice")
alice.hear("binary_proxy_closed")
bob.say(type="request_binary_proxy", to_peer_id="alice")
alice.hear("request_binary_proxy")
alice.say(type="binary_proxy_rejected", to_peer_id="bob", reason="busy")
bob.hear("binary_proxy_rejected")

# What is refused, and who goes
bob.socket.send("{")
bob.hear("error")
call("POST", f"{path}/participants/carol/role", ticket, {"role": "observer"})
bob.hear("role_changed")
call("DELETE", f"{path}/invites/{invite['jti']}", ticket, status=204)
alice.hear("invite_revoked")
call("POST", f"{path}/heartbeat", ticket)
again, _ = join("carol", carols["join_token"], resume=carols["resume"])
alice.say(type="kick_user", target_peer_id="carol", reason="Please come back later")
again.hear("kicked")
bob.hear("peer_left")
bob.socket.close()
alice.hear("peer_away")
call("POST", f"{path}/participants/dave/role", ticket, {"role": "host"})
alice.hear("host_changed")
call("POST", f"{path}/close", token, status=204)
alice.hear("session_state")
alice.say(type="leave")
rest = set(says.validators) - says.seen
equal(rest, set(), "messages of peers that were not said")
# The others need time: a ticket that ends, a relay that stops, messages that are lost.
expected = {"ticket_renewed", "server_draining", "gap", "connection_replaced", "session_created"}
# This spelling only comes to who uses it.
expected |= {"p2_p_connection_request", "p2_p_connection_response"}
equal(set(hears.validators) - hears.seen, expected, "messages of the relay that did not come")
