import RelayCore
import RelayWire

/// Reads the names and prefixes that a service token is to be limited to: those that a topic could have which such tokens open.
struct ScopedNames {
    private let catalog: TopicCatalog
    private let user: UserID

    init(_ catalog: TopicCatalog, for user: UserID) {
        self.catalog = catalog
        self.user = user
    }

    func topics(_ names: [String]) throws(RequestError) -> [TopicName] {
        var topics: [TopicName] = []
        for (index, text) in names.enumerated() {
            guard let name = self.topic(text) else { throw Self.invalid("topics", index) }
            topics.append(name)
        }
        return topics
    }

    /// A prefix is one where a longer name begins with it.
    func prefixes(_ texts: [String]) throws(RequestError) -> [String] {
        for (index, text) in texts.enumerated() {
            guard PlainStream.hasNames(beginning: text) || !text.isEmpty && self.topic(text + "x") != nil else {
                throw Self.invalid("prefixes", index)
            }
        }
        return texts
    }

    /// - Returns: nil for a name that no topic has, for the name of a part, and where users are peers: those are let in by tickets.
    private func topic(_ text: String) -> TopicName? {
        guard let key = self.catalog.key(ofPath: text, for: self.user), self.catalog.root(of: key) == key,
            !self.catalog.behavior(of: key.name).hasPeers
        else { return nil }
        return key.name
    }

    private static func invalid(_ field: String, _ index: Int) -> RequestError {
        .invalid([
            ValidationIssue(
                type: "value_error",
                location: [.name("body"), .name(field), .index(index)],
                message: "No topic that a service token opens has such a name"
            )
        ])
    }
}
