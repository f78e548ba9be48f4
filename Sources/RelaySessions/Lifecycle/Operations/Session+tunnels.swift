public import RelayWire

extension Session {
    /// A peer asks another for a tunnel. It is bound to these two from now on, and carries nothing before the target accepts, which it
    /// must within ``SessionTimes/tunnelRequestSeconds``.
    ///
    /// - Parameter id: random.
    public func requestTunnel(
        _ id: TunnelID,
        from opener: PeerID,
        to target: PeerID,
        at now: Timestamp
    ) throws(SessionRefusal) -> SessionTransition {
        try self.transition(at: now) { (draft: inout SessionDraft) throws(SessionRefusal) in
            try draft.requireOpen()
            _ = try draft.requireConnected(opener)
            try draft.require(.read, of: .peer(opener))
            guard opener != target else { throw .invalid(.peer) }
            _ = try draft.requireConnected(target)
            guard draft.session.tunnel(id) == nil else { throw .tunnelExists }
            guard draft.session.tunnels.count < draft.limits.tunnels else { throw .full(.tunnels) }
            let until = draft.now.after(draft.times.tunnelRequestSeconds)
            let tunnel = SessionTunnel(id: id, opener: opener, target: target, pendingUntil: until)
            draft.session.tunnels.append(tunnel)
            draft.tell(.tunnelRequested(tunnel))
        }
    }

    /// The target takes the tunnel. One that was accepted before is refused: it is accepted once.
    public func acceptTunnel(
        _ id: TunnelID,
        by peer: PeerID,
        at now: Timestamp
    ) throws(SessionRefusal) -> SessionTransition {
        try self.transition(at: now) { (draft: inout SessionDraft) throws(SessionRefusal) in
            try draft.requireOpen()
            _ = try draft.requireConnected(peer)
            let found = draft.session.tunnels.firstIndex { $0.id == id && $0.binds(peer) }
            guard let place = found else { throw .tunnelUnknown }
            let tunnel = draft.session.tunnels[place]
            guard tunnel.target == peer else { throw .notMember }
            guard !tunnel.isAccepted else { throw .tunnelExists }
            draft.session.tunnels[place].pendingUntil = nil
            draft.tell(.tunnelAccepted(draft.session.tunnels[place]))
        }
    }

    /// Says at which relay the ends of a tunnel meet, where nobody has said otherwise meanwhile.
    ///
    /// - Parameter known: what the caller has read: nil for none, or a relay that can't be reached.
    public func placeTunnel(
        _ id: TunnelID,
        at node: NodeURL,
        insteadOf known: NodeURL?,
        by peer: PeerID,
        at now: Timestamp
    ) throws(SessionRefusal) -> SessionTransition {
        try self.transition(at: now) { (draft: inout SessionDraft) throws(SessionRefusal) in
            try draft.requireNotEnded()
            let found = draft.session.tunnels.firstIndex { $0.id == id && $0.binds(peer) && $0.isAccepted }
            guard let place = found else { throw .tunnelUnknown }
            if draft.session.tunnels[place].node == known { draft.session.tunnels[place].node = node }
        }
    }

    /// One of the two ends a tunnel, or its target rejects it. Who is not bound to it is told that there is none.
    public func closeTunnel(
        _ id: TunnelID,
        by peer: PeerID,
        at now: Timestamp
    ) throws(SessionRefusal) -> SessionTransition {
        try self.transition(at: now) { (draft: inout SessionDraft) throws(SessionRefusal) in
            try draft.requireNotEnded()
            guard draft.place(of: peer) != nil else { throw .peerUnknown }
            guard let tunnel = draft.session.tunnel(id), tunnel.binds(peer) else { throw .tunnelUnknown }
            let isRejected = !tunnel.isAccepted && tunnel.target == peer
            draft.closeTunnels(isRejected ? .rejected : .closed) { $0.id == id }
        }
    }
}
