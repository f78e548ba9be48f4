import NIOCore
import NIOHTTP1
import RelayServer
import Testing

/// What is answered when a request's head is there, before its body.
@Suite("Decisions at the head", .timeLimit(.minutes(1)))
struct HeadDecisionTests {
    private static let paths = ["/api/v1/messages", "/api/v1/messages/bulk", "/messages/poll", "/api/v1/topics"]

    @Test("who has no token, a bad one or too little permission is refused without the body")
    func access() async throws {
        try await withRelay { relay in
            let reader = try await relay.makeUser(
                "reader",
                permissions: ["read"],
                by: try await relay.administratorToken
            )
            let writer = try await relay.makeUser(
                "writer",
                permissions: ["write"],
                by: try await relay.administratorToken
            )
            for path in Self.paths {
                let refused = path == "/messages/poll" ? writer.token : reader.token
                for (token, status) in [(nil, 401), ("nonsense", 401), (refused, 403)] as [(String?, Int)] {
                    // The second time the token is known.
                    for _ in 1...2 {
                        let connection = try await RawConnection.open(relay.port)
                        connection.request("POST", path, token: token, headers: ["Content-Length: 100"])
                        #expect(await connection.reply()?.status == status, "\(path)")
                        // The rest is heard out, and the connection goes on.
                        connection.send(String(repeating: " ", count: 100))
                        connection.request("GET", "/health", token: nil)
                        #expect(await connection.reply()?.status == 200, "\(path)")
                    }
                }
            }
        }
    }

    @Test("so is what has no route, no such method, or a body too large for its route")
    func routes() async throws {
        try await withRelay { relay in
            for (method, path, length, status) in [
                ("POST", "/nothing", 100, 404), ("POST", "/health", 100, 405), ("PUT", "/api/v1/messages", 100, 405),
                ("POST", "/auth/login", 17 << 10, 413), ("POST", "/auth/token/refresh", 17 << 10, 413),
                ("POST", "/auth/token/revoke", 17 << 10, 413), ("GET", "/health", 1_025, 413),
                ("GET", "/sse?topics=a", 1_025, 413), ("POST", "/auth/me/", 100, 307),
            ] {
                let connection = try await RawConnection.open(relay.port)
                connection.request(method, path, token: nil, headers: ["Content-Length: \(length)"])
                #expect(await connection.reply()?.status == status, "\(method) \(path)")
            }
        }
    }

    @Test("so is who comes too often, and each request counts once")
    func rates() async throws {
        try await withRelay {
            $0.rateLimits.isEnabled = true
            $0.rateLimits.login = 3
            $0.rateLimits.publish = 2
        } _: { relay in
            let token = try await relay.administratorToken
            for round in 1...3 {
                let status = round < 3 ? 201 : 429
                let connection = try await RawConnection.open(relay.port)
                let body = #"{"topic":"t","payload":{}}"#
                let length = "Content-Length: \(body.utf8.count)"
                connection.request("POST", "/api/v1/messages", token: token, headers: [length])
                if round < 3 { connection.send(body) }
                #expect(await connection.reply()?.status == status, "publish \(round)")
            }
            for round in 1...3 {
                let connection = try await RawConnection.open(relay.port)
                connection.request("POST", "/auth/login", token: nil, headers: ["Content-Length: 3"])
                if round < 3 { connection.send("a=b") }
                #expect(await connection.reply()?.status == (round < 3 ? 422 : 429), "login \(round)")
            }
        }
    }

    @Test("who waits for 100-continue gets the refusal in its place, and the connection ends")
    func expecting() async throws {
        try await withRelay { relay in
            let connection = try await RawConnection.open(relay.port)
            let headers = ["Content-Length: 10", "Expect: 100-continue"]
            connection.request("POST", "/api/v1/messages", token: nil, headers: headers)
            let reply = try #require(await connection.reply())
            #expect(reply.status == 401)
            #expect(reply.headers["connection"] == ["close"])
        }
    }

    @Test("a user that is deactivated while its body is on its way publishes nothing")
    func withdrawnMeanwhile() async throws {
        try await withRelay { relay in
            let admin = try await relay.administratorToken
            let user = try await relay.makeUser("bob", by: admin)
            let body = #"{"topic":"t","payload":{}}"#
            let connection = try await RawConnection.open(relay.port)
            let headers = ["Content-Length: \(body.utf8.count)", "Expect: 100-continue"]
            connection.request("POST", "/api/v1/messages", token: user.token, headers: headers)
            #expect(await connection.head()?.status == 100)
            _ = try await relay.send(.PATCH, "/auth/users/\(user.id)", token: admin, json: ["is_active": false])
            connection.send(body)
            #expect(await connection.reply()?.status == 403)
            #expect(try await relay.send(.GET, "/api/v1/topics/t", token: admin).status == 404)
        }
    }
}
