import NIOCore

/// Decides when a WebSocket is pinged, and when it is given up.
///
/// Every frame that the client sends, a pong too, counts as life.
///
/// A client that has stopped reading is not given up for it. While the socket does not take what was written before, no ping is sent and no
/// pong awaited. Messages that were sent since the client was last heard may still lie before the ping, in buffers that the relay can't
/// see. No pong is awaited then either: if the peer is gone, ``VanishedPeers`` notices, since its bytes are not acknowledged.
///
/// Nor is a client given up that the relay itself holds back: its pong may lie in a socket that is not read.
///
/// A dialect may have ``Times`` of its own. Then a client has to be heard by these also while messages are sent to it, as long as its socket takes
/// them: its protocol says so.
struct PingSchedule {
    /// What a dialect's protocol says.
    struct Times {
        /// How long a connection is quiet before it is pinged.
        let interval: TimeAmount
        /// How long it then has to be heard.
        let patience: TimeAmount
    }

    enum Action: Equatable {
        case nothing
        case ping
        /// Its client never began to use it.
        case closeIdle
        /// It did not answer a ping.
        case closeUnanswered
        /// It did not answer a close frame.
        case cutOff
    }

    private enum State {
        case quiet(since: NIODeadline)
        case awaitingPong(since: NIODeadline)
        case closing(since: NIODeadline)
    }

    /// How long a client may take to answer a close frame.
    private static let closeTimeout = TimeAmount.seconds(5)

    /// How long a connection is quiet before it is pinged, and how long it then has to answer. It is a third of the idle limit, and
    /// never more than 20 s.
    static func pingInterval(within idleLimit: TimeAmount) -> TimeAmount {
        min(.seconds(20), .nanoseconds(idleLimit.nanoseconds / 3))
    }

    /// Whether messages were sent since the client was last heard.
    private var owesReading = false
    private var state: State
    private let openedAt: NIODeadline
    /// For how long a client may leave it unused.
    private let idleLimit: TimeAmount
    /// Nil for those that follow from ``idleLimit``.
    private let times: Times?

    init(openedAt: NIODeadline, idleLimit: TimeAmount, times: Times? = nil) {
        self.state = .quiet(since: openedAt)
        self.openedAt = openedAt
        self.idleLimit = idleLimit
        self.times = times
    }

    private var pingInterval: TimeAmount { self.times?.interval ?? Self.pingInterval(within: self.idleLimit) }
    private var patience: TimeAmount { self.times?.patience ?? self.pingInterval }

    /// A frame came.
    mutating func heard(at now: NIODeadline) {
        switch self.state {
        case .quiet, .awaitingPong: self.state = .quiet(since: now)
        case .closing: break
        }
        self.owesReading = false
    }

    /// Messages were sent.
    mutating func delivered() {
        self.owesReading = true
    }

    /// The socket is read again that was not read for a while: a pong may lie there, and has its time anew.
    mutating func readAgain(at now: NIODeadline) {
        if case .awaitingPong = self.state { self.state = .awaitingPong(since: now) }
    }

    /// A close frame was sent.
    mutating func closing(at now: NIODeadline) {
        self.state = .closing(since: now)
    }

    /// Until when ticks have nothing to do. What comes meanwhile can only put it off, except for ``closing(at:)``.
    ///
    /// - Parameter isHeldBack: whether the client waits for the relay. What is due then is done when it waits no longer.
    func rest(from now: NIODeadline, isHeldBack: Bool) -> NIODeadline {
        switch self.state {
        case .closing(let since): return since + Self.closeTimeout
        case .quiet(let since): return self.rest(from: now, isHeldBack, until: since + self.pingInterval)
        case .awaitingPong(let since): return self.rest(from: now, isHeldBack, until: since + self.patience)
        }
    }

    private func rest(from now: NIODeadline, _ isHeldBack: Bool, until due: NIODeadline) -> NIODeadline {
        if isHeldBack { return now }
        let unusedDue = self.openedAt + self.idleLimit + .nanoseconds(1)
        return now < unusedDue ? min(due, unusedDue) : due
    }

    /// - Parameters:
    ///   - isUsed: whether its client has begun to use it; asked only where the connection is old enough for that to matter.
    ///   - isWritable: whether the client takes what it is sent.
    ///   - isHeldBack: whether the client waits for the relay, which does not read its socket meanwhile.
    mutating func tick(
        _ now: NIODeadline,
        isUsed: @autoclosure () -> Bool,
        isWritable: Bool,
        isHeldBack: Bool
    ) -> Action {
        let isAnswering = isWritable && !isHeldBack
        switch self.state {
        case .closing(let since):
            return now - since > Self.closeTimeout ? .cutOff : .nothing
        case .quiet where now - self.openedAt > self.idleLimit && !isHeldBack && !isUsed(),
            .awaitingPong where now - self.openedAt > self.idleLimit && !isHeldBack && !isUsed():
            return .closeIdle
        case .quiet(let since):
            guard isAnswering, now - since >= self.pingInterval else { return .nothing }
            self.state = .awaitingPong(since: now)
            return .ping
        case .awaitingPong(let since):
            guard isAnswering, !self.owesReading || self.times != nil else {
                self.state = .awaitingPong(since: now)
                return .nothing
            }
            return now - since > self.patience ? .closeUnanswered : .nothing
        }
    }
}
