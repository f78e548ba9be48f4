import NIOCore

/// One WebSocket subscription: a subscribe frame, then counting what arrives.
struct SubscriberTalk: SocketTalk {
    private let subscribeFrame: ByteBuffer?
    private let log: DeliveryLog
    private let joined: EventLoopPromise<Void>
    private let speaksPulse: Bool
    private var isLive = false

    /// - Parameters:
    ///   - dialect: nothing needs to be sent after the handshake when it has no subscribe frame.
    ///   - joined: completed when deliveries can be expected, or when they can't.
    init(dialect: Dialect, log: DeliveryLog, joined: EventLoopPromise<Void>) {
        self.subscribeFrame = dialect.subscribeFrame
        self.log = log
        self.joined = joined
        self.speaksPulse = dialect.speaksPulse
    }

    mutating func opened() -> SocketAnswer? {
        if let frame = self.subscribeFrame { return .say(frame) }
        self.goLive()
        return nil
    }

    /// The server's first text answers the subscribe frame; over Pulse its first ack does.
    mutating func heard(_ frame: ServerFrame) -> SocketAnswer? {
        guard frame.opcode == (self.speaksPulse ? .binary : .text) else { return nil }
        guard self.isLive else { return self.speaksPulse ? self.acked(frame) : self.subscribed(frame.payload) }
        self.log.delivered(latency: self.log.readsStamps ? LatencyStamp.age(in: frame.payload) : nil)
        return nil
    }

    private mutating func subscribed(_ payload: ByteBuffer) -> SocketAnswer? {
        let answer = String(buffer: payload)
        guard answer.contains(#""subscribed""#) else { return .giveUp(LoadError.subscriptionRefused(answer)) }
        self.goLive()
        return nil
    }

    private mutating func acked(_ frame: ServerFrame) -> SocketAnswer? {
        if PulseFrame.isGreeting(frame) { return nil }
        guard PulseFrame.isAck(frame) else {
            return .giveUp(LoadError.subscriptionRefused(String(buffer: frame.payload)))
        }
        self.goLive()
        return nil
    }

    private mutating func goLive() {
        self.isLive = true
        self.joined.succeed()
    }

    mutating func ended(_ error: any Error) {
        if self.isLive { self.log.readerLost() } else { self.joined.fail(error) }
    }
}
