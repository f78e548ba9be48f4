import NIOCore
import NIOHTTP1
import RelayWire

/// A poll of an Engine.IO session: a request that is answered with packets as soon as there are any. Lives on its connection's loop.
final class EnginePoll {
    private let exchange: Exchange
    private let session: LoopReference<EngineSession>
    private var inquiry = PeerInquiry()

    init(_ exchange: Exchange, of session: LoopReference<EngineSession>) {
        self.exchange = exchange
        self.session = session
    }

    /// Waits for the session's packets.
    func begin() {
        self.exchange.activity = self
        self.exchange.trimHead()
        let own = LoopReference(self, on: self.exchange.loop.eventLoop)
        self.session.tell { $0.polled(by: own) }
    }

    func answer(_ packets: [EnginePacket]) {
        // The client is gone, and has lost what the session takes for sent.
        guard !self.exchange.isAnswered else { return self.session.tell { $0.end() } }
        var body = ByteBuffer()
        body.reserveCapacity(packets.reduce(0) { $0 + EnginePayload.size(of: $1) })
        for packet in packets { EnginePayload.write(packet, into: &body) }
        var reply = Reply(.ok, headers: ["content-type": "text/plain; charset=UTF-8"], body: body)
        reply.headers.add(name: "cache-control", value: "no-store")
        self.exchange.answer(reply)
    }

    func refuse(_ refusal: EngineRefusal) { self.exchange.answer(Reply(refusal)) }
}

extension EnginePoll: ExchangeActivity {
    var isEndless: Bool { false }

    /// What is under way to it would be lost: so the session is.
    func cancelled() { self.session.tell { $0.end() } }

    func drained() {}

    func inputClosed() {
        if self.exchange.head.version != .http1_0 { self.inquiry.begin(at: .now() + PeerInquiry.interval) }
    }

    func tick(_ now: NIODeadline) {
        if self.inquiry.isDue(at: now) { self.exchange.connection.sayContinue(to: self.exchange) }
    }

    /// The session ends it.
    func relayStopping() {}
}
