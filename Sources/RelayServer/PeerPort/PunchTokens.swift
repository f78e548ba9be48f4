import RelayWire

/// Gives out punch tokens, and knows those in force: its own, and those of all relays with the same secret. It keeps none of them.
struct PunchTokens: Sendable {
    private let key: PunchTokenKey
    private let now: @Sendable () -> Timestamp

    /// - Parameter now: relays of one store need about the same time, as for all else that has an end.
    init(key: PunchTokenKey, now: @escaping @Sendable () -> Timestamp) {
        self.key = key
        self.now = now
    }

    func issue(_ attempt: PunchAttempt) -> String { self.key.token(attempt) }

    func verifies(_ token: String, of session: String) -> Bool {
        self.key.verifies(token, of: session, at: Int64(self.now().milliseconds))
    }
}
