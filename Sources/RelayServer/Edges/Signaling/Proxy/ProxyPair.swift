import NIOCore
import RelayCore
import RelaySessions
import RelayTunnels
import RelayWire
import Synchronization

/// One tunnel of proxy frames, and the two sockets that it joins.
///
/// Owns its state, in a short `Mutex`: a frame is decided on in it once, on the loop of its sender. What follows is done by whoever asked, after
/// that.
final class ProxyPair: Sendable {
    typealias Side = ProxyTunnel.Side
    typealias Loss = ProxyTunnel.Loss

    private struct Place {
        /// Nil while its peer has no socket here.
        var end: ProxyEndReference?
        /// Bytes from here that the other socket has not taken.
        var owed = 0
        /// Whether a frame from here waits: its sender is not read meanwhile.
        var isHeld = false
    }

    private struct State {
        var tunnel: ProxyTunnel
        var opener: Place
        var targetPlace = Place()
        /// What the two use of the relay, once the tunnel is open.
        var uses: [Side: PathUse] = [:]

        subscript(_ side: Side) -> Place {
            get { side == .opener ? self.opener : self.targetPlace }
            set { if side == .opener { self.opener = newValue } else { self.targetPlace = newValue } }
        }
    }

    /// By which other relays find it.
    let id: TunnelID
    let session: SessionID
    let opener: PeerID
    /// Nil for whoever accepts it.
    let target: PeerID?
    private let hub: ProxyHub
    /// As the opener has asked.
    private let window: Int?
    private let state: Mutex<State>

    init(
        _ id: TunnelID,
        _ opener: ProxyEndReference,
        target: PeerID?,
        session: SessionID,
        hub: ProxyHub,
        window: Int?
    ) {
        self.id = id
        self.session = session
        self.opener = opener.peer
        self.target = target
        self.hub = hub
        self.window = window
        self.state = Mutex(State(tunnel: ProxyTunnel(window: window, rules: hub.rules), opener: Place(end: opener)))
    }

    /// The same request, for this peer alone, from the socket that its opener has by now.
    ///
    /// - Returns: nil where the opener has none.
    func claimed(by target: PeerID) -> ProxyPair? {
        guard target != self.opener, let opener = self.state.withLock({ $0.opener.end }) else { return nil }
        return ProxyPair(self.id, opener, target: target, session: self.session, hub: self.hub, window: self.window)
    }

    private var phase: ProxyTunnel.Phase { self.state.withLock { $0.tunnel.phase } }

    var isOpen: Bool { self.phase == .open }

    /// Whether the pair is out of the way of a new one: it is closed, or is the same request.
    func givesWay(to other: ProxyPair) -> Bool {
        switch self.phase {
        case .requested: self.opener == other.opener && self.target == other.target
        case .open: false
        case .closed: true
        }
    }

    /// Whether a connection that stands for `peer` has to do with it.
    func takes(_ peer: PeerID) -> Bool { self.opener == peer || self.target ?? peer == peer }

    /// Whether `peer` has a place in it already: the opener from the start, the other with its acceptance.
    func isHeld(by peer: PeerID) -> Bool { self.opener == peer || self.target == peer && self.isOpen }

    func joins(_ peer: PeerID, _ other: PeerID) -> Bool {
        self.opener == peer && self.target == other || self.opener == other && self.target == peer
    }

    func side(of peer: PeerID) -> Side { peer == self.opener ? .opener : .target }

    /// Nil for whoever accepts what the opener has asked for.
    func peer(_ side: Side) -> PeerID? { side == .opener ? self.opener : self.target }

    // MARK: Negotiation

    /// What follows where a peer has accepted: see ``tellAccepted(_:)``.
    struct Acceptance {
        fileprivate let terms: ProxyTunnel.Terms
        /// What the opener sends counts there; nil where it is not accounted for.
        fileprivate let use: PathUse?
    }

    /// - Returns: nil where there is nothing to accept.
    func accept(by target: ProxyEndReference, window: Int?, maxFrame: Int?) -> Acceptance? {
        let paths = self.hub.paths
        let uses = [
            Side.opener: paths.use(.binaryProxy, from: self.opener, to: target.peer, in: self.session),
            Side.target: paths.use(.binaryProxy, from: target.peer, to: self.opener, in: self.session),
        ].compactMapValues { $0 }
        return self.state.withLock { state in
            guard let terms = state.tunnel.accept(window: window, maxFrame: maxFrame) else { return nil }
            state.targetPlace.end = target
            state.uses = uses
            return Acceptance(terms: terms, use: uses[.opener])
        }
    }

    /// The opener hears of the acceptance from the loop from which the target's frames come: so it hears of it before them.
    func tellAccepted(_ acceptance: Acceptance) {
        acceptance.use?.opened()
        let (opener, target, terms) = (self.state.withLock { $0.opener.end }, self.target, acceptance.terms)
        opener?.tell {
            let (window, frame, sequence) = (terms.window, terms.maxFrame, terms.startSequence)
            $0.send(.accepted(window: window, maxFrame: frame, sequence: sequence), of: target)
        }
    }

    // MARK: Frames

