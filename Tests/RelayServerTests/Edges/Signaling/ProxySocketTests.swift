import NIOCore
import NIOHTTP1
import RelayServer
import RelayWire
import Testing

@Suite("Tunnels of proxy frames over signaling sockets", .timeLimit(.minutes(3)))
struct ProxySocketTests {
    @Test("frames go both ways, with their sender in place of their receiver, and are counted")
    func frames() async throws {
        try await withRelay { relay in
            let (a, b) = try await ProxyPeers(relay).open(["protocol": "git"])
            a.send(0, "hello", to: "b")
            #expect(try #require(await b.socket.next()).payload == b.frame("a", 0, ByteBuffer(string: "hello")))
            b.send(0, "welcome", to: "a")
            #expect(await a.nextText() == "b 0 welcome")
            try a.say(["type": "binary_proxy_closed", "to_peer_id": "b"])
            for (client, sent, received) in [(a, 5, 7), (b, 7, 5)] {
                let closed = await client.next("binary_proxy_closed")
                #expect(closed["reason"] as? String == "closed")
                #expect(closed["bytes_sent"] as? Int == sent && closed["bytes_received"] as? Int == received)
            }
            let metrics = try await relay.send(.GET, "/metrics").text
            for direction in ["inbound", "outbound"] {
                let line = "pulsar_path_bytes_total{direction=\"\(direction)\",mode=\"binary_proxy\"} 12"
                #expect(metrics.contains(line), "\(metrics)")
            }
            a.send(1, "late", to: "b")
            #expect(await a.error() == "proxy_not_open")
            for client in [a, b] { client.disconnect() }
        }
    }

    @Test("who has no acceptance sends nobody anything, whatever it asks")
    func notOpen() async throws {
        try await withRelay { relay in
            let peers = try await ProxyPeers(relay)
            let (a, b, c) = (try await peers.join("a"), try await peers.join("b"), try await peers.join("c"))
            try a.say(["type": "request_binary_proxy", "to_peer_id": "b"])
            _ = await b.next("request_binary_proxy")
            a.send(0, "early", to: "b")
            #expect(await a.error() == "proxy_not_open")
            // Nobody asked for these.
            for type in ["binary_proxy_accepted", "binary_proxy_ack", "binary_proxy_closed"] {
                try c.say(["type": type, "to_peer_id": "a", "sequence": 0])
                #expect(await c.error() == "proxy_not_open")
            }
            try b.say(["type": "binary_proxy_accepted", "to_peer_id": "a"])
            _ = await a.next("binary_proxy_accepted")
            c.send(0, "from a stranger", to: "a")
            #expect(await c.error() == "proxy_not_open")
            try c.say(["type": "binary_proxy_closed", "to_peer_id": "b"])
            #expect(await c.error() == "proxy_not_open")
            a.send(0, "hello", to: "b")
            #expect(await b.nextText() == "a 0 hello")
            for client in [a, b, c] { client.disconnect() }
        }
    }

    @Test("frames that are none, or of another session, are refused; the tunnel goes on")
    func malformed() async throws {
        try await withRelay { relay in
            let (a, b) = try await ProxyPeers(relay).open()
            let whole = a.frame("b", 0, ByteBuffer())
            for length in 0..<whole.readableBytes {
                a.socket.send(0x82, whole.getSlice(at: 0, length: length) ?? whole)
                #expect(await a.error() == "bad_message")
            }
            var foreign = ByteBuffer(bytes: [1, 0x78, 1, 0x62])
            foreign.writeInteger(UInt64(0))
            a.socket.send(0x82, foreign)
            #expect(await a.error() == "peer_mismatch")
            a.send(0, "hello", to: "b")
            #expect(await b.nextText() == "a 0 hello")
            for client in [a, b] { client.disconnect() }
        }
    }

