import NIOCore
import RelayCore
import RelayTunnels
import Synchronization

/// What the ends of tunnels share: where they meet, and what holds for them.
///
/// Owns the meeting place, in a short `Mutex`: an end comes and goes once.
final class TunnelServices: Sendable {
    let memory: MemoryLedger
    let metrics: PathMetrics
    /// Bytes in flight at which an end's socket is not read on.
    let window: Int
    /// How long an end waits for the other.
    let patience: TimeAmount
    private let bandwidths: SessionBandwidths?
    private let pairs = Mutex(PipePairs<TunnelEndReference>())

    /// - Parameter bandwidths: nil for no limit.
    init(
        memory: MemoryLedger,
        metrics: PathMetrics,
        window: Int,
        patience: TimeAmount,
        bandwidths: SessionBandwidths? = nil
    ) {
        self.memory = memory
        self.metrics = metrics
        self.window = window
        self.patience = patience
        self.bandwidths = bandwidths
    }

    /// What the tunnels of a session may carry; nil for no limit.
    func bandwidth(of session: String) -> SharedBandwidth? { self.bandwidths?[session] }

    func enter(_ grant: TunnelGrant, _ end: TunnelEndReference) -> PipePairs<TunnelEndReference>.Entrance {
        self.pairs.withLock { $0.enter(grant.tunnel, as: grant.side, end) }
    }

    func leave(_ place: PipePairs<TunnelEndReference>.Place) { self.pairs.withLock { $0.leave(place) } }

    /// Tunnels with an end that is open here.
    var count: Int { self.pairs.withLock { $0.count } }
}

/// What a client may do that opens an end of a tunnel.
struct TunnelGrant: Sendable {
    /// The tunnel's name, which no other tunnel of the relay has.
    let tunnel: String
    let side: PipePairs<TunnelEndReference>.Side
    /// What the session's tunnels may carry; nil for no limit.
    let bandwidth: SharedBandwidth?
    let way: TunnelWay
    /// Where its peer's bytes are accounted for; nil for nowhere.
    var path: PathUse?

    /// As the relay where the ends meet calls a tunnel.
    static func name(_ session: String, _ tunnel: String) -> String { "\(session)/\(tunnel)" }
}

/// An end of a tunnel, which lives on its connection's loop, seen from another loop.
typealias TunnelEndReference = LoopReference<TunnelEnd>
