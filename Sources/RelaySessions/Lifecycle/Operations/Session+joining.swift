public import RelayWire

extension Session {
    /// A peer comes in, or back.
    ///
    /// - A peer id that is in the roster has its place back if who asks proves the same identity key, or shows the resume token with
    ///   the peer's own ticket or the one that brought it in. The older connection is replaced. Anybody else is refused.
    /// - A peer that left comes back with its own ticket, as what it was when it left.
    /// - A join that is repeated with its key is the same join, for ``SessionTimes/joinRepeatSeconds``: who has not got the answer has its place
    ///   by it, and no ticket is used up once more.
    /// - An invite brings in as many as it was made for, in its role.
    /// - A claim to be host makes its first user host. After that it does so only while nobody is host, and only for who was host last and
    ///   for the account that made the session. Everybody else becomes ``defaultRole`` by it, or is refused if its uses are counted.
    ///
    /// A ticket that the session knows nothing of brings in nobody.
    public func join(_ request: JoinRequest, at now: Timestamp) throws(SessionRefusal) -> SessionTransition {
        try self.transition(at: now) { (draft: inout SessionDraft) throws(SessionRefusal) in
            try draft.check(request)
            if let place = draft.place(of: request.peer) {
                try draft.takeBack(place, request)
            } else {
                try draft.admit(request)
            }
        }
    }

    /// The same for a peer that wants nothing but its place back: with the peer gone from the roster it is refused, and joins anew.
    public func reconnect(_ request: JoinRequest, at now: Timestamp) throws(SessionRefusal) -> SessionTransition {
        try self.transition(at: now) { (draft: inout SessionDraft) throws(SessionRefusal) in
            try draft.check(request)
            guard let place = draft.place(of: request.peer) else { throw .peerUnknown }
            try draft.takeBack(place, request)
        }
    }
}

extension SessionDraft {
    /// What holds for who is new and who comes back.
    fileprivate func check(_ request: JoinRequest) throws(SessionRefusal) {
        let ticket = request.ticket
        guard ticket.session == self.session.id else { throw .sessionMismatch }
        try self.requireOpen()
        guard self.now < ticket.expiresAt else { throw .ticketExpired }
        guard ticket.key == nil || ticket.key == request.key else { throw .ticketMismatch }
        guard ticket.peer == nil || ticket.peer == request.peer else { throw .ticketMismatch }
        if ticket.isBound, let holder = ticket.account, let asking = request.account {
            guard holder == asking else { throw .ticketMismatch }
        }
        if let key = request.key, self.session.barredKeys.contains(key) { throw .barred }
    }

    fileprivate mutating func takeBack(_ place: Int, _ request: JoinRequest) throws(SessionRefusal) {
        let peer = self.session.peers[place]
        let hasKey = peer.key != nil && request.key == peer.key
        let resumes = request.resume == peer.resume && [peer.ticket, peer.redeemed].contains(request.ticket.id)
        guard hasKey || resumes || self.isRepeat(request, of: DepartedPeer(peer)) else { throw .peerExists }
        self.session.peers[place].resume = request.nextResume
        if request.once != nil { self.note(request, of: peer) }
        self.noteOrigin(request)
        self.connect(place, over: request.connection)
    }

    fileprivate mutating func admit(_ request: JoinRequest) throws(SessionRefusal) {
        guard request.profile.count <= self.limits.profileBytes else { throw .tooLarge(.profile) }
        guard !self.isOtherJoin(request) else { throw .requestDiffers }
        let grant = try self.redeem(request)
        try self.requireFree(request, grant)
        try self.requirePlace(grant)
        let peer = SessionPeer(
            id: request.peer,
            account: request.provenAccount,
            role: grant.role,
            capabilities: grant.capabilities,
            key: request.key,
            ticket: request.ownTicket,
            redeemed: grant.redeemed,
            cameByClaim: grant.isClaim,
            resume: request.nextResume,
            profile: request.profile,
            joinedAt: self.now,
            presence: .connected(request.connection)
        )
        self.session.departed.removeAll { $0.id == peer.id }
        self.session.peers.append(peer)
        self.tell(.peerJoined(peer))
        self.note(request, of: peer)
        self.noteOrigin(request)
        guard grant.role == .host else { return }
        self.session.host = peer.id
        self.session.hostIdentity = HostIdentity(peer)
        self.tell(.hostChanged(from: nil, to: peer.id, .claimed))
        self.become(.active)
    }

    /// What a ticket makes of who uses it.
    private struct Grant {
        var role: SessionRole
        var capabilities: SessionCapabilities
        /// The ticket that brought the peer in the first time.
        var redeemed: TicketID
        var isClaim: Bool
        /// Whether the peer was in before, and is known by its own ticket.
        var isReturn = false
    }

    // MARK: Tickets

    private mutating func redeem(_ request: JoinRequest) throws(SessionRefusal) -> Grant {
        let ticket = request.ticket
        if let peer = self.session.departed.first(where: { $0.id == request.peer }), self.isRepeat(request, of: peer) {
            return try self.readmit(peer, request)
        }
        if let place = self.session.invites.firstIndex(where: { $0.id == ticket.id }) {
            return try self.redeemInvite(place, ticket)
        }
        if let peer = self.session.departed.first(where: { $0.id == request.peer && $0.ticket == ticket.id }) {
            return try self.readmit(peer, request)
        }
        guard ticket.role == .host else { throw .ticketUnknown }
        // A session that is made once more by the same request has the same id: claims to the one before it are worth nothing.
        if let issuedAt = ticket.issuedAt, issuedAt.unixSeconds < self.session.createdAt.unixSeconds {
            throw .ticketUnknown
        }
        guard self.session.hostIdentity != nil, !self.mayBeHostAgain(request) else {
            return self.claimGrant(.host, ticket)
        }
        // A ticket that is bound to a peer would be known if that peer had left by itself.
        guard ticket.peer == nil else { throw .ticketUnknown }
        guard !self.session.barsClaims else { throw .barred }
        guard ticket.uses == nil else { throw .ticketSpent }
        return self.claimGrant(self.session.defaultRole, ticket)
    }

