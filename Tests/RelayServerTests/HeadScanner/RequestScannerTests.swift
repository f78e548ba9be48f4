import NIOCore
import NIOEmbedded
import NIOHTTP1
import SeededRandom
import Testing

@testable import RelayServer

/// The scanner against the decoder that it stands in front of: the same bytes, split in the same places, must come to the
/// same requests and the same refusals with the scanner as without it.
@Suite("Head scanner")
struct RequestScannerTests {
    private static let token = String(repeating: "eyJhbGciOiJIUzI1NiJ9.", count: 12)

    private static func request(
        _ line: String = "POST /api/v1/messages HTTP/1.1",
        _ headers: [String] = ["Host: 127.0.0.1", "Authorization: Bearer \(token)", "Content-Type: application/json"],
        body: String = #"{"topic":"news","payload":{"a":1}}"#
    ) -> String {
        ([line] + headers + ["Content-Length: \(body.utf8.count)"]).joined(separator: "\r\n") + "\r\n\r\n" + body
    }

    /// The requests that the scanner reads by itself.
    private static let plain: [String] = [
        request(),
        request("POST /api/v1/messages/bulk HTTP/1.1"),
        request("POST /messages/poll HTTP/1.1", body: #"{"topics":["news"]}"#),
        request("POST /api/v1/messages HTTP/1.1", []),
        request(
            "POST /api/v1/messages HTTP/1.1",
            [
                "host:relay.example:8080", "CONNECTION: Keep-Alive", "accept: */*",
                "User-Agent: curl/8.5.0 (x86_64; ~)",
                "Idempotency-Key: 0d5c7fd9-41a3-4a7b-9d33-5b7ccd1c6f5f", "X-Request-ID: a", "Keep-Alive: timeout=5",
                "Accept-Encoding: gzip,  deflate", "Cookie: a=b; c=\"d\"",
            ]
        ),
    ]

    /// Those that it must leave alone.
    private static let others: [String] = [
        "GET /health HTTP/1.1\r\nHost: a\r\n\r\n",
        "POST /api/v1/messages?x=1 HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}",
        "POST http://a/api/v1/messages HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}",
        "POST /api/v1/messages HTTP/1.0\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}",
        "POST /api/v1/messages HTTP/1.1\r\nHost: a\r\n\r\n",
        "POST /api/v1/messages HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n",
        "POST /api/v1/messages HTTP/1.1\r\nContent-Length: 02\r\n\r\n{}",
        "POST /api/v1/messages HTTP/1.1\r\nContent-Length: +2\r\n\r\n{}",
        "POST /api/v1/messages HTTP/1.1\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\n{}",
        "POST /api/v1/messages HTTP/1.1\r\nContent-Length: 2, 2\r\n\r\n{}",
        "POST /api/v1/messages HTTP/1.1\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST /api/v1/messages HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        "POST /api/v1/messages HTTP/1.1\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}",
        "POST /api/v1/messages HTTP/1.1\r\nProxy-Connection: close\r\nContent-Length: 2\r\n\r\n{}",
        "POST /api/v1/messages HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: x\r\nContent-Length: 2\r\n\r\n{}",
        "POST /api/v1/messages HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n{}",
        "POST /api/v1/messages HTTP/1.1\r\nHost: a \r\nContent-Length: 2\r\n\r\n{}",
        "POST /api/v1/messages HTTP/1.1\r\nHost:  a\r\nContent-Length: 2\r\n\r\n{}",
        "POST /api/v1/messages HTTP/1.1\r\nHost:\r\nContent-Length: 2\r\n\r\n{}",
        "POST /api/v1/messages HTTP/1.1\r\nHost : a\r\nContent-Length: 2\r\n\r\n{}",
        "POST /api/v1/messages HTTP/1.1\r\nHost: a\n\r\nContent-Length: 2\r\n\r\n{}",
        "POST /api/v1/messages HTTP/1.1\r\nHost: a\r\n b\r\nContent-Length: 2\r\n\r\n{}",
        "POST /api/v1/messages HTTP/1.1\r\nHost: \u{7F}\r\nContent-Length: 2\r\n\r\n{}",
        "POST /api/v1/messages HTTP/1.1\r\nHost: caf\u{E9}\r\nContent-Length: 2\r\n\r\n{}",
        "\r\n\r\nPOST /api/v1/messages HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}",
        "CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n",
        "POST /api/v1/messages HTTP/1.1\r\nA: \(String(repeating: "a", count: 9_000))\r\nContent-Length: 2\r\n\r\n{}",
        "POST /api/v1/messages HTTP/1.1\r\n\(String(repeating: "A: b\r\n", count: 120))Content-Length: 2\r\n\r\n{}",
        "POST /api/v1/messages HTTP/1.1\r\nA: \(String(repeating: "a", count: 20_000))\r\nContent-Length: 2\r\n\r\n{}",
    ]

