import NIOCore
import NIOHTTP1
import ProgramFixture
import RelayCore
import RelayWire
import Testing

@testable import RelayServer

@Suite("Proxy frames between peers at two relays", .serialized, .timeLimit(.minutes(4)))
struct NodeProxyTests {
    /// What both relays say together of proxy frames.
    private static func counted(_ direction: String, at relays: [TestRelay]) async throws -> Int {
        var sum = 0
        for relay in relays {
            let text = try await relay.send(.GET, "/metrics").text
            let name = "pulsar_path_bytes_total{direction=\"\(direction)\",mode=\"binary_proxy\"}"
            let line = text.split(separator: "\n").first { $0.hasPrefix(name) }
            sum += line.flatMap { $0.split(separator: " ").last }.flatMap { Int($0) } ?? 0
        }
        return sum
    }

    @Test("go both ways as at one relay: the opener hears of the acceptance first, and each byte counts once")
    func frames() async throws {
        try await withNodes { first, second in
            let peers = try await ProxyPeers(first)
            let (a, b) = (try await peers.join("a"), try await peers.join("b", on: second))
            _ = await a.next("peer_joined")
            try a.say(["type": "request_binary_proxy", "to_peer_id": "b", "window": 1 << 40])
            let request = await b.next("request_binary_proxy")
            #expect(request["from_peer_id"] as? String == "a" && request["window"] as? Int == 1 << 20)
            try b.say(["type": "binary_proxy_accepted", "to_peer_id": "a", "window": 1 << 40, "max_frame": 5_000])
            for sequence in 0..<10 { b.send(UInt64(sequence), "\(sequence)", to: "a") }
            let accepted = try #require(await a.socket.next()).object
            #expect(accepted["type"] as? String == "binary_proxy_accepted" && accepted["to_peer_id"] as? String == "a")
            #expect(accepted["from_peer_id"] as? String == "b" && accepted["start_sequence"] as? Int == 0)
            #expect(accepted["window"] as? Int == 1 << 20 && accepted["max_frame"] as? Int == 5_000)
            for sequence in 0..<10 { #expect(await a.nextText() == "b \(sequence) \(sequence)") }
            a.send(0, "welcome", to: "b")
            #expect(try #require(await b.socket.next()).payload == b.frame("a", 0, ByteBuffer(string: "welcome")))
            try b.say(["type": "binary_proxy_ack", "to_peer_id": "a", "sequence": 1])
            #expect(await a.next("binary_proxy_ack")["sequence"] as? Int == 1)
            try a.say(["type": "binary_proxy_ack", "to_peer_id": "b", "sequence": 10, "window": 99])
            #expect(await b.next("binary_proxy_ack")["sequence"] as? Int == 10)
            try b.say(["type": "binary_proxy_closed", "to_peer_id": "a"])
            for (client, sent, received) in [(a, 7, 10), (b, 10, 7)] {
                let closed = await client.next("binary_proxy_closed")
                #expect(closed["reason"] as? String == "closed")
                #expect(closed["bytes_sent"] as? Int == sent && closed["bytes_received"] as? Int == received)
            }
            for direction in ["inbound", "outbound"] {
                #expect(try await Self.counted(direction, at: [first, second]) == 17)
            }
            for (client, other) in [(a, "b"), (b, "a")] {
                client.send(20, "late", to: other)
                #expect(await client.error() == "proxy_not_open")
            }
            for client in [a, b] { client.disconnect() }
        }
    }

    @Test("a window holds across relays, in both directions: the sender is not read beyond it")
    func window() async throws {
        try await withNodes { first, second in
            let (a, b) = try await ProxyPeers(first).open(to: second)
            let piece = ByteBuffer(repeating: 7, count: 64 << 10)
            for (sender, receiver) in [(a, b), (b, a)] {
                for sequence in 0..<48 {
                    sender.socket.send(0x82, sender.frame(receiver.peer, UInt64(sequence), piece))
                }
                var next: UInt64 = 0
                for _ in 0..<3 {
                    for _ in 0..<16 {
                        let frame = await receiver.nextFrame()
                        #expect(frame?.sequence == next && frame?.data == piece)
                        next += 1
                    }
                    try receiver.say(["type": "chat_message", "message": "\(next)"])
                    #expect(await receiver.socket.next()?.object["message"] as? String == "\(next)")
                    try receiver.say(["type": "binary_proxy_ack", "to_peer_id": sender.peer, "sequence": next])
                }
                var acknowledged = 0
                while acknowledged < 48 {
                    acknowledged = await sender.next("binary_proxy_ack")["sequence"] as? Int ?? 48
                }
            }
            for client in [a, b] { client.disconnect() }
        }
    }

    @Test("a gap and a repeat close the tunnel, and both hear why", arguments: [[0, 2], [0, 0], [1]] as [[UInt64]])
    func order(sequences: [UInt64]) async throws {
        try await withNodes { first, second in
            let (a, b) = try await ProxyPeers(first).open(to: second)
            for sequence in sequences { b.send(sequence, "x", to: "a") }
            for client in [a, b] { #expect(await client.closing() == "sequence") }
            for client in [a, b] { client.disconnect() }
        }
    }

    @Test("each side ends for itself, and with the last acknowledgement the tunnel is done")
    func halfClose() async throws {
        try await withNodes { first, second in
            let (a, b) = try await ProxyPeers(first).open(to: second)
            for (client, other) in [(a, "b"), (b, "a")] {
                client.send(0, "text", to: other)
                client.send(1, "", to: other)
            }
            for (client, other) in [(a, "b"), (b, "a")] {
                #expect(await client.nextText() == "\(other) 0 text")
                #expect(await client.nextFrame()?.isEnd == true)
                try client.say(["type": "binary_proxy_ack", "to_peer_id": other, "sequence": 2])
            }
            for client in [a, b] { #expect(await client.closing() == "finished") }
            // Another one can follow, and the other way round.
            try b.say(["type": "request_binary_proxy", "to_peer_id": "a"])
            #expect(await a.next("request_binary_proxy")["from_peer_id"] as? String == "b")
            try a.say(["type": "binary_proxy_accepted", "to_peer_id": "b"])
            #expect(await b.next("binary_proxy_accepted")["from_peer_id"] as? String == "a")
            b.send(0, "again", to: "a")
            #expect(await a.nextText() == "b 0 again")
            for client in [a, b] { client.disconnect() }
        }
    }

    @Test("a peer that comes back to whichever relay goes on where it was", arguments: ["a", "b"], [0, 1])
    func resume(mover: String, place: Int) async throws {
        try await withNodes { first, second in
            let peers = try await ProxyPeers(first)
            var (a, b) = try await peers.open(to: second)
            for sequence in 0..<3 { a.send(UInt64(sequence), "x", to: "b") }
            for sequence in 0..<3 { #expect(await b.nextText() == "a \(sequence) x") }
            b.send(0, "y", to: "a")
            #expect(await a.nextText() == "b 0 y")
            try b.say(["type": "binary_proxy_ack", "to_peer_id": "a", "sequence": 1])
            #expect(await a.next("binary_proxy_ack")["sequence"] as? Int == 1)
            let relay = place == 0 ? first : second
            let gone = mover == "a" ? a : b
            try await gone.socket.connection.breakOff()
            _ = await (mover == "a" ? b : a).next("peer_away")
            let back = try await gone.back(to: peers.session, on: relay)
            if mover == "a" { a = back } else { b = back }
            #expect(await a.next("binary_proxy_accepted")["start_sequence"] as? Int == 1)
            #expect(await b.next("binary_proxy_accepted")["start_sequence"] as? Int == 0)
            for sequence in 1..<4 { a.send(UInt64(sequence), "\(sequence)", to: "b") }
            for sequence in 1..<4 { #expect(await b.nextText() == "a \(sequence) \(sequence)") }
            b.send(0, "z", to: "a")
            #expect(await a.nextText() == "b 0 z")
            for client in [a, b] { client.disconnect() }
        }
    }

    @Test("a peer that leaves for good ends its tunnels at the other relay", arguments: ["a", "b"])
    func leaving(leaver: String) async throws {
        try await withNodes { first, second in
            let (a, b) = try await ProxyPeers(first).open(to: second)
            try (leaver == "a" ? a : b).say(["type": "leave"])
            #expect(await (leaver == "a" ? b : a).closing() == "peer_left")
            for client in [a, b] { client.disconnect() }
        }
    }

    @Test("of a peer that is put out nothing more comes from another relay, whatever is on its way")
    func kicked() async throws {
        try await withNodes { first, second in
            let peers = try await ProxyPeers(first)
            let (a, b) = try await peers.open(["window": 65_536], to: second)
            // More than sockets take that are not read.
            for sequence in 0..<300 { b.send(UInt64(sequence), String(repeating: "b", count: 60_000), to: "a") }
            #expect(await a.nextFrame()?.sequence == 0)
            let path = peers.session.path + "/kick"
            let body = ["target_peer_id": "b"]
            let kicked = try await first.send(.POST, path, token: peers.session.account, json: body)
            #expect(kicked.status == 204, "\(kicked)")
            // The relay of `a` does not read what comes from that of `b`, not even that it is gone.
            #expect(await a.closing() == "peer_left")
            try a.say(["type": "binary_proxy_ack", "to_peer_id": "b", "sequence": 1])
            #expect(await a.error() == "proxy_not_open")
            for client in [a, b] { client.disconnect() }
        }
    }

    @Test("a relay that stops ends the tunnels that it keeps, and its peers may begin anew elsewhere")
    func stopped() async throws {
        try await withNodes { first, second in
            let peers = try await ProxyPeers(first)
            let (a, b) = try await peers.open(to: second)
            a.send(0, "hello", to: "b")
            #expect(await b.nextText() == "a 0 hello")
            await first.shutDown()
            let closed = await b.next("binary_proxy_closed")
            #expect(closed["reason"] as? String == "relay_lost" && closed["bytes_received"] as? Int == 5)
            let back = try await a.back(to: peers.session, on: second)
            try back.say(["type": "request_binary_proxy", "to_peer_id": "b"])
            #expect(await b.next("request_binary_proxy")["from_peer_id"] as? String == "a")
            try b.say(["type": "binary_proxy_accepted", "to_peer_id": "a"])
            #expect(await back.next("binary_proxy_accepted")["from_peer_id"] as? String == "b")
            b.send(0, "again", to: "a")
            #expect(await back.nextText() == "b 0 again")
            for client in [a, b, back] { client.disconnect() }
        }
    }

    @Test("a connection between the relays that breaks is opened again, and the tunnel goes on")
    func brokenLink() async throws {
        try await Splice.with { splice in
            try await withNodes { configuration, place in
                if place == 0 { configuration.tunnels.node = NodeAddress("http://127.0.0.1:\(splice.port)") }
            } _: { first, second in
                splice.forward(to: first.port)
                let (a, b) = try await ProxyPeers(first).open(to: second)
                a.send(0, "x", to: "b")
                #expect(await b.nextText() == "a 0 x")
                // One that is younger is not worth another.
                try await Task.sleep(for: .milliseconds(1_100))
                await splice.cut()
                #expect(await b.next("binary_proxy_accepted")["start_sequence"] as? Int == 0)
                #expect(await a.next("binary_proxy_accepted")["start_sequence"] as? Int == 0)
                a.send(0, "y", to: "b")
                #expect(await b.nextText() == "a 0 y")
                b.send(0, "z", to: "a")
                #expect(await a.nextText() == "b 0 z")
                for client in [a, b] { client.disconnect() }
            }
        }
    }

    @Test("where the opener's relay can't be reached both hear of it")
    func unreachable() async throws {
        let dead = try await freePort()
        try await withNodes { configuration, place in
            if place == 0 { configuration.tunnels.node = NodeAddress("http://127.0.0.1:\(dead)") }
        } _: { first, second in
            let peers = try await ProxyPeers(first)
            let (a, b) = (try await peers.join("a"), try await peers.join("b", on: second))
            _ = await a.next("peer_joined")
            try a.say(["type": "request_binary_proxy", "to_peer_id": "b"])
            _ = await b.next("request_binary_proxy")
            try b.say(["type": "binary_proxy_accepted", "to_peer_id": "a"])
            #expect(await b.closing() == "relay_lost")
            #expect(await a.next("binary_proxy_rejected")["reason"] as? String == "relay_unreachable")
            // The other way round it works.
            try b.say(["type": "request_binary_proxy", "to_peer_id": "a"])
            _ = await a.next("request_binary_proxy")
            try a.say(["type": "binary_proxy_accepted", "to_peer_id": "b"])
            #expect(await b.next("binary_proxy_accepted")["from_peer_id"] as? String == "a")
            for client in [a, b] { client.disconnect() }
        }
    }

    @Test("what is asked of nobody in particular is for whoever accepts it at whichever relay, once")
    func anybody() async throws {
        try await withNodes { first, second in
            let peers = try await ProxyPeers(first)
            let (a, b, c) = (
                try await peers.join("a"), try await peers.join("b", on: second), try await peers.join("c", on: second)
            )
            try a.say(["type": "request_binary_proxy"])
            for client in [b, c] { _ = await client.next("request_binary_proxy") }
            try b.say(["type": "binary_proxy_accepted", "to_peer_id": "a"])
            #expect(await a.next("binary_proxy_accepted")["from_peer_id"] as? String == "b")
            try c.say(["type": "binary_proxy_accepted", "to_peer_id": "a"])
            #expect(await c.error() == "proxy_not_open")
            // As programs of old send a frame.
            try b.say(["type": "binary_proxy_data", "sequence": 0, "is_git_protocol": true])
            b.socket.send(0x82, ByteBuffer(string: "raw"))
            #expect(await a.nextText() == "b 0 raw")
            for client in [a, b, c] { client.disconnect() }
        }
    }

    @Test(
        "of two who accept at once one has the tunnel, and the other is told, and may have one of its own",
        arguments: 0..<8
    )
    func anybodyAtOnce(_ round: Int) async throws {
        try await withNodes { first, second in
            let peers = try await ProxyPeers(first)
            let a = try await peers.join("a")
            let b = try await peers.join("b", on: round.isMultiple(of: 2) ? first : second)
            let c = try await peers.join("c", on: second)
            try a.say(["type": "request_binary_proxy"])
            for client in [b, c] { _ = await client.next("request_binary_proxy") }
            for client in [c, b] { try client.say(["type": "binary_proxy_accepted", "to_peer_id": "a"]) }
            let isB = await a.next("binary_proxy_accepted")["from_peer_id"] as? String == "b"
            let (winner, loser) = isB ? (b, c) : (c, b)
            #expect(await loser.error() == "proxy_not_open")
            winner.send(0, "won", to: "a")
            #expect(await a.nextText() == "\(winner.peer) 0 won")
            try loser.say(["type": "request_binary_proxy", "to_peer_id": "a"])
            #expect(await a.next("request_binary_proxy")["from_peer_id"] as? String == loser.peer)
            try a.say(["type": "binary_proxy_accepted", "to_peer_id": loser.peer])
            #expect(await loser.next("binary_proxy_accepted")["from_peer_id"] as? String == "a")
            loser.send(0, "own", to: "a")
            #expect(await a.nextText() == "\(loser.peer) 0 own")
            for client in [a, b, c] { client.disconnect() }
        }
    }

    @Test("one that rejects at another relay has none, and bad frames are refused there as here")
    func refused() async throws {
        try await withNodes { first, second in
            let peers = try await ProxyPeers(first)
            let (a, b) = try await peers.open(to: second)
            b.socket.send(0x82, ByteBuffer(bytes: [1]))
            #expect(await b.error() == "bad_message")
            b.send(0, "to a stranger", to: "c")
            #expect(await b.error() == "proxy_not_open")
            let c = try await peers.join("c", on: second)
            _ = await a.next("peer_joined")
            try a.say(["type": "request_binary_proxy", "to_peer_id": "c"])
            _ = await c.next("request_binary_proxy")
            try c.say(["type": "binary_proxy_rejected", "to_peer_id": "a", "reason": "busy"])
            #expect(await a.next("binary_proxy_rejected")["reason"] as? String == "busy")
            b.send(0, "hello", to: "a")
            #expect(await a.nextText() == "b 0 hello")
            for client in [a, b, c] { client.disconnect() }
        }
    }

    @Test("nobody stands for a peer who is no relay, nor by a pass for another peer or one that was shown before")
    func forged() async throws {
        try await withNodes { first, second in
            let peers = try await ProxyPeers(first)
            let (a, b) = try await peers.open(to: second)
            let other = NodePass(
                node: "http://127.0.0.1:\(first.port)",
                session: peers.session.id,
                claim: .proxy("00000000000000000000000000000000", peer: "b")
            )
            var generator = SystemRandomNumberGenerator()
            let key = NodePassKey(secret: RelayConfiguration.forTests.access.jwtSecret?.value ?? "")
            let now = RelayClock.system.now().microseconds / 1000
            let pass = key.text(other, at: now, .random(using: &generator))
            let tokens = [
                nil, peers.session.host, peers.session.account, String(repeating: "A", count: 75), pass, pass,
            ]
            for (token, status) in zip(tokens, [401, 401, 401, 401, 404, 401]) {
                let connection = try await RawConnection.open(first.port)
                connection.request("GET", other.path, token: token, headers: TestWebSocket.handshake)
                #expect(try #require(await connection.head()).status == status)
                connection.disconnect()
            }
            a.send(0, "hello", to: "b")
            #expect(await b.nextText() == "a 0 hello")
            for client in [a, b] { client.disconnect() }
        }
    }
}
