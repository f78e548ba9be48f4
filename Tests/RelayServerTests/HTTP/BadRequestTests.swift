import NIOCore
import NIOHTTP1
import RelayServer
import Testing

@Suite("Requests that are none")
struct BadRequestTests {
    private static let host = "Host: a\r\n"
    private static let login = "POST /auth/login HTTP/1.1\r\nHost: a\r\n"
    private static let publish = "POST /api/v1/messages HTTP/1.1\r\nHost: a\r\n"

    @Test("a broken head or body framing is answered once, and the connection ends", .timeLimit(.minutes(1)))
    func brokenFraming() async throws {
        let flood = (0..<200).map { "X-\($0): 1\r\n" }.joined()
        let fat = "X-Fat: \(String(repeating: "a", count: 20 << 10))\r\n"
        let heavy = (0..<8).map { "X-\($0): \(String(repeating: "a", count: 12 << 10))\r\n" }.joined()
        let table: [(String, Int)] = [
            ("\u{1}\u{2}\u{3}\r\n\r\n", 400),
            ("GET /health HTTP/9.9\r\n\r\n", 400),
            ("GET /health\u{1} HTTP/1.1\r\n\(Self.host)\r\n", 400),
            ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
            ("GET /health HTTP/1.1\r\nHost : a\r\n\r\n", 400),
            ("GET /health HTTP/1.1\r\n\(Self.host)\(flood)\r\n", 431),
            ("GET /health HTTP/1.1\r\n\(Self.host)\(fat)\r\n", 431),
            ("GET /health HTTP/1.1\r\n\(Self.host)\(heavy)\r\n", 431),
            (Self.publish + "Content-Length: -1\r\n\r\n", 400),
            (Self.publish + "Content-Length: 99999999999999999999999\r\n\r\n", 400),
            (Self.publish + "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}", 400),
            (Self.publish + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}", 400),
            (Self.login + "Transfer-Encoding: chunked\r\n\r\nzz\r\n{}", 400),
            (Self.login + "Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\n", 400),
            (Self.login + "Content-Length: 1048577\r\n\r\n", 413),
        ]
        try await withRelay { relay in
            for (bytes, status) in table {
                let connection = try await RawConnection.open(relay.port)
                connection.send(bytes)
                let reply = await connection.reply()
                #expect(reply?.status == status, "\(bytes.prefix(100))")
                #expect(reply?.headers["connection"] == ["close"], "\(bytes.prefix(100))")
                #expect(await connection.rest() == "", "\(bytes.prefix(100))")
            }
            #expect(try await relay.send(.GET, "/health").status == 200)
        }
    }

    @Test("a body in chunks is held to the same cap", .timeLimit(.minutes(1)))
    func chunkedCap() async throws {
        try await withRelay {
            $0.server.maxBodyBytes = 2_048
        } _: { relay in
            let token = try await relay.administratorToken
            let connection = try await RawConnection.open(relay.port)
            connection.request("POST", "/api/v1/messages", token: token, headers: ["Transfer-Encoding: chunked"])
            let start = #"{"topic":"t","payload":{"a":""#
            connection.send(String(start.utf8.count, radix: 16) + "\r\n\(start)\r\n")
            for _ in 0..<3 { connection.send("400\r\n\(String(repeating: "x", count: 1_024))\r\n") }
            let reply = try #require(await connection.reply())
            #expect(reply.status == 413)
            #expect(reply.object["error"] as? String == "PAYLOAD_TOO_LARGE")
            #expect(await connection.rest() == "")
            #expect(try await relay.send(.GET, "/api/v1/topics/t", token: token).status == 404)
        }
    }

    /// Bodies that no publish can be made of.
    private static let bodies: [String] = [
        "", "{", "[]", "null", #"{"topic":"t"}"#, #"{"topic":"t","payload":{}"#, #"{"topic":"t","payload":[]}"#,
        #"{"topic":"t","payload":null}"#, #"{"topic":"t","payload":"x"}"#, #"{"topic":1,"payload":{}}"#,
        #"{"topic":"","payload":{}}"#, #"{"topic":"a/b","payload":{}}"#, #"{"topic":"a%2Fb","payload":{}}"#,
        #"{"topic":"..","payload":{}}"#, #"{"topic":"___","payload":{}}"#, #"{"topic":"t\u0000","payload":{}}"#,
        #"{"topic":"été","payload":{}}"#, #"{"topic":"\#(String(repeating: "t", count: 256))","payload":{}}"#,
        #"{"topic":"t","payload":{},"ttl":0}"#, #"{"topic":"t","payload":{},"ttl":1.5}"#,
        #"{"topic":"t","payload":{},"ttl":1e400}"#, #"{"topic":"t","payload":{},"metadata":{"a":1}}"#,
        #"{"topic":"t","payload":{"a":"\ud800"}}x"#, #"{"topic":"t","payload":{"a":01}}"#,
        #"{"topic":"t","payload":"# + String(repeating: "[", count: 200_000),
        #"{"topic":"t","payload":"# + String(repeating: #"{"a":"#, count: 100_000),
    ]

    @Test("a body that is no publish is a 422 with its detail; nothing is stored and the connection goes on")
    func badBodies() async throws {
        try await withRelay { relay in
            let token = try await relay.administratorToken
            let connection = try await RawConnection.open(relay.port)
            for body in Self.bodies {
                for (path, body) in [
                    ("/api/v1/messages", body), ("/api/v1/messages/bulk", #"{"messages":[\#(body)]}"#),
                ] {
                    if path.hasSuffix("bulk"), body == #"{"messages":[]}"# { continue }
                    connection.request("POST", path, token: token, body: body)
                    let reply = try #require(await connection.reply())
                    #expect(reply.status == 422, "\(path) \(body.prefix(80))")
                    // Not parsed: it quotes a number that no parser here takes.
                    #expect(reply.text.hasPrefix(#"{"detail":"#), "\(path) \(body.prefix(80))")
                }
            }
            let invalid = ByteBuffer(
                bytes: Array(#"{"topic":"t","payload":{"a":""#.utf8) + [0xFF, 0xC0] + Array(#""}}"#.utf8)
            )
            connection.request(
                "POST",
                "/api/v1/messages",
                token: token,
                headers: ["Content-Length: \(invalid.readableBytes)"]
            )
            connection.send(invalid)
            #expect(await connection.reply()?.status == 422)
            connection.request("GET", "/api/v1/topics", token: token)
            #expect(await connection.reply()?.text == "[]")
        }
    }

    @Test("one bad message or one denied topic refuses the whole of a bulk")
    func bulkIsAllOrNothing() async throws {
        try await withRelay { relay in
            let admin = try await relay.administratorToken
            let user = try await relay.makeUser("user", by: admin)
            try await relay.publish("theirs", token: admin)
            let good: [String: Any] = ["topic": "mine", "payload": [:]]
            for (bad, status) in [
                (["topic": "theirs", "payload": [:]], 403), (["topic": "a b", "payload": [:]], 422),
            ] as [([String: Any], Int)] {
                let body = ["messages": [good, bad]]
                let reply = try await relay.send(.POST, "/api/v1/messages/bulk", token: user.token, json: body)
                #expect(reply.status == status)
            }
            #expect(try await relay.send(.GET, "/api/v1/topics/mine", token: user.token).status == 404)
        }
    }
}
