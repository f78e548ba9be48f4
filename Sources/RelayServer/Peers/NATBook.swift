import RelaySessions
import RelayWire

/// What peers have told of their NATs, as far as this relay was told, for as long as they are in their sessions. Nobody checks it.
struct NATBook {
    /// Peers of a session, and of all sessions. What others tell is counted, and not kept.
    static let peersOfSession = 256
    static let standardLimit = 20_000

    private let limit: Int
    private var sessions: [SessionID: [PeerID: NATClass]] = [:]
    private(set) var count = 0

    init(limit: Int = NATBook.standardLimit) {
        self.limit = limit
    }

    /// Sessions of which anything is known.
    var known: [SessionID] { Array(self.sessions.keys) }

    func nats(of session: SessionID) -> [PeerID: NATClass] { self.sessions[session] ?? [:] }

    /// A peer that says it doesn't know is taken at its earlier word.
    mutating func heard(_ nat: NATClass, of peer: PeerID, in session: SessionID) {
        guard nat != .unknown else { return }
        if self.sessions[session]?[peer] == nil {
            guard self.count < self.limit, self.nats(of: session).count < Self.peersOfSession else { return }
            self.count += 1
        }
        self.sessions[session, default: [:]][peer] = nat
    }

    mutating func left(_ peer: PeerID, _ session: SessionID) {
        guard self.sessions[session]?.removeValue(forKey: peer) != nil else { return }
        self.count -= 1
        if self.sessions[session]?.isEmpty == true { self.sessions[session] = nil }
    }

    mutating func ended(_ session: SessionID) {
        self.count -= self.sessions.removeValue(forKey: session)?.count ?? 0
    }

    /// Only these are in the session.
    mutating func keep(_ peers: Set<PeerID>, in session: SessionID) {
        for peer in self.nats(of: session).keys where !peers.contains(peer) { self.left(peer, session) }
    }
}
