public import NIOCore

/// How a connection, or all connections to a server, are.
public enum ValkeyState: Sendable {
    case connected
    /// There is a connection, but a reply has been outstanding since then, for too long.
    case unresponsive(since: NIODeadline)
    /// There is none, and tries go on.
    case connecting(since: NIODeadline, lastError: ValkeyError?)
    /// There is none, since the server would not have this client: a wrong password, mostly. Tries go on.
    case refused(message: String)
    case closed
}

extension ValkeyState {
    /// Whether all is well: an unresponsive connection is not.
    public var isConnected: Bool {
        if case .connected = self { true } else { false }
    }

    /// The worse of the two.
    func worse(than other: ValkeyState?) -> ValkeyState {
        guard let other, other.severity > self.severity else { return self }
        return other
    }

    /// Worse is higher.
    var severity: UInt8 {
        switch self {
        case .connected: 0
        case .unresponsive: 1
        case .connecting: 2
        case .refused: 3
        case .closed: 4
        }
    }
}
