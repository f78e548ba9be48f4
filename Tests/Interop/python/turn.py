"""coturn's client and aioice reach their peers through the relay's TURN, with credentials that a user got."""

import asyncio
import os
import subprocess

import aioice
import requests
from relay import URL, call, check, equal, eventually, login, new_topic, publish

HOST, PEER = os.environ["TURN_HOST"], os.environ["TURN_PEER"]
PORT = os.environ["TURN_PORT"]

token = login()["access_token"]
equal(requests.post(f"{URL}/v1/ice-servers", timeout=20).status_code, 401, "status without a token")
answer = call("POST", "/v1/ice-servers", token)
equal(answer["ice_servers"][0], {"urls": [f"stun:{HOST}:{PORT}"]}, "the server for STUN")
turn = answer["ice_servers"][1]
equal(turn["urls"], [f"turn:{HOST}:{PORT}?transport={kind}" for kind in ("udp", "tcp")], "the server for TURN")
equal(turn["username"].split(":")[1], call("GET", "/auth/me", token)["user_id"], "whose credentials they are")


def uclient(*options):
    """Runs coturn's client, which counts what it sends and gets back."""
    credentials = ["-u", turn["username"], "-w", turn["credential"]]
    command = ["turnutils_uclient", "-c", *credentials, "-p", PORT, *options, HOST]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100)
    output = done.stdout + done.stderr
    equal(done.returncode, 0, f"exit of {options}: {output[-2000:]}")
    check("Total lost packets 0 " in output, f"nothing is lost with {options}: {output[-2000:]}")


peer = subprocess.Popen(["turnutils_peer", "-L", PEER, "-p", "3480"], stdout=subprocess.DEVNULL)
try:
    for transport in ([], ["-t"]):
        # By channels and by indications to a peer, and between two clients of the relay.
        uclient(*transport, "-e", PEER, "-n", "50", "-z", "5", "-l", "1000")
        uclient(*transport, "-s", "-e", PEER, "-n", "50", "-z", "5", "-l", "171")
        uclient(*transport, "-y", "-m", "2", "-n", "50", "-z", "5")
finally:
    peer.terminate()
    peer.wait()


def ice(transport, controls):
    return aioice.Connection(
        ice_controlling=controls,
        turn_server=(HOST, int(PORT)),
        turn_username=turn["username"],
        turn_password=turn["credential"],
        turn_transport=transport,
        transport_policy=aioice.TransportPolicy.RELAY,
    )


async def connect(transport):
    """Two ends that know of each other only what is said on a topic."""
    topic = new_topic("ice")
    ends = {name: ice(transport, name == "first") for name in ("first", "second")}
    for name, end in ends.items():
        await end.gather_candidates()
        check(end.local_candidates, f"{name} has a relayed candidate by {transport}")
        equal({c.type for c in end.local_candidates}, {"relay"}, f"candidates of {name}")
        sdp = [candidate.to_sdp() for candidate in end.local_candidates]
        said = {"from": name, "user": end.local_username, "password": end.local_password, "candidates": sdp}
        publish(token, topic, said)
    heard = call("GET", f"/api/v1/topics/{topic}/messages?order=asc", token)["messages"]
    for message in heard:
        said = message["payload"]
        other = ends["second" if said["from"] == "first" else "first"]
        other.remote_username, other.remote_password = said["user"], said["password"]
        for candidate in said["candidates"]:
            await other.add_remote_candidate(aioice.Candidate.from_sdp(candidate))
        await other.add_remote_candidate(None)
    await asyncio.gather(*(end.connect() for end in ends.values()))
    for sender, receiver in (("first", "second"), ("second", "first")):
        for size in (1, 1000):
            await ends[sender].send(b"x" * size)
            equal(len(await asyncio.wait_for(ends[receiver].recv(), 20)), size, f"bytes from {sender} by {transport}")
    for end in ends.values():
        await end.close()


def metrics():
    return requests.get(f"{URL}/metrics", timeout=20).text


def active():
    return next(line for line in metrics().splitlines() if line.startswith("relay_turn_allocations_active"))


# coturn's client leaves its ports of UDP to expire; aioice gives them back.
before = active()
for transport in ("udp", "tcp"):
    asyncio.run(asyncio.wait_for(connect(transport), 60))
    eventually(lambda: active() == before, f"ports are given back by {transport}")

for direction in ("inbound", "outbound"):
    lines = [line for line in metrics().splitlines() if line.startswith("pulsar_path_bytes_total")]
    found = [line for line in lines if direction in line and 'mode="turn"' in line]
    check(found and float(found[0].split()[-1]) > 100_000, f"bytes are counted, {direction}: {found}")
