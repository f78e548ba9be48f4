import RelayCore
import RelayEditing
import RelaySessions

/// Which topics webhooks can tell of.
enum WebhookTopics {
    /// Kinds with names of their own, which begin with the kind and a slash.
    private static let kinds = [SessionTopic.rootKind, DocumentName.topicKind]

    /// - Returns: the kind of topics whose names begin so; nil for plain topics.
    static func kind(ofPrefix prefix: String) -> String? {
        self.kinds.first { prefix.hasPrefix("\($0)/") }
    }

    /// The name of the topic that a client means; nil for what no topic is called, and for a topic's part.
    static func name(_ text: String, in catalog: TopicCatalog, for user: UserID) -> String? {
        guard let key = catalog.key(ofPath: text, for: user), catalog.root(of: key) == key else { return nil }
        return key.name.rawValue
    }

    /// Whether names of topics can begin so.
    static func isPrefix(_ text: String) -> Bool {
        if self.kind(ofPrefix: text) != nil { return text.utf8.count <= TopicName.maximumLength }
        return PlainStream.hasNames(beginning: text)
    }
}
