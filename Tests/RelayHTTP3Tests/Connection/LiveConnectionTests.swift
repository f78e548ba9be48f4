import NIOCore
import RelayQUIC
import RelayWire
import Testing

@testable import RelayHTTP3

/// Over real sockets, with a client that sends bytes as it is told.
@Suite("Connections of HTTP/3", .enabled(if: QUICLibrary.absence == nil), .timeLimit(.minutes(1)))
struct LiveConnectionTests {
    /// A client's beginning: its control stream with settings.
    static let control: ByteBuffer = {
        var bytes = ByteBuffer(bytes: [0])
        var settings = HTTP3Settings()
        settings.hasDatagrams = true
        settings.enablesWebTransport = true
        settings.write(into: &bytes)
        return bytes
    }()

    static let connect = HTTP3RequestReaderTests.frame(
        HTTP3FrameKind.headers,
        QPACKEncoder.encode([
            HTTP3Field(":method", "CONNECT"), HTTP3Field(":protocol", "webtransport"), HTTP3Field(":scheme", "https"),
            HTTP3Field(":authority", "127.0.0.1"), HTTP3Field(":path", "/wt"),
        ])
    )

    /// Of a session with the id 0.
    private static func stream(_ kind: [UInt8], _ content: String) -> ByteBuffer {
        ByteBuffer(bytes: kind + [0] + Array(content.utf8))
    }

    private static let twoWays: [UInt8] = [0x40, 0x41]
    private static let oneWay: [UInt8] = [0x40, 0x54]

    private static func answer(_ bytes: ByteBuffer) -> (fields: [HTTP3Field], body: ByteBuffer) {
        var reader = HTTP3FrameReader()
        reader.add(bytes)
        var (kind, fields, body) = (UInt64(0), [HTTP3Field](), ByteBuffer())
        while let event = reader.next() {
            switch event {
            case .begins(let begun, _): kind = begun
            case .payload(let part, _):
                if kind == HTTP3FrameKind.data { body.writeImmutableBuffer(part) }
                guard kind == HTTP3FrameKind.headers,
                    case .fields(let found)? = try? QPACKDecoder.decode(part, upTo: 10_000)
                else { continue }
                fields += found
            }
        }
        return (fields, body)
    }

    @Test("a request is answered, with as much as it brings")
    func request() async throws {
        try await Line.with { line in
            _ = try await line.open(Self.control, isBidirectional: false)
            var bytes = HTTP3RequestReaderTests.head()
            let body = ByteBuffer(repeating: 5, count: 700_000)
            bytes.writeImmutableBuffer(HTTP3RequestReaderTests.frame(HTTP3FrameKind.data, body))
            let id = try await line.open(bytes, isLast: true)
            try await line.wait { $0.ended.contains(id) }
            let answer = Self.answer(try await line.received(id))
            #expect(answer.fields == [HTTP3Field(":status", "200")] && answer.body == body)
            // The server's control stream has come too.
            #expect(try await line.received(3).getInteger(at: 0, as: UInt16.self) == 0x0004)
        }
    }

    @Test("a session has streams both ways and one way, and datagrams, and is closed with a reason")
    func session() async throws {
        try await Line.with { line in
            _ = try await line.open(Self.control, isBidirectional: false)
            var opening = Self.connect
            // What nobody knows, as Chromium sends it.
            let capsule = ByteBuffer(bytes: [0x17, 3, 1, 2, 3])
            opening.writeImmutableBuffer(HTTP3RequestReaderTests.frame(HTTP3FrameKind.data, capsule))
            let session = try await line.open(opening)
            let stream = try await line.open(Self.stream(Self.twoWays, "to and fro"), isLast: true)
            _ = try await line.open(Self.stream(Self.oneWay, "there"), isBidirectional: false, isLast: true)
            try await line.wait { $0.ended.contains(stream) && $0.ended.contains(7) }
            #expect(try await line.received(stream) == ByteBuffer(string: "to and fro"))
            #expect(try await line.received(7) == Self.stream(Self.oneWay, "there"))
            let datagram = Self.stream([], "now or never")
            try await line.send(datagram: datagram)
            try await line.wait { $0.datagrams == [datagram] }
            try await line.send(datagram: Self.stream([], "close"))
            try await line.wait { $0.ended.contains(session) }
            let answer = Self.answer(try await line.received(session))
            var capsules = CapsuleReader()
            let event = try capsules.receive(answer.body)
            #expect(answer.fields == [HTTP3Field(":status", "200")] && event == .close(code: 9, reason: "as told"))
        }
    }

