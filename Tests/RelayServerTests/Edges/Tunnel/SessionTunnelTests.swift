import NIOCore
import NIOHTTP1
import RelayServer
import Testing

@Suite("Tunnels of a session, from the request to the end", .timeLimit(.minutes(2)))
struct SessionTunnelTests {
    /// A session with the peers `alice` and `bob`, and their tickets.
    private struct Peers: Sendable {
        let session: String
        let alice: String
        let bob: String

        init(_ relay: TestRelay) async throws {
            let admin = try await relay.administratorToken
            let made = try await relay.send(.POST, "/v1/sessions", token: admin, json: ["host_id": "alice"])
            self.session = try #require(made.object["session_id"] as? String, "\(made)")
            let claim = try #require(made.object["join_token"] as? String)
            self.alice = try await Self.join("alice", claim, self.session, relay, token: admin)
            let path = "/v1/sessions/\(self.session)/invites"
            let invited = try await relay.send(.POST, path, token: self.alice, json: ["role": "editor", "uses": 2])
            let invite = try #require(invited.object["token"] as? String, "\(invited)")
            self.bob = try await Self.join("bob", invite, self.session, relay)
        }

        static func join(
            _ peer: String,
            _ joinToken: String,
            _ session: String,
            _ relay: TestRelay,
            token: String? = nil
        ) async throws -> String {
            let body = ["peer_id": peer, "join_token": joinToken]
            let joined = try await relay.send(.POST, "/v1/sessions/\(session)/join", token: token, json: body)
            return try #require(joined.object["ticket"] as? String, "\(joined)")
        }

        var path: String { "/v1/sessions/\(self.session)/tunnels" }

        /// - Returns: its id.
        func request(_ relay: TestRelay) async throws -> String {
            let made = try await relay.send(.POST, self.path, token: self.alice, json: ["to_peer_id": "bob"])
            #expect(made.status == 201)
            return try #require(made.object["tunnel_id"] as? String, "\(made)")
        }

        func accept(_ tunnel: String, _ relay: TestRelay) async throws {
            let accepted = try await relay.send(.POST, "\(self.path)/\(tunnel)/accept", token: self.bob, json: [:])
            #expect(accepted.status == 200 && accepted.object["state"] as? String == "accepted", "\(accepted)")
        }

        func open(_ tunnel: String, _ ticket: String, _ relay: TestRelay) async throws -> TestWebSocket {
            try await TestWebSocket(port: relay.port, "/v1/tunnels/\(tunnel)", token: ticket)
        }
    }

    @Test("is asked for, accepted, and carries bytes; closed by one of the two, it ends for both at once")
    func life() async throws {
        try await withRelay { relay in
            let peers = try await Peers(relay)
            let tunnel = try await peers.request(relay)
            try await peers.accept(tunnel, relay)
            let (alice, bob) = (
                try await peers.open(tunnel, peers.alice, relay), try await peers.open(tunnel, peers.bob, relay)
            )
            alice.send(0x82, ByteBuffer(string: "hello"))
            #expect(await bob.bytes(5) == ByteBuffer(string: "hello"))
            bob.send(0x82, ByteBuffer(string: "welcome"))
            #expect(await alice.bytes(7) == ByteBuffer(string: "welcome"))
            let closed = try await relay.send(.DELETE, "\(peers.path)/\(tunnel)", token: peers.bob)
            #expect(closed.status == 204)
            for end in [alice, bob] { #expect(await end.untilGoodbye().last?.closeCode == 1_000) }
        }
    }

    @Test("nobody opens an end before it is accepted, nor of another's tunnel, nor without a ticket")
    func refused() async throws {
        try await withRelay { relay in
            let peers = try await Peers(relay)
            let others = try await Peers(relay)
            let tunnel = try await peers.request(relay)
            #expect(try await Self.status(relay, tunnel, peers.alice) == 409)
            try await peers.accept(tunnel, relay)
            #expect(try await Self.status(relay, tunnel, others.alice) == 404)
            #expect(try await Self.status(relay, "none", peers.alice) == 404)
            #expect(try await Self.status(relay, tunnel, nil) == 401)
            #expect(try await Self.status(relay, tunnel, try await relay.administratorToken) == 404)
        }
    }

    @Test("whoever has as many connections as may be opens no end, and holds no subscription for it")
    func tooManyConnections() async throws {
        try await withRelay {
            $0.webSocket.maxPerUser = 1
            $0.quotas.maxSubscriptionsPerUser = 3
        } _: { relay in
            let peers = try await Peers(relay)
            let tunnel = try await peers.request(relay)
            try await peers.accept(tunnel, relay)
            let alice = try await peers.open(tunnel, peers.alice, relay)
            for _ in 0..<5 { #expect(try await Self.status(relay, tunnel, peers.alice) == 403) }
            let bob = try await peers.open(tunnel, peers.bob, relay)
            bob.send(0x82, ByteBuffer(string: "hello"))
            #expect(await alice.bytes(5) == ByteBuffer(string: "hello"))
            alice.connection.disconnect()
            bob.connection.disconnect()
        }
    }

    @Test("a peer that is put out of the session loses its end")
    func kicked() async throws {
        try await withRelay { relay in
            let peers = try await Peers(relay)
            let tunnel = try await peers.request(relay)
            try await peers.accept(tunnel, relay)
            let (alice, bob) = (
                try await peers.open(tunnel, peers.alice, relay), try await peers.open(tunnel, peers.bob, relay)
            )
            let path = "/v1/sessions/\(peers.session)/kick"
            let kicked = try await relay.send(.POST, path, token: peers.alice, json: ["target_peer_id": "bob"])
            #expect(kicked.status == 204, "\(kicked)")
            #expect([1_000, 4_003].contains(await bob.untilGoodbye().last?.closeCode))
            #expect([1_000, 1_001].contains(await alice.untilGoodbye().last?.closeCode))
        }
    }

    @Test("its ends are closed when the session is over, and not only when it is forgotten")
    func sessionEnds() async throws {
        try await withRelay { relay in
            let peers = try await Peers(relay)
            let tunnel = try await peers.request(relay)
            try await peers.accept(tunnel, relay)
            let (alice, bob) = (
                try await peers.open(tunnel, peers.alice, relay), try await peers.open(tunnel, peers.bob, relay)
            )
            let path = "/v1/sessions/\(peers.session)"
            let closed = try await relay.send(.POST, "\(path)/close", token: peers.alice, json: [:])
            #expect(closed.status == 204, "\(closed)")
            for end in [alice, bob] {
                #expect([1_000, 1_001, 4_004].contains(await end.untilGoodbye().last?.closeCode))
            }
            // It still tells how it ended.
            let session = try await relay.send(.GET, path, token: peers.alice)
            #expect(session.object["state"] as? String == "closed", "\(session)")
        }
    }

    private static func status(_ relay: TestRelay, _ tunnel: String, _ token: String?) async throws -> Int {
        let connection = try await RawConnection.open(relay.port)
        connection.request("GET", "/v1/tunnels/\(tunnel)", token: token, headers: TestWebSocket.handshake)
        let head = try #require(await connection.head())
        connection.disconnect()
        return Int(head.status)
    }
}
