import NIOCore

/// One WebSocket of a document: the question for the whole document, then counting the updates that arrive.
struct EditorTalk: SocketTalk {
    /// What joining brought.
    struct Joined: Sendable {
        var document: [UInt8]
        /// From the question to the last byte of the answer.
        var time: TimeAmount
    }

    private let log: DeliveryLog
    private let joined: EventLoopPromise<Joined>
    private var askedAt = NIODeadline.distantPast
    private var isLive = false

    /// - Parameter joined: completed when the document is there, or when it can't be.
    init(log: DeliveryLog, joined: EventLoopPromise<Joined>) {
        self.log = log
        self.joined = joined
    }

    mutating func opened() -> SocketAnswer? {
        self.askedAt = .now()
        return .say(ClientFrame.binary(DocumentSpeech.question))
    }

    mutating func heard(_ frame: ServerFrame) -> SocketAnswer? {
        guard frame.opcode == .binary else { return nil }
        switch DocumentSpeech.heard(frame.payload) {
        case .question: return .say(ClientFrame.binary(DocumentSpeech.nothing))
        case .document(let document) where !self.isLive:
            self.isLive = true
            self.joined.succeed(Joined(document: document, time: .now() - self.askedAt))
        case .update(let update):
            let latencies = self.log.readsStamps ? LatencyStamp.ages(in: frame.payload) : []
            self.log.delivered(DocumentSpeech.count(in: update), latencies: latencies)
        case .document, .other: break
        }
        return nil
    }

    mutating func ended(_ error: any Error) {
        if self.isLive { self.log.readerLost() } else { self.joined.fail(error) }
    }
}
