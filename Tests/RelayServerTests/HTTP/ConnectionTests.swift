import NIOHTTP1
import RelayServer
import Testing

@Suite("HTTP connections")
struct ConnectionTests {
    @Test("pipelined requests are answered in order, a slow one before a quick one", .timeLimit(.minutes(1)))
    func pipelining() async throws {
        try await withRelay { relay in
            let token = try await relay.administratorToken
            let connection = try await RawConnection.open(relay.port)
            let poll = #"{"topics":["quiet"],"timeout":1}"#
            connection.request("POST", "/messages/poll", token: token, body: poll)
            for number in 0..<30 {
                let body = #"{"topic":"t\#(number % 3)","payload":{}}"#
                connection.request("POST", "/api/v1/messages", token: token, body: body)
                connection.request("GET", "/api/v1/topics/t\(number % 3)", token: token)
            }
            #expect(await connection.reply()?.messageIDs == [])
            for number in 0..<30 {
                let stored = try #require(await connection.reply())
                #expect(stored.status == 201)
                #expect(stored.object["topic"] as? String == "t\(number % 3)")
                #expect(await connection.reply()?.object["topic_name"] as? String == "t\(number % 3)")
            }
        }
    }

    @Test("nothing is heard after a request that closes the connection", .timeLimit(.minutes(1)))
    func nothingAfterClose() async throws {
        try await withRelay { relay in
            let token = try await relay.administratorToken
            for last in ["Connection: close", "Upgrade: h2c", "Content-Length: 9999999"] {
                let connection = try await RawConnection.open(relay.port)
                connection.request("GET", "/health", token: nil, headers: [last])
                connection.request("POST", "/api/v1/messages", token: token, body: #"{"topic":"t","payload":{}}"#)
                let reply = try #require(await connection.reply())
                #expect(reply.headers["connection"] == ["close"], "\(last)")
                #expect(await connection.rest() == "", "\(last)")
            }
            #expect(try await relay.send(.GET, "/api/v1/topics/t", token: token).status == 404)
        }
    }

    @Test("a request that is refused while it is sent is heard out, and nothing behind it", .timeLimit(.minutes(1)))
    func heardOut() async throws {
        try await withRelay { relay in
            let connection = try await RawConnection.open(relay.port)
            let part = String(repeating: " ", count: 1 << 20)
            connection.request("POST", "/api/v1/messages", token: nil, headers: ["Content-Length: \(20 << 20)"])
            #expect(await connection.head()?.status == 401)
            // Longer than a relay that does not listen would leave the connection open.
            for _ in 0..<20 {
                try await connection.sendAll(part)
                try await Task.sleep(for: .milliseconds(50))
            }
            connection.request("GET", "/health", token: nil)
            #expect(await connection.rest().contains("HTTP/1.1") == false)
        }
    }

    @Test("but not by a relay that stops", .timeLimit(.minutes(1)))
    func notHeardOut() async throws {
        try await withRelay {
            $0.server.readTimeout = .seconds(300)
            $0.server.shutdownGrace = .seconds(300)
        } _: { relay in
            let idle = try await RawConnection.open(relay.port)
            idle.request("GET", "/health", token: nil)
            #expect(await idle.reply()?.status == 200)
            let connection = try await RawConnection.open(relay.port)
            let headers = ["Transfer-Encoding: chunked", "Expect: 100-continue"]
            connection.request("POST", "/auth/login", token: nil, headers: headers)
            #expect(await connection.head()?.status == 100)
            await relay.shutDown()
            #expect(await idle.rest() == "")
            connection.send("200000\r\n" + String(repeating: " ", count: 2 << 20) + "\r\n")
            #expect(await connection.head()?.status == 413)
            await #expect(throws: (any Error).self) {
                while true {
                    try await connection.sendAll("1\r\n \r\n")
                    try await Task.sleep(for: .milliseconds(50))
                }
            }
        }
    }

