import NIOCore
import RelayWire
import SeededRandom
import Testing

@testable import RelayHTTP3

@Suite("Capsules")
struct CapsuleReaderTests {
    @Test("a session's end is read behind others, however it is cut")
    func close() throws {
        var bytes = ByteBuffer()
        bytes.writeQUICVarint(0x1F * 77_777 + 0x17)
        bytes.writeQUICVarint(5_000)
        bytes.writeRepeatingByte(0x41, count: 5_000)
        bytes.writeImmutableBuffer(CapsuleReader.close(code: 77, reason: "over \u{E9}"))
        bytes.writeString("what follows means nothing")
        for size in [1, 3, 100_000] {
            var reader = CapsuleReader()
            var rest = bytes
            var events: [CapsuleReader.Event] = []
            while let piece = rest.readSlice(length: min(size, rest.readableBytes)), piece.readableBytes > 0 {
                if let event = try reader.receive(piece) { events.append(event) }
                #expect(reader.heldBytes < 50)
            }
            #expect(events == [.close(code: 77, reason: "over \u{E9}")])
        }
    }

    /// What comes of it: the end of a session, or a violation.
    private static func read(
        _ bytes: ByteBuffer,
        inPiecesUpTo most: Int,
        _ random: inout SeededGenerator
    ) -> Result<[CapsuleReader.Event], HTTP3Violation> {
        var reader = CapsuleReader()
        var events: [CapsuleReader.Event] = []
        var rest = bytes
        do {
            try rest.forEachPiece(upTo: most, using: &random) { piece in
                let event = try reader.receive(piece)
                if let event { events.append(event) }
                // Behind the end there is nothing.
                #expect(reader.heldBytes < CapsuleReader.longestReason + 50 || !events.isEmpty)
            }
            return .success(events)
        } catch let violation as HTTP3Violation {
            return .failure(violation)
        } catch {
            preconditionFailure("nothing else is thrown")
        }
    }

    @Test("whatever comes is read or refused, and the same however it is cut", arguments: 0..<10 as Range<UInt64>)
    func noise(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<20 {
            var bytes = ByteBuffer()
            for _ in 0..<Int.random(in: 0...4, using: &random) {
                let kinds: [UInt64] = [CapsuleReader.closeSession, 0, 0x41, 0x17]
                let kind = kinds.randomElement(using: &random) ?? 0
                let size = Int.random(in: 0...(random.chance(80) ? 10 : 1_100), using: &random)
                bytes.writeHTTP3FrameHeader(kind, length: random.chance(90) ? size : size / 2)
                bytes.writeImmutableBuffer(.random(size, using: &random))
            }
            let whole = Self.read(bytes, inPiecesUpTo: .max, &random)
            #expect(Self.read(bytes, inPiecesUpTo: 1, &random) == whole)
            #expect(Self.read(bytes, inPiecesUpTo: 50, &random) == whole)
        }
    }

    @Test("a stream may end between capsules and behind a session's end, and nowhere else")
    func ends() throws {
        var capsule = ByteBuffer()
        capsule.writeHTTP3FrameHeader(0x1F * 7 + 0x17, length: 2)
        capsule.writeString("ab")
        for count in 0...capsule.readableBytes {
            var reader = CapsuleReader()
            #expect(try reader.receive(capsule.getSlice(at: 0, length: count) ?? ByteBuffer()) == nil)
            if count == 0 || count == capsule.readableBytes {
                try reader.end()
            } else {
                let violation = #expect(throws: HTTP3Violation.self) { try reader.end() }
                #expect(violation?.scope == .stream && violation?.code == .messageError)
            }
        }
        var reader = CapsuleReader()
        var bytes = CapsuleReader.close(code: 1, reason: "over")
        bytes.writeInteger(UInt8(0x40))
        #expect(try reader.receive(bytes) != nil)
        try reader.end()
    }

    @Test("a reason is cut by who writes it, and refused by who reads it")
    func reasons() throws {
        // The second is one character.
        for reason in [String(repeating: "\u{1F600}", count: 1_000), "e" + String(repeating: "\u{301}", count: 1_000)] {
            var reader = CapsuleReader()
            let long = CapsuleReader.close(code: 1, reason: reason)
            #expect(try reader.receive(long) != nil)
        }
        for length in [3, 1_029] {
            var bytes = ByteBuffer()
            bytes.writeHTTP3FrameHeader(CapsuleReader.closeSession, length: length)
            let header = bytes
            var other = CapsuleReader()
            let violation = #expect(throws: HTTP3Violation.self) { try other.receive(header) }
            #expect(violation?.scope == .stream)
        }
    }
}
