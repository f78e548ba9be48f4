import Logging
import NIOCore
import RelayCore

/// What HTTP connections work with: the same for all, fixed while the relay runs.
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

    init(
        routes: Routes,
        gate: RequestGate,
        loops: DeliveryLoops,
        lane: TaskLane,
        timeouts: ConnectionTimeouts,
        maxBodyBytes: Int,
        memory: MemoryLedger,
        metrics: EdgeMetrics,
        logger: Logger
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
