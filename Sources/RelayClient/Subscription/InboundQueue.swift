import NIOCore

/// Messages that have arrived and wait to be taken; says when to stop reading and when to go on.
///
/// Reading stops at `maxBytes` and goes on once half of it is free, so that the socket isn't poked for each message.
struct InboundQueue {
    private let maxBytes: Int
    private var messages: CircularBuffer<ByteBuffer> = []
    private(set) var bytes = 0
    private(set) var isFull = false

    var isEmpty: Bool { self.messages.isEmpty }

    init(maxBytes: Int) {
        self.maxBytes = max(1, maxBytes)
    }

    mutating func append(_ message: ByteBuffer) {
        self.messages.append(message)
        self.bytes += Self.cost(message)
        if self.bytes >= self.maxBytes { self.isFull = true }
    }

    mutating func popFirst() -> ByteBuffer? {
        guard let message = self.messages.popFirst() else { return nil }
        self.bytes -= Self.cost(message)
        if self.bytes <= self.maxBytes / 2 { self.isFull = false }
        return message
    }

    /// Empty messages cost something too: a peer could send nothing else.
    private static func cost(_ message: ByteBuffer) -> Int {
        message.readableBytes + 64
    }
}
