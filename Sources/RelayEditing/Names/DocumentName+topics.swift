public import RelayCore

extension DocumentName {
    static let longestEnding = DocumentPart.allCases.map(\.ending.utf8.count).max() ?? 0
    /// The kind of a document's topic where the document is on its own. The topic's name begins with it and a slash.
    public static let topicKind = "document"

    private var prefix: String { (self.session.map { "session/\($0)/" } ?? "") + Self.topicKind + "/" }

    var path: String { self.prefix + self.segment }

    /// The topic whose stream has the document's updates.
    public var topicName: TopicName { self.topicName(of: .updates) }

    /// The topic that has what people show of themselves in it.
    public var awarenessTopicName: TopicName { self.topicName(of: .awareness) }

    /// The topic of what people's applications tell each other beside the document.
    public var statelessTopicName: TopicName { self.topicName(of: .stateless) }

    func topicName(of part: DocumentPart) -> TopicName { TopicName(path: self.path + part.ending) }

    /// The topic that has the record, on which access depends.
    var root: TopicName { self.session.map { TopicName(path: "session/\($0)") } ?? self.topicName }

    /// - Parameter path: a topic's name: the document's, or that of one of its parts.
    /// - Returns: nil where it is none of these.
    public init?(path: String) {
        guard let (name, _) = Self.nameAndPart(path: path) else { return nil }
        self = name
    }

    /// Which document's topic has that name, and which of its topics that is.
    static func nameAndPart(path: String) -> (name: DocumentName, part: DocumentPart)? {
        let segments = path.split(separator: "/", omittingEmptySubsequences: false)
        let isOwn = segments.first == Self.topicKind[...]
        let place = isOwn ? 1 : 3
        guard segments.count > place else { return nil }
        let ending = segments[(place + 1)...].map { "/\($0)" }.joined()
        guard let part = DocumentPart(ending: ending), let inner = Self.decoded(segments[place]) else {
            return nil
        }
        let text = isOwn ? inner : segments[..<place].joined(separator: "/") + "/\(inner)"
        // Each topic is one document's, in one form only.
        guard let name = DocumentName(text), name.topicName(of: part).rawValue == path else { return nil }
        return (name, part)
    }
}
