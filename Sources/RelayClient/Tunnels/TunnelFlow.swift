import NIOCore

/// One end of a tunnel, between a local program and the other end: what is sent when, and what is kept until the other end has it. Pure.
///
/// Both directions have positions: bytes since the beginning, and one more for the end. Nothing grows beyond ``window`` and what one read of
/// the local program brings.
struct TunnelFlow {
    /// What the other end's program has not taken at which the local one is not read on, in bytes.
    static let window = 4 << 20

    enum Action: Hashable {
        /// For the other end.
        case send(ByteBuffer)
        /// For the local program; ``took(_:)`` once it has it.
        case deliver(ByteBuffer)
        /// Tell the local program that no more comes; ``took(_:)`` with 1 once that is done.
        case deliverEnd
        /// The other end's program is gone.
        case breakOff
    }

    // From the local program.
    private var kept = CircularBuffer<ByteBuffer>()
    /// The position of the first byte that is kept.
    private var keptFrom: UInt64 = 0
    private var read: UInt64 = 0
    private var hasEnded = false
    /// Up to where the other end's program has taken it.
    private var acknowledged: UInt64 = 0

    // To the local program.
    private var received: UInt64 = 0
    private var written: UInt64 = 0
    /// Up to where the other end was told so on this connection.
    private var told: UInt64 = 0
    private var hasOtherEnded = false

    /// Whether the other end's hello came on this connection. Nothing but the own hello is sent before.
    private var hasMet = false

    /// The position of the local program's stream, its end included.
    private var position: UInt64 { self.read + (self.hasEnded ? 1 : 0) }

    /// Whether the local program may be read.
    var mayRead: Bool { !self.hasEnded && self.read - min(self.acknowledged, self.read) < UInt64(Self.window) }

    /// Whether both programs have sent everything, and both ends know that it has arrived.
    var isFinished: Bool { self.hasDelivered && self.acknowledged == self.position && self.told == self.received }

    /// Whether all has been sent, and all of the other program was delivered. So the other end has nothing to say any more but that it has
    /// the rest.
    var hasDelivered: Bool { self.hasEnded && self.hasOtherEnded && self.written == self.received }

    /// Bytes that the other end may not have, for people.
    var unacknowledged: UInt64 { self.position - self.acknowledged }

    // MARK: Connections

    /// A connection is open.
    ///
    /// - Returns: the hello.
    mutating func connected() -> ByteBuffer {
        self.hasMet = false
        self.told = 0
        return TunnelRecord.hello(received: self.received).bytes
    }

    /// It is gone. What is read from now on waits for the next.
    mutating func disconnected() { self.hasMet = false }

    // MARK: The local program

    /// It has sent bytes.
    mutating func read(_ bytes: ByteBuffer) -> ByteBuffer? {
        guard bytes.readableBytes > 0 else { return nil }
        self.kept.append(bytes)
        self.read += UInt64(bytes.readableBytes)
        return self.hasMet ? TunnelRecord.data(bytes).bytes : nil
    }

    /// It sends no more.
    mutating func ended() -> ByteBuffer? {
        guard !self.hasEnded else { return nil }
        self.hasEnded = true
        return self.hasMet ? TunnelRecord.end.bytes : nil
    }

    /// It has taken what it was given.
    ///
    /// - Returns: whether the other end should be told at once, and not some time soon.
    mutating func took(_ count: Int) -> Bool {
        self.written += UInt64(count)
        return self.written - self.told >= UInt64(Self.window / 8)
            || self.written == self.received && self.hasOtherEnded
    }

    /// What tells the other end how far the local program is; nil where it knows, or is not there.
    mutating func acknowledgement() -> ByteBuffer? {
        guard self.hasMet, self.told < self.written else { return nil }
        self.told = self.written
        return TunnelRecord.acknowledged(self.written).bytes
    }

    // MARK: The other end

    mutating func received(_ record: TunnelRecord) throws(TunnelFault) -> [Action] {
        if case .hello(let position) = record { return try self.met(at: position) }
        guard self.hasMet else { throw .notUnderstood }
        switch record {
        case .hello: throw .notUnderstood
        case .data(let bytes):
            guard !self.hasOtherEnded else { throw .notUnderstood }
            self.received += UInt64(bytes.readableBytes)
            guard self.received - self.written <= UInt64(2 * Self.window) else { throw .overrun }
            return [.deliver(bytes)]
        case .acknowledged(let position):
            guard self.acknowledged...self.position ~= position else { throw .miscounted }
            self.acknowledged = position
            self.drop(to: position)
            return []
        case .end:
            guard !self.hasOtherEnded else { throw .notUnderstood }
            self.hasOtherEnded = true
            self.received += 1
            return [.deliverEnd]
        case .broken:
            return [.breakOff]
        }
    }

    /// Sends what the other end lacks.
    private mutating func met(at position: UInt64) throws(TunnelFault) -> [Action] {
        guard !self.hasMet else { throw .notUnderstood }
        guard self.keptFrom...self.position ~= position else { throw .miscounted }
        self.hasMet = true
        self.drop(to: position)
        var actions: [Action] = []
        if let word = self.acknowledgement() { actions.append(.send(word)) }
        actions += self.kept.map { .send(TunnelRecord.data($0).bytes) }
        if self.hasEnded, position < self.position { actions.append(.send(TunnelRecord.end.bytes)) }
        return actions
    }

    private mutating func drop(to position: UInt64) {
        while let first = self.kept.first, self.keptFrom < position {
            let count = min(UInt64(first.readableBytes), position - self.keptFrom)
            self.keptFrom += count
            if count == UInt64(first.readableBytes) {
                self.kept.removeFirst()
            } else {
                self.kept[self.kept.startIndex].moveReaderIndex(forwardBy: Int(count))
            }
        }
    }
}
