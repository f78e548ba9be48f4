import NIOCore

/// Cuts a stream's bytes into texts, each behind its length in four bytes, the highest first. Keeps no more than an unfinished length: texts are
/// handed on in pieces, as they come.
///
/// ``add(_:)`` what came, then take ``next()`` until it is nil.
struct MeasuredTexts {
    /// A part of a text, which shares memory with what came. Of an empty text it is empty.
    struct Piece: Equatable {
        let bytes: ByteBuffer
        let beginsText: Bool
        let endsText: Bool
    }

    /// Beyond it a buffer is not kept for the few bytes of a length.
    private static let smallBuffer = 64

    private var bytes = ByteBuffer()
    /// Bytes to come of the text that has begun; nil between two.
    private var left: Int?
    private var isAtBeginning = true

    mutating func add(_ bytes: ByteBuffer) {
        if self.bytes.readableBytes == 0 { self.bytes = bytes } else { self.bytes.writeImmutableBuffer(bytes) }
    }

    mutating func next() -> Piece? {
        if self.left == nil { self.left = self.bytes.readInteger(as: UInt32.self).map { Int($0) } }
        guard let left = self.left else {
            self.letGo()
            return nil
        }
        let count = min(left, self.bytes.readableBytes)
        guard count > 0 || left == 0, let part = self.bytes.readSlice(length: count) else {
            self.letGo()
            return nil
        }
        let piece = Piece(bytes: part, beginsText: self.isAtBeginning, endsText: count == left)
        self.isAtBeginning = piece.endsText
        self.left = piece.endsText ? nil : left - count
        return piece
    }

    /// What is left must not keep alive all that came with it.
    private mutating func letGo() {
        guard self.bytes.readableBytes > 0 else { return self.bytes = ByteBuffer() }
        guard self.bytes.storageCapacity > Self.smallBuffer else { return }
        self.bytes = ByteBuffer(bytes: self.bytes.readableBytesView)
    }
}
