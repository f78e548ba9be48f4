/// How long a topic's messages are kept by its store. The hot tier has bounds of its own.
public struct Retention: Hashable, Sendable {
    /// At most this many messages, enforced on every append. At least 1.
    public var maxMessages: Int
    /// Messages older than this many seconds go, but never the newest one of a topic; nil keeps them.
    public var maxAgeSeconds: Int64?

    public init(maxMessages: Int = 1_000_000, maxAgeSeconds: Int64? = 86_400) {
        self.maxMessages = maxMessages
        self.maxAgeSeconds = maxAgeSeconds
    }
}
