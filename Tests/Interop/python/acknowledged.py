"""After a restart on the same data: all that was acknowledged is there, ids still increase, and readers go on."""

import json

from relay import SCRATCH, call, check, equal, expect, login, number, open_socket, publish, subscribe

acknowledged = json.loads((SCRATCH / "acknowledged.json").read_text())
check(acknowledged, "something was acknowledged")
token = login()["access_token"]


def history(topic):
    messages, cursor = [], ""
    while True:
        path = f"/api/v1/topics/{topic}/messages?limit=100&order=asc"
        page = call("GET", path + (f"&cursor={cursor}" if cursor else ""), token)["messages"]
        if not page:
            return messages
        messages += page
        cursor = page[-1]["message_id"]


for topic in {topic for topic, _, _ in acknowledged}:
    kept = history(topic)
    ids = [message["message_id"] for message in kept]
    equal(ids, sorted(set(ids), key=number), f"ids of {topic}, increasing")
    sources = {m["message_id"]: [m["payload"]["worker"], m["payload"]["n"]] for m in kept}
    lost = [found for name, found, source in acknowledged if name == topic and sources.get(found) != source]
    equal(lost, [], f"messages of {topic} that were acknowledged and are gone")
    twice = len(kept) - len({tuple(source) for source in sources.values()})
    equal(twice, 0, f"messages of {topic} that are there twice")

    # A reader that had seen the first half goes on from there, live too.
    middle = len(ids) // 2
    with open_socket(token) as socket:
        subscribe(socket, [topic], cursors={topic: ids[middle]})
        fresh = publish(token, topic, {"worker": -1, "n": 0})
        check(number(fresh) > number(ids[-1]), f"a new id, {fresh}, comes after the last one before the end, {ids[-1]}")
        seen = [expect(socket, "message")["message_id"] for _ in range(len(ids) - middle)]
        equal(seen, ids[middle + 1 :] + [fresh], f"what a resumed reader of {topic} sees")
    reply = call("POST", "/messages/poll", token, {"topics": [topic], "since": {topic: ids[-1]}, "timeout": 5})
    equal([m["message_id"] for m in reply["messages"]], [fresh], f"what a resumed poll of {topic} brings")
