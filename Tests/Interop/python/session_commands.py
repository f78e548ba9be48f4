"""`pulsar-relay session`: create, join, invite, watch, list, close."""

import json
import subprocess

from relay import bearer, call, check, equal
from tunnel import ENVIRONMENT, PROGRAM, login, run, started

login()
created = json.loads(run("session", "create", "--host", "alice", "--metadata", '{"title": "Plan"}', "--json"))
session = created["session_id"]
alice = json.loads(run("session", "join", created["join_token"], "--as", "alice", "--json"))
equal(alice["role"], "host", "Alice's role")

invite = run("session", "invite", session, "--role", "observer", "--uses", "2", "--valid", "1h").strip()
by_ticket = run("session", "invite", session, "--ticket", alice["ticket"]).strip()
check(by_ticket != invite, "two invites")
bob = json.loads(run("session", "join", by_ticket, "--as", "bob", "--guest", "--json"))
equal((bob["role"], bob["session_id"]), ("editor", session), "Bob's place")
call("POST", "/api/v1/messages", bob["ticket"], {"topic": f"session/{session}", "payload": {"type": "chat", "text": "hello"}},
     status=201)
call("POST", "/api/v1/messages", bob["ticket"],
     {"topic": f"session/{session}/signal", "payload": {"type": "offer", "to_peer_id": "alice", "sdp": "v=0"}}, status=201)

# Whoever made it watches by its id: what is for all. A ticket watches as its peer: also what is for it alone.
lines = run("session", "watch", session, "--count", "5")
check("alice joined as host" in lines and "bob joined as editor" in lines, f"who came: {lines}")
watched = [json.loads(line) for line in run("session", "watch", alice["ticket"], "--count", "9", "--json").splitlines()]
said = [(line["sender"], line["payload"]["type"]) for line in watched if "sender" in line]
equal(sorted(said), [("bob", "chat"), ("bob", "offer")], "what peers said")

# An invite watches as a guest, who is there meanwhile.
with started("watch", "session", "watch", invite, "--as", "carol") as first:
    equal(first["payload"]["type"], "session_created", "the first news")
    roster = call("GET", f"/v1/sessions/{session}", alice["ticket"])["participants"]
    equal({peer["peer_id"]: peer["connected"] for peer in roster}["carol"], True, "whether Carol is there")

refused = subprocess.run(
    [PROGRAM, "session", "watch", invite], env=ENVIRONMENT, capture_output=True, text=True, timeout=60, check=False
)
equal((refused.returncode, "give --as" in refused.stderr), (2, True), f"an invite without a name ({refused.stderr})")
refused = subprocess.run(
    [PROGRAM, "session", "join", "no.such.token", "--as", "x"],
    env=ENVIRONMENT, capture_output=True, text=True, timeout=60, check=False,
)
equal(refused.returncode, 2, f"no token at all ({refused.stderr})")

check(f"{session}  active" in run("session", "list"), "the session is listed")
run("session", "close", session)
watched = run("session", "watch", alice["ticket"], "--from", "earliest", "--count", "10")
check("session is closing (user_requested)" in watched, f"the end is told: {watched}")
