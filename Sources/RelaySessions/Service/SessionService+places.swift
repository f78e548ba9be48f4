public import RelayCore

/// At which relays peers have their QUIC connections, so that every relay finds them.
extension SessionService {
    /// The peer as which `principal` acts has its QUIC connection at this relay from now on.
    ///
    /// - Returns: where it had one before; nil for nowhere.
    public func placePeer(
        of id: SessionID,
        at node: NodeURL,
        as principal: Principal
    ) async throws(SessionFailure) -> NodeURL? {
        var before: NodeURL?
        _ = try await self.change(id, as: principal) { (session, actor, now) throws(SessionRefusal) in
            let peer = try actor.boundPeer
            before = session.node(of: peer)
            return try session.placePeer(peer, at: node, now: now)
        }
        return before
    }

    /// Where a peer of the session had its QUIC connection last.
    ///
    /// - Returns: nil where it has had none that other relays could reach.
    /// - Throws: where there is no such peer, for one.
    public func node(
        of peer: PeerID,
        in id: SessionID,
        as principal: Principal
    ) async throws(SessionFailure) -> NodeURL? {
        // The peer may have come to the other relay just now.
        let session = try await self.sessionAsStored(id, as: principal)
        guard session.peer(peer) != nil else { throw .refused(.peerUnknown) }
        return session.node(of: peer)
    }
}
