"""Sessions of WebTransport beside readers of the same topics by /ws, and other requests over HTTP/3, with aioquic.

QUIC_PORT is the relay's port for QUIC."""

import asyncio
import json
import os

import msgpack
from websockets.sync.client import connect

from relay import URL, bearer, check, equal, login, new_topic, open_socket, publish, subscribe
from webtransport_client import Pulse, Texts, dial, frames

PORT = int(os.environ["QUIC_PORT"])
token = login()["access_token"]


async def requests():
    async with dial(PORT) as transport:
        status, head, body = await transport.request("GET", "/health")
        equal((status, json.loads(body)["status"]), (200, "healthy"), "health over HTTP/3")
        status, _, _ = await transport.request("GET", "/api/v1/topics")
        equal(status, 401, "a request without a token")
        topic, shown = new_topic("h3"), list(bearer(token).items())
        shown = [(name.lower(), value) for name, value in shown] + [("content-type", "application/json")]
        with open_socket(token) as socket:
            subscribe(socket, [topic])
            body = json.dumps({"topic": topic, "payload": {"n": 1}}).encode()
            status, _, body = await transport.request("POST", "/api/v1/messages", body, shown)
            equal(status, 201, "a publish over HTTP/3")
            heard = json.loads(socket.recv(timeout=20))
            equal(heard["message_id"], json.loads(body)["message_id"], "what /ws heard of it")
        status, _, body = await transport.request("GET", f"/api/v1/topics/{topic}/messages", b"", shown)
        equal([each["payload"] for each in json.loads(body)["messages"]], [{"n": 1}], "history over HTTP/3")
        status, _, _ = await transport.request("GET", "/wt")
        equal(status, 400, "a request for a session that is none")


async def web_socket():
    """A WebSocket over HTTP/3 (RFC 9220)."""
    async with dial(PORT) as transport:
        stream, topic = transport._quic.get_next_available_stream_id(), new_topic("h3")
        fields = [
            (":method", "CONNECT"), (":protocol", "websocket"), (":scheme", "https"), (":authority", "127.0.0.1"),
            (":path", f"/ws?token={token}"), ("sec-websocket-version", "13"),
        ]
        transport.http.send_headers(stream, [(a.encode(), b.encode()) for a, b in fields])
        text = json.dumps({"type": "subscribe", "topics": [topic]}).encode()
        # Masked by zeros.
        transport.http.send_data(stream, bytes([0x81, 0x80 | len(text), 0, 0, 0, 0]) + text, end_stream=False)
        transport.transmit()
        await transport.until(lambda: b'"subscribed"' in transport.bodies.get(stream, b""), "a subscription by WebSocket")
        equal(transport.heads[stream][b":status"], b"200", "status of the WebSocket")
        publish(token, topic, {"by": "REST"})
        await transport.until(lambda: b'"by"' in transport.bodies[stream], "a message by WebSocket")
        transport.http.send_data(stream, bytes([0x88, 0x80, 0, 0, 0, 0]), end_stream=True)
        transport.transmit()
        await transport.until(lambda: stream in transport.ended, "the end of the WebSocket")


async def sessions():
    async with dial(PORT) as transport:
        # The token in the address, or in a frame.
        writer, reader = await Pulse.open(transport, token), await Pulse.open(transport)
        reader.send(type="connect", version=1, token=token)
        equal((await reader.receive("connected"))["version"], 1, "second greeting")
        topic = new_topic("wt")
        for client in (reader, writer):
            client.send(type="subscribe", id=1, channel=topic)
            equal((await client.receive("ack"))["id"], 1, "a subscription")
        with open_socket(token) as socket:
            subscribe(socket, [topic])
            payloads = [b"", b'{"n": 1}', os.urandom(60_000)]
            for number, payload in enumerate(payloads):
                writer.send(type="publish", id=10 + number, channel=topic, payload=payload)
            for payload in payloads:
                for client in (reader, writer):
                    equal((await client.receive("publish"))["payload"], payload, "what a session heard")
                check(json.loads(socket.recv(timeout=20))["topic"] == topic, "what /ws heard")
        publish(token, topic, {"by": "REST"})
        equal(json.loads((await reader.receive("publish"))["payload"]), {"by": "REST"}, "a message of REST")
        # The session ends, the connection does not.
        transport.send(writer.session, b"", end=True)
        await transport.until(lambda: writer.session in transport.ended, "the relay's side of the session's end")
        publish(token, topic, {"still": True})
        equal(json.loads((await reader.receive("publish"))["payload"]), {"still": True}, "what the other session heard")


