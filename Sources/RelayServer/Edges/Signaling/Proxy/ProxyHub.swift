import NIOCore
import RelayCore
import RelaySessions
import RelayTunnels
import Synchronization

/// The tunnels of proxy frames between peers whose signaling sockets are at this relay.
///
/// Owns the table, in a short `Mutex`: asked when a tunnel begins or ends, or a socket comes or goes. Frames don't pass here.
final class ProxyHub: Sendable {
    /// Tunnels that one peer may have at a time, those included that were asked for.
    static let mostOfPeer = 64

    let memory: MemoryLedger
    let metrics: PathMetrics
    let paths: PathLedger
    let rules: ProxyRules
    /// How long a tunnel waits for a peer that has lost its socket.
    let patience: TimeAmount
    private let bandwidths: SessionBandwidths?
    /// By session.
    private let pairs = Mutex<[SessionID: [ProxyPair]]>([:])

    /// - Parameter bandwidths: nil for no limit.
    init(
        memory: MemoryLedger,
        metrics: PathMetrics,
        paths: PathLedger,
        rules: ProxyRules = ProxyRules(),
        patience: TimeAmount,
        bandwidths: SessionBandwidths?
    ) {
        self.memory = memory
        self.metrics = metrics
        self.paths = paths
        self.rules = rules
        self.patience = patience
        self.bandwidths = bandwidths
    }

    /// What all that the session's peers send each other through the relay may take; nil for no limit.
    func bandwidth(of session: SessionID) -> SharedBandwidth? { self.bandwidths?[session.text] }

    /// Tunnels that are open or asked for.
    var count: Int { self.pairs.withLock { $0.values.reduce(0) { $0 + $1.count } } }

    enum RequestOutcome {
        case asked
        /// The two have a tunnel, or the other has asked for one.
        case exists
        /// One of the two has too many.
        case full
    }

    /// A peer asks another for a tunnel.
    ///
    /// - Parameter target: nil for whoever accepts it.
    func request(_ opener: ProxyEndReference, _ target: PeerID?, in session: SessionID, window: Int?) -> RequestOutcome
    {
        let pair = ProxyPair(opener, target: target, session: session, hub: self, window: window)
        // Those that are open stay so, or close: a request that comes again takes the place of the one before.
        let open = Set(self.pairs.withLock { $0[session] ?? [] }.filter(\.isOpen).map { ObjectIdentifier($0) })
        return self.pairs.withLock { pairs in
            var kept = pairs[session] ?? []
            kept.removeAll {
                $0.opener == opener.peer && $0.target == target && !open.contains(ObjectIdentifier($0))
            }
            if let target, kept.contains(where: { $0.joins(opener.peer, target) }) { return .exists }
            let load = { (peer: PeerID) in kept.count { $0.opener == peer || $0.target == peer } }
            guard load(opener.peer) < Self.mostOfPeer, target.map(load) ?? 0 < Self.mostOfPeer else { return .full }
            kept.append(pair)
            pairs[session] = kept
            return .asked
        }
    }

    /// A peer accepts what another has asked for.
    ///
    /// - Returns: nil where that has asked for nothing here.
    func accept(
        by target: ProxyEndReference,
        from opener: PeerID,
        in session: SessionID,
        window: Int?,
        maxFrame: Int?
    ) -> (ProxyPair, ProxyTunnel.Terms)? {
        let asked = self.pairs.withLock { pairs -> ProxyPair? in
            if let pair = pairs[session]?.first(where: { $0.opener == opener && $0.target == target.peer }) {
                return pair
            }
            guard let place = pairs[session]?.firstIndex(where: { $0.opener == opener && $0.target == nil }) else {
                return nil
            }
            // What was for whoever accepts it is this peer's from here on.
            let pair = pairs[session]?[place].claimed(by: target.peer)
            if let pair { pairs[session]?[place] = pair }
            return pair
        }
        guard let pair = asked, let terms = pair.accept(by: target, window: window, maxFrame: maxFrame) else {
            return nil
        }
        return (pair, terms)
    }

    /// The tunnel of two peers, in whatever phase.
    func pair(_ peer: PeerID, _ other: PeerID, in session: SessionID) -> ProxyPair? {
        self.pairs.withLock { $0[session]?.last { $0.joins(peer, other) } }
    }

    func pairs(of peer: PeerID, in session: SessionID) -> [ProxyPair] {
        self.pairs.withLock { $0[session]?.filter { $0.opener == peer || $0.target == peer } ?? [] }
    }

    func remove(_ pair: ProxyPair) {
        self.pairs.withLock { pairs in
            let others = pairs[pair.session]?.filter { $0 !== pair } ?? []
            pairs[pair.session] = others.isEmpty ? nil : others
        }
    }
}
