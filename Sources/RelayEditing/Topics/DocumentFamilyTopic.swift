import RelayCore

/// One of a document's topics: what does not differ between them.
protocol DocumentFamilyTopic: TopicBehavior {
    var family: DocumentFamily { get }
}

extension DocumentFamilyTopic {
    var kind: String { self.family.kind }

    func name(fromPath path: String) -> TopicName? { self.family.name(fromPath: path) }

    func root(of name: TopicName) -> TopicName? { self.family.root(of: name) }

    func hasPart(_ name: TopicName, in access: TopicAccess) -> Bool { self.family.hasPart(name, in: access) }

    var hasGlobalNames: Bool { true }

    var hasPeers: Bool { self.family.isOfOthers }

    func takes(_ format: PayloadFormat) -> Bool { format == .binary }

    func decide(_ action: TopicAction, by principal: Principal, on access: TopicAccess) -> AccessDecision {
        self.family.decide(action, by: principal, on: access)
    }
}