async def texts():
    """The frames of /ws, in sessions."""
    async with dial(PORT) as transport:
        topic = new_topic("json")
        first = publish(token, topic, {"n": 1})
        client = await Texts.open(transport, token)
        client.send(7, type="subscribe", topics=[topic], cursors={topic: "earliest"})
        equal((await client.receive("subscribed"))["topics"], [topic], "the subscription")
        heard = await client.receive("message")
        equal((heard["message_id"], heard["payload"]), (first, {"n": 1}), "what came first")
        client.send(type="ping")
        await client.receive("pong")
        client.send(type="publish", topic=topic, payload={"n": 2, "long": "ä" * 50_000}, id="p")
        kinds = [await transport.until(client.next, "an answer and a message") for _ in range(2)]
        equal(sorted(each["type"] for each in kinds), ["message", "published"], "what a publish led to")
        # Two frames in one write, and one that is none.
        transport.send(client.stream, b"\0\0\0\1{" + b"\0\0\0\x0f" + b'{"type":"ping"}')
        await client.receive("error")
        await client.receive("pong")
        # It goes on in another session where it was.
        transport.send(client.session, b"", end=True)
        publish(token, topic, {"n": 3})
        other = await Texts.open(transport, token)
        other.send(type="subscribe", topics=[topic], cursors={topic: heard["message_id"]})
        await other.receive("subscribed")
        equal([(await other.receive("message"))["payload"]["n"] for _ in range(2)], [2, 3], "what came after the cursor")
        # What is longer than a frame may be ends the session, whose code says so.
        third = await Texts.open(transport, token)
        transport.send(third.stream, b"\xff\xff\xff\xff" + b"x" * (3 << 20))
        await transport.until(lambda: third.session in transport.ended, "the end of the session", 40)
        check((1009).to_bytes(4, "big") in transport.bodies[third.session], "the code of the end")
        for path, expected in (("/wt?frames=json", 401), (f"/wt?frames=xml&token={token}", 400)):
            _, status = await transport.open_session(path)
            equal(status, expected, path)
        # Pages of the relay's own host come from another port than this one.
        for origin, expected in (("http://127.0.0.1:1", 200), ("https://127.0.0.1", 200), ("https://127.0.0.2", 403)):
            _, status = await transport.open_session(f"/wt?frames=json&token={token}", [("origin", origin)])
            equal(status, expected, f"a page of {origin}")


async def ways():
    """Channels on streams of their own, and as datagrams."""
    async with dial(PORT) as transport:
        client, (first, second) = await Pulse.open(transport, token), (new_topic("lane"), new_topic("lane"))
        client.send(type="subscribe", id=1, channel=first, stream=True)
        client.send(type="subscribe", id=2, channel=second, datagram=True)
        equal([(await client.receive("ack"))["id"] for _ in range(2)], [1, 2], "the subscriptions")
        payloads = [{"n": 1}, {"n": "x" * 5_000}, {"n": 3}]
        for payload in payloads:
            publish(token, first, payload)
            publish(token, second, payload)
        await transport.until(lambda: [1 for data in transport.pushed.values() if len(frames(data)) == 3], "a stream")
        equal(len(transport.pushed), 1, "streams of the relay's")
        (stream, data), = transport.pushed.items()
        equal([(each["channel"], json.loads(each["payload"])) for each in frames(data)],
              [(first, payload) for payload in payloads], "what came on the stream")
        # What is too long for a datagram comes by the session's first stream.
        long = await client.receive("publish")
        equal((long["channel"], json.loads(long["payload"])), (second, payloads[1]), "what was too long for a datagram")
        await transport.until(lambda: len(transport.datagrams) == 2, "datagrams")
        found = [frames(data)[0] for data in transport.datagrams]
        equal([json.loads(each["payload"]) for each in found], [payloads[0], payloads[2]], "what came as datagrams")
        client.send(type="unsubscribe", id=3, channel=first)
        equal((await client.receive("ack"))["id"], 3, "the end of a subscription")
        await transport.until(lambda: stream in transport.ended, "the end of its stream")
        client.send(type="subscribe", id=4, channel=first, stream=True)
        equal((await client.receive("ack"))["id"], 4, "the subscription again")
    with connect(URL.replace("http", "ws", 1) + f"/pulse?token={token}") as socket:
        body = msgpack.packb({"type": "subscribe", "id": 5, "channel": first, "stream": True})
        socket.recv(timeout=20)
        socket.send(len(body).to_bytes(4, "big") + body)
        refused = frames(socket.recv(timeout=20))[0]
        equal((refused["type"], refused["id"], refused["code"]), ("error", 5, 1001), "a stream without a session")


async def refusals():
    async with dial(PORT) as transport:
        _, status = await transport.open_session("/wt?token=wrong")
        equal(status, 401, "a token that is none")
        _, status = await transport.open_session("/wt", [("origin", "https://elsewhere.example")])
        equal(status, 403, "another origin")
        _, status = await transport.open_session("/nowhere")
        equal(status, 404, "another path")
        client = await Pulse.open(transport, token)
        # Only the first stream in both directions is one.
        for one_way in (False, True):
            stream = transport.open_stream(client.session, one_way)
            transport.send(stream, b"x")
            if not one_way:
                await transport.until(lambda: stream in transport.resets, "the refusal of a second stream")
        client.send(type="subscribe", id=3, channel=new_topic("yet"))
        equal((await client.receive("ack"))["id"], 3, "a subscription behind those")


asyncio.run(requests())
asyncio.run(web_socket())
asyncio.run(sessions())
asyncio.run(texts())
asyncio.run(ways())
asyncio.run(refusals())