    /// What becomes of a frame, and at which socket.
    ///
    /// - Parameter bytes: of data.
    func receive(_ sequence: UInt64, bytes: Int, from side: Side) -> (ProxyTunnel.Decision, ProxyEndReference?) {
        self.state.withLock { state in
            let cost = max(bytes, ProxyRules.leastCost)
            let owed = state[side].owed
            // The receiver may acknowledge what its socket has not taken. That holds up its sender, and costs no memory.
            guard owed == 0 || owed + cost <= self.hub.rules.window || state.tunnel.phase != .open else {
                state[side].isHeld = true
                return (.hold, nil)
            }
            let decision = state.tunnel.receive(sequence, bytes: bytes, from: side)
            switch decision {
            case .deliver:
                state[side].owed += cost
                state.uses[side]?.carried(bytes)
            case .hold: state[side].isHeld = true
            case .passOver, .refuse, .close: break
            }
            return (decision, state[side.other].end)
        }
    }

    /// The socket of `receiver` has taken frames.
    ///
    /// - Parameter cost: as counted when they were received.
    func taken(_ cost: Int, by receiver: Side, at end: ProxyEnd) {
        let waiting = self.state.withLock { state -> ProxyEndReference? in
            guard state[receiver].end?.isEnd(end) == true else { return nil }
            state[receiver.other].owed = max(0, state[receiver.other].owed - cost)
            return Self.wake(receiver.other, &state)
        }
        waiting?.tell { $0.retry() }
    }

    /// - Returns: whom to tell to try its frame again.
    private static func wake(_ side: Side, _ state: inout State) -> ProxyEndReference? {
        guard state[side].isHeld else { return nil }
        state[side].isHeld = false
        return state[side].end
    }

    /// A peer has every frame of the other's before `sequence`.
    ///
    /// - Returns: false where the tunnel is not open.
    func acknowledge(_ sequence: UInt64, window: Int?, by side: Side) -> Bool {
        let (decision, other, waiting) = self.state.withLock { state in
            let decision = state.tunnel.acknowledge(sequence, window: window, by: side)
            return (decision, state[side.other].end, Self.wake(side.other, &state))
        }
        switch decision {
        case .deliver:
            let peer = self.peer(side)
            let allowed = window.map { min($0, self.hub.rules.window) }
            other?.tell { $0.send(.acknowledged(sequence: sequence, window: allowed), of: peer) }
            waiting?.tell { $0.retry() }
            return true
        case .close(let closing):
            self.tellClosed(closing)
            return true
        case .refuse, .hold, .passOver: return false
        }
    }

    // MARK: The end

    /// - Returns: false where it was closed before.
    @discardableResult
    func close(_ closing: ProxyTunnel.Closing) -> Bool {
        guard self.state.withLock({ $0.tunnel.close(closing) }) else { return false }
        self.tellClosed(closing)
        return true
    }

    /// The tunnel is closed: both peers hear why, and how much it carried.
    func tellClosed(_ closing: ProxyTunnel.Closing) {
        self.hub.remove(self)
        let use = self.state.withLock { $0.uses.removeValue(forKey: .opener) }
        use?.closed()
        for side in Side.allCases {
            let (end, sent, received) = self.state.withLock { state in
                state[side].isHeld = false
                return (state[side].end, state.tunnel.bytes(from: side), state.tunnel.bytes(from: side.other))
            }
            let peer = self.peer(side.other)
            end?.tell {
                $0.send(.closed(reason: closing.text, sent: sent, received: received), of: peer)
                $0.retry()
            }
        }
    }

    // MARK: Coming and going

    /// A peer's socket is gone. What was on its way to it comes again.
    ///
    /// - Returns: nil where the peer has another socket by now.
    func left(_ side: Side, _ end: ProxyEnd) -> Loss? {
        let (loss, waiting) = self.state.withLock { state -> (Loss?, ProxyEndReference?) in
            guard state[side].end?.isEnd(end) == true else { return (nil, nil) }
            state[side] = Place(owed: state[side].owed)
            state[side.other].owed = 0
            return (state.tunnel.left(side), Self.wake(side.other, &state))
        }
        waiting?.tell { $0.retry() }
        return loss
    }

    /// A peer has not come back in time.
    func expire(_ loss: Loss) {
        if self.state.withLock({ $0.tunnel.isAway(since: loss) }) { self.close(.left) }
    }

    /// A peer has a new socket. Both senders go on where they were acknowledged.
    func returned(_ end: ProxyEndReference) {
        let side = self.side(of: end.peer)
        let (orders, terms) = self.state.withLock { state in
            state[side] = Place(end: end, owed: state[side].owed)
            state[side.other].owed = 0
            let orders = state.tunnel.returned(side)
            let ends = (state[side].end, state[side.other].end)
            let windows = (state.tunnel.flow(from: side).window, state.tunnel.flow(from: side.other).window)
            state[side.other].isHeld = false
            return (orders.map { (ends, windows, $0) }, state.tunnel.maxFrame)
        }
        guard let (ends, windows, starts) = orders else { return }
        let (own, other) = (self.peer(side), self.peer(side.other))
        ends.0?.tell { $0.send(.accepted(window: windows.0, maxFrame: terms, sequence: starts.own), of: other) }
        ends.1?.tell {
            $0.send(.accepted(window: windows.1, maxFrame: terms, sequence: starts.others), of: own)
            $0.retry()
        }
    }
}
