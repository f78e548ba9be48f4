import NIOCore
import NIOHTTP1
import RelayCore
import RelaySessions
import RelayTelemetry
import RelayTunnels
import RelayWire
import Synchronization

/// How relays reach each other, for peers that have come to several of them.
///
/// Owns what it knows of passes that were shown here, in a short `Mutex`: asked once for each connection of another relay.
final class RelayNodes: Sendable {
    /// Where the others reach this relay; nil where they can't.
    let own: NodeAddress?
    private let passes: NodePassKey
    private let dialer: NodeDialer
    private let clock: RelayClock
    private let used = Mutex(UsedPasses())

    init(own: NodeAddress?, passes: NodePassKey, dialer: NodeDialer, clock: RelayClock) {
        self.own = own
        self.passes = passes
        self.dialer = dialer
        self.clock = clock
    }

    private var now: Int64 { self.clock.now().microseconds / 1000 }

    /// The relay where a tunnel's ends meet; nil for this one.
    func meetingPlace(of tunnel: SessionTunnel) -> NodeAddress? {
        guard let node = tunnel.node.flatMap({ NodeAddress($0.text) }), node != self.own else { return nil }
        return node
    }

    /// This relay, as sessions know it.
    var ownURL: NodeURL? { self.own.flatMap { NodeURL($0.description) } }

    // MARK: As the client

    /// Opens what another relay has for a peer that is here.
    ///
    /// - Parameter trace: that the peer's request belongs to; nil for none.
    /// - Throws: why there is nothing.
    func open(
        _ pass: NodePass,
        at node: NodeAddress,
        on eventLoop: any EventLoop,
        under trace: TraceContext? = nil,
        _ open: NodeDialer.Opening
    ) async throws {
        var generator = SystemRandomNumberGenerator()
        let text = self.passes.text(pass, at: self.now, .random(using: &generator))
        try await self.dialer.dial(node, pass.path, pass: text, on: eventLoop, under: trace, open)
    }

    // MARK: As the server

    /// Whether another relay may have what it asks for. It has shown a pass for just this, which nobody has shown before.
    func admits(_ exchange: Exchange, for pass: NodePass) -> Bool {
        let shown = exchange.head.headers["authorization"]
        guard shown.count == 1, shown[0].hasPrefix("Bearer ") else { return false }
        let (text, now) = (String(shown[0].dropFirst("Bearer ".count)), self.now)
        guard let number = self.passes.number(of: text, for: pass, at: now) else { return false }
        return self.used.withLock { $0.use(number, at: now) }
    }
}
