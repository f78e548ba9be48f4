import NIOHPACK
import NIOHTTP1
import Testing

@testable import RelayServer

@Suite("The fields that open a stream of HTTP/2")
struct StreamHeadTests {
    private static func fields(
        _ method: String = "GET",
        _ path: String = "/health",
        _ others: [(String, String)] = []
    ) -> HPACKHeaders {
        HPACKHeaders(
            [(":method", method), (":scheme", "https"), (":authority", "relay:443"), (":path", path)] + others
        )
    }

    private static func request(_ fields: HPACKHeaders, isComplete: Bool = true) -> HTTPRequestHead? {
        guard case .request(let head) = StreamHead(fields, isComplete: isComplete) else { return nil }
        return head
    }

    private static func status(_ fields: HPACKHeaders, isComplete: Bool = true) -> UInt? {
        switch StreamHead(fields, isComplete: isComplete) {
        case .refused(let status): status.code
        case .tooLarge: 431
        case .request, .webSocket, .session: nil
        }
    }

    @Test("They become a head of the kind that all routes take")
    func request() throws {
        let head = try #require(Self.request(Self.fields("POST", "/a?b=c", [("x-one", "1")])))
        #expect(head.version == .http2)
        #expect(head.method == .POST)
        #expect(head.uri == "/a?b=c")
        #expect(head.headers["host"] == ["relay:443"])
        #expect(head.headers["x-one"] == ["1"])
        #expect(!head.headers.contains(name: "transfer-encoding"))
        #expect(HeadFacts(head.headers).hosts == 1)
    }

    @Test("A body is to come where the stream goes on, whether its length is told or not")
    func body() throws {
        let unknown = try #require(Self.request(Self.fields("POST"), isComplete: false))
        #expect(HeadFacts(unknown.headers).hasBody)
        #expect(HeadFacts(unknown.headers).isChunked)
        let fields = Self.fields("POST", "/", [("content-length", "7")])
        let known = try #require(Self.request(fields, isComplete: false))
        #expect(HeadFacts(known.headers).contentLength == 7)
        #expect(!HeadFacts(known.headers).isChunked)
    }

    @Test("Cookies in fields of their own are one field")
    func cookies() throws {
        let head = try #require(Self.request(Self.fields("GET", "/", [("cookie", "a=1"), ("cookie", "b=2")])))
        #expect(head.headers["cookie"] == ["a=1; b=2"])
    }

    @Test("Two fields that name another host are refused, and two of the same are one")
    func hosts() throws {
        #expect(Self.status(Self.fields("GET", "/", [("host", "other")])) == 400)
        let head = try #require(Self.request(Self.fields("GET", "/", [("host", "relay:443")])))
        #expect(head.headers["host"] == ["relay:443"])
    }

    @Test("More than a head may hold is too much, as over HTTP/1.1")
    func bounds() {
        func many(_ count: Int, of bytes: Int) -> [(String, String)] {
            (0..<count).map { ("x-\($0)", String(repeating: "a", count: bytes)) }
        }
        #expect(Self.status(Self.fields("GET", "/", many(100, of: 1))) == nil)
        #expect(Self.status(Self.fields("GET", "/", many(101, of: 1))) == 431)
        #expect(Self.status(Self.fields("GET", "/", many(1, of: 16_000))) == nil)
        #expect(Self.status(Self.fields("GET", "/", many(1, of: 17_000))) == 431)
        #expect(Self.status(Self.fields("GET", "/", many(5, of: 12_000))) == nil)
        #expect(Self.status(Self.fields("GET", "/", many(6, of: 12_000))) == 431)
        #expect(Self.status(Self.fields("GET", "/" + String(repeating: "p", count: 17_000))) == 431)
    }

    @Test(
        "What is no target, or has bytes that text has not, is refused",
        arguments: ["", "health", "https://relay/", "/a b", "/a\u{1}", "/a\u{7F}", "*x"]
    )
    func targets(_ path: String) {
        #expect(Self.status(Self.fields("GET", path)) == 400)
    }

