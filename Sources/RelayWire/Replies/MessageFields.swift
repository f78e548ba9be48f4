public import NIOCore

/// What readers are told of a message.
public struct MessageFields: Hashable, Sendable {
    public var id: MessageID
    public var topic: String
    /// A JSON object, sent as it is; or bytes, see ``isBinary``.
    public var payload: ByteBuffer
    /// Whether the payload is sent as base64 (RFC 4648, section 4), with a field `encoding` that says so. The field is left out where it is
    /// not.
    public var isBinary: Bool
    /// Whether the message stands for all before it. The field is left out where it does not.
    public var isSnapshot: Bool
    /// A JSON object, sent as it is; nil if there is none.
    public var metadata: ByteBuffer?
    public var timestamp: Timestamp
    /// The peer that sent it. The field is left out where there is none.
    public var sender: String?

    public init(
        id: MessageID,
        topic: String,
        payload: ByteBuffer,
        isBinary: Bool = false,
        isSnapshot: Bool = false,
        metadata: ByteBuffer? = nil,
        timestamp: Timestamp,
        sender: String? = nil
    ) {
        self.id = id
        self.topic = topic
        self.payload = payload
        self.isBinary = isBinary
        self.isSnapshot = isSnapshot
        self.metadata = metadata
        self.timestamp = timestamp
        self.sender = sender
    }

    /// Which fields there are, and what stands for no metadata.
    public enum Shape: Sendable {
        /// `type`, `message_id`, `topic`, `payload`, `timestamp`, `metadata` (or null).
        case webSocket
        /// The same and `stream_id`; `metadata` is `{}` where there is none.
        case poll
        /// `message_id`, `topic`, `payload`, `timestamp`, `metadata` (or `{}`).
        case history
    }

    /// In bytes, exactly.
    public func size(as shape: Shape) -> Int {
        JSONSize.of { self.put(as: shape, into: &$0) }
    }

    public func write(as shape: Shape, into buffer: inout ByteBuffer) {
        buffer.writeWithOutputRawSpan(minimumWritableBytes: self.size(as: shape)) { self.put(as: shape, into: &$0) }
    }

    func put(as shape: Shape, into sink: inout (some JSONSink & ~Copyable & ~Escapable)) {
        switch shape {
        case .webSocket, .poll: sink.put(#"{"type":"message","message_id":"#)
        case .history: sink.put(#"{"message_id":"#)
        }
        sink.put(self.id)
        sink.put(#","topic":"#)
        sink.put(text: self.topic)
        sink.put(#","payload":"#)
        if self.isBinary {
            sink.put(base64: self.payload)
            sink.put(#","encoding":"base64""#)
        } else {
            sink.put(json: self.payload)
        }
        if self.isSnapshot { sink.put(#","snapshot":true"#) }
        sink.put(#","timestamp":"#)
        sink.put(self.timestamp)
        sink.put(#","metadata":"#)
        self.putMetadata(as: shape, into: &sink)
        if shape == .poll {
            sink.put(#","stream_id":"#)
            sink.put(self.id)
        }
        if let sender = self.sender {
            sink.put(#","sender":"#)
            sink.put(text: sender)
        }
        sink.put("}")
    }

    private func putMetadata(as shape: Shape, into sink: inout (some JSONSink & ~Copyable & ~Escapable)) {
        if let metadata = self.metadata {
            sink.put(json: metadata)
        } else if shape == .webSocket {
            sink.put("null")
        } else {
            sink.put("{}")
        }
    }
}
