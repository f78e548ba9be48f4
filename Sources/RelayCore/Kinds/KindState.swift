public import NIOCore

/// What a kind keeps with a root topic besides its record, as it is stored.
public struct StoredState: Hashable, Sendable {
    /// As the kind writes it. The broker and the stores do not look into it.
    public var bytes: ByteBuffer
    /// One more with each change. Where a new topic begins the broker says: not where one of the name did before it.
    public var revision: UInt64

    public init(bytes: ByteBuffer, revision: UInt64) {
        self.bytes = bytes
        self.revision = revision
    }
}

/// The same, decoded once for each change by ``TopicBehavior/decode(_:)``. The kind knows its own type.
public protocol KindState: Sendable {
    /// The topic's parts that may have messages: what they hold ends with the topic.
    var parts: [TopicName] { get }
}
