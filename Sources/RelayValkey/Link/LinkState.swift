import NIOCore

/// Decides when to connect. Attempts are numbered, so that what is heard late of an old one changes nothing.
struct LinkState {
    enum Action: Equatable {
        case connect(attempt: Int)
        /// Call `waited` after so long.
        case wait(TimeAmount)
        case nothing
    }

    private enum Phase {
        case idle
        /// Until the handshake is through, or `ended`.
        case connecting(Int)
        case established(Int)
        /// Until `waited`.
        case waiting
        case closed
    }

    private var phase = Phase.idle
    private var attempts = 0
    private var backoff: ReconnectBackoff

    init(_ limits: ReconnectBackoff.Limits) {
        self.backoff = ReconnectBackoff(limits)
    }

    var isClosed: Bool {
        if case .closed = self.phase { true } else { false }
    }

    func isConnecting(_ attempt: Int) -> Bool {
        if case .connecting(attempt) = self.phase { true } else { false }
    }

    mutating func start() -> Action {
        switch self.phase {
        case .idle: self.connect()
        case .connecting, .established, .waiting, .closed: .nothing
        }
    }

    /// The handshake of an attempt is through.
    ///
    /// - Returns: whether its connection is still wanted.
    mutating func established(_ attempt: Int) -> Bool {
        guard self.isConnecting(attempt) else { return false }
        self.phase = .established(attempt)
        self.backoff.reset()
        return true
    }

    /// An attempt failed, or its connection is gone.
    ///
    /// - Returns: `nothing` if that was known already.
    mutating func ended(_ attempt: Int, random: Double) -> Action {
        switch self.phase {
        case .connecting(attempt), .established(attempt):
            self.phase = .waiting
            return .wait(self.backoff.next(random: random))
        case .idle, .connecting, .established, .waiting, .closed:
            return .nothing
        }
    }

    mutating func waited() -> Action {
        switch self.phase {
        case .waiting: self.connect()
        case .idle, .connecting, .established, .closed: .nothing
        }
    }

    mutating func close() {
        self.phase = .closed
    }

    private mutating func connect() -> Action {
        self.attempts += 1
        self.phase = .connecting(self.attempts)
        return .connect(attempt: self.attempts)
    }
}
