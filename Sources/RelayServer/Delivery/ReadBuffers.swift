import NIOCore

/// What connections read into.
enum ReadBuffers {
    /// A connection keeps the buffer of its last read, an idle WebSocket for as long as it lives. So it begins with what holds an
    /// upgrade or a usual publish, and grows for those who send more: half of what NIO begins with.
    static let allocator = AdaptiveRecvByteBufferAllocator(minimum: 64, initial: 1_024, maximum: 64 << 10)
}
