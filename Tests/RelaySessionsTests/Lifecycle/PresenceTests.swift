import RelaySessions
import RelayWire
import Testing

/// How peers keep their place, and lose it.
@Suite struct PresenceTests {
    private let resume = digest(UInt8(ascii: "g"), as: ResumeDigestKind.self)

    private func session(key: KeyThumbprint? = nil) throws -> Session {
        try makeSession().claimed().joined(guest, key: key)
    }

    @Test("A lost peer has 30 s to come back, and then leaves once")
    func reconnectWindow() throws {
        let lost = try self.session().connectionLost(connection(guest), of: guest, at: moment(10))
        #expect(lost.events == [.peerAway(guest)])
        let request = joining(ownTicket(guest), as: guest, resume: self.resume, over: 2)
        #expect(try lost.session.reconnect(request, at: moment(39)).session.peer(guest)?.isConnected == true)
        let gone = try #require(lost.session.tick(at: moment(40)))
        #expect(gone.events == [.peerLeft(guest, .lost)])
        #expect(throws: SessionRefusal.peerUnknown) { try lost.session.reconnect(request, at: moment(40)) }
    }

    @Test("A peer whose relay was killed is away when its lease ends, whoever says so, and leaves 30 s later")
    func leaseEnds() throws {
        let session = try self.session()
        // A session has nothing to do about leases.
        #expect(session.nextDue == session.expiresAt)
        let away = try session.connectionLost(nil, of: guest, at: moment(47))
        #expect(away.events == [.peerAway(guest)])
        #expect(away.session.nextDue == moment(77))
        // Whoever else sees the lease end is too late.
        #expect(throws: SessionRefusal.peerAway) { try away.session.connectionLost(nil, of: guest, at: moment(48)) }
        let gone = try #require(away.session.tick(at: moment(84)))
        #expect(gone.events == [.peerLeft(guest, .lost)])
    }

    @Test("A connection that counted as lost is back by a sign of life")
    func renewedLate() throws {
        let away = try self.session().connectionLost(nil, of: guest, at: moment(50)).session
        for sign in [connection(guest), nil] {
            let back = try away.comeBack(guest, over: sign, at: moment(51))
            #expect(back.events == [.peerReturned(guest)])
            // Signs of life of a peer that is there change nothing.
            #expect(try back.session.comeBack(guest, over: sign, at: moment(52)).session == back.session)
        }
    }

