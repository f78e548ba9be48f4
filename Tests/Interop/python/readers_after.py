"""Where named readers go on after the relay was killed: see readers_killed.py."""

import json

from relay import SCRATCH, call, check, equal, login, number, open_socket, receive, subscribe

token = login()["access_token"]
left = json.loads((SCRATCH / "readers.json").read_text())
topic = left["topic"]

history, cursor = [], None
while True:
    path = f"/api/v1/topics/{topic}/messages?order=asc&limit=100" + (f"&cursor={cursor}" if cursor else "")
    page = call("GET", path, token)
    if not page["messages"]:
        break
    history += [message["message_id"] for message in page["messages"]]
    cursor = page["next_cursor"]

for name, sent in left["sent"].items():
    reader = call("GET", f"/api/v1/topics/{topic}/readers/{name}", token)
    place = number(reader["message_id"])
    answered = [number(id) for id in left["answered"][name]]
    check(not answered or place >= max(answered), f"{name} has forgotten what was answered: {place} < {max(answered or [0])}")
    check(place <= max(map(number, sent)), f"{name} stands at {place}, behind what it has acknowledged")
    behind = [id for id in history if number(id) > place]
    equal(reader["lag"] if reader["lag_is_exact"] else len(behind), len(behind), f"lag of {name}")
    with open_socket(token) as socket:
        frame = subscribe(socket, [topic], reader=name)
        equal(number(frame["cursors"][topic]), place, f"where {name} goes on")
        got = [receive(socket)["message_id"] for _ in behind[:500]]
    equal(got, behind[:500], f"what {name} gets next")
