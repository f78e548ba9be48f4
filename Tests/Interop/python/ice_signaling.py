"""aioice on both ends, of which each knows of the other only what signaling sockets bring: directly, and by the relay's TURN."""

import asyncio
import json
import os

import aioice
from relay import URL, call, check, equal, login
from websockets.asyncio.client import connect

HOST, PORT = os.environ["TURN_HOST"], os.environ["TURN_PORT"]
SIGNALING = URL.replace("http", "ws", 1) + "/v1/signaling"
OTHER = {"host": "guest", "guest": "host"}

account = login()["access_token"]


class Peer:
    """A peer of a session: its signaling socket, and its agent for ICE."""

    def __init__(self, name, socket, joined):
        equal(joined["type"], "joined", f"answer to {name}'s join: {joined}")
        self.name, self.socket, self.ticket = name, socket, joined["join_token"]

    async def say(self, kind, **members):
        envelope = {"type": kind, "peer_id": self.name, "to_peer_id": OTHER[self.name]}
        await self.socket.send(json.dumps(envelope | members))

    def open(self, relayed):
        """The agent; one that is relayed has credentials by the peer's own ticket."""
        options = {"ice_controlling": self.name == "host", "use_ipv6": False}
        if relayed:
            servers = call("POST", "/v1/ice-servers", self.ticket)["ice_servers"]
            turn = next(server for server in servers if "credential" in server)
            options |= {
                "turn_server": (HOST, int(PORT)),
                "turn_username": turn["username"],
                "turn_password": turn["credential"],
                "transport_policy": aioice.TransportPolicy.RELAY,
            }
        self.ice = aioice.Connection(**options)

    async def tell(self):
        """An offer or an answer, and then each candidate by itself."""
        await self.ice.gather_candidates()
        sdp = f"a=ice-ufrag:{self.ice.local_username}\r\na=ice-pwd:{self.ice.local_password}\r\n"
        await self.say("offer" if self.name == "host" else "answer", sdp=sdp)
        for candidate in self.ice.local_candidates:
            await self.say("candidate", candidate=f"candidate:{candidate.to_sdp()}")
        await self.say("end_of_candidates")

    async def hear(self):
        """What the other one has told, up to the end of its candidates. Returns their kinds."""
        kinds = []
        while True:
            frame = json.loads(await asyncio.wait_for(self.socket.recv(), 30))
            if frame["type"] in ("peer_joined", "ticket_renewed"):
                continue
            equal(frame["from_peer_id"], OTHER[self.name], f"sender of {frame}")
            if frame["type"] in ("offer", "answer"):
                lines = dict(line.split(":", 1) for line in frame["sdp"].split("\r\n") if line)
                self.ice.remote_username, self.ice.remote_password = lines["a=ice-ufrag"], lines["a=ice-pwd"]
            elif frame["type"] == "candidate":
                candidate = aioice.Candidate.from_sdp(frame["candidate"].removeprefix("candidate:"))
                kinds.append(candidate.type)
                await self.ice.add_remote_candidate(candidate)
            else:
                equal(frame["type"], "end_of_candidates", "the last of them")
                await self.ice.add_remote_candidate(None)
                return kinds


async def join(socket, session, name):
    members = {"session_id": session["session_id"], "peer_id": name, "join_token": session["join_token"]}
    await socket.send(json.dumps({"type": "join", **members}))
    return Peer(name, socket, json.loads(await socket.recv()))


async def meet(relayed):
    session = call("POST", "/v1/sessions", account, {"host_id": "host"})
    async with connect(SIGNALING) as first, connect(SIGNALING) as second:
        peers = [await join(first, session, "host"), await join(second, session, "guest")]
        for peer in peers:
            peer.open(relayed)
        for peer in peers:
            await peer.tell()
        for peer in peers:
            kinds = await peer.hear()
            equal(set(kinds), {"relay" if relayed else "host"}, f"kinds of candidates, relayed {relayed}")
        await asyncio.gather(*(peer.ice.connect() for peer in peers))
        for sender, receiver in (peers, reversed(peers)):
            for size in (1, 1000):
                await sender.ice.send(b"x" * size)
                got = await asyncio.wait_for(receiver.ice.recv(), 20)
                equal(len(got), size, f"bytes from {sender.name}, relayed {relayed}")
        for peer in peers:
            await peer.ice.close()


check(aioice.ice.get_host_addresses(use_ipv4=True, use_ipv6=False), "this machine has an address but its own")
for relayed in (False, True):
    asyncio.run(asyncio.wait_for(meet(relayed), 90))
