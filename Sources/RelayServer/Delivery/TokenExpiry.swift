import RelayWire

/// Decides when a connection is warned that its access token expires, and when it ends for it.
struct TokenExpiry {
    enum Action: Equatable {
        case nothing
        case warn
        case end
    }

    /// Seconds before the expiry.
    static let warningSeconds: Int64 = 60

    private var isWarned = false

    /// Before that moment a tick changes nothing. After the warning each one counts: the clock may be set back.
    func nextCheck(expiresAt: Timestamp) -> Timestamp {
        self.isWarned ? Timestamp(microseconds: .min) : expiresAt.adding(seconds: -Self.warningSeconds)
    }

    /// - Parameter now: the wall clock, as for every use of the token. Where it goes back far enough there is another warning.
    mutating func tick(at now: Timestamp, expiresAt: Timestamp) -> Action {
        guard now < expiresAt else { return .end }
        guard now.adding(seconds: Self.warningSeconds) >= expiresAt else {
            self.isWarned = false
            return .nothing
        }
        guard !self.isWarned else { return .nothing }
        self.isWarned = true
        return .warn
    }
}
