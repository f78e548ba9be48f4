import NIOCore
import RelayCore

/// What clients may do at the edges, as far as it may change while the relay runs and no part owns it alone.
struct EdgeLimits: Sendable {
    /// Topics that one WebSocket may follow.
    let socketTopics: Adjustable<Int>
    /// Channels that one Pulse connection may subscribe to.
    let pulseSubscriptions: Adjustable<Int>
    /// Topics in one poll.
    let pollTopics: Adjustable<Int>
    /// A WebSocket that is not used for so long after it was opened is closed.
    let socketIdle: Adjustable<TimeAmount>
    /// What each signaling socket may send.
    let sender: Adjustable<SenderBudget.Limits>

    init(_ configuration: RelayConfiguration) {
        self.socketTopics = Adjustable(configuration.webSocket.maxTopics)
        self.pulseSubscriptions = Adjustable(configuration.pulse.maxSubscriptions)
        self.pollTopics = Adjustable(configuration.poll.maxTopics)
        self.socketIdle = Adjustable(TimeAmount(configuration.webSocket.idleTimeout))
        self.sender = Adjustable(configuration.senderLimits)
    }

    func change(to configuration: RelayConfiguration) {
        self.socketTopics.change(to: configuration.webSocket.maxTopics)
        self.pulseSubscriptions.change(to: configuration.pulse.maxSubscriptions)
        self.pollTopics.change(to: configuration.poll.maxTopics)
        self.socketIdle.change(to: TimeAmount(configuration.webSocket.idleTimeout))
        self.sender.change(to: configuration.senderLimits)
    }
}
