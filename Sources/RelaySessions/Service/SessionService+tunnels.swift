public import RelayCore

/// The tunnels that bind a peer.
public struct PeerTunnels: Hashable, Sendable {
    public let peer: PeerID
    public let tunnels: [SessionTunnel]
}

extension SessionService {
    /// Asks another peer for a tunnel, as the peer as which `principal` acts.
    public func requestTunnel(
        _ id: SessionID,
        to target: PeerID,
        as principal: Principal
    ) async throws(SessionFailure) -> SessionTunnel {
        var generator = SystemRandomNumberGenerator()
        let tunnel = TunnelID.random(using: &generator)
        let session = try await self.change(id, as: principal) { (session, actor, now) throws(SessionRefusal) in
            try session.requestTunnel(tunnel, from: try actor.boundPeer, to: target, at: now)
        }
        guard let made = session.tunnel(tunnel) else { throw .refused(.tunnelUnknown) }
        return made
    }

    /// Takes a tunnel that another peer has asked for.
    public func acceptTunnel(
        _ tunnel: TunnelID,
        of id: SessionID,
        as principal: Principal
    ) async throws(SessionFailure) -> SessionTunnel {
        let session = try await self.change(id, as: principal) { (session, actor, now) throws(SessionRefusal) in
            try session.acceptTunnel(tunnel, by: try actor.boundPeer, at: now)
        }
        guard let accepted = session.tunnel(tunnel) else { throw .refused(.tunnelUnknown) }
        return accepted
    }

    /// Says at which relay the ends of a tunnel meet, where nobody has said otherwise meanwhile.
    ///
    /// - Parameter known: where they met so far: nil for nowhere, or a relay that can't be reached.
    /// - Returns: the tunnel, with the relay that counts.
    public func placeTunnel(
        _ tunnel: TunnelID,
        of id: SessionID,
        at node: NodeURL,
        insteadOf known: NodeURL?,
        as principal: Principal
    ) async throws(SessionFailure) -> SessionTunnel {
        let session = try await self.change(id, as: principal) { (session, actor, now) throws(SessionRefusal) in
            try session.placeTunnel(tunnel, at: node, insteadOf: known, by: try actor.boundPeer, at: now)
        }
        guard let placed = session.tunnel(tunnel) else { throw .refused(.tunnelUnknown) }
        return placed
    }

    /// Ends a tunnel, or rejects it.
    public func closeTunnel(
        _ tunnel: TunnelID,
        of id: SessionID,
        as principal: Principal
    ) async throws(SessionFailure) {
        _ = try await self.change(id, as: principal) { (session, actor, now) throws(SessionRefusal) in
            try session.closeTunnel(tunnel, by: try actor.boundPeer, at: now)
        }
    }

    /// The tunnels of a session that bind the peer as which `principal` acts, and that peer.
    public func tunnels(
        of id: SessionID,
        as principal: Principal
    ) async throws(SessionFailure) -> PeerTunnels {
        let session = try await self.session(id, as: principal)
        do throws(SessionRefusal) {
            let peer = try session.actor(principal).boundPeer
            return PeerTunnels(peer: peer, tunnels: session.tunnels.filter { $0.binds(peer) })
        } catch {
            throw .refused(error)
        }
    }
}

extension SessionActor {
    /// The peer that it is: tunnels are between peers.
    var boundPeer: PeerID {
        get throws(SessionRefusal) {
            guard case .peer(let peer) = self else { throw .notMember }
            return peer
        }
    }
}
