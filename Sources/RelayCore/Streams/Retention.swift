/// How long a topic's messages are kept by its store. The hot tier has bounds of its own.
public struct Retention: Hashable, Sendable {
    /// At most this many messages, enforced on every append. At least 1.
    public var maxMessages: Int
    /// Messages older than this many seconds go, but never the newest one of a topic; nil keeps them.
    public var maxAgeSeconds: Int64?
    /// For how many seconds what a ``StreamSnapshot`` stands for is kept, counted from each message's timestamp; 0 not at all. What is needed to
    /// tell the stream's state at any moment since then stays: so the newest snapshot that old, and all behind it.
    public var maxSupersededAgeSeconds: Int64

    public init(
        maxMessages: Int = 1_000_000,
        maxAgeSeconds: Int64? = 86_400,
        maxSupersededAgeSeconds: Int64 = 0
    ) {
        self.maxMessages = maxMessages
        self.maxAgeSeconds = maxAgeSeconds
        self.maxSupersededAgeSeconds = maxSupersededAgeSeconds
    }
}
