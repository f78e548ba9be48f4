/// How many there are on a topic.
public struct PresenceCounts: Hashable, Sendable {
    /// Each counts once, by however many connections it is there.
    public var users: Int
    public var connections: Int

    public init(users: Int = 0, connections: Int = 0) {
        self.users = users
        self.connections = connections
    }
}
