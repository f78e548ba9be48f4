import NIOCore
import RelayAccess
import RelayCore
import RelaySessions

/// What signaling sockets work with: the same for all.
final class SignalingServices: Sendable {
    struct Limits: Sendable {
        /// What each socket may send that comes from now on.
        var sender: Adjustable<SenderBudget.Limits>
        /// The longest text message, in bytes.
        var maxTextBytes: Int
    }

    /// What the longest message may have beside its payload: ids, and the head of a proxy frame.
    static let envelopeBytes = 4096

    let access: RequestAccess
    let joiner: Joiner
    let publisher: Publisher
    let sessions: SessionService
    let joins: FailedJoins
    let anonymous: AnonymousSessions
    let latency: RendezvousMetrics
    let sockets: WebSocketServices
    let strangers: Strangers
    /// Whose a connection is.
    let clients: ClientAddress
    let proxies: ProxyHub
    let limits: Limits

    init(
        access: RequestAccess,
        joiner: Joiner,
        publisher: Publisher,
        sessions: SessionService,
        joins: FailedJoins,
        anonymous: AnonymousSessions,
        latency: RendezvousMetrics,
        sockets: WebSocketServices,
        strangers: Strangers,
        clients: ClientAddress,
        proxies: ProxyHub,
        limits: Limits
    ) {
        self.access = access
        self.joiner = joiner
        self.publisher = publisher
        self.sessions = sessions
        self.joins = joins
        self.anonymous = anonymous
        self.latency = latency
        self.sockets = sockets
        self.strangers = strangers
        self.clients = clients
        self.proxies = proxies
        self.limits = limits
    }

    var clock: RelayClock { self.publisher.broker.clock }
    var metrics: EdgeMetrics { self.publisher.metrics }
}
