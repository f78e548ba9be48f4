import NIOCore
import NIOHTTP1

/// Watches for a peer that has ended its side of the connection while a task works for its answer. Lives on its connection's loop.
final class PresenceWatch: ExchangeActivity {
    /// Most answers are there before that, and their clients are asked nothing.
    private static let patience = TimeAmount.seconds(1)

    private let exchange: Exchange
    private var inquiry = PeerInquiry()

    let isEndless = false

    init(_ exchange: Exchange) {
        self.exchange = exchange
        if exchange.head.version != .http1_0 { self.inquiry.begin(at: .now() + Self.patience) }
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
