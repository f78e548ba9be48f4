/// What people without a token may do with a topic, where the relay lets such people in and the topic's kind does.
public enum AnonymousAccess: String, Hashable, Sendable, CaseIterable {
    case none
    case read
    /// Read and publish.
    case write
}