    @Test("a gap and a repeat close the tunnel, and both hear why", arguments: [[0, 2], [0, 0], [1]])
    func order(sequences: [UInt64]) async throws {
        try await withRelay { relay in
            let (a, b) = try await ProxyPeers(relay).open()
            for sequence in sequences { a.send(sequence, "x", to: "b") }
            for client in [a, b] { #expect(await client.closing() == "sequence") }
            for client in [a, b] { client.disconnect() }
        }
    }

    @Test("the acceptance that the opener gets has no more than the relay allows")
    func terms() async throws {
        try await withRelay { relay in
            let peers = try await ProxyPeers(relay)
            let (a, b) = (try await peers.join("a"), try await peers.join("b"))
            try a.say(["type": "request_binary_proxy", "to_peer_id": "b"])
            _ = await b.next("request_binary_proxy")
            try b.say(["type": "binary_proxy_accepted", "to_peer_id": "a", "window": 1 << 40, "max_frame": 5000])
            let accepted = await a.next("binary_proxy_accepted")
            #expect(accepted["window"] as? Int == 1 << 20 && accepted["max_frame"] as? Int == 5000)
            #expect(accepted["start_sequence"] as? Int == 0)
            a.socket.send(0x82, a.frame("b", 0, ByteBuffer(repeating: 1, count: 5001)))
            #expect(await b.closing() == "frame_too_large")
            for client in [a, b] { client.disconnect() }
        }
    }

    @Test("each side ends for itself, and with the last acknowledgement the tunnel is done")
    func halfClose() async throws {
        try await withRelay { relay in
            let (a, b) = try await ProxyPeers(relay).open()
            a.send(0, "question", to: "b")
            a.send(1, "", to: "b")
            #expect(await b.nextText() == "a 0 question")
            #expect(await b.nextFrame()?.isEnd == true)
            b.send(0, "answer", to: "a")
            b.send(1, "", to: "a")
            #expect(await a.nextText() == "b 0 answer")
            #expect(await a.nextFrame()?.isEnd == true)
            try a.say(["type": "binary_proxy_ack", "to_peer_id": "b", "sequence": 2])
            try b.say(["type": "binary_proxy_ack", "to_peer_id": "a", "sequence": 2])
            for client in [a, b] { #expect(await client.closing() == "finished") }
            for client in [a, b] { client.disconnect() }
        }
    }

    @Test("after a reconnect both send on from what was acknowledged")
    func resume() async throws {
        try await withRelay { relay in
            let peers = try await ProxyPeers(relay)
            let (a, b) = try await peers.open()
            for sequence in 0..<3 { a.send(UInt64(sequence), "x", to: "b") }
            for sequence in 0..<3 { #expect(await b.nextFrame()?.sequence == UInt64(sequence)) }
            try b.say(["type": "binary_proxy_ack", "to_peer_id": "a", "sequence": 1])
            #expect(await a.next("binary_proxy_ack")["sequence"] as? Int == 1)
            let ticket = try #require(b.joined["join_token"] as? String)
            let resume = try #require(b.joined["resume"] as? String)
            try await b.socket.connection.breakOff()
            _ = await a.next("peer_away")
            let again = try await SignalingClient(peers.session, "b", ticket, ["resume": resume])
            let own = await again.next("binary_proxy_accepted")
            #expect(own["from_peer_id"] as? String == "a" && own["start_sequence"] as? Int == 0)
            #expect(await a.next("binary_proxy_accepted")["start_sequence"] as? Int == 1)
            for sequence in 1..<4 { a.send(UInt64(sequence), "\(sequence)", to: "b") }
            for sequence in 1..<4 { #expect(await again.nextText() == "a \(sequence) \(sequence)") }
            for client in [a, again] { client.disconnect() }
        }
    }

    @Test("a head in a text with the data behind it, as programs of old send frames, comes as one frame")
    func oldClients() async throws {
        try await withRelay { relay in
            let (a, b) = try await ProxyPeers(relay).open()
            for (sequence, peer) in [(0, "b"), (1, nil)] {
                var head: [String: Any] = ["type": "binary_proxy_data", "sequence": sequence, "is_git_protocol": true]
                head["to_peer_id"] = peer
                try a.say(head)
                a.socket.send(0x82, ByteBuffer(string: "raw"))
                #expect(await b.nextText() == "a \(sequence) raw")
            }
            // One that has a head of its own is a frame.
            try a.say(["type": "binary_proxy_data", "sequence": 2, "is_git_protocol": false])
            a.send(2, "whole", to: "b")
            #expect(await b.nextText() == "a 2 whole")
            for client in [a, b] { client.disconnect() }
        }
    }

    @Test("a peer that leaves for good ends its tunnels, and one that rejects has none")
    func leaving() async throws {
        try await withRelay { relay in
            let peers = try await ProxyPeers(relay)
            let (a, b) = try await peers.open()
            try b.say(["type": "leave"])
            #expect(await a.closing() == "peer_left")
            let c = try await peers.join("c")
            try a.say(["type": "request_binary_proxy", "to_peer_id": "c"])
            _ = await c.next("request_binary_proxy")
            try c.say(["type": "binary_proxy_rejected", "to_peer_id": "a", "reason": "busy"])
            #expect(await a.next("binary_proxy_rejected")["reason"] as? String == "busy")
            a.send(0, "x", to: "c")
            #expect(await a.error() == "proxy_not_open")
            for client in [a, c] { client.disconnect() }
        }
    }

    @Test("what is asked of nobody in particular is for whoever accepts it, once")
    func anybody() async throws {
        try await withRelay { relay in
            let peers = try await ProxyPeers(relay)
            let (a, b, c) = (try await peers.join("a"), try await peers.join("b"), try await peers.join("c"))
            try a.say(["type": "request_binary_proxy"])
            for client in [b, c] {
                #expect(await client.next("request_binary_proxy")["from_peer_id"] as? String == "a")
            }
            try b.say(["type": "binary_proxy_accepted", "to_peer_id": "a"])
            _ = await a.next("binary_proxy_accepted")
            try c.say(["type": "binary_proxy_accepted", "to_peer_id": "a"])
            #expect(await c.error() == "proxy_not_open")
            b.send(0, "hello", to: "a")
            #expect(await a.nextText() == "b 0 hello")
            for client in [a, b, c] { client.disconnect() }
        }
    }

    @Test("a peer has a bounded number of tunnels")
    func quota() async throws {
        try await withRelay { relay in
            let peers = try await ProxyPeers(relay)
            let (a, b) = (try await peers.join("a"), try await peers.join("b"))
            // The same again is one.
            for _ in 0..<70 { try a.say(["type": "request_binary_proxy", "to_peer_id": "b"]) }
            for _ in 0..<70 { #expect(await b.next("request_binary_proxy")["from_peer_id"] as? String == "a") }
            try b.say(["type": "request_binary_proxy", "to_peer_id": "a"])
            #expect(await b.error() == "conflict")
            try a.say(["type": "request_binary_proxy", "to_peer_id": "nobody"])
            #expect(await a.error() == "not_found")
            for client in [a, b] { client.disconnect() }
        }
    }

    @Test("peers at two relays are told that they have no tunnel")
    func twoRelays() async throws {
        try await withTwoRelays { first, second in
            let peers = try await ProxyPeers(first)
            let (a, b) = (try await peers.join("a"), try await peers.join("b", on: second))
            try a.say(["type": "request_binary_proxy", "to_peer_id": "b"])
            #expect(await b.next("request_binary_proxy")["from_peer_id"] as? String == "a")
            try b.say(["type": "binary_proxy_accepted", "to_peer_id": "a"])
            #expect(await b.error() == "proxy_not_open")
            #expect(await a.next("binary_proxy_rejected")["reason"] as? String == "not_at_one_relay")
            for client in [a, b] { client.disconnect() }
        }
    }
}
