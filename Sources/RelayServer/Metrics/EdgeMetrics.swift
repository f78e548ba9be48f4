import CoreMetrics
import Logging
import NIOCore
import NIOHTTP1
import RelayCore
import RelayMetrics
import Synchronization

/// What the edges count. Series are made once and kept, so that counting a message is an atomic addition.
final class EdgeMetrics: Sendable {
    /// How a message reached its reader: the label `delivery_type`.
    enum DeliveryType: String {
        case webSocket = "websocket"
        case poll = "long_poll"
        case eventStream = "event_stream"
    }

    /// A route's series for one method and one class of status.
    private struct RouteKey: Hashable {
        let route: String
        let method: String
        let statusClass: UInt

        /// Looked up for every request, among a few dozen: lengths tell nearly all apart, and cost nothing to hash.
        func hash(into hasher: inout Hasher) {
            hasher.combine(self.route.utf8.count << 16 | self.method.utf8.count << 8 | Int(self.statusClass))
        }
    }

    private struct RouteSeries: Sendable {
        let requests: Counter
        let duration: Timer
    }

    private struct ErrorKey: Hashable {
        let type: ErrorType
        let code: String
    }

    private let factory: any MetricsFactory
    private let broker: Broker
    private let troubles: StoreTroubleLog
    private let received: Counter
    /// Nil where topics are not counted apart.
    private let topics: TopicSeries?
    private let appended: Counter
    private let appendsFailed: Counter
    private let latency: Timer
    private let deliveredToWebSockets: Counter
    private let deliveredToPolls: Counter
    private let deliveredToEventStreams: Counter
    private let fineDuration: Timer
    private let requestSize: Recorder
    private let responseSize: Recorder
    private let activeWebSockets: Meter
    private let openedWebSockets: Counter
    private let closedWebSockets: Counter
    private let refusedConnections: [ConnectionRefusal: Counter]
    private let failedHandshakes: [HandshakeFailure: Counter]
    private let oldConnections: Counter
    private let newConnections: Counter
    let http2: HTTP2Metrics
    let http3: HTTP3Metrics
    let signIns: SignInMetrics
    private let openCount = Atomic<Int>(0)
    private let routes = Mutex<[RouteKey: RouteSeries]>([:])
    /// As many as there are statuses and codes of frames.
    private let errors = Mutex<[ErrorKey: Counter]>([:])

    /// - Parameter maxTopics: how many topics' messages are counted apart; 0 for none. The rest share one count.
    init(factory: any MetricsFactory, maxTopics: Int, broker: Broker, logger: Logger) {
        self.broker = broker
        self.troubles = StoreTroubleLog(logger)
        self.factory = factory
        self.topics = maxTopics > 0 ? TopicSeries(factory: factory, maxTopics: maxTopics) : nil
        self.received = Counter(label: RelayMetric.messagesReceived, factory: factory)
        self.appended = Self.storageCounter("success", factory)
        self.appendsFailed = Self.storageCounter("error", factory)
        self.latency = Timer(label: RelayMetric.messageLatency, factory: factory)
        self.deliveredToWebSockets = Self.deliveryCounter(.webSocket, factory)
        self.deliveredToPolls = Self.deliveryCounter(.poll, factory)
        self.deliveredToEventStreams = Self.deliveryCounter(.eventStream, factory)
        self.refusedConnections = ConnectionRefusal.allCases.reduce(into: [:]) { counters, reason in
            counters[reason] = Counter(
                label: RelayMetric.connectionsRefused,
                dimensions: [("reason", reason.rawValue)],
                factory: factory
            )
        }
        self.failedHandshakes = HandshakeFailure.allCases.reduce(into: [:]) { counters, reason in
            counters[reason] = Counter(
                label: RelayMetric.handshakesFailed,
                dimensions: [("reason", reason.rawValue)],
                factory: factory
            )
        }
        self.oldConnections = Self.connectionCounter("1.1", factory)
        self.newConnections = Self.connectionCounter("2", factory)
        self.http2 = HTTP2Metrics(factory: factory)
        self.http3 = HTTP3Metrics(factory: factory)
        self.signIns = SignInMetrics(factory: factory)
        self.fineDuration = Timer(label: RelayMetric.httpDurationFine, factory: factory)
        self.requestSize = Recorder(label: RelayMetric.httpRequestSize, factory: factory)
        self.responseSize = Recorder(label: RelayMetric.httpResponseSize, factory: factory)
        self.activeWebSockets = Meter(label: RelayMetric.webSocketsActive, factory: factory)
        self.openedWebSockets = Counter(label: RelayMetric.webSocketsOpened, factory: factory)
        self.closedWebSockets = Counter(label: RelayMetric.webSocketsClosed, factory: factory)
    }

    /// What the port for STUN counts, on the same registry.
    func ofPeerPort() -> PeerPortMetrics { PeerPortMetrics(factory: self.factory) }

    /// What TURN counts there.
    ///
    /// - Parameter total: of all that the relay carries.
    func ofTURN(_ total: RelayedBytes) -> TURNMetrics { TURNMetrics(factory: self.factory, total: total) }

    private static func storageCounter(_ status: String, _ factory: any MetricsFactory) -> Counter {
        Counter(
            label: RelayMetric.storageOperations,
            dimensions: [("operation", "append"), ("status", status)],
            factory: factory
        )
    }

