"""Two relays that share a Valkey: the ends of a tunnel come to one each. What one asks of the other is in one trace."""

import json

import requests
from otlp_receiver import GRPCCollector, attributes
from two_relays import PASSWORD, carry_page, start_relay, start_valkey, stop, until
from websockets.sync.client import connect


def relay(number, valkey):
    """Starts one that tells the collector. Returns its URL."""
    return start_relay(
        number,
        valkey,
        OTLP_ENDPOINT=f"http://127.0.0.1:{collector.port}",
        OTLP_PROTOCOL="grpc",
        OTLP_SERVICE_NAME=f"relay-{number}",
        # What the second asks the first for is recorded since the second records it.
        TRACE_SAMPLE_RATIO="1" if number == 2 else "0",
    )


def heard(peer, kind):
    """What a peer hears next of that type."""
    while True:
        message = json.loads(peer.recv(timeout=30))
        if message.get("type") == kind:
            return message


def joined(url, session, name):
    peer = connect(url.replace("http", "ws", 1) + "/v1/signaling")
    join = {"type": "join", "session_id": session["session_id"], "peer_id": name, "join_token": session["join_token"]}
    peer.send(json.dumps(join))
    heard(peer, "joined")
    return peer


def proxied(first, second):
    """A peer at the first relay asks one at the second for a tunnel of proxy frames, which the second has to open at the first."""
    login = requests.post(first + "/auth/login", data={"username": "admin", "password": PASSWORD}, timeout=30).json()
    token = {"Authorization": f"Bearer {login['access_token']}"}
    made = requests.post(first + "/v1/sessions", headers=token, json={"host_id": "ann"}, timeout=30)
    assert made.ok, made.text
    session = made.json()
    with joined(first, session, "ann") as ann, joined(second, session, "ben") as ben:
        ann.send(json.dumps({"type": "request_binary_proxy", "to_peer_id": "ben"}))
        heard(ben, "request_binary_proxy")
        ben.send(json.dumps({"type": "binary_proxy_accepted", "to_peer_id": "ann"}))
        heard(ann, "binary_proxy_accepted")


def spans_of(service):
    with collector.lock:
        return [
            span
            for message in collector.got["traces"]
            for resource in message.resource_spans
            if attributes(resource.resource)["service.name"] == service
            for scope in resource.scope_spans
            for span in scope.spans
        ]


collector = GRPCCollector()
try:
    valkey = start_valkey()
    first, second = relay(1, valkey), relay(2, valkey)
    carry_page(first, second)

    asking = until(
        lambda: [span for span in spans_of("relay-2") if span.name == "open a tunnel at another relay"],
        "the second relay says that it has asked the first",
    )[0]
    answering = until(
        lambda: [span for span in spans_of("relay-1") if span.parent_span_id == asking.span_id],
        "the first relay says that it has answered",
    )[0]
    assert answering.trace_id == asking.trace_id, "one trace"
    assert answering.name.startswith("GET /v1/node/tunnels/"), answering.name
    proxied(first, second)
    asking = until(
        lambda: [span for span in spans_of("relay-2") if span.name == "open a proxy at another relay"],
        "the second relay says that it has asked the first for a proxy",
    )[0]
    answering = until(
        lambda: [span for span in spans_of("relay-1") if span.parent_span_id == asking.span_id],
        "the first relay says that it has answered",
    )[0]
    assert answering.trace_id == asking.trace_id, "one trace"
    assert answering.name.startswith("GET /v1/node/proxies/"), answering.name
    until(
        lambda: {span.trace_id for span in spans_of("relay-1")} <= {span.trace_id for span in spans_of("relay-2")},
        "whatever the first has recorded began at the second",
    )
finally:
    stop()
    collector.close()
