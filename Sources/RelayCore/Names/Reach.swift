/// Which topics there are for somebody whose token is limited to some: topics by their names, and all whose names begin in some way.
///
/// A class, so that the many who are not limited pay for one empty reference.
public final class Reach: Hashable, Sendable {
    /// Of whole topics. Their parts go with them: see ``TopicBehavior/root(of:)``.
    public let topics: Set<TopicName>
    /// Not empty, and compared by their bytes. One without a `/` is for names without one: `a` never means a kind whose names are paths.
    public let prefixes: [String]

    public init(topics: Set<TopicName>, prefixes: [String]) {
        self.topics = topics
        self.prefixes = prefixes
    }

    /// Whether it has the topic.
    ///
    /// - Parameter root: the topic's name; of a part that of the topic that it is a part of.
    public func includes(_ root: TopicName) -> Bool {
        self.topics.contains(root) || self.prefixes.contains { Self.begins(root, $0) }
    }

    private static func begins(_ name: TopicName, _ prefix: String) -> Bool {
        name.rawValue.utf8.starts(with: prefix.utf8) && (!name.isPath || prefix.utf8.contains(UInt8(ascii: "/")))
    }

    public static func == (left: Reach, right: Reach) -> Bool {
        left === right
            || left.topics == right.topics && left.prefixes.elementsEqual(right.prefixes) { $0.isExactly($1) }
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(self.topics)
        hasher.combine(self.prefixes.count)
    }
}
