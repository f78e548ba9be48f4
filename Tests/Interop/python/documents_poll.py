"""A small client of a restricted network edits a document by long polls and publishes alone, beside Yjs' own provider."""

import base64
import threading

import requests

from documents import Provider, Replica, topic_of
from relay import URL, bearer, call, check, equal, eventually, login, new_topic


class PollingClient(Replica):
    """Updates come by long polls of the document's topic, and go by publishes to it."""

    def __init__(self, room, token):
        super().__init__()
        self.token, self.topic = token, topic_of(room)
        self.cursor, self.is_over = "0", False
        self.own = []
        self.doc.observe(self.changed)
        self.thread = threading.Thread(target=self.poll, daemon=True)
        self.thread.start()

    def changed(self, event):
        self.own.append(event.update)

    def edit(self, change):
        """Changes the document by `change`, and publishes what came of it."""
        with self.lock:
            self.own.clear()
            change(self)
            updates = list(self.own)
        for update in updates:
            payload = base64.b64encode(update).decode()
            body = {"topic": self.topic, "payload": payload, "encoding": "base64"}
            call("POST", "/api/v1/messages", self.token, body, status=201)

    def poll(self):
        with requests.Session() as session:
            while not self.is_over:
                body = {"topics": [self.topic], "since": {self.topic: self.cursor}, "timeout": 2}
                reply = call("POST", "/messages/poll", self.token, body, session=session)
                with self.lock:
                    for message in reply["messages"]:
                        equal(message["encoding"], "base64", "encoding of a message")
                        self.doc.apply_update(base64.b64decode(message["payload"]))
                        self.cursor = message["message_id"]


token = login()["access_token"]
room = new_topic("poll/ed ü")
yjs = Provider(room, token)
yjs.edit(insert=[0, "before "])
polling = [PollingClient(room, token) for _ in range(2)]
for n in range(15):
    yjs.edit(insert=[0, f"y{n} "], push=[n])
    for place, client in enumerate(polling):

        def change(client, place=place):
            client.text += f"l{place}.{n} "
            client.map[f"k{place}"] = f"{n}"

        client.edit(change)
eventually(lambda: yjs.content == polling[0].content == polling[1].content, "converged", seconds=30)
check("l1.14" in yjs.content["text"] and "before" in yjs.content["text"], f"found {yjs.content}")
# What is no update is refused, and harms nothing.
for payload in ("", "AA", "!!!", base64.b64encode(b"no update at all").decode()):
    body = {"topic": topic_of(room), "payload": payload, "encoding": "base64"}
    status = requests.post(f"{URL}/api/v1/messages", headers=bearer(token), json=body, timeout=20).status_code
    check(status in (400, 422), f"the payload {payload!r} is refused with {status}")
for client in polling:
    client.is_over = True
yjs.close()
