"""The websockets package opens /ws with each way to show a token, and without one it can't."""

import json

from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from relay import SOCKET_URL, bearer, call, check, equal, login, new_topic, register, subscribe

token = login()["access_token"]
topic = new_topic("handshake")

WAYS = {
    "header": (SOCKET_URL, {"additional_headers": bearer(token)}, None),
    "subprotocol": (SOCKET_URL, {"subprotocols": ["bearer", f"bearer.{token}"]}, "bearer"),
    "subprotocol, the other way round": (SOCKET_URL, {"subprotocols": [f"bearer.{token}", "bearer"]}, "bearer"),
    "query": (f"{SOCKET_URL}?token={token}", {}, None),
}
for way, (url, options, subprotocol) in WAYS.items():
    with connect(url, **options) as socket:
        equal(socket.subprotocol, subprotocol, f"subprotocol that the relay chose ({way})")
        equal(subscribe(socket, [topic])["topics"], [topic], f"topics subscribed ({way})")


def refused(status, what, url=SOCKET_URL, **options):
    try:
        with connect(url, **options):
            check(False, f"accepted: {what}")
    except InvalidStatus as error:
        equal(error.response.status_code, status, f"status for {what}")


refused(401, "no token where one has to be", subprotocols=["bearer"])
with connect(SOCKET_URL) as socket:
    # Peers of a session show their ticket in the first message. Nobody else gets anything.
    socket.send(json.dumps({"type": "subscribe", "topics": [topic], "client_id": "nobody"}))
    equal(json.loads(socket.recv())["type"], "error", "answer to a client without a token")
    try:
        socket.recv()
        check(False, "the socket of a client without a token stayed open")
    except ConnectionClosed as closed:
        equal(closed.rcvd.code, 4001, "close code for a client without a token")
refused(401, "a made up token in the header", additional_headers=bearer("a.b.c"))
refused(401, "a made up token in the query", url=f"{SOCKET_URL}?token=a.b.c")
refused(401, "a made up token in the subprotocol", subprotocols=["bearer", "bearer.a.b.c"])
writer = login(*register(token, permissions=["write"]))["access_token"]
refused(403, "a user who may not read", additional_headers=bearer(writer))
refused(403, "a page of another origin", additional_headers=bearer(token), origin="http://evil.example")
call("POST", "/auth/logout", token, status=204)
refused(401, "a token after its logout", additional_headers=bearer(token))
