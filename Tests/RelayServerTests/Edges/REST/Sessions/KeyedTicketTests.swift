import Foundation
import NIOHTTP1
import RelayServer
import Testing

@Suite("Tickets that name a key", .timeLimit(.minutes(2)))
struct KeyedTicketTests {
    private static func address(_ path: String) -> String { "https://relay.example.org\(path)" }

    /// A ticket with `cnf`.
    private static func ticket(_ session: TestSession, _ identity: TestIdentity) async throws -> String {
        let joined = try await identity.join(session, "guest", try await session.invite([:]))
        return try #require(joined.object["ticket"] as? String, "\(joined)")
    }

    @Test("the ticket alone opens no route: not the session's, not the messages', no socket, no stream, no tunnel")
    func bare() async throws {
        try await withRelay { relay in
            let session = try await TestSession(relay, account: try await relay.administratorToken)
            let ticket = try await Self.ticket(session, TestIdentity())
            let topic = session.topic("signal").replacingOccurrences(of: "/", with: "%2F")
            let requests: [(HTTPMethod, String)] = [
                (.GET, session.path), (.POST, session.path + "/heartbeat"), (.POST, session.path + "/leave"),
                (.GET, session.path + "/tunnels"), (.POST, session.path + "/tunnels"), (.POST, "/v1/ice-servers"),
                (.POST, "/api/v1/messages"), (.POST, "/messages/poll"), (.GET, "/sse?topics=\(topic)"),
                (.GET, "/api/v1/topics/\(topic)/messages"),
            ]
            for (method, path) in requests {
                let reply = try await relay.send(method, path, token: ticket, json: [:])
                #expect(reply.status == 401, "\(method) \(path): \(reply)")
                #expect(reply.headers["www-authenticate"] == [#"DPoP algs="EdDSA""#], "\(method) \(path)")
            }
            for path in ["/ws", "/v1/signaling", "/v1/tunnels/0123456789abcdef"] {
                let connection = try await RawConnection.open(relay.port)
                connection.request("GET", path, token: ticket, headers: TestWebSocket.handshake)
                #expect(await connection.head()?.status == 401, "\(path)")
            }
        }
    }

    @Test("with a proof for the request it opens what a ticket opens, and each proof is taken once")
    func proven() async throws {
        try await withRelay { relay in
            let session = try await TestSession(relay, account: try await relay.administratorToken)
            let identity = TestIdentity()
            let ticket = try await Self.ticket(session, identity)
            func send(
                _ method: HTTPMethod,
                _ path: String,
                _ proof: String,
                _ body: String = "{}"
            ) async throws -> TestReply {
                let headers = [("dpop", proof), ("content-type", "application/json")]
                return try await relay.send(method, path, token: ticket, headers: headers, body: body)
            }
            let proof = try identity.proof("GET", Self.address(session.path), token: ticket)
            #expect(try await send(.GET, session.path, proof).status == 200)
            let again = try await send(.GET, session.path, proof)
            #expect(again.status == 401 && again.error == "invalid_token")
            #expect(
                again.headers["www-authenticate"] == [#"DPoP error="invalid_dpop_proof", algs="EdDSA""#]
            )
            let beat = session.path + "/heartbeat"
            let renewed = try await send(.POST, beat, try identity.proof("POST", Self.address(beat), token: ticket))
            #expect(renewed.status == 200)
            let message = #"{"topic":"\#(session.topic())","payload":{"type":"chat_message","message":"x"}}"#
            let publish = "/api/v1/messages"
            for status in [201, 401] {
                let id = status == 201 ? "first" : "second"
                let by = status == 201 ? identity : TestIdentity()
                let proof = try by.proof("POST", Self.address(publish), token: ticket, id: id)
                let reply = try await send(.POST, publish, proof, message)
                #expect(reply.status == status, "\(reply)")
            }
            let topic = session.topic("signal").replacingOccurrences(of: "/", with: "%2F")
            let history = "/api/v1/topics/\(topic)/messages"
            let read = try identity.proof("GET", Self.address(history), token: ticket)
            #expect(try await send(.GET, history, read, "").status == 200)
        }
    }

    @Test("a proof for another method, path or ticket, by another key, too old or of another form is none")
    func wrong() async throws {
        try await withRelay { relay in
            let session = try await TestSession(relay, account: try await relay.administratorToken)
            let identity = TestIdentity()
            let ticket = try await Self.ticket(session, identity)
            let address = Self.address(session.path)
            let proofs = [
                try identity.proof("POST", address, token: ticket),
                try identity.proof("GET", address + "/", token: ticket),
                try identity.proof("GET", session.path, token: ticket),
                try identity.proof("GET", address, token: session.host),
                try TestIdentity().proof("GET", address, token: ticket),
                try identity.proof("GET", address, token: ticket, age: 70),
                try identity.proof("GET", address, token: ticket, age: -70),
                ticket, "x", "..",
            ]
            for proof in proofs {
                let reply = try await relay.send(.GET, session.path, token: ticket, headers: [("dpop", proof)])
                #expect(reply.status == 401, "\(proof): \(reply)")
            }
            let two = try (0..<2).map { _ in ("dpop", try identity.proof("GET", address, token: ticket)) }
            #expect(try await relay.send(.GET, session.path, token: ticket, headers: two).status == 401)
            let good = try identity.proof("GET", address + "?a=b#c", token: ticket)
            let reply = try await relay.send(
                .GET,
                session.path,
                headers: [("authorization", "DPoP \(ticket)"), ("dpop", good)]
            )
            #expect(reply.status == 200)
        }
    }