    private static func connectionCounter(_ version: String, _ factory: any MetricsFactory) -> Counter {
        Counter(label: RelayMetric.httpConnections, dimensions: [("protocol", version)], factory: factory)
    }

    private static func deliveryCounter(_ type: DeliveryType, _ factory: any MetricsFactory) -> Counter {
        Counter(
            label: RelayMetric.messagesDelivered,
            dimensions: [("delivery_type", type.rawValue)],
            factory: factory
        )
    }

    // MARK: Messages

    /// What became of a publish.
    func published(_ result: Result<Publication, BrokerError>) {
        switch result {
        case .success: self.appended.increment()
        case .failure(.store(let error)):
            self.appendsFailed.increment()
            self.troubles.failed(error)
        case .failure: break
        }
    }

    /// - Parameter start: when the publish came in; nil where that is not known.
    func stored(_ count: Int, in key: TopicKey, since start: NIODeadline?) {
        self.received(count, in: key)
        if let start { self.latency.recordNanoseconds((NIODeadline.now() - start).nanoseconds) }
    }

    func stored(_ outcomes: [Broker.Outcome], since start: NIODeadline) {
        for outcome in outcomes {
            self.published(outcome.result)
            if outcome.error == nil { self.received(1, in: outcome.key) }
        }
        self.latency.recordNanoseconds((NIODeadline.now() - start).nanoseconds)
    }

    private func received(_ count: Int, in key: TopicKey) {
        guard let topics = self.topics else { return self.received.increment(by: count) }
        topics.received(count, in: key.name, kept: self.broker.boundsAtHand(of: key)?.count)
    }

    func delivered(_ count: Int, by type: DeliveryType) {
        switch type {
        case .webSocket: self.deliveredToWebSockets.increment(by: count)
        case .poll: self.deliveredToPolls.increment(by: count)
        case .eventStream: self.deliveredToEventStreams.increment(by: count)
        }
    }

    // MARK: Connections

    func webSocketOpened() {
        self.openedWebSockets.increment()
        self.activeWebSockets.set(self.openCount.add(1, ordering: .relaxed).newValue)
    }

    func webSocketClosed() {
        self.closedWebSockets.increment()
        self.activeWebSockets.set(self.openCount.subtract(1, ordering: .relaxed).newValue)
    }

    /// A connection begins to carry requests, of HTTP/1.1 or of HTTP/2.
    func connectionOpened(isHTTP2: Bool) {
        if isHTTP2 { self.newConnections.increment() } else { self.oldConnections.increment() }
    }

    /// A connection was refused, or accepting has stopped.
    func refused(_ reason: ConnectionRefusal) {
        self.refusedConnections[reason]?.increment()
    }

    /// A TLS handshake was not completed.
    func handshakeFailed(_ reason: HandshakeFailure) {
        self.failedHandshakes[reason]?.increment()
    }

    // MARK: Errors

    /// Where an error was told: the label `type`.
    enum ErrorType: String {
        case http
        case webSocket = "websocket"
    }

    /// - Parameter code: the HTTP status, or the code of an `error` frame.
    func failed(_ type: ErrorType, code: String) {
        let key = ErrorKey(type: type, code: code)
        let counter = self.errors.withLock { errors in
            if let known = errors[key] { return known }
            let labels = [("type", type.rawValue), ("code", code)]
            let counter = Counter(label: RelayMetric.errors, dimensions: labels, factory: self.factory)
            errors[key] = counter
            return counter
        }
        counter.increment()
    }

    // MARK: Requests

    /// A request was answered.
    ///
    /// - Parameters:
    ///   - route: the path's template.
    ///   - duration: since its head had come.
    ///   - received: the size of its body.
    ///   - sent: the size of the answer's body.
    func answered(
        _ method: HTTPMethod,
        _ route: String,
        _ status: HTTPResponseStatus,
        in duration: TimeAmount,
        received: Int,
        sent: Int
    ) {
        let series = self.series(
            RouteKey(route: route, method: Self.name(of: method), statusClass: status.code / 100)
        )
        let duration = duration.nanoseconds
        series.requests.increment()
        if status.code >= 400 { self.failed(.http, code: String(status.code)) }
        series.duration.recordNanoseconds(duration)
        self.fineDuration.recordNanoseconds(duration)
        self.requestSize.record(received)
        self.responseSize.record(sent)
    }

    private func series(_ key: RouteKey) -> RouteSeries {
        self.routes.withLock { routes in
            if let known = routes[key] { return known }
            let labels = [("handler", key.route), ("method", key.method)]
            let series = RouteSeries(
                requests: Counter(
                    label: RelayMetric.httpRequests,
                    dimensions: labels + [("status", "\(key.statusClass)xx")],
                    factory: self.factory
                ),
                duration: Timer(label: RelayMetric.httpDuration, dimensions: labels, factory: self.factory)
            )
            routes[key] = series
            return series
        }
    }

    /// Clients may send any word as a method: those that are not HTTP's share a label.
    private static func name(of method: HTTPMethod) -> String {
        switch method {
        case .GET, .POST, .PUT, .PATCH, .DELETE, .HEAD, .OPTIONS: method.rawValue
        default: "other"
        }
    }
}
