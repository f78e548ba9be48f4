/// How a publisher publishes.
public enum PublisherKind: String, Sendable, Hashable, CaseIterable {
    /// One message a request, under an idempotency key, repeated until its outcome is known.
    case single
    /// A few frames at a time on a WebSocket, never repeated: where the socket breaks, the outcome stays unknown.
    case socket
    /// Up to 20 messages a request, under an idempotency key, repeated until the outcome is known.
    case bulk

    /// Publishers take turns.
    public init(ofPublisher index: Int) {
        self = Self.allCases[index % Self.allCases.count]
    }

    /// The most messages sent at a time.
    var burst: Int {
        switch self {
        case .single: 1
        case .socket: 4
        case .bulk: 20
        }
    }
}
