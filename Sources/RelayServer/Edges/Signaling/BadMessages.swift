import NIOCore

/// Decides when a client that sends what can't be read is put off.
struct BadMessages {
    /// So many in ``window`` are too many.
    static let most = 10
    static let window = TimeAmount.minutes(1)

    /// Of the last ones.
    private var moments: [NIODeadline] = []

    /// Another has come.
    ///
    /// - Returns: whether that is one too many.
    mutating func note(at now: NIODeadline) -> Bool {
        self.moments.removeAll { now - $0 >= Self.window }
        self.moments.append(now)
        return self.moments.count >= Self.most
    }
}
