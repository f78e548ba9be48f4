public import NIOCore

/// What the relay says over a WebSocket of who is on a topic.
public enum PresenceNews: Hashable, Sendable {
    /// A request was carried out. `requestID` is JSON as the client sent it.
    case answer(requestID: ByteBuffer, Answer, topic: String)
    /// The answer to a client that asks who is there. `requestID` is JSON as the client sent it; nil where it gave none.
    case roster(requestID: ByteBuffer?, PresenceReport)
    /// What a watching client is told.
    case report(PresenceReport)

    public enum Answer: Hashable, Sendable {
        /// The connection is a member, by this id.
        case joined(connectionID: String)
        case updated(connectionID: String)
        case left
        case watching
        case unwatched
    }

    func put(into sink: inout (some JSONSink & ~Copyable & ~Escapable)) {
        sink.put(#"{"type":"presence","#)
        switch self {
        case .answer(let requestID, let answer, let topic): answer.put(requestID, topic, into: &sink)
        case .roster(let requestID, let report):
            if let requestID {
                sink.put(#""id":"#)
                sink.put(json: requestID)
                sink.put(",")
            }
            report.putFields(into: &sink)
        case .report(let report): report.putFields(into: &sink)
        }
        sink.put("}")
    }
}

extension PresenceNews.Answer {
    private var action: StaticString {
        switch self {
        case .joined: #""action":"joined","id":"#
        case .updated: #""action":"updated","id":"#
        case .left: #""action":"left","id":"#
        case .watching: #""action":"watching","id":"#
        case .unwatched: #""action":"unwatched","id":"#
        }
    }

    private var connectionID: String? {
        switch self {
        case .joined(let connectionID), .updated(let connectionID): connectionID
        case .left, .watching, .unwatched: nil
        }
    }

    fileprivate func put(
        _ requestID: ByteBuffer,
        _ topic: String,
        into sink: inout (some JSONSink & ~Copyable & ~Escapable)
    ) {
        sink.put(self.action)
        sink.put(json: requestID)
        sink.put(#","topic":"#)
        sink.put(text: topic)
        guard let connectionID = self.connectionID else { return }
        sink.put(#","connection_id":"#)
        sink.put(text: connectionID)
    }
}
