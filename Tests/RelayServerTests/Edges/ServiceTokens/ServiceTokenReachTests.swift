import Foundation
import HTTPTypes
import NIOHTTP1
import Testing

@testable import RelayServer

@Suite("What a service token opens", .timeLimit(.minutes(2)))
struct ServiceTokenReachTests {
    private static let refusal = "A token limited to topics opens WebSockets, event streams and polls of these alone"

    @Test("a WebSocket follows and publishes what is in reach, and there is nothing else")
    func socket() async throws {
        try await withRelay { relay in
            let alice = try await relay.makeUser("alice", by: try await relay.administratorToken)
            for topic in ["board", "room-1", "secret"] { try await relay.makeTopic(topic, token: alice.token) }
            let token = try await relay.serviceToken(
                ["board"],
                prefixes: ["room-"],
                permissions: ["read", "write"],
                token: alice.token
            )
            let socket = try await TestWebSocket(relay, token: token.text)
            #expect(try await socket.subscribe(["board", "room-1"]).type == "subscribed")
            func publish(_ topic: String) async throws -> TestWebSocket.Frame? {
                try socket.send(json: ["type": "publish", "id": topic, "topic": topic, "payload": ["n": 1]])
                while let frame = await socket.next() {
                    if frame.type == "published" || frame.type == "error" { return frame }
                }
                return nil
            }
            #expect(try await publish("room-1")?.type == "published")
            // There, elsewhere, and nowhere: no difference.
            let (there, nowhere) = (try await publish("secret"), try await publish("nothing"))
            #expect(
                there?.type == "error" && there?.object["message"] as? String == nowhere?.object["message"] as? String
            )
            // In reach, but not there: it makes none.
            #expect(try await publish("room-2")?.type == "error")
            #expect(try await relay.send(.GET, "/api/v1/topics/room-2", token: alice.token).status == 404)
            socket.connection.disconnect()
            for topics in [["secret"], ["board", "nothing"], ["document/x"], ["session/x/signal"]] {
                let other = try await TestWebSocket(relay, token: token.text)
                #expect(try await other.subscribe(topics).type != "subscribed", "\(topics)")
                other.connection.disconnect()
            }
        }
    }

    @Test("a token to read alone publishes nothing")
    func readOnly() async throws {
        try await withRelay { relay in
            let admin = try await relay.administratorToken
            try await relay.makeTopic("t", token: admin)
            let token = try await relay.serviceToken(["t"], token: admin)
            let socket = try await TestWebSocket(relay, token: token.text)
            _ = try await socket.subscribe(["t"])
            try socket.send(json: ["type": "publish", "id": "1", "topic": "t", "payload": ["n": 1]])
            let frame = try #require(await socket.next())
            #expect(frame.type == "error" && frame.object["message"] as? String == "Permission 'write' required")
            socket.connection.disconnect()
        }
    }

    @Test("event streams and polls follow what is in reach, also a topic that comes later")
    func streams() async throws {
        try await withRelay { relay in
            let alice = try await relay.makeUser("alice", by: try await relay.administratorToken)
            let token = try await relay.serviceToken(["later"], token: alice.token)
            let stream = try await TestEventStream(relay, token: token.text, query: "topics=later")
            try await relay.publish("later", token: alice.token)
            var name: String?
            while name != "message", let event = await stream.next() { name = event.name }
            #expect(name == "message")
            #expect(try await relay.poll(["later"], token: token.text, timeout: 1).status == 200)
            let other = try await relay.poll(["elsewhere"], token: token.text, timeout: 1)
            #expect(other.status == 404)
        }
    }

    @Test("what others own is out of reach, also where it comes to be theirs while somebody waits")
    func others() async throws {
        try await withRelay { relay in
            let admin = try await relay.administratorToken
            let alice = try await relay.makeUser("alice", by: admin)
            let bob = try await relay.makeUser("bob", by: admin)
            let token = try await relay.serviceToken(["t"], prefixes: ["x"], token: alice.token)
            let socket = try await TestWebSocket(relay, token: token.text)
            #expect(try await socket.subscribe(["t"]).type == "subscribed")
            try await relay.makeTopic("t", isPublic: true, token: bob.token)
            let end = try #require(await socket.next())
            #expect(end.type == "error", "\(end.text)")
            socket.connection.disconnect()
            try await relay.makeTopic("x1", isPublic: true, token: bob.token)
            #expect(try await relay.poll(["x1"], token: alice.token, timeout: 1).status == 200)
            #expect(try await relay.poll(["x1"], token: token.text, timeout: 1).status == 403)
            // An administrator's reach has everybody's.
            let wide = try await relay.serviceToken([], prefixes: ["x"], token: admin)
            #expect(try await relay.poll(["x1"], token: wide.text, timeout: 1).status == 200)
            #expect(try await relay.poll(["t"], token: wide.text, timeout: 1).status == 404)
        }
    }

    @Test("where names are per owner, a token's are its user's")
    func ownNames() async throws {
        try await withRelay {
            $0.access.topicScope = .owner
        } _: { relay in
            let admin = try await relay.administratorToken
            let alice = try await relay.makeUser("alice", by: admin)
            let bob = try await relay.makeUser("bob", by: admin)
            try await relay.makeTopic("t", token: bob.token)
            try await relay.makeTopic("t", token: alice.token)
            let token = try await relay.serviceToken([], prefixes: ["t"], token: alice.token)
            let stream = try await TestEventStream(relay, token: token.text, query: "topics=t")
            try await relay.publish("t", token: bob.token)
            let id = try await relay.publish("t", token: alice.token)
            var event = await stream.next()
            while let now = event, now.name != "message" { event = await stream.next() }
            #expect(event?.object["message_id"] as? String == id)
        }
    }

    @Test("sockets of documents edit those in reach, as the peer that the token names")
    func documents() async throws {
        try await withRelay { relay in
            let admin = try await relay.administratorToken
            for name in ["notes", "other"] {
                let owner = try await DocumentClient.synced(relay, name, token: admin)
                owner.leave()
            }
            let token = try await relay.serviceToken(
                [],
                prefixes: ["document/no"],
                permissions: ["read", "write"],
                peer: "tab",
                token: admin
            )
            let client = try await DocumentClient.synced(relay, "notes", token: token.text)
            client.send(update: DocumentClient.letter(0))
            #expect(await client.next() == .update(DocumentClient.letter(0)))
            let history = try await relay.send(.GET, "/api/v1/topics/document%2Fnotes/messages", token: admin)
            #expect(history.text.contains(#""tab""#), "\(history)")
            client.leave()
            for name in ["other", "none", "nothing"] {
                let connection = try await RawConnection.open(relay.port)
                connection.request("GET", "/yjs/\(name)", token: token.text, headers: TestWebSocket.handshake)
                #expect(await connection.head()?.status == 404, "\(name)")
                connection.disconnect()
            }
            let editor = try await HocuspocusClient(relay)
            editor.authenticate("notes", token.text)
            #expect(await editor.next()?.address == "notes")
            editor.disconnect()
        }
    }

    @Test("every other route refuses the token, before it looks at the body")
    func routes() async throws {
        try await withRelayParts { parts, _, _ in
            let lane = try #require(parts.services.routes.others as? RouterLane)
            let fast = Set(parts.services.routes.entries.map(\.path))
            try await withRelay { relay in
                let admin = try await relay.administratorToken
                let token = try await relay.serviceToken(["t"], permissions: ["read", "write"], token: admin)
                var count = 0
                for entry in lane.responder.table.entries where !fast.contains(entry.template) {
                    let path = entry.template.replacing(/\{[a-z_]+\}/, with: "x")
                    for (method, admission) in entry.methods {
                        guard case .caller = admission else {
                            // Tickets open these, or nothing; a challenge is for everybody.
                            guard path.hasPrefix("/v1/"), !path.hasSuffix("/challenge") else { continue }
                            let reply = try await relay.send(
                                HTTPMethod(rawValue: method.rawValue),
                                path,
                                token: token.text,
                                body: method == .post || method == .put || method == .patch ? "{}" : nil
                            )
                            #expect(reply.status == 403, "\(method) \(path): \(reply)")
                            continue
                        }
                        count += 1
                        let body = [.get, .head, .delete].contains(method) ? nil : "{"
                        let reply = try await relay.send(
                            HTTPMethod(rawValue: method.rawValue),
                            path,
                            token: token.text,
                            body: body
                        )
                        #expect(reply.status == 403, "\(method) \(path): \(reply)")
                        if method != .head { #expect(reply.detail == Self.refusal, "\(method) \(path)") }
                    }
                }
                #expect(count > 25)
                for path in ["/api/v1/messages", "/api/v1/messages/bulk"] {
                    let reply = try await relay.send(.POST, path, token: token.text, body: "{")
                    #expect(reply.status == 403 && reply.detail == Self.refusal, "\(path): \(reply)")
                }
                for (method, path) in [
                    (HTTPMethod.POST, "/v1/sessions"), (.POST, "/v1/ice-servers"), (.GET, "/stats"),
                ] {
                    let body = method == .POST ? "{}" : nil
                    let reply = try await relay.send(method, path, token: token.text, body: body)
                    #expect(reply.status == 403 && reply.text.contains(Self.refusal), "\(path): \(reply)")
                }
                for path in ["/v1/signaling", "/v1/tunnels/x?session_id=x"] {
                    let connection = try await RawConnection.open(relay.port)
                    connection.request("GET", path, token: token.text, headers: TestWebSocket.handshake)
                    #expect(await connection.head()?.status == 403, "\(path)")
                    connection.disconnect()
                }
            }
        }
    }

    @Test("no join of a session comes over a token's WebSocket")
    func signaling() async throws {
        try await withRelay { relay in
            let token = try await relay.serviceToken(["t"], token: try await relay.administratorToken)
            let socket = try await TestWebSocket(relay, token: token.text)
            try socket.send(json: ["type": "join", "session_id": "s", "peer_id": "p", "token": ""])
            let frame = try #require(await socket.next())
            #expect(frame.type != "joined" && !frame.text.contains("session_id"))
            socket.connection.disconnect()
        }
    }

    @Test("the named readers of its user are not a token's")
    func namedReaders() async throws {
        try await withRelay { relay in
            let admin = try await relay.administratorToken
            try await relay.makeTopic("t", token: admin)
            let token = try await relay.serviceToken(["t"], token: admin)
            let poll: [String: Any] = ["topics": ["t"], "reader": "billing", "timeout": 1]
            let polled = try await relay.send(.POST, "/messages/poll", token: token.text, json: poll)
            #expect(polled.status == 422 && polled.detail == "A token limited to topics has no named readers")
            #expect(try await relay.send(.GET, "/sse?topics=t&reader=billing", token: token.text).status == 422)
            let socket = try await TestWebSocket(relay, token: token.text)
            try socket.send(json: ["type": "subscribe", "topics": ["t"], "reader": "billing"])
            let refusal = try #require(await socket.next())
            #expect(refusal.type == "error" && refusal.text.contains("A token limited to topics has no named readers"))
            socket.connection.disconnect()
            #expect(try await relay.send(.GET, "/api/v1/topics/t/readers", token: admin).list.isEmpty)
        }
    }

    @Test("a client's idempotency keys are not its user's")
    func idempotency() async throws {
        try await withRelay { relay in
            let admin = try await relay.administratorToken
            try await relay.makeTopic("t", token: admin)
            let token = try await relay.serviceToken(["t"], permissions: ["read", "write"], token: admin)
            var ids: [String] = []
            for text in [admin, token.text, token.text] {
                let socket = try await TestWebSocket(relay, token: text)
                _ = try await socket.subscribe(["t"])
                try socket.send(json: [
                    "type": "publish", "id": "1", "topic": "t", "payload": ["n": 1], "idempotency_key": "k",
                ])
                let frame = try #require(await socket.next("published"))
                ids.append(try #require(frame.object["message_id"] as? String))
                socket.connection.disconnect()
            }
            #expect(ids[0] != ids[1] && ids[1] == ids[2])
        }
    }
}
