import NIOCore

/// Streams whose session is not open yet: they may overtake the request that opens it (draft-02 section 4.5). So many wait, and for so long.
struct EarlyStreams<Stream> {
    enum Verdict: Equatable {
        /// It waits for ``opened(_:)``.
        case waits
        /// To be refused: too many wait.
        case refused
        /// To be refused: its session is over.
        case gone
    }

    struct Limits: Hashable, Sendable {
        /// Streams of a connection that may wait.
        var streams = 16
        /// For so long.
        var patience = TimeAmount.seconds(5)
        /// Sessions of which is remembered that they are over.
        var remembered = 64
    }

    private let limits: Limits
    private var waiting: [(session: UInt64, stream: Stream, until: NIODeadline)] = []
    /// Sessions that were over last, the oldest first.
    private var over: [UInt64] = []

    init(_ limits: Limits = Limits()) {
        self.limits = limits
    }

    /// Those that wait.
    var streams: [Stream] { self.waiting.map(\.stream) }

    mutating func arrived(_ stream: Stream, of session: UInt64, at now: NIODeadline) -> Verdict {
        if self.over.contains(session) { return .gone }
        guard self.waiting.count < self.limits.streams else { return .refused }
        self.waiting.append((session, stream, now + self.limits.patience))
        return .waits
    }

    /// - Returns: those that waited for the session, in their order.
    mutating func opened(_ session: UInt64) -> [Stream] { self.take { $0.session == session } }

    /// The session is over, or will never be.
    ///
    /// - Returns: those that waited for it.
    mutating func ended(_ session: UInt64) -> [Stream] {
        self.over.append(session)
        if self.over.count > self.limits.remembered { self.over.removeFirst() }
        return self.opened(session)
    }

    /// - Returns: those that have waited for too long.
    mutating func expired(at now: NIODeadline) -> [Stream] { self.take { now >= $0.until } }

    private mutating func take(
        _ isTaken: ((session: UInt64, stream: Stream, until: NIODeadline)) -> Bool
    ) -> [Stream] {
        let taken = self.waiting.filter(isTaken)
        guard !taken.isEmpty else { return [] }
        self.waiting.removeAll(where: isTaken)
        return taken.map(\.stream)
    }
}