    @Test("streams that overtake their session wait for it; those of no session are refused")
    func early() async throws {
        var limits = HTTP3Limits()
        limits.earlyStreams = 2
        try await Line.with(limits) { line in
            _ = try await line.open(Self.control, isBidirectional: false)
            // Takes the id 0, and says nothing yet.
            let session = try await line.open(ByteBuffer(bytes: [0x21]))
            let bytes = Self.stream(Self.twoWays, "early")
            let first = try await line.open(bytes, isLast: true)
            let second = try await line.open(bytes, isLast: true)
            let refused = try await line.open(bytes, isLast: true)
            try await line.wait { $0.resets[refused] == HTTP3ErrorCode.bufferedStreamRejected.rawValue }
            var rest = ByteBuffer(bytes: [0])
            rest.writeImmutableBuffer(Self.connect)
            try await line.write(rest, isLast: false, on: session)
            try await line.wait { $0.ended.isSuperset(of: [first, second]) }
            #expect(try await line.received(first) == ByteBuffer(string: "early"))
            #expect(try await line.received(second) == ByteBuffer(string: "early"))
            try await line.write(ByteBuffer(), isLast: true, on: session)
            try await line.wait { $0.ended.contains(session) }
            let late = try await line.open(bytes, isLast: true)
            try await line.wait { $0.resets[late] == HTTP3ErrorCode.sessionGone.rawValue }
        }
    }

    @Test("a head that is too large is answered, and a malformed one refused; the connection goes on")
    func refusals() async throws {
        try await Line.with { line in
            _ = try await line.open(Self.control, isBidirectional: false)
            let field = HTTP3Field("x", String(repeating: "v", count: 200_000))
            let large = try await line.open(HTTP3RequestReaderTests.head(field), isLast: true)
            let malformed = try await line.open(HTTP3RequestReaderTests.head(HTTP3Field("X", "v")), isLast: true)
            try await line.wait { client in
                client.ended.contains(large) && client.resets[malformed] == HTTP3ErrorCode.messageError.rawValue
            }
            #expect(Self.answer(try await line.received(large)).fields == [HTTP3Field(":status", "431")])
            let good = try await line.open(HTTP3RequestReaderTests.head(), isLast: true)
            try await line.wait { $0.ended.contains(good) }
        }
    }

    /// A request that brings as much as a stream may before more is granted, nearly.
    private static let upload = HTTP3RequestReaderTests.joined(
        HTTP3RequestReaderTests.frame(
            HTTP3FrameKind.headers,
            QPACKEncoder.encode([
                HTTP3Field(":method", "POST"), HTTP3Field(":scheme", "https"), HTTP3Field(":authority", "127.0.0.1"),
                HTTP3Field(":path", "/hoard"),
            ])
        ),
        HTTP3RequestReaderTests.frame(HTTP3FrameKind.data, ByteBuffer(repeating: 1, count: 200_000))
    )

    @Test("bodies that nobody has taken give the connection its credit back when their requests are closed")
    func untakenBodies() async throws {
        try await Line.with { line in
            _ = try await line.open(Self.control, isBidirectional: false)
            // All of a connection's credit is 1 MiB.
            for _ in 0..<12 {
                let id = try await line.open(Self.upload, isLast: true)
                try await line.wait { $0.ended.contains(id) }
            }
        }
    }

    @Test("streams that came early, whole, and are refused give it back too")
    func refusedEarlyStreams() async throws {
        try await Line.with { line in
            _ = try await line.open(Self.control, isBidirectional: false)
            for _ in 0..<12 {
                // Takes an id, and never opens the session.
                let session = try await line.open(ByteBuffer(bytes: [0x21]))
                var bytes = ByteBuffer(bytes: Self.oneWay)
                bytes.writeQUICVarint(session)
                bytes.writeRepeatingByte(7, count: 200_000)
                let early = try await line.open(bytes, isBidirectional: false, isLast: true)
                let count = bytes.readableBytes
                try await line.wait { $0.released[early] == count }
                try await line.write(ByteBuffer(bytes: [0]), isLast: true, on: session)
                try await line.wait { $0.resets[session] == HTTP3ErrorCode.requestIncomplete.rawValue }
            }
        }
    }

    static let violations: [(ByteBuffer, isBidirectional: Bool, HTTP3ErrorCode)] = [
        (ByteBuffer(bytes: [0, 7, 0]), false, .missingSettings), (ByteBuffer(bytes: [1]), false, .streamCreation),
        (ByteBuffer(bytes: [0, 0]), true, .frameUnexpected), (ByteBuffer(bytes: [0x40, 0x41, 1, 7]), true, .idError),
    ]

    @Test("a connection that breaks the protocol is closed with the code for it", arguments: violations.indices)
    func violation(_ index: Int) async throws {
        let (bytes, isBidirectional, code) = Self.violations[index]
        try await Line.with { line in
            _ = try await line.open(bytes, isBidirectional: isBidirectional)
            try await line.wait { client in
                guard case .application(code.rawValue, _, by: .peer) = client.end else { return false }
                return true
            }
        }
    }

    @Test("a second control stream, and a datagram that names no session, end the connection")
    func second() async throws {
        try await Line.with { line in
            _ = try await line.open(Self.control, isBidirectional: false)
            _ = try await line.open(Self.control, isBidirectional: false)
            try await line.wait { $0.end != nil }
        }
        try await Line.with { line in
            try await line.send(datagram: ByteBuffer(bytes: [UInt8](repeating: 0xFF, count: 8)))
            try await line.wait { $0.end != nil }
        }
    }
}