    @Test("the usual requests are read without the decoder", arguments: plain)
    func usual(text: String) {
        let line = Line(withScanner: true)
        line.receive(Array(text.utf8))
        #expect(line.sink.scanned == 1)
        #expect(line.sink.events == Line.events(of: [Array(text.utf8)], withScanner: false))
    }

    @Test("what the scanner is not sure of, it leaves to the decoder as it came", arguments: others)
    func unusual(text: String) {
        let line = Line(withScanner: true)
        line.receive(Array(text.utf8))
        #expect(line.sink.scanned == 0)
        #expect(line.sink.events == Line.events(of: [Array(text.utf8)], withScanner: false))
    }

    @Test("a request that is split anywhere is the same request, and what follows it too", arguments: plain + others)
    func split(text: String) {
        let bytes = Array((text + Self.plain[0] + Self.plain[2]).utf8)
        for end in 1..<min(text.utf8.count + 40, 700) {
            let parts = [Array(bytes[..<end]), Array(bytes[end...])]
            let expected = Line.events(of: parts, withScanner: false)
            #expect(Line.events(of: parts, withScanner: true) == expected, "split at \(end)")
        }
    }

    @Test("behind any request that the decoder has read to its end, the scanner reads again")
    func resumes() {
        let line = Line(withScanner: true)
        line.receive(Array("GET /health HTTP/1.1\r\nHost: a\r\n\r\n".utf8))
        line.receive(Array(Self.plain[0].utf8))
        #expect(line.sink.scanned == 1)
        let chunked = "POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"
        line.receive(Array(chunked.utf8))
        line.receive(Array(Self.plain[0].utf8))
        #expect(line.sink.scanned == 2)
    }

    @Test("behind a request that has begun, and behind the last of a connection, it does not")
    func staysOut() {
        for beginning in ["P", "GET / HTTP/1.1\r\nConnection: close\r\n\r\n", "\r\n", Self.plain[0] + "POST /api"] {
            let line = Line(withScanner: true)
            line.receive(Array(beginning.utf8))
            let before = line.sink.scanned
            line.receive(Array(Self.plain[0].utf8))
            #expect(line.sink.scanned == before, "behind \(beginning)")
        }
    }

    @Test("a head is kept when it comes again, for all connections of its loop, and the bodies are each request's own")
    func keptHead() throws {
        let texts = HeadTexts()
        var one = RequestHeadScanner(texts: texts)
        var other = RequestHeadScanner(texts: texts)
        func read(_ text: String, by scanner: inout RequestHeadScanner) -> RequestHeadScanner.Request? {
            var bytes = ByteBuffer(string: text)
            return scanner.read(from: &bytes)
        }
        let reads = ["{0}", "{1}", "{2}"].compactMap { read(Self.request(body: $0), by: &one) }
        try #require(reads.count == 3)
        #expect(reads[0].known !== reads[1].known)
        #expect(reads[1].known === reads[2].known)
        #expect(reads.map { String(buffer: $0.body) } == ["{0}", "{1}", "{2}"])
        #expect(reads[0].head == reads[2].head)
        let others = (0..<2).map { _ in read(Self.request(body: "{3}"), by: &other) }
        #expect(others[0]?.known !== reads[2].known)
        #expect(others[1]?.known === reads[2].known)
        // The same beginning with another length, with another token, and without all of its body.
        let longer = read(Self.request(body: "{33}"), by: &one)
        #expect(longer?.body.readableBytes == 4)
        let stranger = ["Host: 127.0.0.1", "Authorization: Bearer x\(Self.token)", "Content-Type: application/json"]
        let foreign = read(Self.request("POST /api/v1/messages HTTP/1.1", stranger, body: "{3}"), by: &other)
        #expect(foreign?.known.facts.authorization == "Bearer x\(Self.token)")
        let isCutRead = read(String(Self.request(body: "{3}").dropLast()), by: &other) != nil
        #expect(!isCutRead)
    }

