import NIOCore
import RelayWire
import SeededRandom
import Testing

@testable import RelayHTTP3

@Suite("Frames")
struct HTTP3FrameReaderTests {
    /// Of a stream: its frames with what has come of them, and what is no frame.
    struct Summary: Equatable {
        struct Frame: Equatable {
            var kind: UInt64
            var length: UInt64
            var payload = ByteBuffer()
            var isWhole = false
        }

        var frames: [Frame] = []
        var isBetweenFrames = true
    }

    /// - Parameter most: of a piece, bytes.
    static func read(_ bytes: ByteBuffer, inPiecesUpTo most: Int, _ random: inout SeededGenerator) -> Summary {
        var reader = HTTP3FrameReader()
        var summary = Summary()
        var rest = bytes
        rest.forEachPiece(upTo: most, using: &random) { piece in
            reader.add(piece)
            while let event = reader.next() {
                switch event {
                case .begins(let kind, let length): summary.frames.append(.init(kind: kind, length: length))
                case .payload(let part, let isLast):
                    summary.frames[summary.frames.count - 1].payload.writeImmutableBuffer(part)
                    summary.frames[summary.frames.count - 1].isWhole = isLast
                }
            }
            #expect(reader.heldBytes < 2 * QUICVarint.longest)
        }
        summary.isBetweenFrames = reader.isBetweenFrames
        return summary
    }

    /// Frames with lengths that are true, or lie a little or much.
    private static func stream(_ random: inout SeededGenerator) -> ByteBuffer {
        var bytes = ByteBuffer()
        for _ in 0..<Int.random(in: 0...8, using: &random) {
            let size = Int.random(in: 0...(random.chance(80) ? 20 : 500), using: &random)
            let isTrue = random.chance(90)
            bytes.writeQUICVarint(
                UInt64.random(in: 0...(random.chance(80) ? 0x41 : QUICVarint.maximum), using: &random)
            )
            bytes.writeQUICVarint(isTrue ? UInt64(size) : UInt64.random(in: 0...QUICVarint.maximum, using: &random))
            bytes.writeImmutableBuffer(.random(size, using: &random))
        }
        return bytes
    }

    @Test("whatever comes, the same frames are read of it however it is cut", arguments: 0..<10 as Range<UInt64>)
    func cuts(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<20 {
            let bytes = random.chance(70) ? Self.stream(&random) : .random(200, using: &random)
            let whole = Self.read(bytes, inPiecesUpTo: .max, &random)
            #expect(Self.read(bytes, inPiecesUpTo: 1, &random) == whole)
            #expect(Self.read(bytes, inPiecesUpTo: 100, &random) == whole)
        }
    }

    @Test("a frame that claims all there can be, and never ends, takes no memory")
    func claims() {
        var reader = HTTP3FrameReader()
        var header = ByteBuffer()
        header.writeQUICVarint(0x21)
        header.writeQUICVarint(QUICVarint.maximum)
        reader.add(header)
        #expect(reader.next() == .begins(kind: 0x21, length: QUICVarint.maximum))
        for _ in 0..<1_000 {
            var piece = ByteBuffer(repeating: 1, count: 1_200)
            reader.add(piece)
            #expect(reader.next() == .payload(piece, isLast: false) && reader.next() == nil)
            #expect(reader.heldBytes == 0)
            let isAlone = piece.isAlone()
            #expect(isAlone)
        }
    }
}
