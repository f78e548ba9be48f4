import RelayCore
import RelaySessions
import RelayWire
import Testing

/// Locks and tunnels: what peers hold while they are in.
@Suite struct HoldingTests {
    private let element: ElementID = name("element")
    private let tunnel: TunnelID = name("t")

    private func session() throws -> Session {
        try makeSession().claimed().joined(guest).joined(observer, .observer)
    }

    @Test("A lock has one holder, and each new one a greater fencing number")
    func fencing() throws {
        let first = try self.session().acquireLock(on: self.element, by: guest, at: moment(3)).session
        #expect(first.lock(on: self.element)?.fence == 1)
        #expect(throws: SessionRefusal.lockHeld(by: guest)) {
            try first.acquireLock(on: self.element, by: host, at: moment(4))
        }
        let released = try first.releaseLock(on: self.element, fence: 1, by: guest, at: moment(5))
        #expect(released.events.count == 1 && released.session.lock(on: self.element) == nil)
        let second = try released.session.acquireLock(on: self.element, by: host, at: moment(6)).session
        #expect(second.lock(on: self.element)?.fence == 2)
        for fence in [UInt64(1), 3] {
            #expect(throws: SessionRefusal.lockLost) {
                try second.renewLock(on: self.element, fence: fence, by: host, at: moment(7))
            }
        }
        #expect(throws: SessionRefusal.lockLost) {
            try second.releaseLock(on: self.element, fence: 2, by: guest, at: moment(7))
        }
    }

    @Test("A lock lasts 30 s from its last renewal, and is then anybody's")
    func lease() throws {
        let locked = try self.session().acquireLock(on: self.element, by: guest, at: moment(3)).session
        let renewed = try locked.renewLock(on: self.element, fence: 1, by: guest, at: moment(20)).session
        #expect(renewed.lock(on: self.element)?.leaseUntil == moment(50))
        let again = try renewed.acquireLock(on: self.element, by: guest, at: moment(30))
        #expect(again.events.isEmpty && again.session.lock(on: self.element)?.fence == 1)
        let other = try again.session.acquireLock(on: self.element, by: host, at: moment(60))
        #expect(other.session.lock(on: self.element)?.holder == host)
        #expect(other.events.count == 2)
        #expect(throws: SessionRefusal.lockLost) {
            try other.session.renewLock(on: self.element, fence: 1, by: guest, at: moment(60))
        }
    }

    @Test("Who may edit begins documents, as many as there may be, and each once; they go with the session")
    func documents() throws {
        let (first, second): (SharedDocumentID, SharedDocumentID) = (name("first"), name("second"))
        let session = try self.session()
        #expect(throws: SessionRefusal.lacks(.edit)) { try session.share(first, by: observer, at: moment(3)) }
        #expect(throws: SessionRefusal.peerUnknown) { try session.share(first, by: newcomer, at: moment(3)) }
        let shared = try session.share(first, by: guest, at: moment(3))
        #expect(shared.session.sharedDocuments == [first] && shared.events.isEmpty)
        #expect(try shared.session.share(first, by: host, at: moment(4)).session.revision == shared.session.revision)
        #expect(try shared.session.share(first, by: observer, at: moment(4)).session == shared.session)
        #expect(shared.session.parts.map(\.rawValue).contains("session/\(session.id)/document/first"))
        var rules = session.rules
        rules.limits.sharedDocuments = 1
        let narrow = try Session(document: shared.session.document, rules: rules)
        #expect(throws: SessionRefusal.full(.documents)) { try narrow.share(second, by: host, at: moment(4)) }
        let closing = try shared.session.close(by: .relay, at: moment(5)).session
        #expect(throws: SessionRefusal.sessionClosed) { try closing.share(second, by: host, at: moment(6)) }
    }

    @Test("Observers get no locks, and an editor that becomes one loses its own")
    func observers() throws {
        let locked = try self.session().acquireLock(on: self.element, by: guest, at: moment(3)).session
        #expect(throws: SessionRefusal.lacks(.edit)) {
            try locked.acquireLock(on: name("o"), by: observer, at: moment(3))
        }
        let demoted = try locked.changeRole(
            of: guest,
            to: .observer,
            by: .peer(host),
            at: moment(4)
        )
        #expect(demoted.session.locks.isEmpty)
        #expect(demoted.events.count == 2)
    }

    @Test("A peer has no more locks than it may have, and a session neither")
    func limits() throws {
        var rules = SessionRules()
        rules.limits.locks = 3
        rules.limits.locksPerPeer = 2
        let two = try makeSession(rules: rules).claimed().joined(guest)
            .acquireLock(on: name("1"), by: guest, at: moment(3)).session
            .acquireLock(on: name("2"), by: guest, at: moment(3)).session
        #expect(throws: SessionRefusal.full(.locks)) { try two.acquireLock(on: name("3"), by: guest, at: moment(3)) }
        let three = try two.acquireLock(on: name("3"), by: host, at: moment(3)).session
        #expect(throws: SessionRefusal.full(.locks)) { try three.acquireLock(on: name("4"), by: host, at: moment(3)) }
    }

    @Test("A tunnel belongs to two peers, and opens when its target accepts")
    func opening() throws {
        let requested = try self.session().requestTunnel(self.tunnel, from: guest, to: host, at: moment(3)).session
        #expect(requested.tunnel(self.tunnel)?.isAccepted == false)
        #expect(throws: SessionRefusal.notMember) { try requested.acceptTunnel(self.tunnel, by: guest, at: moment(4)) }
        #expect(throws: SessionRefusal.tunnelUnknown) {
            try requested.acceptTunnel(self.tunnel, by: observer, at: moment(4))
        }
        let open = try requested.acceptTunnel(self.tunnel, by: host, at: moment(4))
        #expect(open.session.tunnel(self.tunnel)?.isAccepted == true)
        #expect(throws: SessionRefusal.tunnelExists) {
            try open.session.acceptTunnel(self.tunnel, by: host, at: moment(5))
        }
        #expect(throws: SessionRefusal.tunnelUnknown) {
            try open.session.closeTunnel(self.tunnel, by: observer, at: moment(5))
        }
        #expect(try open.session.closeTunnel(self.tunnel, by: guest, at: moment(5)).session.tunnels.isEmpty)
    }

    @Test("A tunnel ends when it is rejected, not answered in 30 s, or when an end leaves")
    func ending() throws {
        let requested = try self.session().requestTunnel(self.tunnel, from: guest, to: host, at: moment(3)).session
        let stored = try #require(requested.tunnel(self.tunnel))
        let rejected = try requested.closeTunnel(self.tunnel, by: host, at: moment(4))
        #expect(rejected.events == [.tunnelClosed(stored, .rejected)])
        let late = try #require(requested.tick(at: moment(33)))
        #expect(late.events == [.tunnelClosed(stored, .unanswered)])
        let left = try requested.leave(guest, at: moment(4))
        #expect(left.events == [.tunnelClosed(stored, .peerLeft), .peerLeft(guest, .left)])
    }

    @Test("A tunnel that is accepted has one meeting place, which changes where nobody was faster, and is no news")
    func place() throws {
        let (a, b): (NodeURL, NodeURL) = (name("http://a:1"), name("http://b:1"))
        let requested = try self.session().requestTunnel(self.tunnel, from: guest, to: host, at: moment(3)).session
        #expect(throws: SessionRefusal.tunnelUnknown) {
            try requested.placeTunnel(self.tunnel, at: a, insteadOf: nil, by: host, at: moment(4))
        }
        let open = try requested.acceptTunnel(self.tunnel, by: host, at: moment(4)).session
        #expect(throws: SessionRefusal.tunnelUnknown) {
            try open.placeTunnel(self.tunnel, at: a, insteadOf: nil, by: observer, at: moment(4))
        }
        let placed = try open.placeTunnel(self.tunnel, at: a, insteadOf: nil, by: host, at: moment(5))
        #expect(placed.session.tunnel(self.tunnel)?.node == a && placed.events.isEmpty)
        #expect(placed.session.revision > open.revision)
        let second = try placed.session.placeTunnel(self.tunnel, at: b, insteadOf: nil, by: guest, at: moment(5))
        #expect(second.session.tunnel(self.tunnel)?.node == a)
        let moved = try second.session.placeTunnel(self.tunnel, at: b, insteadOf: a, by: guest, at: moment(6))
        #expect(moved.session.tunnel(self.tunnel)?.node == b)
    }

    @Test("A tunnel needs two connected peers, a name of its own, and a place")
    func refusals() throws {
        var rules = SessionRules()
        rules.limits.tunnels = 1
        let session = try makeSession(rules: rules).claimed().joined(guest)
        func request(_ session: Session, _ target: PeerID, _ id: TunnelID = name("u")) throws {
            _ = try session.requestTunnel(id, from: guest, to: target, at: moment(5))
        }
        #expect(throws: SessionRefusal.invalid(.peer)) { try request(session, guest) }
        #expect(throws: SessionRefusal.peerUnknown) { try request(session, newcomer) }
        let away = try session.connectionLost(connection(host), of: host, at: moment(4)).session
        #expect(throws: SessionRefusal.peerAway) { try request(away, host) }
        let one = try session.requestTunnel(self.tunnel, from: guest, to: host, at: moment(4)).session
        #expect(throws: SessionRefusal.tunnelExists) { try request(one, host, self.tunnel) }
        #expect(throws: SessionRefusal.full(.tunnels)) { try request(one, host) }
    }
}
