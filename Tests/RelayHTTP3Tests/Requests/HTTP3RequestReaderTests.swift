import NIOCore
import SeededRandom
import Testing

@testable import RelayHTTP3

@Suite("Streams of requests")
struct HTTP3RequestReaderTests {
    static func frame(_ kind: UInt64, _ payload: ByteBuffer) -> ByteBuffer {
        var bytes = ByteBuffer()
        bytes.writeHTTP3FrameHeader(kind, length: payload.readableBytes)
        bytes.writeImmutableBuffer(payload)
        return bytes
    }

    static func head(_ more: HTTP3Field...) -> ByteBuffer {
        self.frame(HTTP3FrameKind.headers, QPACKEncoder.encode(HTTP3RequestHeadTests.get + more))
    }

    static func joined(_ parts: ByteBuffer...) -> ByteBuffer {
        parts.reduce(into: ByteBuffer()) { $0.writeImmutableBuffer($1) }
    }

    /// What came of it in all: bodies put together.
    struct Summary: Equatable {
        var head: HTTP3RequestHead?
        var body = ByteBuffer()
        var isComplete = false
        var isTooLarge = false
        var session: UInt64?
        var content = ByteBuffer()
        var violation: HTTP3Violation?

        mutating func take(_ event: HTTP3RequestReader.Event) {
            switch event {
            case .head(let head): self.head = head
            case .headTooLarge: self.isTooLarge = true
            case .body(let bytes): self.body.writeImmutableBuffer(bytes)
            case .end: self.isComplete = true
            case .session(let id, let bytes):
                self.session = id
                self.content = bytes
            }
        }
    }

    /// - Parameter cut: how many bytes come next.
    static func read(_ bytes: ByteBuffer, isLast: Bool = true, cut: (Int) -> Int = { $0 }) -> Summary {
        var reader = HTTP3RequestReader(maxHeadBytes: 4_000)
        var summary = Summary()
        var rest = bytes
        repeat {
            let piece = rest.readSlice(length: min(max(1, cut(rest.readableBytes)), rest.readableBytes)) ?? ByteBuffer()
            if summary.session != nil {
                summary.content.writeImmutableBuffer(piece)
                continue
            }
            do throws(HTTP3Violation) {
                let events = try reader.receive(piece, isLast: isLast && rest.readableBytes == 0)
                for event in events { summary.take(event) }
                #expect(reader.heldBytes <= 4_016)
            } catch {
                summary.violation = error
                return summary
            }
        } while rest.readableBytes > 0
        return summary
    }

    @Test("a request comes out the same, however it is cut", arguments: 0..<30)
    func cuts(_ seed: UInt64) throws {
        let body = ByteBuffer(repeating: 7, count: 3_000)
        let bytes = Self.joined(
            Self.frame(0x21, ByteBuffer(string: "grease")),
            Self.head(HTTP3Field("content-length", "3000")),
            Self.frame(HTTP3FrameKind.data, ByteBuffer()),
            Self.frame(HTTP3FrameKind.data, body),
            Self.frame(0x1F * 1_000 + 0x21, ByteBuffer()),
            Self.frame(HTTP3FrameKind.headers, QPACKEncoder.encode([HTTP3Field("x", "trailer")]))
        )
        var random = SeededGenerator(seed: seed)
        let summary = Self.read(bytes) { min($0, Int.random(in: 1...(seed < 10 ? 3 : 2_000), using: &random)) }
        #expect(summary.head?.path == "/ws" && summary.body == body && summary.isComplete && summary.violation == nil)
    }

    @Test("a session's stream is told with its id, and its content comes unread")
    func session() throws {
        var bytes = try ByteBuffer(hex: "404104")
        bytes.writeString("content")
        for most in [1, 2, 3, 100] {
            let summary = Self.read(bytes) { min($0, most) }
            #expect(summary.session == 4 && summary.content == ByteBuffer(string: "content"))
        }
    }

    @Test("a head that is too large is told, whether by its frame or by its fields")
    func tooLarge() {
        let long = Self.read(Self.head(HTTP3Field("x", String(repeating: "v", count: 5_000))))
        #expect(long.isTooLarge && long.isComplete && long.head == nil && long.violation == nil)
        let fields = (0..<110).map { HTTP3Field("x\($0)", "y") }
        let section = QPACKEncoder.encode(HTTP3RequestHeadTests.get + fields)
        #expect(section.readableBytes < 4_000)
        #expect(Self.read(Self.frame(HTTP3FrameKind.headers, section)).isTooLarge)
    }

