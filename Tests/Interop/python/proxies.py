"""Behind nginx and HAProxy, as the guide sets them up, a relay does what it does without them, and knows its clients' addresses."""

import json
import ssl
import threading
import time

import proxy
import relay
import requests
from relay import bearer, check, equal, eventually, login, new_topic, publish
from websockets.sync.client import connect


class From(requests.adapters.HTTPAdapter):
    """Connections from this address."""

    def __init__(self, address):
        self.address = address
        super().__init__()

    def init_poolmanager(self, *arguments, **options):
        super().init_poolmanager(*arguments, source_address=(self.address, 0), **options)


def session(address="127.0.0.1"):
    made = requests.Session()
    # Else a variable of the environment decides what is trusted.
    made.trust_env = False
    made.verify = str(proxy.CERTIFICATE)
    made.mount("https://", From(address))
    return made


def publishes(url):
    """One message as large as the relay takes, and a bulk."""
    body = {"topic": new_topic(), "payload": {"text": ""}}
    body["payload"]["text"] = "x" * (1_048_576 - len(json.dumps(body)))
    with session() as client:
        reply = client.post(f"{url}/api/v1/messages", headers=bearer(token), json=body, timeout=60)
        equal(reply.status_code, 201, f"status of a large publish ({reply.text[:200]})")
        body = {"messages": [{"topic": body["topic"], "payload": {"n": n}} for n in range(100)]}
        reply = client.post(f"{url}/api/v1/messages/bulk", headers=bearer(token), json=body, timeout=60)
        equal((reply.status_code, reply.json()["summary"]["accepted"]), (207, 100), "the bulk")


def polls(url):
    """A poll that waits is answered by what is published meanwhile."""
    topic = new_topic()
    answers = []

    def poll():
        with session() as client:
            body = {"topics": [topic], "timeout": 60}
            answers.append(client.post(f"{url}/messages/poll", headers=bearer(token), json=body, timeout=70).json())

    publish(token, topic, {"n": 0})
    polling = threading.Thread(target=poll)
    polling.start()
    eventually(lambda: relay.call("GET", "/messages/poll/stats", token)["active_waiters"] == 1, "a waiting poll")
    publish(token, topic, {"n": 1})
    polling.join()
    equal([message["payload"] for message in answers[0]["messages"]], [{"n": 1}], "what the poll brings")


def connects(url):
    """A page of the relay's own origin may open a WebSocket: the relay is told the host that the page named."""
    topic = new_topic()
    trust = ssl.create_default_context(cafile=str(proxy.CERTIFICATE))
    with connect(
        url.replace("http", "ws", 1) + "/ws", additional_headers=bearer(token), origin=url, ssl=trust
    ) as socket:
        relay.subscribe(socket, [topic])
        relay.send(socket, type="publish", id=1, topic=topic, payload={"n": 1})
        equal({relay.receive(socket)["type"], relay.receive(socket)["type"]}, {"published", "message"}, "frames")


def event_seconds(url):
    """How long the quickest of some events took, each published once the one before it has come."""
    topic = new_topic()
    publish(token, topic, {"n": 0})
    times = []
    with session() as client, session() as publisher:
        reply = client.get(f"{url}/sse?topics={topic}", headers=bearer(token), stream=True, timeout=60)
        lines = reply.iter_lines(chunk_size=1)
        check(next(lines).startswith(b"retry:"), "the event stream begins")
        for n in range(4):
            began = time.monotonic()
            publish(token, topic, {"n": n}, publisher)
            data = next(line for line in lines if line.startswith(b"data: "))
            equal(json.loads(data.removeprefix(b"data: "))["payload"], {"n": n}, "the event")
            times.append(time.monotonic() - began)
        reply.close()
    return min(times)


def knows(url, first, second):
    """The limit of log-ins is one for each client address, and no client can name another."""

    def attempt(address, claimed=None):
        headers = {"X-Forwarded-For": claimed} if claimed else {}
        form = {"username": relay.USERNAME, "password": "wrong"}
        with session(address) as client:
            return client.post(f"{url}/auth/login", data=form, headers=headers, timeout=60).status_code

    equal([attempt(first) for _ in range(3)], [401, 401, 429], "log-ins from one address")
    equal(attempt(first, claimed="192.0.2.1"), 429, "a log-in that claims another address")
    equal(attempt(second), 401, "a log-in from another address")


def hides(url):
    with session() as client:
        equal(client.get(f"{url}/ready", timeout=60).status_code, 200, "status of /ready")
        equal(client.get(f"{url}/metrics", timeout=60).status_code, 403, "status of /metrics")


token = login()["access_token"]
addresses = iter(f"127.0.0.{number}" for number in range(2, 6))
for run in (proxy.nginx, proxy.haproxy):
    with run() as url:
        for work in (publishes, polls, connects, event_seconds, hides):
            work(url)
        knows(url, next(addresses), next(addresses))

# What the guide says of the option is true: without it events wait.
with proxy.plain_haproxy("option http-no-delay") as url:
    prompt = event_seconds(url)
with proxy.plain_haproxy("") as url:
    late = event_seconds(url)
check(late > 0.1 and late > prompt, f"events without http-no-delay took {late:.3f} s, with it {prompt:.3f} s")
