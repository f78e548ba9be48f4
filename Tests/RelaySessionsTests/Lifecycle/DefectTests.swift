import RelaySessions
import RelayWire
import Testing

/// The reference's defects that are the lifecycle's: each is one that this relay does not have.
@Suite struct DefectTests {
    @Test("Sessions expire, so what is made and left does not add up for ever")
    func nothingExpires() throws {
        let unclaimed = try makeSession()
        #expect(try #require(unclaimed.tick(at: moment(120))).session.state.isEnded)
        let claimed = try makeSession(policy: .wait).claimed()
        #expect(try #require(claimed.tick(at: moment(3600))).session.state.isEnded)
    }

    @Test("Who knows only a session's id can't close it, nor learn what they may do in it")
    func strangersClose() throws {
        let session = try makeSession().claimed().joined(guest)
        #expect(throws: SessionRefusal.notMember) { try session.close(by: .account(name("stranger")), at: moment(3)) }
        #expect(throws: SessionRefusal.peerUnknown) { try session.close(by: .peer(newcomer), at: moment(3)) }
        #expect(throws: SessionRefusal.lacks(.closeSession)) { try session.close(by: .peer(guest), at: moment(3)) }
        #expect(throws: SessionRefusal.notMember) { try session.capabilities(of: .account(name("stranger"))) }
    }

    @Test("An expired session is not joinable, though nobody has noticed that it expired")
    func expiredStaysJoinable() throws {
        let session = try makeSession(policy: .wait).claimed().inviting(name("spare"), .editor, uses: 9)
        let facts = ticket(name("spare"), .editor)
        #expect(throws: SessionRefusal.sessionExpired) {
            try session.join(joining(facts, as: newcomer), at: moment(3600))
        }
        #expect(SessionRefusal.sessionExpired.code.status == 410)
    }

    @Test("No error of a client is a 500")
    func everythingIs500() {
        #expect(SessionErrorCode.allCases.allSatisfy { $0.status != 500 })
        #expect(SessionRefusal.lockHeld(by: guest).code == .conflict)
        #expect(SessionRefusal.full(.peers).code.isRetryable)
        #expect(!SessionRefusal.sessionClosed.code.isRetryable)
    }

    @Test("There is no way in without a ticket that the session knows")
    func blankToken() throws {
        let session = try makeSession().claimed()
        for role in [SessionRole.editor, .observer] {
            #expect(throws: SessionRefusal.ticketUnknown) {
                try session.join(joining(ticket(name("blank"), role), as: newcomer), at: moment(3))
            }
        }
    }

    @Test("A valid ticket opens its own session alone, in its own role")
    func sessionAndRoleDiscarded() throws {
        let session = try makeSession().claimed().inviting(name("spare"), .observer)
        var facts = ticket(name("spare"), .observer)
        facts.session = name("22222222-2222-4333-8444-555555555555")
        #expect(throws: SessionRefusal.sessionMismatch) {
            try session.join(joining(facts, as: newcomer), at: moment(3))
        }
        facts.session = sid
        let joined = try session.join(joining(facts, as: newcomer), at: moment(3)).session
        #expect(joined.peer(newcomer)?.role == .observer)
    }

    @Test("A lost socket leaves no ghost, whatever became of the task that had it")
    func ghosts() throws {
        let session = try makeSession(policy: .wait).claimed().joined(guest)
        // Its lease is what tells.
        let lost = try session.connectionLost(nil, of: guest, at: moment(2 + 45)).session
        let later = try #require(lost.tick(at: moment(2 + 45 + 30)))
        #expect(later.session.peer(guest) == nil)
        #expect(later.events.leaves == [.peerLeft(guest, .lost)])
    }

    @Test("One token shared by all does not make every guest host")
    func everyGuestIsHost() throws {
        var session = try makeSession().claimed()
        for peer in [guest, observer, newcomer] {
            session = try session.join(joining(claimTicket, as: peer), at: moment(2)).session
        }
        #expect(session.roster.map(\.role) == [.host, .editor, .editor, .editor])
    }

    @Test("Joining with the host's peer id does not replace the host, before, while and after it is there")
    func hostReplaced() throws {
        let created = try makeSession(policy: .wait).inviting(name("spare"), .editor)
        let request = joining(ticket(name("spare"), .editor), as: host)
        #expect(throws: SessionRefusal.peerExists) { try created.join(request, at: moment(2)) }
        let active = try created.claimed()
        #expect(throws: SessionRefusal.peerExists) { try active.join(request, at: moment(2)) }
        let left = try active.leave(host, at: moment(2)).session
        #expect(throws: SessionRefusal.peerExists) { try left.join(request, at: moment(3)) }
    }

    @Test("The end of a socket that was replaced does not remove the new one")
    func cleanupRemovesNewHolder() throws {
        let resume = digest(UInt8(ascii: "g"), as: ResumeDigestKind.self)
        let session = try makeSession().claimed().joined(guest)
            .join(joining(ownTicket(guest), as: guest, resume: resume, over: 2), at: moment(3)).session
        #expect(throws: SessionRefusal.connectionReplaced) {
            try session.connectionLost(connection(guest), of: guest, at: moment(4))
        }
        #expect(session.peer(guest)?.connection == connection(guest, 2))
    }

    @Test("The host's departure does not leave the session running without a host, unless it is to wait")
    func hostDeparture() throws {
        for policy in [Session.HostPolicy.close, .migrate] {
            let session = try makeSession(policy: policy).claimed().joined(observer, .observer)
            #expect(try session.leave(host, at: moment(3)).session.state == .closing(at: moment(8), .hostLeft))
        }
    }

    @Test("Names that look alike and are not alike are two names; what no name can be is none")
    func names() {
        let (composed, decomposed): (PeerID, PeerID) = (name("\u{E9}"), name("e\u{301}"))
        #expect(composed != decomposed)
        #expect(Set([composed, decomposed]).count == 2)
        #expect(decomposed < composed)
        for text in ["", "a\u{0}", "a\nb", String(repeating: "x", count: 256)] { #expect(PeerID(text) == nil) }
        for text in ["a/b", "a b", "..", "é"] {
            #expect(SessionID(text) == nil)
            #expect(TunnelID(text) == nil)
        }
    }
}
