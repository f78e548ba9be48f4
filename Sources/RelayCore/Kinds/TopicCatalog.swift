/// The kinds of topic that this relay serves, and what clients' names for topics mean.
public struct TopicCatalog: Sendable {
    /// Whether all users mean the same topic by a name.
    public let scope: TopicScope
    let behaviors: [any TopicBehavior]

    /// - Parameter behaviors: in any order: their names do not overlap.
    public init(_ behaviors: [any TopicBehavior] = [PlainStream()], scope: TopicScope = .global) {
        self.behaviors = behaviors
        self.scope = scope
    }

    /// The topic that a client means by `path`. It need not exist.
    ///
    /// - Returns: nil where no kind knows such a name.
    public func key(ofPath path: String, for user: UserID) -> TopicKey? {
        for behavior in self.behaviors {
            if let name = behavior.name(fromPath: path) { return self.key(of: name, behavior, for: user) }
        }
        return nil
    }

    /// The topic that `user` means by a name.
    public func key(of name: TopicName, for user: UserID) -> TopicKey {
        self.key(of: name, self.behavior(of: name), for: user)
    }

    private func key(of name: TopicName, _ behavior: any TopicBehavior, for user: UserID) -> TopicKey {
        switch self.scope {
        case .owner where !behavior.hasGlobalNames: TopicKey(name: name, namespace: user)
        case .owner, .global: TopicKey(name: name)
        }
    }

    /// The topic whose record and state stand for that of `key`: itself, unless it is a part of another.
    public func root(of key: TopicKey) -> TopicKey {
        self.behavior(of: key.name).root(of: key.name).map { TopicKey(name: $0, namespace: key.namespace) } ?? key
    }

    /// The topics that are parts of the topic of `key` whatever state it has: see ``TopicBehavior/part(ofEvery:)``.
    func parts(ofEvery key: TopicKey) -> [TopicKey] {
        self.behaviors.compactMap { behavior in
            behavior.part(ofEvery: key.name).map { TopicKey(name: $0, namespace: key.namespace) }
        }
    }

    /// The kind of a name that ``key(ofPath:for:)`` gave, or that was stored.
    public func behavior(of name: TopicName) -> any TopicBehavior {
        for behavior in self.behaviors where behavior.name(fromPath: name.rawValue) != nil {
            return behavior
        }
        return UnknownKind()
    }
}

/// What a topic's name means: one topic for all users, or one for each.
public enum TopicScope: Hashable, Sendable {
    case global
    case owner
}

/// Stands for a stored topic whose kind this relay does not serve (any more): nobody gets in.
struct UnknownKind: TopicBehavior {
    let kind = "unknown"

    func name(fromPath path: String) -> TopicName? { nil }

    func decide(_ action: TopicAction, by principal: Principal, on access: TopicAccess) -> AccessDecision {
        .missing
    }
}