    @Test("A value with a control character is refused, and one with a tab or beyond ASCII is not")
    func values() {
        #expect(Self.status(Self.fields("GET", "/", [("x", "a\u{2}b")])) == 400)
        #expect(Self.status(Self.fields("GET", "/", [("x", "a\tb")])) == nil)
        #expect(Self.status(Self.fields("GET", "/", [("x", "grüß")])) == nil)
    }

    @Test("A WebSocket is opened by CONNECT with its protocol, and by nothing else")
    func webSockets() throws {
        let fields = Self.fields("CONNECT", "/ws", [(":protocol", "websocket"), ("sec-websocket-version", "13")])
        guard case .webSocket(let head) = StreamHead(fields, isComplete: false) else {
            Issue.record("it is no WebSocket")
            return
        }
        #expect(head.method == .GET)
        #expect(head.uri == "/ws")
        #expect(!HeadFacts(head.headers).hasBody)
        guard case .accept(let headers) = WebSocketHandshake.evaluate(head) else {
            Issue.record("it is refused")
            return
        }
        #expect(headers.isEmpty)
        #expect(Self.status(fields, isComplete: true) == 400)
        #expect(Self.status(Self.fields("CONNECT", "/ws", [(":protocol", "connect-udp")]), isComplete: false) == 501)
        #expect(Self.status(HPACKHeaders([(":method", "CONNECT"), (":authority", "a:1")]), isComplete: false) == 405)
    }

    @Test("So is a session of WebTransport")
    func sessions() throws {
        let fields = Self.fields("CONNECT", "/wt", [(":protocol", "webtransport"), ("origin", "https://a")])
        guard case .session(let head) = StreamHead(fields, isComplete: false) else {
            Issue.record("it is no session")
            return
        }
        #expect(head.method == .GET && head.uri == "/wt" && head.headers["upgrade"] == ["webtransport"])
        #expect(!HeadFacts(head.headers).hasBody)
        #expect(Self.status(fields, isComplete: true) == 400)
    }

    @Test("A WebSocket over HTTP/2 needs version 13, selects a subprotocol, and has no key")
    func handshake() throws {
        func outcome(_ headers: HTTPHeaders) -> WebSocketHandshake.Outcome {
            WebSocketHandshake.evaluate(.init(version: .http2, method: .GET, uri: "/ws", headers: headers))
        }
        guard case .refuse(let plain) = outcome(["sec-websocket-version": "13"]) else {
            Issue.record("a request without CONNECT is taken")
            return
        }
        #expect(plain.status == .badRequest)
        #expect(!plain.headers.contains(name: "upgrade"))
        guard case .refuse(let old) = outcome(["upgrade": "websocket", "sec-websocket-version": "8"]) else {
            Issue.record("an old version is taken")
            return
        }
        #expect(old.headers["sec-websocket-version"] == ["13"])
        let headers: HTTPHeaders = [
            "upgrade": "websocket", "sec-websocket-version": "13", "sec-websocket-protocol": "bearer, bearer.abc",
        ]
        guard case .accept(let accepted) = outcome(headers) else {
            Issue.record("it is refused")
            return
        }
        #expect(accepted.count == 1)
        #expect(accepted["sec-websocket-protocol"] == ["bearer"])
    }

    @Test("An answer's head leaves out what is of HTTP/1.1's connections, in small letters")
    func answers() {
        let headers: HTTPHeaders = [
            "Content-Type": "text/plain", "connection": "close", "Upgrade": "websocket", "x-request-id": "1",
            "transfer-encoding": "chunked", "keep-alive": "1",
        ]
        let fields = StreamFields.of(HTTPResponseHead(version: .http2, status: .created, headers: headers))
        #expect(fields.map { $0.name } == [":status", "content-type", "x-request-id"])
        #expect(fields.first(name: ":status") == "201")
    }
}
