import RelaySessions
import RelayWire
import Testing

/// Who is host, and what becomes of a session without one.
@Suite struct HostTests {
    @Test("A session that no host claims within 120 s is closed")
    func unclaimed() throws {
        let session = try makeSession()
        #expect(session.nextDue == moment(120))
        #expect(session.tick(at: moment(119)) == nil)
        let transition = try #require(session.tick(at: moment(120)))
        #expect(transition.session.state == .closed(at: moment(120), .unclaimed))
        #expect(
            try refusal { () throws(SessionRefusal) in
                try session.join(joining(claimTicket, as: host), at: moment(120))
            } == .sessionClosed
        )
    }

    @Test("The first claim makes a host; later ones of the same ticket get the default role")
    func claims() throws {
        let first = try makeSession(defaultRole: .observer).join(joining(claimTicket, as: host), at: moment(1))
        #expect(first.session.state == .active)
        #expect(first.events.contains(.hostChanged(from: nil, to: host, .claimed)))
        let second = try first.session.join(joining(claimTicket, as: guest), at: moment(2)).session
        #expect(second.host == host)
        #expect(second.peer(guest)?.role == .observer)
        #expect(second.peer(guest)?.capabilities == [.read])
    }

    @Test("A claim whose uses are counted brings in the host alone")
    func countedClaim() throws {
        var facts = claimTicket
        facts.uses = 1
        let session = try makeSession().join(joining(facts, as: host), at: moment(1)).session
        #expect(
            try refusal { () throws(SessionRefusal) in
                try session.join(joining(facts, as: guest), at: moment(2))
            } == .ticketSpent
        )
    }

    @Test("A lost host has 60 s to come back, and is told away once and back once")
    func graceUsed() throws {
        let lost = try makeSession().claimed().connectionLost(connection(host), of: host, at: moment(10))
        #expect(lost.session.state == .hostAway)
        #expect(lost.events == [.peerAway(host), .stateChanged(from: .active, to: .hostAway)])
        #expect(lost.session.tick(at: moment(69)) == nil)
        let request = joining(ownTicket(host, .host), as: host, resume: digest(UInt8(ascii: "h")), over: 2)
        let back = try lost.session.reconnect(request, at: moment(69))
        #expect(back.session.state == .active && back.session.host == host)
        #expect(back.events.contains(.peerReturned(host)))
        #expect(back.events.leaves.isEmpty)
    }

    @Test("close: the session closes when the grace is over, with 5 s of notice")
    func closePolicy() throws {
        let away = try makeSession().claimed().joined(guest)
            .connectionLost(connection(host), of: host, at: moment(10)).session
        let closing = try #require(away.tick(at: moment(70)))
        #expect(closing.session.state == .closing(at: moment(75), .hostLeft))
        #expect(closing.events.leaves == [.peerLeft(host, .lost)])
        let closed = try #require(closing.session.tick(at: moment(75)))
        #expect(closed.session.state == .closed(at: moment(75), .hostLeft))
        #expect(closed.events.leaves == [.peerLeft(guest, .ended)])
    }

    @Test("wait: the session goes on without a host, and takes back only who was host or made it")
    func waitPolicy() throws {
        let waiting = try makeSession(policy: .wait).claimed(key: digest(7)).joined(guest).leave(host, at: moment(5))
            .session
        #expect(waiting.state == .hostAway && waiting.host == nil)
        let stranger = try waiting.join(joining(claimTicket, as: newcomer), at: moment(6)).session
        #expect(stranger.host == nil && stranger.peer(newcomer)?.role == .editor)
        let byAccount = try waiting.join(joining(claimTicket, as: newcomer, account: owner), at: moment(6)).session
        #expect(byAccount.host == newcomer && byAccount.state == .active)
        let byKey = try waiting.join(joining(claimTicket, as: newcomer, key: digest(7)), at: moment(6)).session
        #expect(byKey.host == newcomer)
        let byTicket = try waiting.join(joining(ownTicket(host, .host), as: host, key: digest(7)), at: moment(6))
            .session
        #expect(byTicket.host == host && byTicket.roster.first?.id == host)
    }

    @Test("wait: the host's place and its return are kept, however many come and go")
    func hostReturnIsKept() throws {
        var rules = SessionRules()
        rules.limits.peers = 2
        rules.limits.departedPeers = 0
        rules.limits.barredKeys = 1
        let created = try makeSession(policy: .wait, rules: rules).joined(guest, key: digest(9), at: 1)
        #expect(throws: SessionRefusal.full(.peers)) { try created.joined(newcomer) }
        let hostless = try created.claimed(at: 2).leave(host, at: moment(3)).session
        #expect(throws: SessionRefusal.full(.peers)) { try hostless.joined(newcomer, at: 4) }
        let sealed = try hostless.kick(guest, by: .account(owner), reason: "", at: moment(4)).session
        #expect(throws: SessionRefusal.sealed) { try sealed.joined(newcomer, at: 5) }
        let back = try sealed.join(joining(ownTicket(host, .host), as: host), at: moment(5)).session
        #expect(back.host == host && back.state == .active)
        // A ticket of its own that says host makes nobody else host.
        #expect(throws: SessionRefusal.ticketUnknown) {
            try sealed.join(joining(ownTicket(newcomer, .host), as: newcomer), at: moment(5))
        }
    }

    @Test("A shared claim that names the owner's account makes nobody the owner")
    func subjectOfSharedClaim() throws {
        let waiting = try makeSession(policy: .wait).claimed().leave(host, at: moment(5)).session
        var facts = claimTicket
        facts.account = owner
        let session = try waiting.join(joining(facts, as: newcomer), at: moment(6)).session
        #expect(session.host == nil && session.peer(newcomer)?.account == nil)
    }

    @Test("migrate: the longest-connected editor becomes host; of two at once the one with the lower id")
    func migratePolicy() throws {
        let (later, lower, higher): (PeerID, PeerID, PeerID) = (name("a"), name("m"), name("n"))
        let session = try makeSession(policy: .migrate).claimed().joined(observer, .observer, at: 2)
            .joined(higher, at: 3).joined(lower, at: 3).joined(later, at: 4)
        let transition = try session.leave(host, at: moment(5))
        #expect(transition.session.host == lower)
        #expect(transition.session.state == .active)
        #expect(transition.session.names == [lower, observer, higher, later])
        #expect(transition.events.contains(.hostChanged(from: host, to: lower, .migrated)))
        // The editor that is away is passed over.
        let away = try session.connectionLost(connection(lower), of: lower, at: moment(5)).session
        #expect(try away.leave(host, at: moment(6)).session.host == higher)
    }

    @Test("migrate: a host that left before is no host when it comes back")
    func formerHost() throws {
        let session = try makeSession(policy: .migrate).claimed().joined(guest).leave(host, at: moment(5)).session
        let back = try session.join(joining(ownTicket(host, .host), as: host), at: moment(6)).session
        #expect(back.host == guest && back.peer(host)?.role == .editor)
    }

    @Test("migrate: without an editor the session closes")
    func nobodyToMigrateTo() throws {
        let session = try makeSession(policy: .migrate).claimed().joined(observer, .observer)
        #expect(try session.leave(host, at: moment(5)).session.state == .closing(at: moment(10), .hostLeft))
    }

    @Test("The last one to leave a session that is closing ends it")
    func lastLeaves() throws {
        let closing = try makeSession().claimed().close(by: .peer(host), at: moment(5)).session
        #expect(try closing.leave(host, at: moment(6)).session.state == .closed(at: moment(6), .userRequested))
    }

    @Test("The host appoints another, and is an editor then")
    func appointing() throws {
        let session = try makeSession().claimed().joined(guest)
        let transition = try session.changeRole(
            of: guest,
            to: .host,
            by: .peer(host),
            at: moment(5)
        )
        #expect(transition.session.names == [guest, host])
        #expect(transition.session.peer(host)?.role == .editor)
        #expect(transition.session.hostIdentity?.ticket == name("own-guest"))
        #expect(transition.events.contains(.hostChanged(from: host, to: guest, .appointed)))
    }

    @Test("A heartbeat moves the expiry, up to the hard maximum; at the expiry the session is over")
    func expiry() throws {
        var rules = SessionRules()
        rules.times.maximumSessionSeconds = 4000
        let session = try makeSession(rules: rules).claimed()
        #expect(session.expiresAt == moment(3600))
        let first = try session.heartbeat(by: host, at: moment(30))
        #expect(first.events == [.expiryExtended(to: moment(3630))])
        let last = try first.session.heartbeat(by: host, at: moment(3600)).session
        #expect(last.expiresAt == moment(4000))
        #expect(try last.heartbeat(by: host, at: moment(3999)).events.isEmpty)
        let end = try #require(last.tick(at: moment(4000)))
        #expect(end.session.state == .expired(at: moment(4000)))
        #expect(end.events.leaves == [.peerLeft(host, .ended)])
    }
}