    @Test("who expects 100-continue gets it, unless the body would be refused anyway", .timeLimit(.minutes(1)))
    func expectContinue() async throws {
        try await withRelay { relay in
            let token = try await relay.administratorToken
            let body = #"{"topic":"t","payload":{}}"#
            let connection = try await RawConnection.open(relay.port)
            connection.request(
                "POST",
                "/api/v1/messages",
                token: token,
                headers: ["Expect: 100-continue", "Content-Length: \(body.utf8.count)"]
            )
            #expect(await connection.head()?.status == 100)
            connection.send(body)
            #expect(await connection.reply()?.status == 201)
            connection.request(
                "POST",
                "/api/v1/messages",
                token: token,
                headers: ["Expect: 100-continue", "Content-Length: 99999999"]
            )
            #expect(await connection.reply()?.status == 413)
        }
    }

    @Test("HEAD has a head only, and HTTP/1.0 keeps the connection where it asks for it", .timeLimit(.minutes(1)))
    func oldForms() async throws {
        try await withRelay { relay in
            let connection = try await RawConnection.open(relay.port)
            connection.request("HEAD", "/health", token: nil)
            #expect(await connection.reply(toHead: true) != nil)
            connection.send("GET /health HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
            let kept = try #require(await connection.reply())
            #expect(kept.status == 200)
            #expect(kept.headers["connection"] == ["keep-alive"])
            connection.send("GET /health HTTP/1.0\r\n\r\n")
            #expect(await connection.reply()?.headers["connection"] == ["close"])
            #expect(await connection.rest() == "")
        }
    }

    @Test("who is slow with its head, its body or its next request is let go", .timeLimit(.minutes(1)))
    func slowLoris() async throws {
        try await withRelay {
            // A busy machine may take its time between a connection and its request.
            $0.server.headerTimeout = .seconds(5)
            $0.server.readTimeout = .milliseconds(500)
            $0.server.idleTimeout = .milliseconds(500)
        } _: { relay in
            let silent = try await RawConnection.open(relay.port)
            let head = try await RawConnection.open(relay.port)
            head.send("GET /health HTTP/1.1\r\nX-A")
            let body = try await RawConnection.open(relay.port)
            body.request("POST", "/auth/login", token: nil, headers: ["Content-Length: 5"])
            let idle = try await RawConnection.open(relay.port)
            idle.request("GET", "/health", token: nil)
            #expect(await silent.rest() == "")
            #expect(await head.rest() == "")
            #expect(await body.reply()?.status == 408)
            #expect(await body.rest() == "")
            #expect(await idle.reply()?.status == 200)
            #expect(await idle.rest() == "")
        }
    }

    @Test("replies of the message routes carry the headers for other origins, and only for allowed ones")
    func crossOrigin() async throws {
        try await withRelay {
            $0.server.allowedOrigins = ["https://page.example"]
        } _: { relay in
            let token = try await relay.administratorToken
            for (origin, allowed) in [("https://page.example", true), ("https://other.example", false)] {
                for (path, body) in [
                    ("/api/v1/messages", #"{"topic":"t","payload":{}}"#), ("/api/v1/messages", "{"),
                    ("/messages/poll", #"{"topics":["t"],"since":{"t":"0"}}"#), ("/nowhere", "{}"),
                ] {
                    let headers = [("origin", origin)]
                    let reply = try await relay.send(.POST, path, token: token, headers: headers, body: body)
                    #expect(reply.header("access-control-allow-origin") == (allowed ? origin : nil), "\(path)")
                    #expect(reply.header("vary") == "Origin")
                    #expect(reply.header("x-request-id") != nil)
                }
            }
        }
    }

    @Test("a host that is not trusted is refused before anything else", .timeLimit(.minutes(1)))
    func untrustedHost() async throws {
        try await withRelay {
            $0.server.trustedHosts = ["*.example.org"]
        } _: { relay in
            for (host, status) in [("relay.example.org:8080", 404), ("example.org", 400), ("evil", 400)] {
                let connection = try await RawConnection.open(relay.port)
                connection.send("GET /nothing HTTP/1.1\r\nHost: \(host)\r\n\r\n")
                let reply = await connection.reply()
                #expect(reply?.status == status, "\(host)")
                if status == 400 { #expect(reply?.text == "Invalid host header") }
            }
        }
    }
}