    @Test(
        "a socket is opened with a proof, which a browser may put into the query, and the relay renews its ticket itself"
    )
    func socket() async throws {
        try await withRelay {
            $0.webSocket.acceptsQueryToken = true
        } _: { relay in
            let session = try await TestSession(relay, account: try await relay.administratorToken)
            let identity = TestIdentity()
            let ticket = try await Self.ticket(session, identity)
            let proof = try identity.proof("GET", "wss://relay.example.org/ws", token: ticket)
            let socket = try await TestWebSocket(port: relay.port, "/ws?token=\(ticket)&dpop=\(proof)")
            #expect(try await socket.subscribe([session.topic()]).type == "subscribed")
            try socket.send(json: ["type": "auth", "token": ticket])
            #expect(await socket.next("authenticated") != nil)
            let again = try await RawConnection.open(relay.port)
            again.request("GET", "/ws?token=\(ticket)&dpop=\(proof)", token: nil, headers: TestWebSocket.handshake)
            #expect(await again.head()?.status == 401)
        }
    }

    @Test("joining over a signaling socket with a ticket that names a key needs a proof of it")
    func signaling() async throws {
        try await withRelay { relay in
            let session = try await TestSession(relay, account: try await relay.administratorToken)
            let identity = TestIdentity()
            let ticket = try await Self.ticket(session, identity)
            let bare = try await SignalingClient(relay)
            try bare.socket.send(json: [
                "type": "join", "session_id": session.id, "peer_id": "guest", "join_token": ticket,
            ])
            let refused = await bare.next()
            #expect(refused["type"] as? String == "error" && refused["code"] as? String == "invalid_token")
            let fields = try identity.fields(for: ticket, try await identity.nonce(session, at: relay))
            let proven = try await SignalingClient(session, "guest", ticket, fields)
            #expect(proven.peer == "guest")
        }
    }

    @Test(
        "a socket that was opened by a proof joins by the same ticket without another, and by no other ticket",
        arguments: ["/v1/signaling", "/ws"]
    )
    func provenSocket(path: String) async throws {
        try await withRelay {
            $0.webSocket.acceptsQueryToken = true
        } _: { relay in
            let session = try await TestSession(relay, account: try await relay.administratorToken)
            let identity = TestIdentity()
            let ticket = try await Self.ticket(session, identity)
            let invite = try await session.invite([:])
            let joined = try await TestIdentity().join(session, "other", invite)
            let other = try #require(joined.object["ticket"] as? String, "\(joined)")
            for (shown, isLetIn) in [(other, false), (ticket, true)] {
                let proof = try identity.proof("GET", "wss://relay.example.org\(path)", token: ticket)
                let client = try await SignalingClient(relay, "\(path)?token=\(ticket)&dpop=\(proof)")
                let peer = shown == ticket ? "guest" : "other"
                try client.socket.send(json: [
                    "type": "join", "session_id": session.id, "peer_id": peer, "join_token": shown,
                ])
                let answer = await client.next()
                #expect(answer["type"] as? String == (isLetIn ? "joined" : "error"), "\(answer)")
                client.disconnect()
            }
        }
    }

    @Test("a number that was answered at one relay is none at another, and neither is a proof")
    func twoRelays() async throws {
        try await withTwoRelays { first, second in
            let session = try await TestSession(first, account: try await first.administratorToken)
            let identity = TestIdentity()
            let invite = try await session.invite(["uses": 2])
            let nonce = try await identity.nonce(session, at: first)
            // Whichever relay drew it, any takes it.
            let joined = try await identity.join(session, "guest", invite, nonce: nonce, at: second)
            let ticket = try #require(joined.object["ticket"] as? String, "\(joined)")
            for relay in [first, second] {
                let again = try await identity.join(session, "guest", invite, nonce: nonce, at: relay)
                #expect(again.status == 401 && again.error == "invalid_token", "\(again)")
            }
            let proof = try identity.proof("GET", Self.address(session.path), token: ticket)
            func get(_ relay: TestRelay) async throws -> Int {
                try await relay.send(.GET, session.path, token: ticket, headers: [("dpop", proof)]).status
            }
            #expect(try await get(second) == 200)
            #expect(try await get(first) == 401)
            #expect(try await get(second) == 401)
        }
    }
}