    private mutating func redeemInvite(_ place: Int, _ ticket: TicketFacts) throws(SessionRefusal) -> Grant {
        let invite = self.session.invites[place]
        guard ticket.peer == nil, ticket.role == invite.role else { throw .ticketMismatch }
        guard !invite.isRevoked else { throw .ticketRevoked }
        guard self.now < invite.expiresAt else { throw .ticketExpired }
        guard invite.usesLeft > 0 else { throw .ticketSpent }
        self.session.invites[place].usesLeft -= 1
        let capabilities = invite.capabilities.intersection(ticket.capabilities ?? .all)
        return Grant(role: invite.role, capabilities: capabilities, redeemed: invite.id, isClaim: false)
    }

    private func readmit(_ peer: DepartedPeer, _ request: JoinRequest) throws(SessionRefusal) -> Grant {
        guard peer.key == nil || peer.key == request.key else { throw .ticketMismatch }
        var (role, capabilities) = (peer.role, peer.capabilities)
        if role == .host, !self.mayBeHostAgain(request) {
            role = self.session.defaultRole
            capabilities = role.usualCapabilities
        }
        return Grant(
            role: role,
            capabilities: capabilities,
            redeemed: peer.redeemed,
            isClaim: peer.cameByClaim,
            isReturn: true
        )
    }

    private func claimGrant(_ role: SessionRole, _ ticket: TicketFacts) -> Grant {
        let capabilities = role.usualCapabilities.intersection(ticket.capabilities ?? .all)
        return Grant(role: role, capabilities: capabilities, redeemed: ticket.id, isClaim: true)
    }

    private func mayBeHostAgain(_ request: JoinRequest) -> Bool {
        guard self.session.host == nil else { return false }
        if let owner = self.session.owner, request.provenAccount == owner { return true }
        return self.session.hostIdentity?.matches(
            account: request.provenAccount,
            key: request.key,
            ticket: request.ticket.id
        ) ?? false
    }

    // MARK: Repeated joins

    /// Whether it is the join that brought in `peer`, once more.
    private func isRepeat(_ request: JoinRequest, of peer: DepartedPeer) -> Bool {
        guard peer.key == nil || peer.key == request.key else { return false }
        return self.session.joins.contains { join in
            join.key == request.once && join.ticket == peer.ticket && join.account == request.provenAccount
                && self.now < join.until
        }
    }

    /// Whether its key is that of a join of another peer by the same ticket.
    private func isOtherJoin(_ request: JoinRequest) -> Bool {
        let known = self.session.joins.first { $0.key == request.once && self.now < $0.until }
        guard let known else { return false }
        return self.session.peers.contains { $0.ticket == known.ticket }
            || self.session.departed.contains { $0.ticket == known.ticket && $0.id != request.peer }
    }

    /// Of a peer its last join alone is known: one that comes back again and again displaces nobody else's.
    private mutating func note(_ request: JoinRequest, of peer: SessionPeer) {
        self.session.joins.removeAll {
            $0.until <= self.now || $0.key == request.once || $0.ticket == peer.ticket
        }
        guard let key = request.once, self.limits.repeatableJoins > 0 else { return }
        let excess = self.session.joins.count + 1 - self.limits.repeatableJoins
        if excess > 0 { self.session.joins.removeFirst(excess) }
        self.session.joins.append(
            RepeatableJoin(
                key: key,
                account: request.provenAccount,
                ticket: peer.ticket,
                until: self.now.after(self.times.joinRepeatSeconds)
            )
        )
    }

    private mutating func noteOrigin(_ request: JoinRequest) {
        self.session.origins.removeAll { $0.peer == request.peer }
        if let mark = request.origin { self.session.origins.append(PeerOrigin(peer: request.peer, mark: mark)) }
    }

    // MARK: Places and names

    /// While nobody is host, one place is kept for the host.
    private func requirePlace(_ grant: Grant) throws(SessionRefusal) {
        let isHost = grant.role == .host
        let isSealed = self.session.barredKeys.count >= self.limits.barredKeys
        guard isHost || grant.isReturn || !isSealed else { throw .sealed }
        let kept = self.session.host == nil && !isHost ? 1 : 0
        guard self.session.peers.count + kept < self.limits.peers else { throw .full(.peers) }
    }

    /// A peer id is kept for the first host until it comes, for who was host last, and for who left and has shown a key.
    private func requireFree(_ request: JoinRequest, _ grant: Grant) throws(SessionRefusal) {
        let id = request.peer
        if let last = self.session.hostIdentity {
            let isSame = last.matches(account: request.provenAccount, key: request.key, ticket: request.ticket.id)
            guard id != last.peer || isSame else { throw .peerExists }
        } else {
            guard id != self.session.declaredHost || grant.role == .host else { throw .peerExists }
        }
        guard let former = self.session.departed.first(where: { $0.id == id }), let key = former.key else { return }
        let isAccount = former.account != nil && former.account == request.provenAccount
        guard key == request.key || isAccount else { throw .peerExists }
    }
}
