public import RelayWire

/// When something of a root topic is due: a peer's lease, or what the topic's kind has to do by itself.
public struct Deadline: Hashable, Sendable {
    /// Whose.
    public struct Name: Hashable, Sendable {
        public let topic: TopicKey
        /// The peer whose lease it is; nil for the topic's own.
        public let peer: String?

        public init(topic: TopicKey, peer: String? = nil) {
            self.topic = topic
            self.peer = peer
        }

        public static func == (left: Name, right: Name) -> Bool {
            left.topic == right.topic && left.peer.isExactly(right.peer)
        }

        public func hash(into hasher: inout Hasher) {
            hasher.combine(self.topic)
            if let peer = self.peer { hasher.combine(exactly: peer) }
        }
    }

    public let name: Name
    public let at: Timestamp

    public init(name: Name, at: Timestamp) {
        self.name = name
        self.at = at
    }
}

/// Deadlines, of which each name has one. Where relays share a store they share these, so that what a dead relay would have done another does.
///
/// They only say when to look. What is true the topic's state says, which changes by ``TopicStore/transition(_:)``. So a deadline that comes
/// twice, or too early, does no harm.
public protocol DeadlineStore: Sendable {
    /// Sets them, whatever the names had before.
    func setDeadlines(_ deadlines: [Deadline]) async throws(StoreError)

    /// Sets those whose names have none. The others stay as they are.
    func addDeadlines(_ deadlines: [Deadline]) async throws(StoreError)

    /// Removes what the names have.
    func removeDeadlines(_ names: [Deadline.Name]) async throws(StoreError)

    /// Those that are due, the earliest first, `limit` at most. They stay until they are removed or set anew. For
    /// ``claimSeconds`` nobody else is given them; then they are due again.
    func dueDeadlines(at now: Timestamp, limit: Int) async throws(StoreError) -> [Deadline]
}

extension DeadlineStore {
    /// How long who was given a due deadline has it to itself.
    public static var claimSeconds: Int64 { 5 }
}

/// What deadlines are for. Those of each purpose are kept apart, with a keeper of their own: nobody is given another's, or gets its own late
/// because of them.
public enum DeadlinePurpose: Hashable, Sendable, CaseIterable {
    /// Editing sessions and their peers.
    case sessions
    /// What relays say of their members on topics: the peer is the relay.
    case presence
}

/// A store whose deadlines relays share.
public protocol SharedDeadlines: Sendable {
    func deadlines(for purpose: DeadlinePurpose) -> any DeadlineStore
}
