public import NIOCore

extension ServerFrame {
    /// In bytes, exactly.
    public var size: Int { JSONSize.of { self.put(into: &$0) } }

    public func write(into buffer: inout ByteBuffer) {
        self.write(into: &buffer, size: self.size)
    }

    /// - Parameter size: its ``size``, which is as much work as writing it.
    func write(into buffer: inout ByteBuffer, size: Int) {
        buffer.writeWithOutputRawSpan(minimumWritableBytes: size) { self.put(into: &$0) }
    }

    private func put(into sink: inout (some JSONSink & ~Copyable & ~Escapable)) {
        switch self {
        case .message(let message):
            message.put(as: .webSocket, into: &sink)
        case .subscribed(let subscribed):
            subscribed.put(into: &sink)
        case .pong(let timestamp):
            sink.put(#"{"type":"pong","timestamp":"#)
            sink.put(timestamp)
            sink.put("}")
        case .error(let failure):
            failure.put(into: &sink)
        case .gap(let gap):
            sink.put(#"{"type":"gap","topic":"#)
            sink.put(text: gap.topic)
            sink.put(",")
            gap.putPlace(into: &sink)
            sink.put("}")
        case .published(let requestID, let receipt):
            sink.put(#"{"type":"published","id":"#)
            sink.put(json: requestID)
            sink.put(",")
            receipt.putFields(into: &sink)
            sink.put("}")
        case .acked(let requestID, let acked):
            sink.put(#"{"type":"acked","id":"#)
            sink.put(json: requestID)
            sink.put(#","topic":"#)
            sink.put(text: acked.topic)
            sink.put(#","message_id":"#)
            sink.put(acked.messageID)
            if let epoch = acked.epoch {
                sink.put(#","epoch":"#)
                sink.put(text: epoch)
            }
            sink.put("}")
        case .tokenExpiring(let moment):
            sink.put(#"{"type":"token_expiring","expires_at":"#)
            sink.put(moment)
            sink.put("}")
        case .authenticated(let moment):
            sink.put(#"{"type":"authenticated","expires_at":"#)
            sink.put(moment)
            sink.put("}")
        case .presence(let news):
            news.put(into: &sink)
        }
    }
}

extension ServerFrame.Subscribed {
    fileprivate func put(into sink: inout (some JSONSink & ~Copyable & ~Escapable)) {
        sink.put(#"{"type":"subscribed","topics":["#)
        sink.putList(self.topics) { $1.put(text: $0) }
        sink.put(#"],"session_id":"#)
        sink.put(text: self.sessionID)
        sink.put(#","timestamp":"#)
        sink.put(self.timestamp)
        sink.put(#","cursors":{"#)
        let starts = self.topics.compactMap { topic in self.cursors[topic].map { (topic, $0) } }
        sink.putList(starts) { start, sink in
            sink.put(text: start.0)
            sink.put(":")
            sink.put(start.1)
        }
        let epochs = self.topics.compactMap { topic in
            self.epochs[topic].map { EpochFields(topic: topic, epoch: $0) }
        }
        if !epochs.isEmpty {
            sink.put(#"},"epochs":{"#)
            sink.putList(epochs) { $0.put(into: &$1) }
        }
        sink.put("}}")
    }
}

extension ServerFrame.Failure {
    fileprivate func put(into sink: inout (some JSONSink & ~Copyable & ~Escapable)) {
        sink.put(#"{"type":"error","code":"#)
        sink.put(text: self.code.rawValue)
        sink.put(#","message":"#)
        sink.put(text: self.message)
        guard !self.details.isEmpty else { return sink.put(#","details":null}"#) }
        sink.put(#","details":{"#)
        sink.putList(self.details) { detail, sink in
            sink.put(text: detail.name)
            sink.put(":")
            switch detail.value {
            case .text(let text): sink.put(text: text)
            case .json(let json): sink.put(json: json)
            }
        }
        sink.put("}}")
    }
}
