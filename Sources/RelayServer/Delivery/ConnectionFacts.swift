import RelayCore

/// What an administrator is told of a connection.
struct ConnectionFacts: Sendable {
    /// What is said over it.
    enum Kind: String, CaseIterable, Sendable {
        /// Its TLS handshake is under way.
        case handshake
        /// Between two requests, or at one that is answered soon.
        case http
        /// A long poll that waits.
        case poll
        case sse
        /// A WebSocket of topics.
        case ws
        /// A WebSocket of a client of the Pulse engine.
        case pulse
        case signaling
        /// A WebSocket of y-protocols.
        case documents
        case hocuspocus
        case rooms
        case socketio
        /// An end of a tunnel.
        case tunnel
        /// A connection to the QUIC relay.
        case quic
        /// Another relay's.
        case node
    }

    let kind: Kind
    /// Whether it stays for as long as its client likes, so that its client comes again where it ends.
    var lasts: Bool {
        switch self.kind {
        case .handshake, .http: false
        case .poll, .sse, .ws, .pulse, .signaling, .documents, .hocuspocus, .rooms, .socketio, .tunnel, .quic, .node:
            true
        }
    }

    /// Nil where nobody has signed in on it.
    let user: UserID?
    /// How many topics it reads.
    let topics: Int
    /// Of its client, where the connection's other end does not say it.
    let address: String?

    init(_ kind: Kind, user: UserID? = nil, topics: Int = 0, address: String? = nil) {
        self.kind = kind
        self.user = user
        self.topics = topics
        self.address = address
    }
}

/// A connection as its loop describes it at one moment.
struct ConnectionSight: Sendable {
    let place: ConnectionPlace
    let facts: ConnectionFacts
    /// The connection's other end; nil where it is gone, or has none.
    let address: String?
    let isEncrypted: Bool
    /// For how long it has been what it is, in nanoseconds.
    let age: Int64
    /// What the relay holds for it that its socket has not taken, bytes.
    let queuedBytes: Int
}

/// Where a connection is among those of its relay, and which one it is: no other of the relay ever has the same.
struct ConnectionPlace: Hashable, Comparable, Sendable {
    /// Which of the relay's loops it lives on.
    let loop: Int
    /// Counts the loop's connections.
    let number: UInt64

    static func < (first: ConnectionPlace, second: ConnectionPlace) -> Bool {
        (first.loop, first.number) < (second.loop, second.number)
    }
}
