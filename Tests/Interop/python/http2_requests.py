"""HTTP/2 as h2 speaks it: every kind of route, many at a time on one connection, and event streams whose readers pause."""

import json
import pathlib
import re
import socket
import time

import requests

from http2 import NO_ERROR, Connection, open_tls
from relay import PID, URL, bearer, check, equal, eventually, login, new_topic, publish

token = login()["access_token"]


def metric(name):
    text = requests.get(f"{URL}/metrics", headers=bearer(token), timeout=20).text
    return sum(float(value) for value in re.findall(rf"^{re.escape(name)}(?:\{{[^}}]*\}})? (\S+)$", text, re.M))


def resident():
    status = pathlib.Path(f"/proc/{PID}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) << 10


# Who offers nothing newer gets HTTP/1.1.
equal(open_tls(["http/1.1"]).selected_alpn_protocol(), "http/1.1", "protocol of a client of HTTP/1.1")
equal(open_tls(["h2", "http/1.1"]).selected_alpn_protocol(), "h2", "protocol of a client of both")

connection = Connection()
equal(connection.answer(connection.request("GET", "/health"))[0], 200, "status of /health")
equal(connection.answer(connection.request("HEAD", "/health")), (200, b""), "answer to HEAD")
equal(connection.answer(connection.request("GET", "/nowhere"))[0], 404, "status of an unknown path")
equal(connection.answer(connection.request("GET", "/api/v1/topics"))[0], 401, "status without a token")
head = connection.heads[1]
check("x-request-id" in head and "date" in head and "connection" not in head, f"fields of an answer: {head}")

# Publish, bulk, history, a poll that waits.
topic = new_topic("h2")
status, body = connection.answer(
    connection.request("POST", "/api/v1/messages", token, {"topic": topic, "payload": {"n": 0}})
)
equal(status, 201, "status of a publish")
first = json.loads(body)["message_id"]
bulk = {"messages": [{"topic": topic, "payload": {"n": n}} for n in range(1, 4)]}
status, body = connection.answer(connection.request("POST", "/api/v1/messages/bulk", token, bulk))
check(status in (200, 201, 207), f"status of a bulk publish: {status} {body[:200]}")
status, body = connection.answer(connection.request("GET", f"/api/v1/topics/{topic}/messages", token))
equal((status, len(json.loads(body)["messages"])), (200, 4), "history")
poll = connection.request("POST", "/messages/poll", token, {"topics": [topic], "timeout": 30})
streams = [connection.request("GET", f"/sse?topics={topic}", token) for _ in range(20)]
for stream in streams:
    equal(connection.status(stream), 200, "status of an event stream")
check(poll not in connection.ended, "a poll with nothing to say was answered")
sent = publish(token, topic, {"n": 4})
status, body = connection.answer(poll)
equal((status, [m["message_id"] for m in json.loads(body)["messages"]]), (200, [sent]), "a poll's answer")
connection.until(lambda: all(sent.encode() in connection.bodies.get(s, b"") for s in streams), "an event on all streams")

# A body that is large, one that says less than it has, and one that is more than may be.
large = {"topic": topic, "payload": {"text": "x" * 300_000}}
equal(connection.answer(connection.request("POST", "/api/v1/messages", token, large))[0], 201, "a large publish")
stream = connection.request("POST", "/api/v1/messages", token, end=False, headers=[("content-length", "9999999")])
equal(connection.answer(stream)[0], 413, "status of a body that is too long")
stream = connection.request("POST", "/api/v1/messages", "nobody", b'{"topic":', end=False)
equal(connection.status(stream), 401, "status of a stranger's publish, before its end")
connection.send(stream, b'"a"}', end=True)
equal(connection.answer(connection.request("GET", "/health"))[0], 200, "status behind all of that")
connection.close()

# More streams than may be are refused, and the others go on.
connection = Connection()
connection.until(lambda: connection.h2.remote_settings.max_concurrent_streams < 2**31, "the relay's settings")
most = connection.h2.remote_settings.max_concurrent_streams
equal(most, 128, "streams at a time")
held = [connection.request("GET", f"/sse?topics={topic}", token) for _ in range(most)]
for stream in held:
    equal(connection.status(stream), 200, "status of an event stream")
check(metric("relay_http2_connections_active") >= 1, "the metric of HTTP/2 connections")
connection.h2.reset_stream(held[0], error_code=8)
connection.flush()
eventually(lambda: connection.status(connection.request("GET", "/health")) == 200, "a stream in the place of another")
connection.close()

# A reader that takes nothing: its cursor stays where it is and costs nothing, others of the connection go on, and then it
# gets all that it has missed, once and in order.
topic = new_topic("slow")
connection = Connection(window=0)
slow = connection.request("GET", f"/sse?topics={topic}", token)
equal(connection.status(slow), 200, "status of a slow reader's stream")
before = resident()
text = "y" * 20_000
count = 400
for start in range(0, count, 50):
    messages = [{"topic": topic, "payload": {"n": n, "text": text}} for n in range(start, start + 50)]
    reply = requests.post(
        f"{URL}/api/v1/messages/bulk", json={"messages": messages}, headers=bearer(token), timeout=60
    )
    check(reply.ok, f"status of a bulk publish: {reply.status_code}")
grown = resident() - before
# The topic's newest messages are in memory for all readers, up to the relay's bound for a topic.
check(grown < 60 << 20, f"memory for a reader that takes nothing: {grown} bytes")
equal(connection.bodies.get(slow, b""), b"", "what came without a window")
other = connection.request("GET", "/health")
connection.h2.increment_flow_control_window(1 << 20, other)
connection.flush()
equal(connection.answer(other)[0], 200, "status beside a reader that takes nothing")
connection.h2.increment_flow_control_window(1 << 20, slow)
connection.flush()
deadline = time.monotonic() + 120
while not re.search(rb'"n":\s*399\b', connection.bodies.get(slow, b"")[-40_000:]):
    check(time.monotonic() < deadline, "a reader that goes on did not get everything")
    connection.read(5)
numbers = [int(n) for n in re.findall(rb'"n":\s*(\d+)', connection.bodies[slow])]
gap = b"event: gap" in connection.bodies[slow]
check(numbers == sorted(set(numbers)), "messages came twice or out of order")
check(gap or numbers == list(range(count)), f"{len(numbers)} of {count} messages came, and no gap was told")
connection.close()

check(metric("relay_http2_requests_total") > 60, "the metric of requests over HTTP/2")

# Who leaves without a word is gone at once, whatever is open on the connection.
for path in ("/health", f"/sse?topics={topic}"):
    connection = Connection()
    equal(connection.status(connection.request("GET", path, token)), 200, f"status of {path}")
    connection.close()
eventually(lambda: metric("relay_http2_connections_active") == 0, "the end of connections whose clients have left")

# Who ends its own side alone gets its answers, and then the connection ends.
connection = Connection()
poll = connection.request("POST", "/messages/poll", token, {"topics": [topic], "timeout": 30})
equal(connection.answer(connection.request("GET", "/health"))[0], 200, "status beside a poll")
connection.acknowledges = False
socket.socket.shutdown(connection.socket, socket.SHUT_WR)
connection.until(lambda: connection.goaway == NO_ERROR, "the relay's word that no more streams come")
publish(token, topic, {"n": "last"})
connection.read_all()
frames = [frame for frame in connection.frames if frame.stream_id == poll]
check(any("END_STREAM" in frame.flags for frame in frames), f"the answer to a poll whose client sends nothing more: {frames}")
