public import RelayWire

extension Session {
    /// A peer asks for proxy frames with another, at a relay that others can reach. It takes the place of the same request before it.
    ///
    /// Nobody is told: the request is a message of its own.
    ///
    /// - Parameters:
    ///   - id: random.
    ///   - target: nil for whoever accepts it.
    public func openProxy(
        _ id: TunnelID,
        from opener: PeerID,
        to target: PeerID?,
        at node: NodeURL,
        now: Timestamp
    ) throws(SessionRefusal) -> SessionTransition {
        try self.transition(at: now) { (draft: inout SessionDraft) throws(SessionRefusal) in
            try draft.requireOpen()
            _ = try draft.requireConnected(opener)
            if let target {
                guard opener != target else { throw .invalid(.peer) }
                guard draft.place(of: target) != nil else { throw .peerUnknown }
                guard !draft.session.proxies.contains(where: { $0.opener == target && $0.target == opener }) else {
                    throw .tunnelExists
                }
            }
            draft.session.proxies.removeAll { $0.opener == opener && $0.target == target }
            guard draft.session.proxies.count < draft.limits.tunnels else { throw .full(.tunnels) }
            draft.session.proxies.append(SessionProxy(id: id, opener: opener, target: target, node: node))
        }
    }

    /// What was asked of nobody in particular is this peer's from here on.
    public func claimProxy(
        _ id: TunnelID,
        for target: PeerID,
        now: Timestamp
    ) throws(SessionRefusal) -> SessionTransition {
        try self.transition(at: now) { (draft: inout SessionDraft) throws(SessionRefusal) in
            guard let place = draft.session.proxies.firstIndex(where: { $0.id == id && $0.target == nil }),
                draft.session.proxies[place].opener != target, draft.place(of: target) != nil
            else { return }
            draft.session.proxies[place].target = target
        }
    }

    /// A tunnel of proxy frames is no more.
    public func closeProxy(_ id: TunnelID, now: Timestamp) throws(SessionRefusal) -> SessionTransition {
        try self.transition(at: now) { (draft: inout SessionDraft) throws(SessionRefusal) in
            draft.session.proxies.removeAll { $0.id == id }
        }
    }
}
