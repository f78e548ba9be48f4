"""The websockets package subscribes from the end, the start, an id and cursors, publishes, pings and unsubscribes."""

import contextlib

from relay import call, equal, expect, login, new_topic, open_socket, publish, receive, send, subscribe

token = login()["access_token"]
one, two = new_topic("one"), new_topic("two")
ids = {topic: [publish(token, topic, {"n": n}) for n in range(3)] for topic in (one, two)}


@contextlib.contextmanager
def following(topics, **members):
    """A socket that follows the topics, and its `subscribed` frame."""
    with open_socket(token) as socket:
        yield socket, subscribe(socket, topics, **members)


def numbers(socket, count):
    return [expect(socket, "message")["payload"]["n"] for _ in range(count)]


with following([one], offset="last") as (socket, subscribed):
    equal(subscribed["cursors"], {one: ids[one][-1]}, "cursor at the end")
    publish(token, one, {"n": 3})
    equal(numbers(socket, 1), [3], "after `last`, only what is new")
with following([one], offset="earliest") as (socket, _):
    publish(token, one, {"n": 4})
    equal(numbers(socket, 5), [0, 1, 2, 3, 4], "after `earliest`, all, then what is new")
with following([one], offset=ids[one][1], client_id="from an id") as (socket, _):
    equal(numbers(socket, 3), [2, 3, 4], "after an id, the rest")
with following([one, two], cursors={one: ids[one][2]}, offset="earliest") as (socket, subscribed):
    equal(subscribed["cursors"][one], ids[one][2], "the cursor that was given")
    frames = [expect(socket, "message") for _ in range(5)]
    equal([f["payload"]["n"] for f in frames if f["topic"] == one], [3, 4], "the topic with a cursor")
    equal([f["payload"]["n"] for f in frames if f["topic"] == two], [0, 1, 2], "the topic without one")
    equal([f["message_id"] for f in frames if f["topic"] == two], ids[two], "ids as published")

with following([one]) as (socket, _):
    send(socket, type="ping")
    expect(socket, "pong")
    socket.ping().wait(10)

    # Publishing over the socket: the answer, and the message itself.
    send(socket, type="publish", id="a", topic=one, payload={"n": 5}, metadata={"by": "socket"}, idempotency_key="k")
    frames = {frame["type"]: frame for frame in (receive(socket), receive(socket))}
    equal(set(frames), {"published", "message"}, "frames after a publish")
    equal(frames["published"]["id"], "a", "id of the request")
    equal(frames["published"]["message_id"], frames["message"]["message_id"], "id of the message")
    equal(frames["message"]["metadata"], {"by": "socket"}, "metadata")
    send(socket, type="publish", id=7, topic=one, payload={"n": 6}, idempotency_key="k")
    again = expect(socket, "published")
    equal((again["id"], again["message_id"]), (7, frames["message"]["message_id"]), "the same key again")

    # Another subscribe adds topics.
    added = subscribe(socket, [two], offset="earliest")
    equal(sorted(added["topics"]), sorted([one, two]), "topics after a second subscribe")
    equal(numbers(socket, 3), [0, 1, 2], "the added topic")

    # Nothing comes after unsubscribe. A pong after it shows that nothing is under way.
    send(socket, type="unsubscribe", topics=[one])
    send(socket, type="ack", message_id=ids[one][0])
    send(socket, type="ping")
    expect(socket, "pong")
    publish(token, one, {"n": 7})
    publish(token, two, {"n": 8})
    equal(numbers(socket, 1), [8], "after unsubscribe")

page = call("GET", f"/api/v1/topics/{one}/messages?limit=100&order=asc", token)
equal([m["payload"]["n"] for m in page["messages"]], [0, 1, 2, 3, 4, 5, 7], "what was stored, each once")
