public import RelayWire

extension Session {
    /// Locks an element for a peer, for ``SessionTimes/lockSeconds``. Needs ``SessionCapabilities/edit``.
    ///
    /// Who has the lock already keeps it, with its fencing number, as if by ``renewLock(on:fence:by:at:)``.
    public func acquireLock(
        on element: ElementID,
        by peer: PeerID,
        at now: Timestamp
    ) throws(SessionRefusal) -> SessionTransition {
        try self.transition(at: now) { (draft: inout SessionDraft) throws(SessionRefusal) in
            try draft.requireOpen()
            _ = try draft.requireConnected(peer)
            try draft.require(.edit, of: .peer(peer))
            let until = draft.now.after(draft.times.lockSeconds)
            if let place = draft.session.locks.firstIndex(where: { $0.element == element }) {
                let holder = draft.session.locks[place].holder
                guard holder == peer else { throw .lockHeld(by: holder) }
                draft.session.locks[place].leaseUntil = until
                return
            }
            let own = draft.session.locks.count { $0.holder == peer }
            guard own < draft.limits.locksPerPeer, draft.session.locks.count < draft.limits.locks else {
                throw .full(.locks)
            }
            draft.session.lastFence += 1
            let lock = SessionLock(element: element, holder: peer, fence: draft.session.lastFence, leaseUntil: until)
            draft.session.locks.append(lock)
            draft.tell(.lockGranted(lock))
        }
    }

    /// Keeps a lock for ``SessionTimes/lockSeconds`` from now.
    public func renewLock(
        on element: ElementID,
        fence: UInt64,
        by peer: PeerID,
        at now: Timestamp
    ) throws(SessionRefusal) -> SessionTransition {
        try self.transition(at: now) { (draft: inout SessionDraft) throws(SessionRefusal) in
            try draft.requireOpen()
            _ = try draft.requireConnected(peer)
            let place = try draft.requireLock(element, fence, peer)
            draft.session.locks[place].leaseUntil = draft.now.after(draft.times.lockSeconds)
        }
    }

    /// Gives a lock back.
    public func releaseLock(
        on element: ElementID,
        fence: UInt64,
        by peer: PeerID,
        at now: Timestamp
    ) throws(SessionRefusal) -> SessionTransition {
        try self.transition(at: now) { (draft: inout SessionDraft) throws(SessionRefusal) in
            try draft.requireNotEnded()
            _ = try draft.requireConnected(peer)
            _ = try draft.requireLock(element, fence, peer)
            draft.releaseLocks(.released) { $0.element == element }
        }
    }
}

extension SessionDraft {
    fileprivate func requireLock(
        _ element: ElementID,
        _ fence: UInt64,
        _ peer: PeerID
    ) throws(SessionRefusal) -> Int {
        let place = self.session.locks.firstIndex { $0.element == element && $0.holder == peer && $0.fence == fence }
        guard let place else { throw .lockLost }
        return place
    }
}
