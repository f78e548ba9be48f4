import NIOCore

/// Decides when a WebSocket of a Hocuspocus client is closed for what it does not do. Pings and pongs count for nothing: clients that are
/// there renew what they show of themselves.
struct HocuspocusIdleness {
    enum Verdict: Equatable {
        case lookAgain(NIODeadline)
        case close
    }

    /// Without a message, and without a document after the beginning.
    static let limit = TimeAmount.seconds(60)

    private let openedAt: NIODeadline
    private var heardAt: NIODeadline

    init(openedAt: NIODeadline) {
        self.openedAt = openedAt
        self.heardAt = openedAt
    }

    mutating func heard(at now: NIODeadline) { self.heardAt = now }

    /// - Parameter hasDocument: whether the client was let into any, and is still there.
    func verdict(at now: NIODeadline, hasDocument: Bool) -> Verdict {
        let silence = self.heardAt + Self.limit
        guard now < silence else { return .close }
        guard hasDocument || now < self.openedAt + Self.limit else { return .close }
        return .lookAgain(hasDocument ? silence : min(silence, self.openedAt + Self.limit))
    }
}
