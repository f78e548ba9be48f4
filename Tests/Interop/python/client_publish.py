"""The published client logs in, makes topics, publishes one by one and in bulk, and reads the history."""

import pulsar_relay_client as client
import requests

from relay import PASSWORD, URL, USERNAME, call, check, equal, login, new_topic, register


class LostReplies(requests.Session):
    """Delivers a publish to the relay, then reports a broken connection, once: the client has to try again."""

    def __init__(self):
        super().__init__()
        self.keys = []

    def post(self, url, **options):
        reply = super().post(url, **options)
        self.keys.append(options["headers"].get("Idempotency-Key"))
        if len(self.keys) % 2 == 1:
            raise requests.ConnectionError("the reply was lost")
        return reply


topic = new_topic("client")
token = login()["access_token"]
relay = client.HttpRelayClient(URL)

me = relay.whoami(token)
equal(me["username"], USERNAME, "name of the caller")
relay.create_or_verify_topic(token, topic)
relay.create_or_verify_topic(token, topic)
equal(call("GET", f"/api/v1/topics/{topic}", token)["owner_id"], me["user_id"], "owner of the topic")

stranger = login(*register(token))["access_token"]
try:
    relay.create_or_verify_topic(stranger, topic)
    check(False, "a stranger took a topic for its own")
except client.TopicOwnershipConflictError:
    pass

session = LostReplies()
transport = client.RelayTransport(URL, USERNAME, PASSWORD, session=session, sleep=lambda _: None)
first = transport.post_message(topic, {"n": 1}, metadata={"source": "client"})
equal(len(session.keys), 2, "attempts at one publish")
equal(len(set(session.keys)), 1, "keys of one publish")
bulk = transport.post_bulk_messages([{"topic": topic, "payload": {"n": n}} for n in (2, 3)])
equal(len(session.keys), 4, "attempts at one bulk")
equal(bulk["summary"], {"total": 2, "accepted": 2, "rejected": 0}, "summary of the bulk")

page = relay.fetch_messages(token, topic, limit=10, order="asc")
equal([m["payload"]["n"] for m in page["messages"]], [1, 2, 3], "history, each message once")
equal(page["messages"][0]["message_id"], first["message_id"], "id of the first message")
equal(page["messages"][0]["metadata"], {"source": "client"}, "metadata of the first message")
equal([m["message_id"] for m in page["messages"][1:]], [r["message_id"] for r in bulk["results"]], "ids of the bulk")

newest = relay.fetch_messages(token, topic, limit=1)
equal([m["payload"]["n"] for m in newest["messages"]], [3], "the newest message")
rest = relay.fetch_messages(token, topic, limit=10, cursor=newest["next_cursor"])
equal([m["payload"]["n"] for m in rest["messages"]], [2, 1], "what came before the newest")
