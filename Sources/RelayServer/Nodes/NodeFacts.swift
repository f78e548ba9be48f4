import RelayWire

/// What a relay says of itself to administrators, at whatever relay of its store they ask. Kept in the store as JSON; members that a relay of
/// another version does not know it leaves out.
struct NodeFacts: Codable, Hashable, Sendable {
    struct Check: Codable, Hashable, Sendable {
        var name: String
        var status: String
        var message: String?
        var milliseconds: Int64
    }

    struct Memory: Codable, Hashable, Sendable {
        /// What is held for clients, and what may be, in bytes.
        var held: Int
        var limit: Int
        /// Of the process, in bytes; nil where the system does not say.
        var resident: Int?
    }

    /// What the store is, and its last answer.
    struct Storage: Codable, Hashable, Sendable {
        var backend: String
        var status: String
    }

    /// By which other relays reach it; nil where they can't.
    var url: String?
    /// The machine's name.
    var host: String
    var process: Int
    var version: String
    var status: String
    var isDraining: Bool
    var checks: [Check]
    /// Microseconds since 1970, by its own clock.
    var startedAt: Int64
    var memory: Memory
    var connections: Int
    var topicsInMemory: Int
    var sessions: Int
    var storage: Storage
}

/// A relay of the store, as this one knows it.
struct KnownNode: Sendable {
    let id: String
    let facts: NodeFacts
    /// By the relay's own clock.
    let saidAt: Timestamp
    let isSelf: Bool
    /// Where to ask it something; nil where that is not possible.
    let address: NodeAddress?
}
