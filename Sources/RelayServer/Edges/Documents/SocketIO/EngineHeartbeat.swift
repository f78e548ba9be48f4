import NIOCore

/// Decides when the client of an Engine.IO session is pinged, and when it is given up for its silence.
struct EngineHeartbeat {
    enum Action: Equatable {
        case nothing
        case ping
        case giveUp
    }

    /// How long after its last answer a client is pinged again.
    static let interval = TimeAmount.seconds(25)
    /// How long a ping may go unanswered. What Zeal's server gives its clients, and more than most.
    static let timeout = TimeAmount.seconds(60)

    private enum State {
        case quiet(since: NIODeadline)
        case awaitingPong(since: NIODeadline)
    }

    private var state: State

    init(openedAt: NIODeadline) {
        self.state = .quiet(since: openedAt)
    }

    /// A packet came, whichever.
    mutating func heard(at now: NIODeadline) { self.state = .quiet(since: now) }

    /// Before that moment a tick has nothing to do.
    var next: NIODeadline {
        switch self.state {
        case .quiet(let since): since + Self.interval
        case .awaitingPong(let since): since + Self.timeout
        }
    }

    /// - Parameter isHeldBack: whether the relay does not hear the client now, or the client's WebSocket does not take what it is sent: the time for
    ///   its answer begins anew then.
    mutating func tick(_ now: NIODeadline, isHeldBack: Bool) -> Action {
        switch self.state {
        case .awaitingPong where isHeldBack: self.state = .awaitingPong(since: now)
        case .quiet, .awaitingPong: break
        }
        guard now >= self.next else { return .nothing }
        switch self.state {
        case .quiet:
            self.state = .awaitingPong(since: now)
            return .ping
        case .awaitingPong: return .giveUp
        }
    }
}
