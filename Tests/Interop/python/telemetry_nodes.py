"""Two relays that share a Valkey: the ends of a tunnel come to one each. What one asks of the other is in one trace."""

import json

import requests
from otlp_receiver import GRPCCollector, attributes
from two_relays import PASSWORD, start_relay, start_valkey, stop, until
from websockets.exceptions import InvalidStatus
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


def call(url, token, **body):
    answer = requests.post(url, headers={"Authorization": f"Bearer {token}"}, json=body, timeout=30)
    assert answer.ok, answer.text
    return answer.json()


def log_in(url):
    login = {"username": "admin", "password": PASSWORD}
    return requests.post(url + "/auth/login", data=login, timeout=30).json()["access_token"]


def joined(url, session, name):
    peer = connect(url.replace("http", "ws", 1) + "/v1/signaling")
    join = {"type": "join", "session_id": session["session_id"], "peer_id": name, "join_token": session["join_token"]}
    peer.send(json.dumps(join))
    heard(peer, "joined")
    return peer


def proxied(first, second, token):
    """A peer at the first relay asks one at the second for a tunnel of proxy frames, which the second has to open at the first."""
    session = call(first + "/v1/sessions", token, host_id="ann")
    with joined(first, session, "ann") as ann, joined(second, session, "ben") as ben:
        ann.send(json.dumps({"type": "request_binary_proxy", "to_peer_id": "ben"}))
        heard(ben, "request_binary_proxy")
        ben.send(json.dumps({"type": "binary_proxy_accepted", "to_peer_id": "ann"}))
        heard(ann, "binary_proxy_accepted")


def tunneled(first, second, token):
    """Two peers open a tunnel, the one at the first relay before the other: so the second relay has to open it at the first."""
    session = call(first + "/v1/sessions", token, host_id="ann")
    path = f"/v1/sessions/{session['session_id']}"

    def ticket(peer):
        return call(first + path + "/join", token, join_token=session["join_token"], peer_id=peer)["ticket"]

    ann, ben = ticket("ann"), ticket("ben")
    tunnel = call(first + path + "/tunnels", ann, to_peer_id="ben")["tunnel_id"]
    call(second + f"{path}/tunnels/{tunnel}/accept", ben)

    def end(url, ticket):
        headers = {"Authorization": f"Bearer {ticket}"}
        try:
            return connect(url.replace("http", "ws", 1) + f"/v1/tunnels/{tunnel}", additional_headers=headers)
        except InvalidStatus as refusal:
            # The first relay may not have heard yet that the tunnel is accepted.
            assert refusal.response.status_code == 409, refusal
            return None

    with until(lambda: end(first, ann), "ann's end opens") as anns, end(second, ben) as bens:
        anns.send(b"through two relays")
        assert bens.recv(timeout=30) == b"through two relays"


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
    token = log_in(first)
    tunneled(first, second, token)
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
    proxied(first, second, token)
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
