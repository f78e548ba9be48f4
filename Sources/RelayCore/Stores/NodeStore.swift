public import RelayWire

/// What a relay has said of itself to those with which it shares a store.
public struct NodeAnnouncement: Hashable, Sendable {
    /// The relay's, new with each start.
    public let id: String
    /// By the relay's clock.
    public let saidAt: Timestamp
    /// What it said: about a kilobyte that the store does not look into.
    public let facts: [UInt8]

    public init(id: String, saidAt: Timestamp, facts: [UInt8]) {
        self.id = id
        self.saidAt = saidAt
        self.facts = facts
    }
}

/// Which relays share a store, as each says of itself. Only a store that several relays share is one.
public protocol NodeStore: Sendable {
    /// Keeps what a relay says of itself, in place of what it said before.
    func announceNode(_ announcement: NodeAnnouncement) async throws(StoreError)

    /// The last words of all relays since `moment`, ordered by id. Those that said nothing since are forgotten.
    func nodes(since moment: Timestamp) async throws(StoreError) -> [NodeAnnouncement]

    /// Forgets a relay that stops.
    func forgetNode(_ id: String) async throws(StoreError)
}
