import NIOCore
import RelayCore
import RelaySessions
import RelayTunnels
import Synchronization

/// The tunnels of proxy frames that this relay keeps: those whose openers have asked for them here.
///
/// Owns the table, in a short `Mutex`: asked when a tunnel begins or ends, or a socket comes or goes. Frames don't pass here. The locks of
/// a pair and of the ``PathLedger`` may be taken inside of it, never the other way round.
final class ProxyHub: Sendable {
    /// Tunnels that one peer may have at a time, those included that were asked for.
    static let mostOfPeer = 64

    let memory: MemoryLedger
    let metrics: PathMetrics
    let paths: PathLedger
    let rules: ProxyRules
    /// How long a tunnel waits for a peer that has lost its socket.
    let patience: TimeAmount
    /// How other relays reach this one, and this one them.
    let nodes: RelayNodes
    /// What signaling sockets work with, and connections between relays that carry what those do.
    let sockets: WebSocketServices
    private let sessions: SessionService
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
        nodes: RelayNodes,
        sockets: WebSocketServices,
        sessions: SessionService,
        bandwidths: SessionBandwidths?
    ) {
        self.memory = memory
        self.metrics = metrics
        self.paths = paths
        self.rules = rules
        self.patience = patience
        self.nodes = nodes
        self.sockets = sockets
        self.sessions = sessions
        self.bandwidths = bandwidths
    }

    /// What all that the session's peers send each other through the relay may take; nil for no limit.
    func bandwidth(of session: SessionID) -> SharedBandwidth? { self.bandwidths?[session.text] }

    /// Tunnels that are open or asked for.
    var count: Int { self.pairs.withLock { $0.values.reduce(0) { $0 + $1.count } } }

    enum RequestOutcome {
        case asked(ProxyPair)
        /// The two have a tunnel, or the other has asked for one.
        case exists
        /// One of the two has too many.
        case full
    }

    /// A peer asks another for a tunnel. A request that comes again takes the place of the one before. A tunnel that is open stays so.
    ///
    /// - Parameter target: nil for whoever accepts it.
    func request(_ opener: ProxyEndReference, _ target: PeerID?, in session: SessionID, window: Int?) -> RequestOutcome
    {
        var generator = SystemRandomNumberGenerator()
        let id = TunnelID.random(using: &generator)
        let pair = ProxyPair(id, opener, target: target, session: session, hub: self, window: window)
        return self.pairs.withLock { pairs in
            let kept = (pairs[session] ?? []).filter { !$0.givesWay(to: pair) }
            if let target, kept.contains(where: { $0.joins(opener.peer, target) }) { return .exists }
            let load = { (peer: PeerID) in kept.count { $0.opener == peer || $0.target == peer } }
            guard load(opener.peer) < Self.mostOfPeer, target.map(load) ?? 0 < Self.mostOfPeer else { return .full }
            pairs[session] = kept + [pair]
            return .asked(pair)
        }
    }

    /// A peer accepts what another has asked for. That one is told.
    ///
    /// - Returns: false where it has asked for nothing here.
    func accept(
        by target: ProxyEndReference,
        from opener: PeerID,
        in session: SessionID,
        window: Int?,
        maxFrame: Int?
    ) -> Bool {
        let accepted = self.pairs.withLock { pairs -> (ProxyPair, ProxyPair.Acceptance, isClaimed: Bool)? in
            guard let (place, pair) = Self.asked(pairs[session] ?? [], by: opener, of: target.peer),
                let acceptance = pair.accept(by: target, window: window, maxFrame: maxFrame)
            else { return nil }
            let isClaimed = pairs[session]?[place] !== pair
            pairs[session]?[place] = pair
            return (pair, acceptance, isClaimed)
        }
        guard let (pair, acceptance, isClaimed) = accepted else { return false }
        pair.tellAccepted(acceptance)
        if isClaimed, self.nodes.own != nil {
            let (sessions, id, peer) = (self.sessions, pair.id, target.peer)
            _ = self.sockets.lane.run { await sessions.claimProxy(id, for: peer, of: session) }
        }
        return true
    }

    /// What was for whoever accepts it is this peer's from here on.
    private static func asked(_ pairs: [ProxyPair], by opener: PeerID, of target: PeerID) -> (Int, ProxyPair)? {
        if let place = pairs.firstIndex(where: { $0.opener == opener && $0.target == target }) {
            return (place, pairs[place])
        }
        guard let place = pairs.firstIndex(where: { $0.opener == opener && $0.target == nil }) else { return nil }
        return pairs[place].claimed(by: target).map { (place, $0) }
    }

    /// The tunnel of two peers, in whatever phase.
    func pair(_ peer: PeerID, _ other: PeerID, in session: SessionID) -> ProxyPair? {
        self.pairs.withLock { $0[session]?.last { $0.joins(peer, other) } }
    }

    func pairs(of peer: PeerID, in session: SessionID) -> [ProxyPair] {
        self.pairs.withLock { $0[session]?.filter { $0.opener == peer || $0.target == peer } ?? [] }
    }

    func pair(_ id: TunnelID, in session: SessionID) -> ProxyPair? {
        self.pairs.withLock { $0[session]?.first { $0.id == id } }
    }

    func remove(_ pair: ProxyPair) {
        self.pairs.withLock { pairs in
            let others = pairs[pair.session]?.filter { $0 !== pair } ?? []
            pairs[pair.session] = others.isEmpty ? nil : others
        }
        if self.nodes.own != nil { self.forget(pair.id, in: pair.session) }
    }

    /// No relay need look for the tunnel any more.
    func forget(_ id: TunnelID, in session: SessionID) {
        let sessions = self.sessions
        _ = self.sockets.lane.run { await sessions.closeProxy(id, of: session) }
    }
}
