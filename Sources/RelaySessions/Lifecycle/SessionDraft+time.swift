public import RelayWire

/// What a session has to do at a certain moment by itself.
enum SessionDue: Hashable, Sendable {
    case expiry
    /// A new session's host did not come.
    case claim
    /// The notice is over.
    case end
    /// A lost peer did not come back.
    case departure(PeerID)
    case lock(ElementID)
    case tunnel(TunnelID)
}

extension Session {
    /// What is due next, and when; of the same moment in the order of ``SessionDue``. Nil for a session that has ended.
    var due: (at: Timestamp, what: SessionDue)? {
        guard !self.state.isEnded else { return nil }
        var first = (at: self.expiresAt, what: SessionDue.expiry)
        func consider(_ at: Timestamp, _ what: @autoclosure () -> SessionDue) {
            if at < first.at { first = (at, what()) }
        }
        switch self.state {
        case .created(let claimBy): consider(claimBy, .claim)
        case .closing(let at, _): consider(at, .end)
        case .active, .hostAway, .closed, .expired: break
        }
        for peer in self.peers {
            if let until = peer.awayUntil { consider(until, .departure(peer.id)) }
        }
        for lock in self.locks { consider(lock.leaseUntil, .lock(lock.element)) }
        for tunnel in self.tunnels {
            if let until = tunnel.pendingUntil { consider(until, .tunnel(tunnel.id)) }
        }
        return first
    }
}

extension SessionDraft {
    /// Moves each moment to where it would be if it had just been set, if it is beyond that. It can be only because the clock was set
    /// back, another relay's clock is ahead, or the rules have changed.
    mutating func drawDeadlinesIn() {
        let (now, times) = (self.now, self.times)
        self.session.createdAt = min(self.session.createdAt, now)
        self.session.endsBy = min(self.session.endsBy, now.after(times.maximumSessionSeconds))
        self.session.expiresAt = min(self.session.expiresAt, now.after(times.sessionSeconds), self.session.endsBy)
        switch self.session.state {
        case .created(let claimBy):
            self.session.state = .created(claimBy: min(claimBy, now.after(times.claimSeconds)))
        case .closing(let at, let reason):
            self.session.state = .closing(at: min(at, now.after(times.closingNoticeSeconds)), reason)
        case .closed(let at, let reason):
            self.session.state = .closed(at: min(at, now), reason)
        case .expired(let at):
            self.session.state = .expired(at: min(at, now))
        case .active, .hostAway:
            break
        }
        for place in self.session.peers.indices { self.drawPeerIn(place) }
        for place in self.session.invites.indices {
            let latest = now.after(times.maximumInviteSeconds)
            self.session.invites[place].expiresAt = min(self.session.invites[place].expiresAt, latest)
        }
        for place in self.session.joins.indices {
            let latest = now.after(times.joinRepeatSeconds)
            self.session.joins[place].until = min(self.session.joins[place].until, latest)
        }
        for place in self.session.locks.indices {
            let latest = now.after(times.lockSeconds)
            self.session.locks[place].leaseUntil = min(self.session.locks[place].leaseUntil, latest)
        }
        for place in self.session.tunnels.indices {
            guard let until = self.session.tunnels[place].pendingUntil else { continue }
            self.session.tunnels[place].pendingUntil = min(until, now.after(times.tunnelRequestSeconds))
        }
    }

    private mutating func drawPeerIn(_ place: Int) {
        let peer = self.session.peers[place]
        self.session.peers[place].joinedAt = min(peer.joinedAt, self.now)
        guard let until = peer.awayUntil else { return }
        let latest = self.now.after(self.awaySeconds(of: peer.id))
        self.session.peers[place].presence = .away(last: peer.connection, until: min(until, latest))
    }

    /// How long the peer may be away.
    func awaySeconds(of id: PeerID) -> Int64 {
        id == self.session.host ? self.times.hostGraceSeconds : self.times.reconnectSeconds
    }

    /// Each step happens at its own moment, not at ``now``: what follows from it has the deadline that it would have had.
    mutating func carryOutDue() {
        while let due = self.session.due, due.at <= self.now {
            self.carryOut(due.what, at: due.at)
        }
    }

    private mutating func carryOut(_ due: SessionDue, at moment: Timestamp) {
        switch due {
        case .expiry:
            self.end(.expired(at: moment))
        case .claim:
            self.close(.unclaimed, at: moment)
        case .end:
            guard case .closing(_, let reason) = self.session.state else {
                preconditionFailure("end is due in closing only")
            }
            self.end(.closed(at: moment, reason))
        case .departure(let id):
            self.remove(id, .lost, at: moment)
        case .lock(let element):
            self.releaseLocks(.leaseEnded) { $0.element == element }
        case .tunnel(let id):
            self.closeTunnels(.unanswered) { $0.id == id }
        }
    }
}

extension Session {
    /// When ``tick(at:)`` should be called next. Calling it later, or never, loses nothing: what is due is carried out before the next
    /// operation. Of a session that has ended, when ``isOver(at:)`` is to be asked.
    ///
    /// The leases of connected peers are not in it: they are kept apart, since renewing one is no change of the session.
    public var nextDue: Timestamp { self.due?.at ?? self.removableAt ?? self.expiresAt }

    /// Whether the session has ended so long ago that nobody need be told of it any more: then it is to be deleted.
    public func isOver(at now: Timestamp) -> Bool {
        self.removableAt.map { $0 <= now } ?? false
    }

    private var removableAt: Timestamp? {
        switch self.state {
        case .closed(let at, _), .expired(let at): at.after(self.rules.times.endedSeconds)
        case .created, .active, .hostAway, .closing: nil
        }
    }

    /// Carries out what has become due.
    ///
    /// - Returns: nil where nothing has.
    public func tick(at now: Timestamp) -> SessionTransition? {
        var draft = SessionDraft(self, at: now)
        draft.drawDeadlinesIn()
        draft.carryOutDue()
        // Deadlines that were drawn in must be stored, or each tick would draw them in to its own moment and none would ever come.
        let transition = draft.finish()
        return transition.session.revision == self.revision ? nil : transition
    }
}
