import RelayWire
import Testing

@testable import RelaySessions

/// Joins whose answers were lost.
@Suite struct RepeatedJoinTests {
    private static let invite: TicketID = name("invite")
    private static let key: JoinKey = digest(1)

    private func request(
        _ peer: PeerID = guest,
        by key: JoinKey? = Self.key,
        account: AccountID? = nil,
        proving: KeyThumbprint? = nil,
        own: String = "own-guest"
    ) -> JoinRequest {
        var request = joining(
            ticket(Self.invite, .editor),
            as: peer,
            account: account,
            key: proving,
            once: key,
            over: UInt64(own.utf8.count)
        )
        request.ownTicket = name(own)
        return request
    }

    private func invited(uses: UInt32 = 1) throws -> Session {
        try makeSession().claimed().inviting(Self.invite, .editor, uses: uses)
    }

    @Test("The same join once more is the same peer, and uses up nothing")
    func same() throws {
        let joined = try self.invited().join(self.request(), at: moment(2)).session
        let again = try joined.join(self.request(own: "another"), at: moment(3)).session
        #expect(again.peers.count == 2)
        #expect(again.peer(guest)?.ticket == joined.peer(guest)?.ticket)
        #expect(again.invites.map(\.usesLeft) == [0])
        #expect(try Session(document: again.document, rules: again.rules) == again)
    }

    @Test("Who has left the roster meanwhile comes back by it, without another use of the invite")
    func departed() throws {
        let joined = try self.invited().join(self.request(), at: moment(2)).session
        let away = try joined.connectionLost(joined.peers[1].connection, of: guest, at: moment(3)).session
        let gone = try #require(away.tick(at: moment(60))).session
        #expect(gone.peer(guest) == nil)
        let back = try gone.join(self.request(own: "second"), at: moment(61)).session
        #expect(back.peer(guest)?.role == .editor)
        #expect(back.invites.map(\.usesLeft) == [0])
        // And once more.
        #expect(try back.join(self.request(own: "third"), at: moment(62)).session.peer(guest)?.ticket.text == "second")
    }

    @Test("Another key, none, another account or a missing proof is somebody else")
    func strangers() throws {
        let joined = try self.invited(uses: 9).join(self.request(proving: digest(5)), at: moment(2)).session
        let strangers = [
            self.request(by: digest(2)), self.request(by: nil), self.request(account: name("other")), self.request(),
            self.request(proving: digest(6)),
        ]
        for request in strangers {
            #expect(try refusal { () throws(SessionRefusal) in try joined.join(request, at: moment(3)) } == .peerExists)
        }
    }

    @Test("A peer that has taken a free name by the same invite is not who had it before")
    func sameName() throws {
        let first = try self.invited(uses: 9).join(self.request(), at: moment(2)).session
        let left = try first.leave(guest, at: moment(3)).session
        let taken = try left.join(self.request(by: digest(2), own: "stranger's"), at: moment(4)).session
        let again = try refusal { () throws(SessionRefusal) in try taken.join(self.request(), at: moment(5)) }
        #expect(again == .peerExists)
    }

    @Test("The same key for another peer is refused while the first is known")
    func otherPeer() throws {
        let joined = try self.invited(uses: 9).join(self.request(), at: moment(2)).session
        let other = self.request(newcomer, own: "own-newcomer")
        #expect(try refusal { () throws(SessionRefusal) in try joined.join(other, at: moment(3)) } == .requestDiffers)
    }

    @Test("Its time is over after ten minutes, and when the session ends")
    func time() throws {
        let joined = try self.invited().join(self.request(), at: moment(2)).session
        #expect(try joined.join(self.request(), at: moment(601)).session.peer(guest) != nil)
        let late = try refusal { () throws(SessionRefusal) in try joined.join(self.request(), at: moment(602)) }
        #expect(late == .peerExists)
        #expect(joined.tick(at: moment(50_000))?.session.joins == [])
    }

    @Test("A kicked peer does not come back by it")
    func kicked() throws {
        let joined = try self.invited(uses: 9).join(self.request(), at: moment(2)).session
        let kicked = try joined.kick(guest, by: .peer(host), reason: "", at: moment(3)).session
        let back = try refusal { () throws(SessionRefusal) in try kicked.join(self.request(), at: moment(4)) }
        #expect(back == .ticketRevoked)
    }

    @Test("Two are neighbours while the relay has seen both at one public address, whatever they say")
    func neighbours() throws {
        let first = try makeSession().join(joining(claimTicket, as: host, origin: 7), at: moment(1)).session
            .inviting(Self.invite, .editor, uses: 9)
        func join(_ peer: PeerID, _ origin: UInt64?) throws -> Session {
            let request = joining(ticket(Self.invite, .editor), as: peer, origin: origin)
            return try first.join(request, at: moment(2)).session
        }
        #expect(try join(guest, 7).areNeighbours(guest, host))
        #expect(try !join(guest, 8).areNeighbours(guest, host))
        #expect(try !join(guest, nil).areNeighbours(guest, host))
        #expect(try join(guest, 7).leave(guest, at: moment(3)).session.origins.count == 1)
        let both = try join(guest, 7)
        #expect(try Session(document: both.document, rules: both.rules) == both)
    }

    @Test("Of more than may be repeated the oldest is forgotten")
    func bound() throws {
        var rules = SessionRules()
        rules.limits.repeatableJoins = 2
        var session = try makeSession(rules: rules).claimed().inviting(Self.invite, .editor, uses: 9)
        let peers: [PeerID] = [guest, observer, newcomer]
        for (number, peer) in peers.enumerated() {
            let request = self.request(peer, by: digest(UInt8(number)), own: "own-\(number)")
            session = try session.join(request, at: moment(2)).session
        }
        #expect(session.joins.map(\.key) == [digest(1), digest(2)])
    }

    @Test("Of a peer the last is known, so that one that comes back again and again displaces nobody's")
    func onePerPeer() throws {
        var rules = SessionRules()
        rules.limits.repeatableJoins = 2
        var session = try makeSession(rules: rules).claimed().inviting(Self.invite, .editor, uses: 2)
        session = try session.join(self.request(), at: moment(2)).session
        for number in 1...4 {
            var request = self.request(newcomer, by: digest(UInt8(10 + number)), own: "own-newcomer")
            request.resume = session.peer(newcomer)?.resume
            session = try session.join(request, at: moment(3)).session
        }
        #expect(session.joins.map(\.key) == [Self.key, digest(14)])
        #expect(try session.join(self.request(), at: moment(4)).session.peer(guest)?.ticket.text == "own-guest")
    }
}
