import NIOCore

/// Gathers what is sent within one tick of the event loop, so that it leaves in one write.
struct WriteBatch {
    private var bytes: ByteBuffer?

    /// - Returns: whether this is the first of the tick, so that a flush has to be planned.
    mutating func append(_ more: ByteBuffer) -> Bool {
        guard self.bytes != nil else {
            self.bytes = more
            return true
        }
        self.bytes?.writeImmutableBuffer(more)
        return false
    }

    mutating func take() -> ByteBuffer? {
        defer { self.bytes = nil }
        return self.bytes
    }
}
