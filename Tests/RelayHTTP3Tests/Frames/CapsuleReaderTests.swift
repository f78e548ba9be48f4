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

    @Test("a reason is cut by who writes it, and refused by who reads it")
    func reasons() throws {
        var reader = CapsuleReader()
        let long = CapsuleReader.close(code: 1, reason: String(repeating: "\u{1F600}", count: 1_000))
        #expect(try reader.receive(long) != nil)
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
