import NIOCore
import RelayCore
import RelaySessions
import RelayTunnels
import RelayWire
import Synchronization

/// What the QUIC relay's connections work with: the same for all.
///
/// Owns the moment at which the relay stops, in a short `Mutex`: each connection asks once for it.
final class QUICRelayServices: Sendable {
    struct Limits: Sendable {
        var allocation: AllocationLimits
        /// What a control stream may say.
        var sender: Adjustable<SenderBudget.Limits>
        /// Bytes that a peer may send on one stream, and on all of a connection, before more is granted.
        var streamWindow: Int
        var connectionWindow: Int
        /// Of all that a session's peers send each other through the relay; 0 for no limit.
        var bytesPerSecond: Int
        /// What is told of them, and counted by the transport.
        var idle: TimeAmount
        var keepAlive: TimeAmount
    }

    let access: RequestAccess
    let joiner: Joiner
    let sessions: SessionService
    let joins: FailedJoins
    let clock: RelayClock
    let loops: DeliveryLoops
    let lane: TaskLane
    let memory: MemoryLedger
    let metrics: QUICMetrics
    let carried: PathMetrics
    let paths: PathLedger
    /// Of users, for connections of all kinds that last.
    let places: ConnectionQuota
    /// Of addresses, for connections that have not said whose they are.
    let strangers: ConnectionQuota
    let hub = AllocationHub()
    /// Where peers have come that are not here, and how they are reached.
    let nodes: RelayNodes
    /// For what is said to other relays.
    let sockets: WebSocketServices
    let limits: Limits
    private let bandwidths: SessionBandwidths?
    private let end = Mutex<NIODeadline?>(nil)

    /// - Parameter bandwidths: nil for no limit.
    init(
        access: RequestAccess,
        joiner: Joiner,
        sessions: SessionService,
        joins: FailedJoins,
        clock: RelayClock,
        loops: DeliveryLoops,
        lane: TaskLane,
        memory: MemoryLedger,
        metrics: QUICMetrics,
        carried: PathMetrics,
        paths: PathLedger,
        places: ConnectionQuota,
        strangers: ConnectionQuota,
        nodes: RelayNodes,
        sockets: WebSocketServices,
        bandwidths: SessionBandwidths?,
        limits: Limits
    ) {
        self.access = access
        self.joiner = joiner
        self.sessions = sessions
        self.joins = joins
        self.clock = clock
        self.loops = loops
        self.lane = lane
        self.memory = memory
        self.metrics = metrics
        self.carried = carried
        self.paths = paths
        self.places = places
        self.strangers = strangers
        self.nodes = nodes
        self.sockets = sockets
        self.bandwidths = bandwidths
        self.limits = limits
    }

    /// The relay stops: connections end then at the latest.
    func stop(at end: NIODeadline) { self.end.withLock { $0 = end } }

    /// For how long what is open may go on, where the relay stops.
    func grace(at now: NIODeadline) -> TimeAmount {
        guard let end = self.end.withLock({ $0 }), end > now else { return .zero }
        return end - now
    }

    /// What all that the session's peers send each other through the relay may take; nil for no limit.
    func bandwidth(of session: SessionID) -> SharedBandwidth? { self.bandwidths?[session.text] }

    /// The peer's tunnel is over, and so the session's is.
    func close(_ tunnel: TunnelID, in session: SessionID, as principal: Principal) {
        let sessions = self.sessions
        _ = self.lane.run { try? await sessions.closeTunnel(tunnel, of: session, as: principal) }
    }
}
