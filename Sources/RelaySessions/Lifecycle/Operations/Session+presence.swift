public import RelayWire

extension Session {
    /// A peer goes. Who goes so can come back with its own ticket.
    public func leave(_ peer: PeerID, at now: Timestamp) throws(SessionRefusal) -> SessionTransition {
        try self.transition(at: now) { (draft: inout SessionDraft) throws(SessionRefusal) in
            try draft.requireNotEnded()
            guard draft.place(of: peer) != nil else { throw .peerUnknown }
            draft.remove(peer, .left, at: draft.now)
        }
    }

    /// A peer's connection broke, or has shown no sign of life for ``SessionTimes/leaseSeconds``. That of a connection that was replaced
    /// meanwhile, or told before, is refused: nothing is to be done.
    ///
    /// - Parameter connection: nil for whichever it has: a lease that ended is the peer's.
    public func connectionLost(
        _ connection: ConnectionID?,
        of peer: PeerID,
        at now: Timestamp
    ) throws(SessionRefusal) -> SessionTransition {
        try self.transition(at: now) { (draft: inout SessionDraft) throws(SessionRefusal) in
            try draft.requireNotEnded()
            let place = try draft.requireConnected(peer)
            if let connection, draft.session.peers[place].connection != connection { throw .connectionReplaced }
            draft.loseConnection(of: peer, at: draft.now)
        }
    }

    /// A peer's connection shows a sign of life after it counted as lost: because its relay could not say so in time, or because the peer had
    /// not polled for so long. The peer is back by it. Where it is there, nothing changes.
    ///
    /// - Parameter connection: nil for whichever it had last.
    public func comeBack(
        _ peer: PeerID,
        over connection: ConnectionID?,
        at now: Timestamp
    ) throws(SessionRefusal) -> SessionTransition {
        try self.transition(at: now) { (draft: inout SessionDraft) throws(SessionRefusal) in
            try draft.requireNotEnded()
            guard let place = draft.place(of: peer) else { throw .peerUnknown }
            let last = draft.session.peers[place].connection
            guard connection ?? last == last else { throw .connectionReplaced }
            draft.connect(place, over: last)
        }
    }

    /// The host wants the session to go on: it expires ``SessionTimes/sessionSeconds`` from now, but not after ``endsBy``.
    public func heartbeat(by peer: PeerID, at now: Timestamp) throws(SessionRefusal) -> SessionTransition {
        try self.transition(at: now) { (draft: inout SessionDraft) throws(SessionRefusal) in
            try draft.requireOpen()
            _ = try draft.requireConnected(peer)
            guard peer == draft.session.host else { throw .notHost }
            let end = min(draft.now.after(draft.times.sessionSeconds), draft.session.endsBy)
            guard end > draft.session.expiresAt else { return }
            draft.session.expiresAt = end
            draft.tell(.expiryExtended(to: end))
        }
    }

    /// Ends the session: members get ``SessionTimes/closingNoticeSeconds`` of notice. Needs ``SessionCapabilities/closeSession``.
    public func close(by actor: SessionActor, at now: Timestamp) throws(SessionRefusal) -> SessionTransition {
        try self.transition(at: now) { (draft: inout SessionDraft) throws(SessionRefusal) in
            try draft.requireOpen()
            try draft.require(.closeSession, of: actor)
            draft.close(.userRequested, at: draft.now)
        }
    }
}
