public import NIOCore

/// The answer to a long poll.
public struct PollResponse: Hashable, Sendable {
    /// In stored order within each topic.
    public var messages: [MessageFields]
    /// Whether more is stored for a polled topic than was sent.
    public var hasMore: Bool
    /// At most one a topic. The field is left out where there are none.
    public var gaps: [GapFields]
    /// At most one a topic. The field is left out where there are none.
    public var epochs: [EpochFields]
    /// Who is on a topic, or what has changed of that: at most one a topic. The field is left out where there are none.
    public var presence: [Presence]

    /// A ``PresenceReport`` that is written already.
    public struct Presence: Hashable, Sendable {
        public var topic: String
        /// A JSON object, sent as it is.
        public var report: ByteBuffer

        public init(topic: String, report: ByteBuffer) {
            self.topic = topic
            self.report = report
        }
    }

    public init(
        messages: [MessageFields] = [],
        hasMore: Bool = false,
        gaps: [GapFields] = [],
        epochs: [EpochFields] = [],
        presence: [Presence] = []
    ) {
        self.messages = messages
        self.hasMore = hasMore
        self.gaps = gaps
        self.epochs = epochs
        self.presence = presence
    }

    /// In bytes, exactly.
    public var size: Int { JSONSize.of { self.put(into: &$0) } }

    public func write(into buffer: inout ByteBuffer) {
        buffer.writeWithOutputRawSpan(minimumWritableBytes: self.size) { self.put(into: &$0) }
    }

    private func put(into sink: inout (some JSONSink & ~Copyable & ~Escapable)) {
        sink.put(#"{"messages":["#)
        sink.putList(self.messages) { $0.put(as: .poll, into: &$1) }
        sink.put(self.hasMore ? #"],"has_more":true"# : #"],"has_more":false"#)
        if !self.gaps.isEmpty {
            sink.put(#","gaps":{"#)
            sink.putList(self.gaps) { gap, sink in
                sink.put(text: gap.topic)
                sink.put(":{")
                gap.putPlace(into: &sink)
                sink.put("}")
            }
            sink.put("}")
        }
        if !self.epochs.isEmpty {
            sink.put(#","epochs":{"#)
            sink.putList(self.epochs) { $0.put(into: &$1) }
            sink.put("}")
        }
        if !self.presence.isEmpty {
            sink.put(#","presence":{"#)
            sink.putList(self.presence) { presence, sink in
                sink.put(text: presence.topic)
                sink.put(":")
                sink.put(json: presence.report)
            }
            sink.put("}")
        }
        sink.put("}")
    }
}
