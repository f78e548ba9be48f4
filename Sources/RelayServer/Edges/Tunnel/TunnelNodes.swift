import NIOCore
import RelayCore
import RelaySessions
import RelayTunnels
import RelayWire

/// Where the ends of tunnels meet that come to several relays, and how they get there.
struct TunnelNodes: Sendable {
    /// Where the others reach this relay; nil where they can't.
    let own: NodeAddress?
    let passes: NodePassKey
    let dialer: NodeDialer
    let clock: RelayClock

    private var now: Int64 { self.clock.now().microseconds / 1000 }

    /// The relay where a tunnel's ends meet; nil for this one.
    func meetingPlace(of tunnel: SessionTunnel) -> NodeAddress? {
        guard let node = tunnel.node.flatMap({ NodeAddress($0.text) }), node != self.own else { return nil }
        return node
    }

    /// This relay, as sessions know it.
    var ownURL: NodeURL? { self.own.flatMap { NodeURL($0.description) } }

    // MARK: As the client

    /// Opens an end of a tunnel at the relay where its ends meet.
    ///
    /// - Throws: why there is none.
    func open(_ pass: NodePass, at node: NodeAddress, on eventLoop: any EventLoop, _ open: NodeDialer.Opening)
        async throws
    {
        let side = pass.side == .opener ? "opener" : "target"
        let path = "\(NodeTunnelRoute.prefix)\(pass.tunnel)?session_id=\(pass.session)&side=\(side)"
        try await self.dialer.dial(node, path, pass: self.passes.text(pass, at: self.now), on: eventLoop, open)
    }

    // MARK: As the server

    /// Whether another relay may have what it asks for.
    func admits(_ text: String, for pass: NodePass) -> Bool { self.passes.admits(text, for: pass, at: self.now) }
}
