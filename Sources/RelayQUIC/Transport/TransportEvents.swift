import NIOCore

/// What has happened on a connection and was not taken yet. Pure.
///
/// Packets are small, and who gets their bytes works by the piece. So pieces of one stream become one, at most twice as large in memory as what is
/// in it. That a peer mixes the bytes of many streams changes nothing.
struct TransportEvents {
    /// Of what comes together on a stream, no more is put into one buffer, bytes.
    private static let largestPiece = 16 << 10
    /// What is smaller waits for more of its stream until the events are taken, bytes.
    private static let smallPiece = 1 << 10

    private var events: [TransportEvent] = []
    /// What has come last on a stream, and may grow yet.
    private var piece: (stream: UInt64, bytes: ByteBuffer, isLast: Bool)?
    /// Where in ``events`` small pieces are, by their streams.
    private var smallPieces: [UInt64: Int] = [:]

    var isEmpty: Bool { self.events.isEmpty && self.piece == nil }

    /// All of them, in their order.
    mutating func take() -> [TransportEvent] {
        self.closePiece()
        let events = self.events
        self.events = []
        if !self.smallPieces.isEmpty { self.smallPieces = [:] }
        return events
    }

    mutating func add(_ event: TransportEvent) {
        self.closePiece()
        self.events.append(event)
    }

    /// Bytes of a stream have come. They are copied.
    mutating func received(_ bytes: UnsafeRawBufferPointer, on stream: UInt64, isLast: Bool) {
        if let piece = self.piece,
            piece.stream != stream || piece.bytes.readableBytes + bytes.count > Self.largestPiece
        {
            self.closePiece()
        }
        if self.piece != nil {
            unsafe self.piece?.bytes.writeBytes(bytes)
            self.piece?.isLast = isLast
        } else if unsafe !self.join(bytes, on: stream, isLast: isLast) {
            self.piece = (stream, unsafe ByteBuffer(bytes: bytes), isLast)
        }
    }

    /// The peer has acknowledged so many bytes of a stream, or they were given up.
    mutating func released(_ count: Int, on stream: UInt64) {
        if self.piece == nil, case .streamReleased(stream, let before) = self.events.last {
            self.events[self.events.count - 1] = .streamReleased(stream, before + count)
        } else {
            self.add(.streamReleased(stream, count))
        }
    }

    private mutating func closePiece() {
        guard let piece = self.piece else { return }
        self.piece = nil
        if piece.bytes.readableBytes < Self.smallPiece { self.smallPieces[piece.stream] = self.events.count }
        self.events.append(.streamReceived(piece.stream, piece.bytes, isLast: piece.isLast))
    }

    /// - Returns: whether there is a small piece of the stream that has come before, which the bytes have joined.
    private mutating func join(_ bytes: UnsafeRawBufferPointer, on stream: UInt64, isLast: Bool) -> Bool {
        guard let index = self.smallPieces[stream], case .streamReceived(_, var piece, _) = self.events[index] else {
            return false
        }
        // Else there would be two of it, and one would be copied.
        self.events[index] = .streamsAllowed
        unsafe piece.writeBytes(bytes)
        if piece.readableBytes >= Self.smallPiece { self.smallPieces[stream] = nil }
        self.events[index] = .streamReceived(stream, piece, isLast: isLast)
        return true
    }
}
