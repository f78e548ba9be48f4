import Logging
import NIOCore
import RelayCore
import RelayTelemetry
import Synchronization

/// What HTTP connections work with: the same for all that came while a configuration was in effect, and fixed for each.
///
/// A class, so that a request that looks into it counts one reference and not one for each part.
final class HTTPServices: Sendable {
    let routes: Routes
    let gate: RequestGate
    let loops: DeliveryLoops
    let lane: TaskLane
    let timeouts: ConnectionTimeouts
    /// Largest request body, bytes.
    let maxBodyBytes: Int
    /// Where whatever is held for a client is charged.
    let memory: MemoryLedger
    let metrics: EdgeMetrics
    let logger: Logger
    /// Begins spans. Off where nothing is traced; nil in tests that trace nothing.
    let tracer: Tracer?
    /// Where else the same is served, as `Alt-Svc` says it (RFC 7838) to those who came by TLS; nil for nowhere.
    let alternative: String?
    /// What connections work with that come from now on; nil where nothing has changed since.
    private let successor = Mutex<HTTPServices?>(nil)

    init(
        routes: Routes,
        gate: RequestGate,
        loops: DeliveryLoops,
        lane: TaskLane,
        timeouts: ConnectionTimeouts,
        maxBodyBytes: Int,
        memory: MemoryLedger,
        metrics: EdgeMetrics,
        logger: Logger,
        tracer: Tracer? = nil,
        alternative: String? = nil
    ) {
        self.routes = routes
        self.gate = gate
        self.loops = loops
        self.lane = lane
        self.timeouts = timeouts
        self.maxBodyBytes = maxBodyBytes
        self.memory = memory
        self.metrics = metrics
        self.logger = logger
        self.tracer = tracer
        self.alternative = alternative
    }
}

extension HTTPServices {
    /// Those for a connection that comes now.
    var latest: HTTPServices { self.successor.withLock { $0 } ?? self }

    /// From now on connections work with another gate and other times. Those that are open go on as they were.
    func change(gate: RequestGate, timeouts: ConnectionTimeouts) {
        let next = HTTPServices(
            routes: self.routes,
            gate: gate,
            loops: self.loops,
            lane: self.lane,
            timeouts: timeouts,
            maxBodyBytes: self.maxBodyBytes,
            memory: self.memory,
            metrics: self.metrics,
            logger: self.logger,
            tracer: self.tracer,
            alternative: self.alternative
        )
        self.successor.withLock { $0 = next }
    }
}

/// How long each phase of a connection may take.
struct ConnectionTimeouts: Sendable {
    /// From the first byte of a connection or request to the end of its head.
    var header: TimeAmount
    /// From the end of a request's head to the end of its body.
    var read: TimeAmount
    /// For which the peer takes no byte of a response.
    var write: TimeAmount
    /// Between two requests.
    var idle: TimeAmount
}
