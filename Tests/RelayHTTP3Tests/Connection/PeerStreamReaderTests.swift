import NIOCore
import RelayWire
import SeededRandom
import Testing

@testable import RelayHTTP3

@Suite("Streams in one direction")
struct PeerStreamReaderTests {
    static func control(_ frames: ByteBuffer...) -> ByteBuffer {
        var bytes = ByteBuffer(bytes: [0])
        for frame in frames { bytes.writeImmutableBuffer(frame) }
        return bytes
    }

    static func frame(_ kind: UInt64, _ payload: [UInt8]) -> ByteBuffer {
        var bytes = ByteBuffer()
        bytes.writeHTTP3FrameHeader(kind, length: payload.count)
        bytes.writeBytes(payload)
        return bytes
    }

    static let settings = frame(HTTP3FrameKind.settings, [0x08, 0x01])

    struct Summary: Equatable {
        var events: [PeerStreamReader.Event] = []
        var violation: HTTP3Violation?
    }

    static func read(_ bytes: ByteBuffer, by size: Int) -> Summary {
        var reader = PeerStreamReader()
        var summary = Summary()
        var rest = bytes
        while let piece = rest.readSlice(length: min(size, rest.readableBytes)), piece.readableBytes > 0 {
            do throws(HTTP3Violation) {
                summary.events += try reader.receive(piece)
                #expect(reader.heldBytes <= 4_200)
            } catch {
                summary.violation = error
                return summary
            }
            if case .session = summary.events.last { break }
        }
        return summary
    }

    @Test("a control stream brings its settings and whatever else may come")
    func control() throws {
        let bytes = Self.control(
            Self.settings,
            Self.frame(0x21, [1, 2, 3]),
            Self.frame(HTTP3FrameKind.maxPushID, [4]),
            Self.frame(HTTP3FrameKind.goAway, [0]),
            Self.frame(0xF_0700, [0, 0x75])
        )
        var settings = HTTP3Settings()
        settings.enablesConnectProtocol = true
        for size in [1, 2, 7, 1_000] {
            let summary = Self.read(bytes, by: size)
            #expect(summary == Summary(events: [.began(.control), .settings(settings), .goAway]))
        }
    }

    @Test("QPACK's streams, unknown ones and those of sessions are told apart")
    func roles() throws {
        #expect(Self.read(try ByteBuffer(hex: "0220"), by: 1).events == [.began(.encoder)])
        #expect(Self.read(try ByteBuffer(hex: "0344"), by: 1).events == [.began(.decoder)])
        #expect(Self.read(try ByteBuffer(hex: "21ffff"), by: 1).events == [.began(.unknown)])
        #expect(
            Self.read(try ByteBuffer(hex: "40540861"), by: 1).events == [
                .began(.session), .session(id: 8, ByteBuffer()),
            ]
        )
        let whole = Self.read(try ByteBuffer(hex: "40540861"), by: 9)
        #expect(whole.events == [.began(.session), .session(id: 8, ByteBuffer(string: "a"))])
    }

    static let violations: [(String, ByteBuffer, HTTP3ErrorCode)] = [
        ("no settings", control(frame(HTTP3FrameKind.goAway, [0])), .missingSettings),
        ("an unknown frame before them", control(frame(0x21, [])), .missingSettings),
        ("settings twice", control(settings, settings), .frameUnexpected),
        ("data", control(settings, frame(0, [])), .frameUnexpected),
        ("a head", control(settings, frame(1, [])), .frameUnexpected),
        ("a frame of HTTP/2", control(settings, frame(2, [])), .frameUnexpected),
        ("a push cancelled", control(settings, frame(HTTP3FrameKind.cancelPush, [0])), .idError),
        ("two numbers", control(settings, frame(HTTP3FrameKind.goAway, [0, 0])), .frameError),
        ("no number", control(settings, frame(HTTP3FrameKind.goAway, [])), .frameError),
        ("long settings", control(frame(HTTP3FrameKind.settings, [UInt8](repeating: 0, count: 5_000))), .excessiveLoad),
        ("a push", ByteBuffer(bytes: [1]), .streamCreation),
        ("an insertion", ByteBuffer(bytes: [2, 0xC0]), .encoderStreamError),
        ("an acknowledgement", ByteBuffer(bytes: [3, 0x80]), .decoderStreamError),
    ]

    @Test("what breaks the protocol is told by its code", arguments: violations.indices)
    func violation(_ index: Int) {
        let (name, bytes, code) = Self.violations[index]
        for size in [1, 10_000] {
            let violation = Self.read(bytes, by: size).violation
            #expect(violation?.code == code && violation?.scope == .connection, "\(name)")
        }
    }

    @Test("streams that never end may not end, and there is but one of each")
    func critical() throws {
        for (hex, isNeeded) in [("00", true), ("02", true), ("03", true), ("21", false), ("", false)] {
            var reader = PeerStreamReader()
            _ = try reader.receive(try ByteBuffer(hex: hex))
            let hasFailed = (try? reader.ended()) == nil
            #expect(hasFailed == isNeeded)
        }
        var only = OnlyStreams()
        for role in [PeerStreamReader.Role.control, .encoder, .decoder, .session, .session, .unknown, .unknown] {
            try only.opened(role)
        }
        for role in [PeerStreamReader.Role.control, .encoder, .decoder] {
            let isRefused = (try? only.opened(role)) == nil
            #expect(isRefused)
        }
    }

    @Test("whatever comes is read or refused, and the same however it is cut", arguments: 0..<40)
    func noise(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<50 {
            var bytes = Self.control(Self.settings)
            for _ in 0..<Int.random(in: 0..<40, using: &random) {
                bytes.writeInteger(UInt8.random(in: 0...(seed % 2 == 0 ? 255 : 16), using: &random))
            }
            if random.chance(30) { bytes.setInteger(UInt8.random(in: 0...255, using: &random), at: 0) }
            let (whole, cut) = (Self.read(bytes, by: 1_000), Self.read(bytes, by: 1))
            #expect(whole.violation == cut.violation)
            if whole.violation == nil, whole.events.first != .began(.session) { #expect(whole == cut) }
        }
    }
}
