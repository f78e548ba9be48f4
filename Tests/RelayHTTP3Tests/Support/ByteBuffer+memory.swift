import NIOCore
import SeededRandom

extension ByteBuffer {
    /// Whether nobody else holds its memory: then a byte is changed where it lies, and not in a copy.
    mutating func isAlone() -> Bool {
        let before = self.address
        self.setInteger(UInt8(0), at: self.readerIndex)
        return self.address == before
    }

    private var address: Int {
        unsafe self.withUnsafeReadableBytes { Int(bitPattern: $0.baseAddress) }
    }

    static func random(_ count: Int, using random: inout SeededGenerator) -> ByteBuffer {
        ByteBuffer(bytes: (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) })
    }

    /// Takes all bytes, in pieces of at most so many.
    mutating func forEachPiece(
        upTo most: Int,
        using random: inout SeededGenerator,
        _ body: (ByteBuffer) throws -> Void
    ) rethrows {
        while self.readableBytes > 0 {
            let size = Int.random(in: 1...min(most, self.readableBytes), using: &random)
            if let piece = self.readSlice(length: size) { try body(piece) }
        }
    }
}