    static let violations: [(String, ByteBuffer, HTTP3Violation.Scope, HTTP3ErrorCode)] = [
        ("data first", frame(HTTP3FrameKind.data, ByteBuffer(string: "x")), .connection, .frameUnexpected),
        ("nothing", ByteBuffer(), .stream, .requestIncomplete),
        ("a cut frame", ByteBuffer(bytes: [0x01]), .connection, .frameError),
        ("settings", joined(head(), frame(HTTP3FrameKind.settings, ByteBuffer())), .connection, .frameUnexpected),
        ("a push", frame(HTTP3FrameKind.pushPromise, ByteBuffer()), .connection, .frameUnexpected),
        ("a frame of HTTP/2", frame(0x08, ByteBuffer()), .connection, .frameUnexpected),
        ("a third head", joined(head(), head(), head()), .connection, .frameUnexpected),
        (
            "data behind trailers", joined(head(), head(), frame(0, ByteBuffer(string: "x"))), .connection,
            .frameUnexpected
        ),
        (
            "a session's stream behind a head", joined(head(), ByteBuffer(bytes: [0x40, 0x41, 0])), .connection,
            .frameError
        ),
        ("too little of a body", head(HTTP3Field("content-length", "1")), .stream, .messageError),
        (
            "too much of a body", joined(head(HTTP3Field("content-length", "1")), frame(0, ByteBuffer(string: "xx"))),
            .stream, .messageError
        ),
        (
            "two lengths", head(HTTP3Field("content-length", "1"), HTTP3Field("content-length", "2")), .stream,
            .messageError
        ),
        ("no length", head(HTTP3Field("content-length", "+1")), .stream, .messageError),
    ]

    @Test("what breaks the protocol is told by its code, however it is cut", arguments: violations.indices)
    func violation(_ index: Int) {
        let (name, bytes, scope, code) = Self.violations[index]
        for most in [1, 1_000] {
            let summary = Self.read(bytes) { min($0, most) }
            #expect(summary.violation?.scope == scope && summary.violation?.code == code, "\(name)")
        }
    }

    @Test("what waits keeps nothing of what came with it")
    func memory() throws {
        // A long frame that means nothing, and the first byte of a head.
        var bytes = Self.frame(0x21, ByteBuffer(repeating: 1, count: 16_000))
        bytes.writeImmutableBuffer(try #require(Self.head().getSlice(at: 0, length: 3)))
        var reader = HTTP3RequestReader(maxHeadBytes: 4_000)
        let none = try reader.receive(bytes, isLast: false)
        let isAlone = bytes.isAlone()
        #expect(none.isEmpty && reader.heldBytes == 1 && isAlone)
        // The same with a byte of a body, and with one of a frame's header.
        var body = Self.joined(Self.head(), Self.frame(0x21, ByteBuffer(repeating: 1, count: 16_000)))
        body.writeImmutableBuffer(Self.frame(HTTP3FrameKind.data, ByteBuffer(string: "x")))
        body.writeInteger(UInt8(0x40))
        var other = HTTP3RequestReader(maxHeadBytes: 4_000)
        let events = try other.receive(body, isLast: false)
        let isReleased = body.isAlone()
        #expect(events.last == .body(ByteBuffer(string: "x")) && other.heldBytes == 1 && isReleased)
    }

    @Test("whatever comes is read or refused, and the same however it is cut", arguments: 0..<40)
    func noise(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<50 {
            var bytes = Self.head()
            for _ in 0..<Int.random(in: 0..<4, using: &random) {
                let kind = [0, 1, 2, 4, 5, 0x21, 0x41, 9_000].randomElement(using: &random) ?? 0
                let size = Int.random(in: 0..<40, using: &random)
                bytes.writeImmutableBuffer(Self.frame(UInt64(kind), ByteBuffer(repeating: 0x51, count: size)))
            }
            for _ in 0..<Int.random(in: 0..<3, using: &random) {
                let place = Int.random(in: 0..<bytes.readableBytes, using: &random)
                bytes.setInteger(UInt8.random(in: 0...255, using: &random), at: place)
            }
            var whole = Self.read(bytes)
            var cut = Self.read(bytes) { _ in 1 }
            // What came before a violation in the same piece is not told.
            if whole.violation != nil {
                whole = Summary(violation: whole.violation)
                cut = Summary(violation: cut.violation)
            }
            #expect(whole == cut)
        }
    }
}
