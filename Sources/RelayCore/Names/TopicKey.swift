/// What identifies a topic inside the relay: its name, and its owner where names are per owner.
///
/// With global names (the default) `namespace` is nil, and a name means the same topic to everyone. With names per
/// owner the caller's user id is the namespace, so two users' topics of one name are two topics.
public struct TopicKey: Hashable, Sendable, CustomStringConvertible {
    public let name: TopicName
    public let namespace: UserID?

    public init(name: TopicName, namespace: UserID? = nil) {
        self.name = name
        self.namespace = namespace
    }

    /// What stores use as the primary key: unique, stable, and never shown to clients.
    public var description: String {
        guard let namespace = self.namespace else { return self.name.rawValue }
        return "@\(namespace)/\(self.name)"
    }
}
