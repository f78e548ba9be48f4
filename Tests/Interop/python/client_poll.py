"""The published client polls several topics with a cursor file, while others publish: nothing lost, repeated or moved."""

import threading
import time

import pulsar_relay_client as client

from relay import PASSWORD, SCRATCH, URL, USERNAME, call, check, equal, login, new_topic

PUBLISHERS, MESSAGES = 3, 60
busy, quiet = new_topic("busy"), new_topic("quiet")
cursors = SCRATCH / "cursors.json"
token = login()["access_token"]


def consumer():
    """Like a daemon that was just started: all that it knows is in its cursor file."""
    return client.RelayTransport(URL, USERNAME, PASSWORD, cursor_path=str(cursors))


def produce(name):
    producer = client.RelayTransport(URL, USERNAME, PASSWORD)
    for n in range(MESSAGES):
        producer.post_message(busy, {"from": name, "n": n})


# A first poll without a cursor waits for what is new.
before = consumer()
found = []
waiting = threading.Thread(target=lambda: found.extend(before.long_poll([busy, quiet], timeout=20)))
waiting.start()
deadline = time.monotonic() + 20
while call("GET", "/messages/poll/stats", token)["active_waiters"] == 0:
    check(time.monotonic() < deadline, "the poll never waited")
    time.sleep(0.02)
before.post_message(busy, {"from": "main", "n": 0})
waiting.join()
equal([m["payload"] for m in found], [{"from": "main", "n": 0}], "what the waiting poll brings")

# Published while nobody polls: the cursor finds it, also in the topic that has none yet.
before.post_message(quiet, {"from": "quiet", "n": 0})
seen = consumer().long_poll([busy, quiet], timeout=20)
equal([m["payload"]["from"] for m in seen], ["quiet"], "what came between two polls")

# Many publishers, and a consumer that restarts every few polls.
publishers = [threading.Thread(target=produce, args=(name,)) for name in range(PUBLISHERS)]
for publisher in publishers:
    publisher.start()
seen, polls, poller = [], 0, consumer()
deadline = time.monotonic() + 120
while len(seen) < PUBLISHERS * MESSAGES and time.monotonic() < deadline:
    seen += poller.long_poll([busy, quiet], timeout=2)
    polls += 1
    if polls % 5 == 0:
        poller = consumer()
for publisher in publishers:
    publisher.join()

for name in range(PUBLISHERS):
    numbers = [m["payload"]["n"] for m in seen if m["payload"]["from"] == name]
    equal(numbers, list(range(MESSAGES)), f"what publisher {name} sent")
equal(len(seen), PUBLISHERS * MESSAGES, "messages in all")
stored, cursor = [], found[0]["message_id"]
while page := client.HttpRelayClient(URL).fetch_messages(token, busy, limit=100, order="asc", cursor=cursor)["messages"]:
    stored += page
    cursor = page[-1]["message_id"]
equal([m["message_id"] for m in seen], [m["message_id"] for m in stored], "order, against the history")
equal(consumer().long_poll([busy, quiet], timeout=1), [], "a poll at the end")
