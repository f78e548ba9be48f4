import RelayCore

/// What the topics of a document have in common: which they are, and who decides on them.
struct DocumentFamily {
    private let part: DocumentPart
    private let home: any DocumentHome

    init(_ part: DocumentPart, in home: any DocumentHome) {
        self.part = part
        self.home = home
    }

    var isOfOthers: Bool { self.home.kindPrefix != nil }

    var kind: String {
        let own =
            switch self.part {
            case .updates: DocumentName.topicKind
            case .awareness: "document_awareness"
            case .stateless: "document_stateless"
            }
        return self.home.kindPrefix.map { "\($0)_\(own)" } ?? own
    }

    func name(fromPath path: String) -> TopicName? {
        guard let (name, part) = DocumentName.nameAndPart(path: path), part == self.part,
            (name.session != nil) == self.isOfOthers
        else { return nil }
        return name.topicName(of: part)
    }

    /// - Returns: nil for a topic that has a record itself.
    func root(of name: TopicName) -> TopicName? {
        guard let root = DocumentName(path: name.rawValue)?.root, root != name else { return nil }
        return root
    }

    /// Asked for every update: of a document on its own it is known without a look at its name.
    func hasPart(_ name: TopicName, in access: TopicAccess) -> Bool {
        guard self.isOfOthers else { return true }
        return DocumentName(path: name.rawValue).map { self.home.has($0, in: access) } ?? false
    }

    /// What is said beside the document the relay says for those who are in it: so nobody speaks for others.
    func decide(_ action: TopicAction, by principal: Principal, on access: TopicAccess) -> AccessDecision {
        switch (self.part, action) {
        case (.updates, _), (_, .read), (_, .inspect): self.home.decide(action, by: principal, on: access)
        case (_, .publish): principal.isRelay ? .allowed : .denied
        case (_, .create): .missing
        case (_, .manage): .denied
        }
    }
}

extension Draft {
    /// What the relay publishes for somebody says whose it is already. Whose token says as which peer it acts is named as that peer.
    ///
    /// - Parameter seconds: after which it goes; nil for never.
    func sent(by principal: Principal, for seconds: Int64?) -> Draft {
        var draft = self
        draft.ttl = seconds
        let peer = principal.peer.flatMap { $0.isFixed ? $0.id : nil }
        if !principal.isRelay { draft.sender = peer ?? principal.username }
        return draft
    }
}