    @Test("mutated requests, in pieces of any size, come to the same", arguments: 0..<40)
    func mutated(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<150 {
            var bytes: [UInt8] = []
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let pool = random.chance(80) ? Self.plain : Self.others.filter { $0.utf8.count < 1_000 }
                bytes += Self.mutated(Array((pool.randomElement(using: &random) ?? "").utf8), &random)
            }
            let parts = Self.pieces(bytes, &random)
            let expected = Line.events(of: parts, withScanner: false)
            #expect(Line.events(of: parts, withScanner: true) == expected, "\(String(decoding: bytes, as: UTF8.self))")
        }
    }

    private static func mutated(_ bytes: [UInt8], _ random: inout SeededGenerator) -> [UInt8] {
        var bytes = bytes
        guard random.chance(70) else { return bytes }
        for _ in 0..<Int.random(in: 1...3, using: &random) where !bytes.isEmpty {
            let place = Int.random(in: bytes.indices, using: &random)
            switch Int.random(in: 0..<5, using: &random) {
            case 0: bytes[place] = UInt8.random(in: .min ... .max, using: &random)
            case 1: bytes.remove(at: place)
            case 2: bytes.insert(Array(" \r\n\t:-0a\u{0}".utf8).randomElement(using: &random) ?? 32, at: place)
            case 3: bytes[place] ^= 0x20
            default: bytes.insert(contentsOf: bytes[place..<min(bytes.count, place + 30)], at: place)
            }
        }
        return bytes
    }

    private static func pieces(_ bytes: [UInt8], _ random: inout SeededGenerator) -> [[UInt8]] {
        guard random.chance(50) else { return [bytes] }
        var parts: [[UInt8]] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            let size =
                random.chance(50) ? Int.random(in: 1...20, using: &random) : Int.random(in: 1...600, using: &random)
            parts.append(Array(rest.prefix(size)))
            rest = rest.dropFirst(size)
        }
        return parts
    }
}

/// A pipeline as the listener makes it, with something at its end that remembers what came.
private final class Line {
    enum Event: Equatable {
        case head(HTTPRequestHead)
        /// All of a request's body that came in a row.
        case body([UInt8])
        case end(HTTPHeaders?)
        case error(String)
    }

    let sink = Sink()
    private let channel = EmbeddedChannel()

    init(withScanner: Bool) {
        do {
            if withScanner {
                try self.channel.pipeline.syncOperations.addHandler(
                    RequestScanner(texts: HeadTexts(), receiver: self.sink)
                )
            }
            try self.channel.pipeline.syncOperations.addHandler(
                ByteToMessageHandler(RequestDecoder())
            )
            try self.channel.pipeline.syncOperations.addHandler(self.sink)
        } catch {
            Issue.record(error)
        }
    }

    deinit { _ = try? self.channel.finish() }

    func receive(_ bytes: [UInt8]) {
        self.channel.pipeline.fireChannelRead(ByteBuffer(bytes: bytes))
    }

    static func events(of parts: [[UInt8]], withScanner: Bool) -> [Event] {
        let line = Line(withScanner: withScanner)
        for part in parts { line.receive(part) }
        return line.sink.events
    }

    final class Sink: ChannelInboundHandler, ScannedRequestReceiver {
        typealias InboundIn = HTTPServerRequestPart

        var hasDecodedRequest = false
        private(set) var hasDecoderFailed = false
        private(set) var events: [Event] = []
        private(set) var scanned = 0
        private var isLast = false

        func received(_ request: RequestHeadScanner.Request) {
            self.scanned += 1
            self.take(.head(request.head))
            self.take(.body(request.body))
            self.take(.end(nil))
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let part = self.unwrapInboundIn(data)
            self.take(part)
            if case .head(let head) = part {
                self.isLast = !head.keepsConnection(asksForUpgrade: head.headers.contains(name: "upgrade"))
            }
            if case .end = part, !self.isLast { self.hasDecodedRequest = true }
        }

        private func take(_ part: HTTPServerRequestPart) {
            switch part {
            case .head(let head):
                self.events.append(.head(head))
            case .body(let bytes):
                if case .body(let before)? = self.events.last {
                    self.events[self.events.count - 1] = .body(before + Array(bytes.readableBytesView))
                } else {
                    self.events.append(.body(Array(bytes.readableBytesView)))
                }
            case .end(let trailers):
                self.events.append(.end(trailers))
            }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            self.hasDecoderFailed = true
            self.events.append(.error("\(error)"))
        }
    }
}