    @Test("The key replaces the older connection, and so does the resume token with the peer's ticket")
    func replacing() throws {
        let session = try self.session(key: digest(9))
        for request in [
            joining(ticket(name("whatever"), .editor, key: digest(9)), as: guest, key: digest(9), over: 2),
            joining(ownTicket(guest), as: guest, resume: self.resume, over: 2),
            joining(ticket(name("for-guest"), .editor), as: guest, resume: self.resume, over: 2),
        ] {
            let transition = try session.join(request, at: moment(5))
            #expect(transition.events == [.connectionReplaced(guest, connection(guest)), .peerReturned(guest)])
            let late = transition.session
            #expect(throws: SessionRefusal.connectionReplaced) {
                try late.connectionLost(connection(guest), of: guest, at: moment(6))
            }
            #expect(throws: SessionRefusal.connectionReplaced) {
                try late.comeBack(guest, over: connection(guest), at: moment(6))
            }
        }
    }

    @Test("A peer id that is taken is refused without the same key or the resume token")
    func duplicatePeer() throws {
        let session = try self.session(key: digest(9)).inviting(name("spare"), .editor)
        for request in [
            joining(ticket(name("spare"), .editor), as: guest),
            joining(ticket(name("spare"), .editor), as: guest, key: digest(8)),
            joining(ticket(name("spare"), .editor), as: guest, resume: self.resume),
            joining(ownTicket(guest), as: guest, resume: digest(1)),
            joining(claimTicket, as: host),
        ] {
            #expect(throws: SessionRefusal.peerExists) { try session.join(request, at: moment(5)) }
        }
        #expect(SessionRefusal.peerExists.code == .conflict)
    }

    @Test("A resume token is good once")
    func resumedOnce() throws {
        let session = try self.session()
        var request = joining(ownTicket(guest), as: guest, resume: self.resume, over: 2)
        request.nextResume = digest(0xAA)
        let back = try session.join(request, at: moment(5)).session
        #expect(throws: SessionRefusal.peerExists) { try back.join(request, at: moment(6)) }
    }

    @Test("Who left comes back with its own ticket as what it was; others can't take its name")
    func readmission() throws {
        let session = try self.session(key: digest(9)).changeRole(
            of: guest,
            to: .observer,
            by: .peer(host),
            at: moment(4)
        ).session.leave(guest, at: moment(5)).session.inviting(name("spare"), .editor)
        #expect(throws: SessionRefusal.peerExists) {
            try session.join(joining(ticket(name("spare"), .editor), as: guest), at: moment(6))
        }
        // Its ticket says editor, and the session knows better.
        let own = ownTicket(guest)
        #expect(throws: SessionRefusal.ticketMismatch) { try session.join(joining(own, as: guest), at: moment(6)) }
        #expect(throws: SessionRefusal.ticketMismatch) { try session.join(joining(own, as: newcomer), at: moment(6)) }
        let back = try session.join(joining(own, as: guest, key: digest(9)), at: moment(6)).session
        #expect(back.peer(guest)?.role == .observer)
        #expect(back.departed.isEmpty)
    }

    @Test("A ticket that asks for a key is worth nothing without it")
    func boundToKey() throws {
        let session = try self.session().inviting(name("spare"), .editor)
        let facts = ticket(name("spare"), .editor, key: digest(5))
        #expect(throws: SessionRefusal.ticketMismatch) { try session.join(joining(facts, as: newcomer), at: moment(5)) }
        #expect(throws: SessionRefusal.ticketMismatch) {
            try session.join(joining(facts, as: newcomer, key: digest(6)), at: moment(5))
        }
        #expect(try session.join(joining(facts, as: newcomer, key: digest(5)), at: moment(5)).session.peers.count == 3)
    }

    @Test("The roster has the host first, then others by the time of joining")
    func rosterOrder() throws {
        let session = try makeSession().joined(guest).joined(observer, .observer).claimed(at: 3).joined(newcomer, at: 4)
        #expect(session.names == [host, guest, observer, newcomer])
        #expect(session.peers.map(\.id) == [guest, observer, host, newcomer])
    }

    @Test("A clock that is set back makes nothing immortal, and nothing negative")
    func clockSetBack() throws {
        let session = try self.session().acquireLock(on: name("e"), by: guest, at: moment(3)).session
            .requestTunnel(name("t"), from: guest, to: host, at: moment(3)).session
        let back = try #require(session.tick(at: moment(-100_000)))
        #expect(back.events.isEmpty)
        #expect(back.session.nextDue == moment(-99_970))
        #expect(back.session.lock(on: name("e"))?.leaseUntil == moment(-99_970))
        #expect(back.session.expiresAt == moment(-96_400))
        #expect(back.session.endsBy == moment(-13_600))
        #expect(back.session.peers.allSatisfy { $0.joinedAt == moment(-100_000) })
        // The next tick leaves it as it is.
        #expect(back.session.tick(at: moment(-100_000)) == nil)
        let lost = try back.session.connectionLost(nil, of: guest, at: moment(-100_000)).session
            .connectionLost(nil, of: host, at: moment(-100_000)).session
        let later = try #require(lost.tick(at: moment(-99_000))).session
        // The guest leaves after 30 s, the host after 60, and then nobody needs a notice.
        #expect(later.state == .closed(at: moment(-99_940), .hostLeft))
        // An end that is in the future by then is no reason to keep the session.
        let ended = try #require(later.tick(at: moment(-200_000))).session
        #expect(ended.nextDue == moment(-199_940))
    }

    @Test("It makes no difference how often the time is told", arguments: Session.HostPolicy.allCases)
    func ticks(policy: Session.HostPolicy) throws {
        let session = try makeSession(policy: policy).claimed().joined(guest, at: 5).joined(newcomer, at: 9)
            .acquireLock(on: name("e"), by: guest, at: moment(9)).session
            .connectionLost(nil, of: guest, at: moment(9)).session
            .connectionLost(nil, of: host, at: moment(9)).session
        let once = try #require(session.tick(at: moment(200)))
        var (often, events) = (session, [SessionEvent]())
        for second in 10...200 {
            guard let transition = often.tick(at: moment(Int64(second))) else { continue }
            often = transition.session
            events += transition.events
        }
        #expect(events == once.events)
        #expect(often.state == once.session.state && often.peers == once.session.peers)
    }
}
