"""What a relay tells a collector: traces, metrics and log records, over HTTP or gRPC.

The relay exports to 127.0.0.1:OTLP_PORT, by OTLP_PROTOCOL, everything that has a trace, with the header x-api-key, and logs at debug.
"""

import json
import os
import signal
import time

import requests
from websockets.sync.client import connect

from otlp_receiver import GRPCCollector, HTTPCollector, attributes
from relay import PASSWORD, PID, SOCKET_URL, URL, bearer, call, check, equal, eventually, expect, login, new_topic
from relay import open_socket, send, subscribe

PORT = int(os.environ["OTLP_PORT"])
IS_GRPC = os.environ["OTLP_PROTOCOL"] == "grpc"


def new_trace(flags="01"):
    trace, parent = os.urandom(16).hex(), os.urandom(8).hex()
    return trace, parent, f"00-{trace}-{parent}-{flags}"


def publish(token, topic, body={}, **headers):
    body = {"topic": topic, "payload": {"secret": "a payload that nobody else sees"}} | body
    reply = requests.post(URL + "/api/v1/messages", headers=bearer(token) | headers, json=body, timeout=20)
    equal(reply.status_code, 201, f"status of the publish ({reply.text[:200]})")
    return reply


def history(token, topic):
    return call("GET", f"/api/v1/topics/{topic}/messages?limit=10", token)["messages"]


token = login()["access_token"]
topic = new_topic("named")
# Nobody listens yet: the relay serves all the same, and what it has to say waits.
trace, parent, header = new_trace()
started = time.monotonic()
publish(token, topic, traceparent=header, tracestate="congo=t61rcWkgMzE,rojo=1")
check(time.monotonic() - started < 2, "a publish does not wait for the collector")

collector = (GRPCCollector if IS_GRPC else HTTPCollector)(PORT)
spans = eventually(lambda: len(found := collector.spans(trace)) >= 3 and found, "the trace is exported", 60)
by_name = {span.name: span for span in spans}
server, published, append = (by_name[name] for name in ("POST /api/v1/messages", "publish", "append"))
equal(server.parent_span_id.hex(), parent, "the server span's parent")
equal(published.parent_span_id, server.span_id, "the publish's parent")
equal(append.parent_span_id, published.span_id, "the append's parent")
equal(server.trace_state, "congo=t61rcWkgMzE,rojo=1", "the trace state")
known = attributes(server)
equal(known["http.request.method"], "POST", "the method")
equal(known["http.response.status_code"], 201, "the status")
check(server.start_time_unix_nano <= published.start_time_unix_nano <= published.end_time_unix_nano, "times of the publish")
check(abs(server.end_time_unix_nano / 1e9 - time.time()) < 120, "times since 1970")
equal(collector.headers[0]["x-api-key"], "a key", "the header")

resource = collector.resources()[0]
equal(resource["service.name"], "relay-under-test", "the service")
equal(resource["deployment.environment.name"], "test", "the attribute")
check(resource["service.version"] and resource["service.instance.id"], f"the resource {resource}")

# A message that belongs to a trace tells its readers: by history and on a socket.
carried = history(token, topic)[-1]["metadata"]["traceparent"]
equal(carried, f"00-{trace}-{published.span_id.hex()}-01", "what readers are told")
# One that belongs to none is as it was, and so is one whose publisher names the trace itself.
with open_socket(token) as socket:
    subscribe(socket, [topic])
    reply = publish(token, topic, {"metadata": {"a": "b"}})
    equal(expect(socket, "message")["metadata"], {"a": "b"}, "metadata of a message without a trace")
    own, _, own_header = new_trace()
    publish(token, topic, {"metadata": {"traceparent": own_header, "a": "b"}})
    equal(expect(socket, "message")["metadata"], {"traceparent": own_header, "a": "b"}, "metadata as the publisher has it")
    # What a socket publishes belongs to the trace that its metadata names.
    mine, _, my_header = new_trace()
    send(socket, type="publish", id="1", topic=topic, payload={"x": 1}, metadata={"traceparent": my_header})
    frames = {frame["type"]: frame for frame in (json.loads(socket.recv(timeout=20)) for _ in range(2))}
    equal(frames["message"]["metadata"]["traceparent"], my_header, "metadata of what a socket has published")
    # An unsampled trace is carried, and not recorded.
    quiet, quiet_parent, quiet_header = new_trace("00")
    publish(token, topic, {"metadata": {"a": "b"}}, traceparent=quiet_header)
    equal(expect(socket, "message")["metadata"], {"a": "b", "traceparent": quiet_header}, "metadata of a trace that nobody records")
    # What is no traceparent counts for nothing.
    for bad in (header.upper(), header + "-00", "00-" + "0" * 32 + header[35:], "ff" + header[2:], "x"):
        publish(token, topic, {}, traceparent=bad)
        equal(expect(socket, "message")["metadata"], None, f"metadata with the traceparent {bad}")
eventually(lambda: {span.name for span in collector.spans(own)} == {"publish", "append"}, "the publish of the metadata's trace")
eventually(lambda: {span.name for span in collector.spans(mine)} == {"publish", "append"}, "the socket's publish")

# A socket's life.
alive, _, socket_header = new_trace()
connect(SOCKET_URL, additional_headers=bearer(token) | {"traceparent": socket_header}).close()
found = eventually(
    lambda: len(found := {span.name: span for span in collector.spans(alive)}) == 2 and found, "the socket's spans"
)
equal(set(found), {"GET /ws", "websocket /ws"}, "the socket's spans")
equal(attributes(found["GET /ws"])["http.response.status_code"], 101, "the status")
equal(attributes(found["websocket /ws"])["pulsar.websocket.close_code"], 1000, "the close code")

# Metrics are those of /metrics.
shown = requests.get(URL + "/metrics", timeout=20).text
names = {line.split()[2] for line in shown.splitlines() if line.startswith("# TYPE")}
metrics = eventually(lambda: names <= set(found := collector.metrics()) and found, "all metrics", 40)
requests_total = metrics["http_requests_total"]
check(requests_total.sum.is_monotonic and requests_total.sum.aggregation_temporality == 2, "counters count from the beginning")
duration = metrics["http_request_duration_seconds"].histogram.data_points[0]
equal(sum(duration.bucket_counts), duration.count, "observations")
equal(len(duration.bucket_counts), len(duration.explicit_bounds) + 1, "buckets")
equal(metrics["http_request_duration_seconds"].unit, "s", "the unit")

# Log records say which request and which trace they are about.
def record():
    return next((r for r in collector.records() if r.trace_id.hex() == trace), None)


line = eventually(record, "the request's log record")
equal(line.body.string_value, "request", "what it says")
equal(line.span_id, server.span_id, "its span")
equal(attributes(line)["request_id"], known["pulsar.request_id"], "its request")
equal(attributes(line)["route"], "/api/v1/messages", "its route")

# The end: what was said last is delivered before the relay is gone.
last, _, last_header = new_trace()
publish(token, topic, traceparent=last_header)
os.kill(PID, signal.SIGTERM)
eventually(lambda: len(collector.spans(last)) == 3, "the last trace")
eventually(lambda: any(r.body.string_value == "stopped" for r in collector.records()), "the last log record")

# Whatever was sent, none of it is anybody's business.
everything = b"".join(collector.raw)
for private in (token, PASSWORD, "a payload that nobody else sees", topic):
    check(private.encode() not in everything, f"{private[:20]} was exported")
equal(len(collector.spans(quiet)), 0, "spans of a trace that nobody records")
collector.close()
