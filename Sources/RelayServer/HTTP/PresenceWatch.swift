import NIOCore
import NIOHTTP1

/// Watches for a peer that has ended its side of the connection while a task works for its answer. Lives on its connection's loop. Most
/// answers are there before it first asks.
final class PresenceWatch: ExchangeActivity {
    private let exchange: Exchange
    private var inquiry = PeerInquiry()

    let isEndless = false

    init(_ exchange: Exchange) {
        self.exchange = exchange
        if exchange.head.version != .http1_0 { self.inquiry.begin(at: .now() + PeerInquiry.interval) }
    }

    func cancelled() {}

    func drained() {}

    func inputClosed() {}

    func tick(_ now: NIODeadline) {
        if self.inquiry.isDue(at: now) { self.exchange.connection.sayContinue(to: self.exchange) }
    }

    /// The task ends in its own time.
    func relayStopping() {}
}
