import RelaySessions
import RelayWire
import Testing

/// Invites, roles, kicks, and what peers hold.
@Suite struct MemberTests {
    private func session() throws -> Session {
        try makeSession().claimed().joined(guest).joined(observer, .observer)
    }

    @Test("An invite brings in as many as it was made for")
    func countedInvite() throws {
        let session = try self.session().inviting(name("two"), .observer, uses: 2)
        let facts = ticket(name("two"), .observer)
        let first = try session.join(joining(facts, as: name("p1")), at: moment(3)).session
        let second = try first.join(joining(facts, as: name("p2")), at: moment(3)).session
        #expect(throws: SessionRefusal.ticketSpent) { try second.join(joining(facts, as: name("p3")), at: moment(3)) }
        #expect(second.peer(name("p2"))?.role == .observer)
    }

    @Test("Invites that are revoked, expired, unknown, or of another role or session bring in nobody")
    func badInvites() throws {
        let session = try self.session().inviting(name("spare"), .editor)
        let facts = ticket(name("spare"), .editor)
        let revoked = try session.revokeInvite(name("spare"), by: .peer(host), at: moment(3))
        #expect(revoked.events == [.inviteRevoked(name("spare"))])
        #expect(throws: SessionRefusal.ticketRevoked) {
            try revoked.session.join(joining(facts, as: newcomer), at: moment(4))
        }
        #expect(throws: SessionRefusal.inviteUnknown) {
            try revoked.session.revokeInvite(name("spare"), by: .peer(host), at: moment(4))
        }
        #expect(throws: SessionRefusal.ticketExpired) {
            try session.join(joining(facts, as: newcomer), at: moment(901))
        }
        #expect(throws: SessionRefusal.ticketMismatch) {
            try session.join(joining(ticket(name("spare"), .observer), as: newcomer), at: moment(4))
        }
        #expect(throws: SessionRefusal.ticketUnknown) {
            try session.join(joining(ticket(name("none"), .editor), as: newcomer), at: moment(4))
        }
        var foreign = facts
        foreign.session = name("another")
        #expect(throws: SessionRefusal.sessionMismatch) {
            try session.join(joining(foreign, as: newcomer), at: moment(4))
        }
        var old = facts
        old.expiresAt = moment(4)
        #expect(throws: SessionRefusal.ticketExpired) { try session.join(joining(old, as: newcomer), at: moment(4)) }
    }

    @Test("A kick takes the peer's own invites along, and reaches a peer that has left")
    func kickReaches() throws {
        let trusted = try self.session().changeRole(
            of: guest,
            to: .editor,
            capabilities: [.edit, .read, .invite],
            by: .peer(host),
            at: moment(3)
        ).session
        let invited = try trusted.createInvite(
            name("for myself"),
            role: .editor,
            uses: 1,
            expiresAt: moment(60),
            by: .peer(guest),
            at: moment(3)
        ).session
        let kicked = try invited.kick(guest, by: .peer(host), reason: "", at: moment(4)).session
        #expect(throws: SessionRefusal.ticketRevoked) {
            try kicked.join(joining(ticket(name("for myself"), .editor), as: newcomer), at: moment(5))
        }
        let left = try self.session().leave(guest, at: moment(4)).session
        let back = try left.join(joining(ownTicket(guest), as: guest), at: moment(5)).session
        #expect(back.peer(guest) != nil)
        let out = try left.kick(guest, by: .peer(host), reason: "", at: moment(5)).session
        #expect(throws: SessionRefusal.ticketUnknown) {
            try out.join(joining(ownTicket(guest), as: guest), at: moment(6))
        }
        #expect(throws: SessionRefusal.ticketRevoked) {
            try out.join(joining(ticket(name("for-guest"), .editor), as: guest), at: moment(6))
        }
        #expect(throws: SessionRefusal.peerUnknown) { try out.kick(guest, by: .peer(host), reason: "", at: moment(6)) }
        let hostless = try self.session().leave(host, at: moment(4)).session
        #expect(throws: SessionRefusal.self) { try hostless.kick(host, by: .account(owner), reason: "", at: moment(5)) }
    }

    @Test("A claim to a session of before, which had the same id, makes nobody host")
    func claimOfBefore() throws {
        var facts = claimTicket
        facts.issuedAt = moment(-1)
        #expect(throws: SessionRefusal.ticketUnknown) {
            try makeSession().join(joining(facts, as: host), at: moment(1))
        }
        facts.issuedAt = moment(0)
        #expect(try makeSession().join(joining(facts, as: host), at: moment(1)).session.host == host)
    }

    @Test("Nobody invites without the capability, to more than they have, or a host")
    func whoInvites() throws {
        func invite(_ role: SessionRole, _ capabilities: SessionCapabilities?, by actor: SessionActor) throws {
            _ = try self.session().createInvite(
                name("i"),
                role: role,
                capabilities: capabilities,
                uses: 1,
                expiresAt: moment(60),
                by: actor,
                at: moment(3)
            )
        }
        #expect(throws: SessionRefusal.lacks(.invite)) { try invite(.editor, nil, by: .peer(guest)) }
        #expect(throws: SessionRefusal.notMember) { try invite(.editor, nil, by: .account(name("stranger"))) }
        #expect(throws: SessionRefusal.invalid(.role)) { try invite(.host, nil, by: .peer(host)) }
        #expect(throws: SessionRefusal.invalid(.capabilities)) { try invite(.observer, [.edit], by: .peer(host)) }
        try invite(.editor, [.edit, .read, .kick], by: .peer(host))
        let trusted = try self.session().changeRole(
            of: guest,
            to: .editor,
            capabilities: [.edit, .read, .invite],
            by: .peer(host),
            at: moment(3)
        ).session
        #expect(throws: SessionRefusal.lacks(.kick)) {
            try trusted.createInvite(
                name("i"),
                role: .editor,
                capabilities: [.read, .kick],
                uses: 1,
                expiresAt: moment(60),
                by: .peer(guest),
                at: moment(4)
            )
        }
    }

    @Test("A full table of invites makes room of those that are worth nothing")
    func manyInvites() throws {
        var rules = SessionRules()
        rules.limits.invites = 2
        let full = try makeSession(rules: rules).inviting(name("a"), .editor).inviting(name("b"), .editor)
        #expect(throws: SessionRefusal.full(.invites)) { try full.inviting(name("c"), .editor) }
        let revoked = try full.revokeInvite(name("a"), by: .account(owner), at: moment(2)).session
        #expect(try revoked.inviting(name("c"), .editor).invites.map(\.id) == [name("b"), name("c")])
    }

    @Test("A kick tells the peer, then that it left, and shuts out its key and its tickets")
    func kick() throws {
        let session = try makeSession().claimed().inviting(name("two"), .editor, uses: 2)
        let facts = ticket(name("two"), .editor)
        let joined = try session.join(joining(facts, as: guest, key: digest(9)), at: moment(2)).session
        let kick = try joined.kick(guest, by: .peer(host), reason: "noise", at: moment(3))
        #expect(
            kick.events == [
                .inviteRevoked(name("two")),
                .kicked(guest, connection(guest), by: .peer(host), reason: "noise"),
                .peerLeft(guest, .kicked),
            ]
        )
        let after = try kick.session.inviting(name("fresh"), .editor)
        #expect(throws: SessionRefusal.ticketRevoked) { try after.join(joining(facts, as: newcomer), at: moment(4)) }
        #expect(throws: SessionRefusal.ticketUnknown) {
            try after.join(joining(ownTicket(guest), as: guest), at: moment(4))
        }
        #expect(throws: SessionRefusal.barred) {
            try after.join(joining(ticket(name("fresh"), .editor), as: newcomer, key: digest(9)), at: moment(4))
        }
    }

    @Test("A kick of who came by the shared claim shuts that out, but not the host's return")
    func kickOfClaimant() throws {
        let session = try makeSession(policy: .wait).claimed().join(joining(claimTicket, as: guest), at: moment(2))
            .session
            .kick(guest, by: .peer(host), reason: "", at: moment(3)).session
        #expect(throws: SessionRefusal.barred) { try session.join(joining(claimTicket, as: newcomer), at: moment(4)) }
        let hostless = try session.leave(host, at: moment(4)).session
        #expect(try hostless.join(joining(ownTicket(host, .host), as: host), at: moment(5)).session.host == host)
    }

    @Test("A kicked peer does not come back as whom it was before")
    func kickOfFormerPeer() throws {
        let session = try makeSession().claimed().inviting(name("two"), .editor, uses: 2)
        let facts = ticket(name("two"), .editor)
        let both = try session.join(joining(facts, as: guest), at: moment(2)).session.leave(guest, at: moment(3))
            .session
            .join(joining(facts, as: newcomer), at: moment(3)).session
        let kicked = try both.kick(newcomer, by: .peer(host), reason: "", at: moment(4)).session
        #expect(throws: SessionRefusal.ticketUnknown) {
            try kicked.join(joining(ownTicket(guest), as: guest), at: moment(5))
        }
    }

    @Test("Who may kick whom")
    func whoKicks() throws {
        let session = try self.session()
        func kick(_ target: PeerID, by actor: SessionActor, _ reason: String = "") throws {
            _ = try session.kick(target, by: actor, reason: reason, at: moment(3))
        }
        #expect(throws: SessionRefusal.lacks(.kick)) { try kick(observer, by: .peer(guest)) }
        #expect(throws: SessionRefusal.hostIsFixed) { try kick(host, by: .relay) }
        #expect(throws: SessionRefusal.invalid(.peer)) { try kick(host, by: .peer(host)) }
        #expect(throws: SessionRefusal.peerUnknown) { try kick(newcomer, by: .peer(host)) }
        #expect(throws: SessionRefusal.peerUnknown) { try kick(guest, by: .peer(newcomer)) }
        #expect(throws: SessionRefusal.tooLarge(.reason)) {
            try kick(guest, by: .peer(host), String(repeating: "x", count: 257))
        }
        try kick(guest, by: .account(owner))
    }

    @Test("A session that has kicked as many as it remembers admits nobody who is new")
    func sealed() throws {
        var rules = SessionRules()
        rules.limits.barredKeys = 1
        let session = try makeSession(rules: rules).claimed().joined(guest, key: digest(1)).joined(
            observer,
            key: digest(2)
        )
        .kick(guest, by: .peer(host), reason: "", at: moment(3)).session
        #expect(throws: SessionRefusal.sealed) { try session.joined(newcomer, at: 4) }
        #expect(try session.kick(observer, by: .peer(host), reason: "", at: moment(4)).session.barredKeys.count == 2)
    }

    @Test("Only the host and the session's maker change roles")
    func whoChangesRoles() throws {
        let session = try self.session()
        func change(_ target: PeerID, _ role: SessionRole, by actor: SessionActor) throws -> SessionTransition {
            try session.changeRole(of: target, to: role, by: actor, at: moment(3))
        }
        #expect(throws: SessionRefusal.notHost) { try change(observer, .editor, by: .peer(guest)) }
        #expect(throws: SessionRefusal.notHost) { try change(observer, .editor, by: .account(name("stranger"))) }
        #expect(throws: SessionRefusal.hostIsFixed) { try change(host, .editor, by: .peer(host)) }
        #expect(throws: SessionRefusal.peerUnknown) { try change(newcomer, .editor, by: .relay) }
        let transition = try change(observer, .editor, by: .account(owner))
        #expect(transition.events == [.roleChanged(observer, from: .observer, to: .editor, [.edit, .read])])
        #expect(transition.session.peer(observer)?.ticket == name("own-observer"))
    }

    @Test("A session has no more peers, and no larger profiles, than it may have")
    func limits() throws {
        var rules = SessionRules()
        rules.limits.peers = 2
        rules.limits.profileBytes = 4
        let session = try makeSession(rules: rules).claimed().joined(guest)
        #expect(throws: SessionRefusal.full(.peers)) { try session.joined(newcomer) }
        var request = joining(claimTicket, as: newcomer)
        request.profile = [1, 2, 3, 4, 5]
        #expect(throws: SessionRefusal.tooLarge(.profile)) { try session.join(request, at: moment(3)) }
        let large = SessionRequest(id: sid, owner: nil, host: host, metadata: [UInt8](repeating: 0x20, count: 16_385))
        #expect(throws: SessionRefusal.tooLarge(.metadata)) { try Session.create(large, rules: rules, at: moment(0)) }
    }

    @Test("The names of capabilities are those of tickets, and a role has no more than it may have")
    func capabilityNames() {
        let names = ["create_session", "close_session", "edit", "read", "invite", "kick"]
        #expect(SessionRole.host.usualCapabilities.names == names)
        #expect(SessionCapabilities(names: ["read", "fly", "edit"]) == [.edit, .read])
        for role in SessionRole.allCases {
            #expect(role.usualCapabilities.isSubset(of: role.permittedCapabilities))
            #expect(SessionRole(name: role.name) == role)
        }
        #expect(SessionRole(name: "Host") == nil)
    }

    @Test("Each refusal has a status of the table of errors")
    func statuses() {
        let statuses = Dictionary(uniqueKeysWithValues: SessionErrorCode.allCases.map { ($0.rawValue, $0.status) })
        #expect(
            statuses == [
                "missing_parameter": 400, "invalid_request": 400, "unauthenticated": 401, "invalid_token": 401,
                "session_mismatch": 403, "forbidden": 403, "not_found": 404, "conflict": 409, "session_closed": 410,
                "session_expired": 410, "too_large": 413, "quota_exceeded": 429, "rate_limited": 429,
                "at_capacity": 503, "draining": 503, "unavailable": 503,
            ]
        )
    }
}
