public import NIOCore

/// The streams of a tunnel whose peers have come to two relays, at one of these: their numbers between the relays, and the credit that waits to be
/// told. Decides, and does nothing.
///
/// A stream has a number from ``open(_:)`` or ``opened(_:)`` on until both relays have said that it is closed, or one has ended it.
///
/// - Parameter Stream: what the number stands for here.
public struct LinkStreams<Stream: Sendable>: Sendable {
    private struct Entry: Sendable {
        /// Nil before the counterpart of the other client's stream is open.
        var stream: Stream?
        var isClosedHere = false
        var isClosedThere = false
        /// Bytes that the client here has taken, and the other relay has not been told of.
        var taken = 0
    }

    private var entries: [UInt64: Entry] = [:]
    /// Even at the opener's relay.
    private var next: UInt64
    private var hasTaken: [UInt64] = []
    /// Closed at the client here, which the other relay has not been told of.
    private var hasClosed: [UInt64] = []
    /// As ``hasClosed``, of which the client here wants no more.
    private var hasStopped: [(stream: UInt64, code: UInt64)] = []
    private let most: Int
    /// Nil while the session's bandwidth is not spent.
    private var pausedUntil: NIODeadline?

    /// - Parameters:
    ///   - isOpeners: whether this is the relay whose peer has asked for the tunnel.
    ///   - most: streams, 1 or more. Those are among them that are closed here, and may be open there for a while.
    public init(isOpeners: Bool, most: Int) {
        self.next = isOpeners ? 0 : 1
        self.most = most
    }

    public var count: Int { self.entries.count }

    /// Whether there are as many as there may be. Then neither client's relay may open another.
    public var isFull: Bool { self.entries.count >= self.most }

    /// The client here has opened a stream.
    ///
    /// - Returns: its number.
    public mutating func open(_ stream: Stream) -> UInt64 {
        let number = self.next
        self.next += 2
        self.entries[number] = Entry(stream: stream)
        return number
    }

    /// The client there has.
    ///
    /// - Returns: false for a number that the other relay may not give now.
    public mutating func opened(_ number: UInt64) -> Bool {
        guard number & 1 != self.next & 1, self.entries[number] == nil else { return false }
        self.entries[number] = Entry()
        return true
    }

    /// The counterpart of the client's there is open.
    ///
    /// - Returns: false where that stream is no more.
    public mutating func join(_ number: UInt64, _ stream: Stream) -> Bool {
        guard self.entries[number] != nil else { return false }
        self.entries[number]?.stream = stream
        return true
    }

    /// Whether a stream has this number, if only at the other relay so far.
    public func knows(_ number: UInt64) -> Bool { self.entries[number] != nil }

    public subscript(number: UInt64) -> Stream? { self.entries[number]?.stream }

    /// Both directions are done at the client here. What the other one has sent before is taken by then.
    ///
    /// The other relay is told with the credit, see ``takeCredit(at:)``: after this it has nobody whose credit it would be.
    public mutating func closedHere(_ number: UInt64) {
        if self.entries[number] != nil { self.hasClosed.append(number) }
    }

    /// The client here wants no more of a stream, by this code. The other relay is told as of ``closedHere(_:)``: its client then has credit for all that
    /// it has sent.
    public mutating func stopped(_ number: UInt64, code: UInt64) {
        if self.entries[number] != nil { self.hasStopped.append((number, code)) }
    }

    public mutating func closedThere(_ number: UInt64) {
        self.entries[number]?.isClosedThere = true
        self.forgetIfClosed(number)
    }

    private mutating func forgetIfClosed(_ number: UInt64) {
        guard let entry = self.entries[number], entry.isClosedHere, entry.isClosedThere else { return }
        self.entries[number] = nil
    }

    /// The stream is no more.
    ///
    /// - Returns: what it was here; nil where there was nothing yet, or nothing any more.
    public mutating func end(_ number: UInt64) -> Stream? { self.entries.removeValue(forKey: number)?.stream }

    /// The tunnel is no more.
    ///
    /// - Returns: what its streams were here.
    public mutating func endAll() -> [Stream] {
        let streams = self.entries.sorted { $0.key < $1.key }.compactMap(\.value.stream)
        (self.entries, self.hasTaken, self.hasStopped, self.hasClosed) = ([:], [], [], [])
        return streams
    }

    // MARK: Credit

    /// The client here has taken bytes.
    public mutating func taken(_ count: Int, of number: UInt64) {
        guard count > 0, let entry = self.entries[number] else { return }
        if entry.taken == 0 { self.hasTaken.append(number) }
        self.entries[number]?.taken += count
    }

    /// What the client there has sent has spent the session's bandwidth until then: it is told of no credit before.
    public mutating func pause(until moment: NIODeadline) {
        self.pausedUntil = max(self.pausedUntil ?? moment, moment)
    }

    /// What the other relay is to be told, in this order.
    public struct News: Sendable {
        public var credit: [(stream: UInt64, bytes: Int)] = []
        public var stopped: [(stream: UInt64, code: UInt64)] = []
        public var closed: [UInt64] = []
        /// When to look again; nil where nothing waits for bandwidth.
        public var later: NIODeadline?
    }

    /// What the other relay is to be told now.
    public mutating func takeCredit(at now: NIODeadline) -> News {
        if let moment = self.pausedUntil {
            guard moment <= now else { return News(later: moment) }
            self.pausedUntil = nil
        }
        var news = News()
        for number in self.hasTaken {
            guard let bytes = self.entries[number]?.taken, bytes > 0 else { continue }
            self.entries[number]?.taken = 0
            news.credit.append((number, bytes))
        }
        self.hasTaken = []
        news.stopped = self.hasStopped.filter { self.entries[$0.stream] != nil }
        self.hasStopped = []
        news.closed = self.takeClosed()
        return news
    }

    private mutating func takeClosed() -> [UInt64] {
        // One may have been ended meanwhile.
        let closed = self.hasClosed.filter { self.entries[$0] != nil }
        self.hasClosed = []
        for number in closed {
            self.entries[number]?.isClosedHere = true
            self.forgetIfClosed(number)
        }
        return closed
    }
}
