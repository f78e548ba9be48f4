/// The kinds of topic that this relay serves.
public struct TopicCatalog: Sendable {
    private let behaviors: [any TopicBehavior]

    /// - Parameter behaviors: in any order: their names do not overlap.
    public init(_ behaviors: [any TopicBehavior] = [PlainStream()]) {
        self.behaviors = behaviors
    }

    /// - Returns: nil where no kind knows such a name.
    public func resolve(_ path: String) -> TopicName? {
        for behavior in self.behaviors {
            if let name = behavior.name(fromPath: path) { return name }
        }
        return nil
    }

    /// The kind of a name that ``resolve(_:)`` gave, or that was stored.
    public func behavior(of name: TopicName) -> any TopicBehavior {
        for behavior in self.behaviors where behavior.name(fromPath: name.rawValue) != nil {
            return behavior
        }
        return UnknownKind()
    }
}

/// Stands for a stored topic whose kind this relay does not serve (any more): nobody gets in.
struct UnknownKind: TopicBehavior {
    let kind = "unknown"

    func name(fromPath path: String) -> TopicName? { nil }

    func decide(_ action: TopicAction, by principal: Principal, on access: TopicAccess) -> AccessDecision {
        .missing
    }
}
