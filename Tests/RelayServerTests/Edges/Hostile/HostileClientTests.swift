import Foundation
import NIOCore
import NIOHTTP1
import NIOWebSocket
import RelayAccess
import Testing

@testable import RelayServer

/// What clients did to crash the relay, or to have it keep things for them.
@Suite("Hostile clients", .timeLimit(.minutes(2)))
struct HostileClientTests {
    // MARK: Handshakes

    /// The decoder goes on parsing HTTP after these, so what follows must never meet a WebSocket's handlers.
    @Test(
        "a handshake that the HTTP decoder takes for no upgrade is refused, whatever follows it",
        arguments: [
            ["Connection: Upgrade\t"], ["Connection: keep-alive, upgrade\t"], ["Connection: upgrade\t,x"],
            ["Connection: Upgrade", "Content-Length: 5"], ["Connection: Upgrade", "Transfer-Encoding: chunked"],
        ]
    )
    func ambiguousHandshake(_ headers: [String]) async throws {
        try await withRelay { relay in
            let token = try await relay.administratorToken
            // The second time the token is known, and the handshake is answered while the decoder is still at work.
            for _ in 1...2 {
                let client = try await RawConnection.open(relay.port)
                let fields = TestWebSocket.handshake.filter { !$0.hasPrefix("Connection") } + headers
                let next = "GET /health HTTP/1.1\r\nHost: x\r\n\r\n"
                let body = headers.contains { $0.hasPrefix("Transfer") } ? "5\r\nhello\r\n0\r\n\r\n" : "hello"
                client.send(
                    "GET /ws HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(token)\r\n"
                        + fields.joined(separator: "\r\n") + "\r\n\r\n" + (headers.count > 1 ? body : "")
                        + next + next + next
                )
                #expect(await client.reply()?.status == 400)
                _ = await client.rest()
            }
            #expect(try await relay.send(.GET, "/health").status == 200)
        }
    }

    @Test("a length too large for a number is too large for a body")
    func hugeLength() async throws {
        try await withRelay { relay in
            let client = try await RawConnection.open(relay.port)
            client.request("POST", "/auth/login", token: nil, headers: ["Content-Length: 18446744073709551615"])
            #expect(await client.reply()?.status == 413)
        }
    }

    // MARK: Hanging up

    @Test("who hangs up while the topics of a poll or a stream are loaded leaves nothing behind")
    func hangingUp() async throws {
        try await withRelay { configuration in
            configuration.storage.backend = .memory
        } _: { relay in
            let token = try await relay.administratorToken
            for round in 1...40 {
                let names = (1...50).map { "fresh-\(round)-\($0)" }
                let poll = try await RawConnection.open(relay.port)
                let topics = names.map { "\"\($0)\"" }.joined(separator: ",")
                poll.request("POST", "/messages/poll", token: token, body: #"{"timeout":1,"topics":[\#(topics)]}"#)
                poll.disconnect()
            }
            try await Self.eventually {
                let statistics = try await relay.send(.GET, "/messages/poll/stats", token: token)
                return statistics.object["active_waiters"] as? Int == 0
            }
        }
    }

    // MARK: Not reading

    @Test("requests of a client that reads no answers wait, and are answered when it does")
    func pipelining() async throws {
        try await withRelay { relay in
            let token = try await relay.administratorToken
            let text = String(repeating: "x", count: 512 << 10)
            _ = try await relay.send(
                .POST,
                "/api/v1/messages",
                token: token,
                json: ["topic": "t", "payload": ["x": text]]
            )
            let client = try await RawConnection.open(relay.port, reads: false)
            let count = 100
            for _ in 1...count { client.request("GET", "/api/v1/topics/t/messages?limit=1", token: token) }
            let answered = try await Self.settled {
                let metrics = try await relay.send(.GET, "/metrics").text.split(separator: "\n")
                let line = metrics.first { $0.contains("/messages\"") && $0.contains("_requests_total") }
                return line?.split(separator: " ").last.flatMap { Double($0) }.map { Int($0) } ?? 0
            }
            #expect((1..<count / 2).contains(answered), "\(answered)")
            try await client.startReading()
            for _ in 1...count { #expect(await client.reply()?.status == 200) }
        }
    }

    @Test("frames of a client that reads no replies wait, and are handled in order when it does")
    func unreadReplies() async throws {
        try await withRelay { relay in
            let token = try await relay.administratorToken
            let socket = try await TestWebSocket(relay, token: token)
            let topics = (1...50).map { "\($0)-" + String(repeating: "x", count: 240) }
            #expect(try await socket.subscribe(topics).type == "subscribed")
            try await socket.connection.channel.setOption(.autoRead, value: false).get()
            _ = try await relay.send(.POST, "/api/v1/messages", token: token, json: ["topic": "t", "payload": [:]])
            let rounds = 30
            for round in 1...rounds {
                for _ in 1...100 { try socket.send(json: ["type": "subscribe", "topics": [topics[0]]]) }
                try socket.send(json: ["type": "publish", "id": "p\(round)", "topic": "t", "payload": ["n": round]])
            }
            let published = try await Self.settled {
                let page = try await relay.send(.GET, "/api/v1/topics/t/messages?limit=100", token: token)
                return (page.object["messages"] as? [Any])?.count ?? 0
            }
            #expect(published < rounds / 2, "\(published)")
            try await socket.connection.startReading()
            for _ in 1...rounds { #expect(await socket.next("published") != nil) }
        }
    }

    // MARK: Access

    @Test("an access that can't be judged now ends a socket so that its client comes back; a refused one for good")
    func closeCodes() {
        #expect(WebSocketErrorCode(refusal: AccessError(.unavailable)) == .unexpectedServerError)
        #expect(WebSocketErrorCode(refusal: AccessError(.userInactive)) == .policyViolation)
        #expect(WebSocketErrorCode(refusal: AccessError(.tokenRevoked)) == .policyViolation)
    }

    @Test("a new password ends the logins that were made with the old one")
    func newPassword() async throws {
        try await withRelay { relay in
            let admin = try await relay.administratorToken
            let user = try await relay.makeUser("bob", by: admin)
            let old = try await relay.tokens(of: "bob")
            let change = ["password": "another password"]
            #expect(try await relay.send(.PATCH, "/auth/users/\(user.id)", token: admin, json: change).status == 200)
            let refresh = ["refresh_token": old.refresh]
            #expect(try await relay.send(.POST, "/auth/token/refresh", json: refresh).status == 401)
            _ = try await relay.tokens(of: "bob", password: "another password")
            // Other changes end nothing.
            let new = try await relay.tokens(of: "bob", password: "another password")
            _ = try await relay.send(.PATCH, "/auth/users/\(user.id)", token: admin, json: ["email": "b@example.com"])
            let renewal = try await relay.send(.POST, "/auth/token/refresh", json: ["refresh_token": new.refresh])
            #expect(renewal.status == 200)
        }
    }

    // MARK: Waiting

    /// Asks until the answer is yes; the suite's time limit ends it.
    private static func eventually(_ condition: () async throws -> Bool) async throws {
        while try await !condition() { try Task.checkCancellation() }
    }

    /// Asks until the answer has stayed the same for many round trips.
    private static func settled(_ value: () async throws -> Int) async throws -> Int {
        var last = try await value()
        var same = 0
        while same < 50 {
            let next = try await value()
            same = next == last && next > 0 ? same + 1 : 0
            last = next
        }
        return last
    }
}
