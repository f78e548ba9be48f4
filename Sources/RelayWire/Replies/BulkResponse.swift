public import NIOCore

/// The answer to a bulk publish.
public struct BulkResponse: Hashable, Sendable {
    public struct Result: Hashable, Sendable {
        public var topic: String
        /// What became of the message.
        public var outcome: Outcome

        public init(topic: String, outcome: Outcome) {
            self.topic = topic
            self.outcome = outcome
        }
    }

    public enum Outcome: Hashable, Sendable {
        /// Nil where the message is not stored yet.
        case accepted(MessageID?)
        /// With the reason, fit to be sent to the client.
        case rejected(String)
    }

    /// In request order.
    public var results: [Result]

    public init(results: [Result]) {
        self.results = results
    }

    /// In bytes, exactly.
    public var size: Int { JSONSize.of { self.put(into: &$0) } }

    public func write(into buffer: inout ByteBuffer) {
        buffer.writeWithOutputRawSpan(minimumWritableBytes: self.size) { self.put(into: &$0) }
    }

    private func put(into sink: inout (some JSONSink & ~Copyable & ~Escapable)) {
        var accepted = 0
        sink.put(#"{"results":["#)
        sink.putList(self.results) { result, sink in
            switch result.outcome {
            case .accepted(let id):
                accepted += 1
                sink.put(#"{"message_id":"#)
                sink.put(idOrNull: id)
                sink.put(#","topic":"#)
                sink.put(text: result.topic)
                sink.put(#","status":"accepted","error":null}"#)
            case .rejected(let reason):
                sink.put(#"{"message_id":null,"topic":"#)
                sink.put(text: result.topic)
                sink.put(#","status":"rejected","error":"#)
                sink.put(text: reason)
                sink.put("}")
            }
        }
        sink.put(#"],"summary":{"total":"#)
        sink.put(count: self.results.count)
        sink.put(#","accepted":"#)
        sink.put(count: accepted)
        sink.put(#","rejected":"#)
        sink.put(count: self.results.count - accepted)
        sink.put("}}")
    }
}
