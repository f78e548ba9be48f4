import NIOCore

/// Decides when a client is put off because of frames that can't be read. A few are forgiven: programs in the making send some.
struct PulseOffences {
    /// So many in ``window`` are too many.
    static let most = 100
    static let window = TimeAmount.minutes(1)

    private var count = 0
    private var since: NIODeadline?

    /// Another has come.
    ///
    /// - Returns: whether that is one too many.
    mutating func note(at now: NIODeadline) -> Bool {
        if self.since.map({ now - $0 >= Self.window }) ?? true {
            self.since = now
            self.count = 0
        }
        self.count += 1
        return self.count >= Self.most
    }
}
