"""A reader whose cursor points before what is still kept is told of the gap before it gets the rest."""

from relay import call, equal, expect, login, new_topic, open_socket, publish, subscribe

KEPT = 5  # as the relay was told: PULSAR_MAX_MESSAGES_PER_TOPIC
token = login()["access_token"]
topic = new_topic("gap")
ids = [publish(token, topic, {"n": n}) for n in range(12)]

with open_socket(token) as socket:
    subscribe(socket, [topic], cursors={topic: ids[0]})
    gap = expect(socket, "gap")
    equal(gap["topic"], topic, "topic of the gap")
    equal(gap["after"], ids[0], "where the reader was")
    equal(gap["resumed_from"], ids[-KEPT], "where it goes on")
    equal([expect(socket, "message")["message_id"] for _ in range(KEPT)], ids[-KEPT:], "what is kept")

with open_socket(token) as socket:
    subscribe(socket, [topic], cursors={topic: ids[-KEPT]})
    equal([expect(socket, "message")["message_id"] for _ in range(KEPT - 1)], ids[-KEPT + 1 :], "no gap: what is kept")

reply = call("POST", "/messages/poll", token, {"topics": [topic], "since": {topic: ids[0]}, "timeout": 5})
equal(list(reply["gaps"]), [topic], "topics with a gap in a poll")
equal(reply["gaps"][topic]["after"], ids[0], "where the poll's reader was")
equal(reply["gaps"][topic]["resumed_from"], ids[-KEPT], "where it goes on")
equal(reply["gaps"][topic]["epoch"], reply["epochs"][topic], "the epoch of the gap and of the messages")
equal([m["message_id"] for m in reply["messages"]], ids[-KEPT:], "messages of that poll")
reply = call("POST", "/messages/poll", token, {"topics": [topic], "since": {topic: ids[-2]}, "timeout": 5})
equal("gaps" in reply, False, "a gap where there is none")
