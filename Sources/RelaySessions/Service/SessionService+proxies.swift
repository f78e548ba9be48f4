public import RelayCore

/// Which relays keep tunnels of proxy frames, so that every relay finds them.
extension SessionService {
    /// A peer asks for proxy frames with another at this relay.
    ///
    /// Where the other one has asked before, or a tunnel of the two was closed a moment ago, it is looked again soon: the relay that kept that
    /// may be about to say so.
    public func openProxy(
        _ proxy: TunnelID,
        to target: PeerID?,
        of id: SessionID,
        at node: NodeURL,
        as principal: Principal
    ) async throws(SessionFailure) {
        do throws(SessionFailure) {
            try await self.openProxyNow(proxy, to: target, of: id, at: node, as: principal)
        } catch .refused(.tunnelExists) {
            try? await Task.sleep(for: Self.closingTime)
            _ = try await self.sessionAsStored(id, as: principal)
            try await self.openProxyNow(proxy, to: target, of: id, at: node, as: principal)
        }
    }

    private static var closingTime: Duration { .milliseconds(500) }

    private func openProxyNow(
        _ proxy: TunnelID,
        to target: PeerID?,
        of id: SessionID,
        at node: NodeURL,
        as principal: Principal
    ) async throws(SessionFailure) {
        _ = try await self.change(id, as: principal) { (session, actor, now) throws(SessionRefusal) in
            try session.openProxy(proxy, from: try actor.boundPeer, to: target, at: node, now: now)
        }
    }

    /// What a peer has asked for that `peer` may accept.
    ///
    /// - Returns: nil where it has asked for nothing, or at a relay that others can't reach.
    public func proxy(
        from opener: PeerID,
        to peer: PeerID,
        of id: SessionID,
        as principal: Principal
    ) async throws(SessionFailure) -> SessionProxy? {
        // The request may have overtaken what was stored before it.
        let asked = try await self.sessionAsStored(id, as: principal).proxies.filter { $0.opener == opener }
        return asked.first { $0.target == peer } ?? asked.first { $0.target == nil }
    }

    /// Makes sure that a peer is in the session, whichever relay it has come to.
    public func find(_ peer: PeerID, in id: SessionID, as principal: Principal) async throws(SessionFailure) {
        guard try await self.sessionAsStored(id, as: principal).peer(peer) != nil else { throw .refused(.peerUnknown) }
    }

    func sessionAsStored(_ id: SessionID, as principal: Principal) async throws(SessionFailure) -> Session {
        let access: TopicAccess
        do throws(BrokerError) {
            access = try await self.broker.topicAsStored(Self.key(id), for: .look, as: principal).access
        } catch {
            throw .broker(error)
        }
        guard let session = access.state as? Session else { throw .refused(.sessionUnknown) }
        return session
    }

    /// What was asked of nobody in particular was accepted. What can't be stored is not found at other relays.
    public func claimProxy(_ proxy: TunnelID, for target: PeerID, of id: SessionID) async {
        _ = try? await self.change(id) { (session, now) throws(SessionRefusal) in
            try session.claimProxy(proxy, for: target, now: now)
        }
    }

    /// A tunnel of proxy frames is closed, or its relay is lost. What can't be stored goes with one of its peers.
    public func closeProxy(_ proxy: TunnelID, of id: SessionID) async {
        _ = try? await self.change(id) { (session, now) throws(SessionRefusal) in
            try session.closeProxy(proxy, now: now)
        }
    }
}
