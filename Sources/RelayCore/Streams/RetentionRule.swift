/// Which ``Retention`` each stream has. Plain streams have the relay's own, so what holds for them is known without asking. Others have
/// what their kind makes of it.
public struct RetentionRule: Sendable {
    /// Of plain streams.
    public let plain: Retention
    /// The shortest age that a kind gives to its messages, in seconds. Nil where none gives an age, or all streams have ``plain``.
    public let shortestAgeOfPaths: Int64?
    private let ofPath: (@Sendable (TopicName) -> Retention)?

    /// The same for all streams.
    public init(_ all: Retention) {
        self.plain = all
        self.shortestAgeOfPaths = nil
        self.ofPath = nil
    }

    /// - Parameters:
    ///   - paths: all that `ofPath` may answer.
    ///   - ofPath: what a stream of a special kind has, by its name.
    public init(plain: Retention, paths: [Retention], ofPath: @escaping @Sendable (TopicName) -> Retention) {
        self.plain = plain
        self.shortestAgeOfPaths = paths.compactMap(\.maxAgeSeconds).min()
        self.ofPath = ofPath
    }

    /// Whether all streams have ``plain``.
    public var isOne: Bool { self.ofPath == nil }

    public func retention(of key: TopicKey) -> Retention {
        guard let ofPath = self.ofPath, !key.name.isPlain else { return self.plain }
        return ofPath(key.name)
    }
}
