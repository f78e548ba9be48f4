import NIOCore
import RelayCore
import RelayWire

/// What sessions do by themselves.
extension SessionService {
    /// Renews the leases of peers, and has those back that counted as lost.
    func peersAreThere(_ peers: [Deadline.Name]) async {
        await self.renewLeases(peers)
        for name in peers {
            guard let (id, peer) = name.sessionPeer, await self.isThoughtLost(peer, of: id) else { continue }
            _ = try? await self.change(id) { (session, now) throws(SessionRefusal) in
                try session.comeBack(peer, over: nil, at: now)
            }
        }
    }

    /// Renewing changes no session. Where the store can't take it, the lease ends, and the peer is back by its next sign of life.
    func renewLeases(_ peers: [Deadline.Name]) async {
        guard !peers.isEmpty else { return }
        let until = self.now.adding(seconds: self.settings.rules.times.leaseSeconds)
        try? await self.deadlines.setDeadlines(peers.map { Deadline(name: $0, at: until) })
    }

    private func isThoughtLost(_ peer: PeerID, of id: SessionID) async -> Bool {
        let topic = try? await self.broker.topic(Self.key(id), for: .look, as: .relay)
        guard let session = topic?.access.state as? Session, let known = session.peer(peer) else { return false }
        return !known.isConnected
    }

    /// Does what a deadline was set for. What can't be done now is due again in some seconds.
    func carryOut(_ name: Deadline.Name) async {
        guard let id = name.session else { return await self.forget(name) }
        do throws(SessionFailure) {
            if let (_, peer) = name.sessionPeer {
                _ = try await self.change(id) { (session, now) throws(SessionRefusal) in
                    try session.connectionLost(nil, of: peer, at: now)
                }
            } else {
                try await self.tick(id)
            }
        } catch {
            switch error {
            // It is gone, away already, or nothing there is that could lose it.
            case .refused: await self.forget(name)
            default: break
            }
        }
    }

    /// Carries out what a session has to do by now. One that ended long enough ago goes.
    private func tick(_ id: SessionID) async throws(SessionFailure) {
        let now = self.now
        let transition = try await self.transition(id, at: now) { (access) throws(SessionRefusal) in
            guard access.record != nil else { throw .sessionUnknown }
            guard let session = access.state as? Session else { throw .unreadable }
            guard !session.isOver(at: now) else {
                return .delete(SessionTransition(session: session, events: []))
            }
            guard let transition = session.tick(at: now) else {
                return .keep(SessionTransition(session: session, events: []))
            }
            return Self.store(transition, at: now)
        }
        let name = Deadline.Name(topic: Self.key(id))
        guard transition.events.isEmpty else { return }
        if transition.session.isOver(at: now) {
            await self.forget(name)
        } else {
            try? await self.deadlines.setDeadlines([Deadline(name: name, at: transition.session.nextDue)])
        }
    }

    private func forget(_ name: Deadline.Name) async {
        try? await self.deadlines.removeDeadlines([name])
    }

    // MARK: All sessions

    /// Sessions in a page of the round.
    static let pageSize = 200

    /// Sessions by id, and where the next page begins; nil after the last.
    func page(after key: TopicKey?) async throws -> (sessions: [Session], next: TopicKey?) {
        let topics = try await self.broker.topics(ofKind: SessionTopic.rootKind, after: key, limit: Self.pageSize)
        let next = topics.count == Self.pageSize ? topics.last?.record.key : nil
        return (topics.compactMap { self.session(in: $0.record) }, next)
    }

    /// Sets the deadlines of a session that a relay which stopped in the middle has not set, or that went with a relay's memory.
    ///
    /// - Parameters:
    ///   - leases: also those of its peers: whoever does not renew one loses it a lease's length from now.
    ///   - seconds: what is due later than that is left to the next round: what was read may be old by now.
    func setMissingDeadlines(of session: Session, leases: Bool, within seconds: Int64) async {
        let root = Self.key(session.id)
        var missing: [Deadline] = []
        if leases || session.nextDue < self.now.adding(seconds: seconds) {
            missing.append(Deadline(name: Deadline.Name(topic: root), at: session.nextDue))
        }
        if leases {
            let until = self.now.adding(seconds: self.settings.rules.times.leaseSeconds)
            for peer in session.peers where peer.isConnected {
                missing.append(Deadline(name: Deadline.Name(topic: root, peer: peer.id.text), at: until))
            }
        }
        guard !missing.isEmpty else { return }
        try? await self.deadlines.setDeadlines(missing)
    }
}

extension Deadline.Name {
    var session: SessionID? {
        guard let name = SessionTopicName(path: self.topic.name.rawValue), name.part == .root else { return nil }
        return name.session
    }

    var sessionPeer: (SessionID, PeerID)? {
        guard let session = self.session, let peer = self.peer.flatMap(PeerID.init) else { return nil }
        return (session, peer)
    }
}
