public import RelayWire

extension Session {
    /// The longest reason for a kick, in bytes.
    public static let maximumReasonBytes = 256

    /// Puts a peer out. Needs ``SessionCapabilities/kick``.
    ///
    /// For the session's life its key is shut out, its own ticket is worth nothing, and so are the one that brought it in and the invites that
    /// it made, for everybody. A peer that has left can be put out too: then it does not come back. None of this keeps the host from coming
    /// back.
    public func kick(
        _ target: PeerID,
        by actor: SessionActor,
        reason: String,
        at now: Timestamp
    ) throws(SessionRefusal) -> SessionTransition {
        try self.transition(at: now) { (draft: inout SessionDraft) throws(SessionRefusal) in
            try draft.requireOpen()
            try draft.require(.kick, of: actor)
            guard reason.utf8.count <= Self.maximumReasonBytes else { throw .tooLarge(.reason) }
            guard actor != .peer(target) else { throw .invalid(.peer) }
            guard target != draft.session.host else { throw .hostIsFixed }
            guard let peer = draft.session.peer(target) else { return try draft.barDeparted(target) }
            draft.bar(DepartedPeer(peer))
            draft.tell(.kicked(target, peer.connection, by: actor, reason: reason))
            draft.remove(target, .kicked, at: draft.now)
        }
    }

    /// Makes a peer something else. Only the host may, the account that made the session, and the relay.
    ///
    /// A new host is appointed so: the old one is an editor then.
    ///
    /// The peer keeps its ticket: what it may do is what the roster says. The next renewal of the ticket says it too.
    ///
    /// - Parameter capabilities: nil for what the role usually has.
    public func changeRole(
        of target: PeerID,
        to role: SessionRole,
        capabilities: SessionCapabilities? = nil,
        by actor: SessionActor,
        at now: Timestamp
    ) throws(SessionRefusal) -> SessionTransition {
        try self.transition(at: now) { (draft: inout SessionDraft) throws(SessionRefusal) in
            try draft.requireOpen()
            try draft.requireHost(actor)
            guard let place = draft.place(of: target) else { throw .peerUnknown }
            guard target != draft.session.host else { throw .hostIsFixed }
            guard capabilities?.isSubset(of: role.permittedCapabilities) ?? true else { throw .invalid(.capabilities) }
            guard role == .host else { return draft.setRole(of: target, role, capabilities) }
            guard capabilities == nil else { throw .invalid(.capabilities) }
            guard draft.session.peers[place].isConnected else { throw .peerAway }
            draft.makeHost(target, instead: draft.session.host, .appointed)
        }
    }

    /// Makes an invite. Needs ``SessionCapabilities/invite``. Nobody gives away more than they have.
    ///
    /// - Parameters:
    ///   - id: the invite's `jti`. Random.
    ///   - role: not host.
    ///   - capabilities: nil for what the role usually has.
    ///   - uses: how many it brings in, at least 1.
    ///   - expiresAt: at most ``SessionTimes/maximumInviteSeconds`` from now; a later moment counts as that.
    public func createInvite(
        _ id: TicketID,
        role: SessionRole,
        capabilities: SessionCapabilities? = nil,
        uses: UInt32,
        expiresAt: Timestamp,
        by actor: SessionActor,
        at now: Timestamp
    ) throws(SessionRefusal) -> SessionTransition {
        try self.transition(at: now) { (draft: inout SessionDraft) throws(SessionRefusal) in
            try draft.requireOpen()
            let own = try draft.session.capabilities(of: actor)
            guard own.contains(.invite) else { throw .lacks(.invite) }
            guard role != .host else { throw .invalid(.role) }
            let given = capabilities ?? role.usualCapabilities
            guard given.isSubset(of: role.permittedCapabilities) else { throw .invalid(.capabilities) }
            guard given.isSubset(of: own) else { throw .lacks(given.subtracting(own)) }
            guard uses > 0 else { throw .invalid(.uses) }
            guard expiresAt > draft.now else { throw .invalid(.expiry) }
            let latest = min(draft.now.after(draft.times.maximumInviteSeconds), draft.session.endsBy)
            try draft.add(
                SessionInvite(
                    id: id,
                    role: role,
                    capabilities: given,
                    usesLeft: uses,
                    expiresAt: min(expiresAt, latest),
                    isRevoked: false,
                    maker: actor.peer
                )
            )
        }
    }

    /// Makes an invite worthless. Who is in by it stays. Needs ``SessionCapabilities/invite``.
    public func revokeInvite(
        _ id: TicketID,
        by actor: SessionActor,
        at now: Timestamp
    ) throws(SessionRefusal) -> SessionTransition {
        try self.transition(at: now) { (draft: inout SessionDraft) throws(SessionRefusal) in
            try draft.requireOpen()
            try draft.require(.invite, of: actor)
            guard draft.revoke(id) else { throw .inviteUnknown }
        }
    }
}

extension SessionDraft {
    fileprivate func requireHost(_ actor: SessionActor) throws(SessionRefusal) {
        switch actor {
        case .relay:
            return
        case .account(let account):
            guard account == self.session.owner else { throw .notHost }
        case .peer(let id):
            _ = try self.requireConnected(id)
            guard id == self.session.host else { throw .notHost }
        }
    }

    fileprivate mutating func barDeparted(_ target: PeerID) throws(SessionRefusal) {
        guard let peer = self.session.departed.first(where: { $0.id == target }) else { throw .peerUnknown }
        guard peer.ticket != self.session.hostIdentity?.ticket else { throw .hostIsFixed }
        self.bar(peer)
        self.session.departed.removeAll { $0.id == target }
    }

    fileprivate mutating func bar(_ peer: DepartedPeer) {
        let last = self.session.hostIdentity
        // With more keys than that the session admits nobody who is new.
        let hasRoom = self.session.barredKeys.count < self.limits.barredKeys + self.limits.peers
        if let key = peer.key, key != last?.key, hasRoom, !self.session.barredKeys.contains(key) {
            self.session.barredKeys.append(key)
        }
        if peer.cameByClaim { self.session.barsClaims = true }
        _ = self.revoke(peer.redeemed)
        for invite in self.session.invites where invite.maker == peer.id { _ = self.revoke(invite.id) }
        // The same person may have been in under another peer id.
        self.session.departed.removeAll { former in
            guard former.ticket != last?.ticket else { return false }
            if let key = peer.key, key == former.key { return true }
            if let account = peer.account, account == former.account { return true }
            return former.key == nil && former.redeemed == peer.redeemed
        }
    }

    /// - Returns: whether there was such an invite, not revoked before.
    fileprivate mutating func revoke(_ id: TicketID) -> Bool {
        guard let place = self.session.invites.firstIndex(where: { $0.id == id && !$0.isRevoked }) else { return false }
        self.session.invites[place].isRevoked = true
        self.tell(.inviteRevoked(id))
        return true
    }

    /// What is worth nothing makes room: a ticket whose invite is gone is refused like one whose invite says no.
    fileprivate mutating func add(_ invite: SessionInvite) throws(SessionRefusal) {
        guard !self.session.invites.contains(where: { $0.id == invite.id }) else { throw .inviteExists }
        let now = self.now
        if self.session.invites.count >= self.limits.invites { self.session.invites.removeAll { !$0.isGood(at: now) } }
        guard self.session.invites.count < self.limits.invites else { throw .full(.invites) }
        self.session.invites.append(invite)
        self.tell(.inviteCreated(invite))
    }
}
