import RelayWire

/// How peers come and go, and what becomes of the session by it.
extension SessionDraft {
    /// The peer keeps its place for a while. Does nothing where it has lost its connection already.
    mutating func loseConnection(of id: PeerID, at moment: Timestamp) {
        guard let place = self.place(of: id), self.session.peers[place].isConnected else { return }
        let connection = self.session.peers[place].connection
        self.session.peers[place].presence = .away(last: connection, until: moment.after(self.awaySeconds(of: id)))
        self.tell(.peerAway(id))
        if id == self.session.host, case .active = self.session.state { self.become(.hostAway) }
    }

    /// Gives the peer a connection, and tells that it is back where it was away.
    mutating func connect(_ place: Int, over connection: ConnectionID) {
        let peer = self.session.peers[place]
        self.session.peers[place].presence = .connected(connection)
        if connection != peer.connection { self.tell(.connectionReplaced(peer.id, peer.connection)) }
        if connection != peer.connection || !peer.isConnected { self.tell(.peerReturned(peer.id)) }
        if peer.id == self.session.host, case .hostAway = self.session.state { self.become(.active) }
    }

    /// Takes the peer out of the roster, with its locks and tunnels, and settles who is host then.
    mutating func remove(_ id: PeerID, _ reason: LeaveReason, at moment: Timestamp) {
        guard let place = self.place(of: id) else { return }
        let peer = self.session.peers.remove(at: place)
        self.releaseLocks(.holderLeft) { $0.holder == id }
        self.closeTunnels(.peerLeft) { $0.binds(id) }
        self.session.origins.removeAll { $0.peer == id }
        self.session.proxies.removeAll { $0.binds(id) }
        self.session.places.removeAll { $0.peer == id }
        if reason != .kicked { self.remember(DepartedPeer(peer)) }
        self.tell(.peerLeft(id, reason))
        if id == self.session.host { self.replaceHost(at: moment) }
        if case .closing(_, let why) = self.session.state, self.session.peers.isEmpty {
            self.end(.closed(at: moment, why))
        }
    }

    private mutating func remember(_ peer: DepartedPeer) {
        self.session.departed.removeAll { $0.id == peer.id }
        self.session.departed.append(peer)
        let excess = self.session.departed.count - self.limits.departedPeers
        if excess > 0 { self.session.departed.removeFirst(excess) }
    }

    // MARK: The host

    /// The host is out of the roster.
    private mutating func replaceHost(at moment: Timestamp) {
        let old = self.session.host
        self.session.host = nil
        switch self.session.state {
        case .closing, .closed, .expired, .created:
            self.tell(.hostChanged(from: old, to: nil, .left))
        case .active, .hostAway:
            switch self.session.hostPolicy {
            case .close:
                self.tell(.hostChanged(from: old, to: nil, .left))
                self.close(.hostLeft, at: moment)
            case .wait:
                self.tell(.hostChanged(from: old, to: nil, .left))
                self.become(.hostAway)
            case .migrate:
                self.migrate(from: old, at: moment)
            }
        }
    }

    private mutating func migrate(from old: PeerID?, at moment: Timestamp) {
        let editors = self.session.peers.filter { $0.role == .editor && $0.isConnected }
        guard let next = editors.min(by: { ($0.joinedAt, $0.id) < ($1.joinedAt, $1.id) }) else {
            self.tell(.hostChanged(from: old, to: nil, .left))
            return self.close(.hostLeft, at: moment)
        }
        self.makeHost(next.id, instead: old, .migrated)
    }

    /// Makes a connected peer of the roster host. Where another peer of the roster was host, that is an editor from now on.
    mutating func makeHost(_ id: PeerID, instead old: PeerID?, _ reason: HostChangeReason) {
        if let previous = self.session.host, previous != id { self.setRole(of: previous, .editor, nil) }
        self.session.host = id
        self.setRole(of: id, .host, nil)
        if let peer = self.session.peer(id) { self.session.hostIdentity = HostIdentity(peer) }
        self.tell(.hostChanged(from: old, to: id, reason))
        self.become(.active)
    }

    /// - Parameter capabilities: nil for what the role usually has.
    mutating func setRole(of id: PeerID, _ role: SessionRole, _ capabilities: SessionCapabilities?) {
        guard let place = self.place(of: id) else { return }
        let old = self.session.peers[place]
        let new = capabilities ?? role.usualCapabilities
        guard old.role != role || old.capabilities != new else { return }
        self.session.peers[place].role = role
        self.session.peers[place].capabilities = new
        self.tell(.roleChanged(id, from: old.role, to: role, new))
        if !new.contains(.edit) { self.releaseLocks(.demoted) { $0.holder == id } }
    }

    // MARK: The end

    /// Gives notice; with nobody there to notice, the session is closed at once.
    mutating func close(_ reason: CloseReason, at moment: Timestamp) {
        guard !self.session.peers.isEmpty else { return self.end(.closed(at: moment, reason)) }
        self.become(.closing(at: moment.after(self.times.closingNoticeSeconds), reason))
    }

    /// Everybody is out, and what the session held is let go. Who was there may still read how it ended.
    mutating func end(_ state: Session.State) {
        for peer in self.session.peers {
            self.remember(DepartedPeer(peer))
            self.tell(.peerLeft(peer.id, .ended))
        }
        self.session.peers = []
        self.session.host = nil
        self.session.invites = []
        self.session.joins = []
        self.session.origins = []
        self.session.locks = []
        self.session.tunnels = []
        self.session.proxies = []
        self.session.places = []
        self.become(state)
    }

    // MARK: What peers hold

    mutating func releaseLocks(_ reason: LockReleaseReason, where isMeant: (SessionLock) -> Bool) {
        for lock in self.session.locks where isMeant(lock) { self.tell(.lockReleased(lock, reason)) }
        self.session.locks.removeAll(where: isMeant)
    }

    mutating func closeTunnels(_ reason: TunnelCloseReason, where isMeant: (SessionTunnel) -> Bool) {
        for tunnel in self.session.tunnels where isMeant(tunnel) { self.tell(.tunnelClosed(tunnel, reason)) }
        self.session.tunnels.removeAll(where: isMeant)
    }
}
