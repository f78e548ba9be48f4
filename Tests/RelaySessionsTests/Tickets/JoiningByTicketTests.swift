import RelayWire
import SeededRandom
import Testing

@testable import RelaySessions

/// Tickets from their text to the roster: what the verifier says of one is what a session decides by.
@Suite
struct JoiningByTicketTests {
    let keys = TicketKeys(current: TicketBench.key(0))
    let session: Session
    let scope: TicketMinter.Scope
    var generator = SeededGenerator(seed: 4)

    var minter: TicketMinter { TicketMinter(cluster: TicketBench.cluster, keys: self.keys) }

    init() throws {
        self.session = try makeSession()
        self.scope = TicketMinter.Scope(id: self.session.id, endsAt: self.session.endsBy)
    }

    private func verified(_ text: String, at seconds: Int64 = 1) throws -> VerifiedTicket {
        let verifier = TicketVerifier(cluster: TicketBench.cluster, keys: self.keys, acceptsLegacy: true)
        return try verifier.verify(text, for: self.session.id, at: moment(seconds))
    }

    private func invited(uses: Int) throws -> (session: Session, text: String, id: TicketID) {
        var generator = self.generator
        let minted = try self.minter.invitation(
            to: self.scope,
            as: .observer,
            uses: uses,
            id: .random(using: &generator),
            at: moment(1)
        )
        let session = try self.session.claimed().createInvite(
            minted.claims.id,
            role: .observer,
            uses: UInt32(uses),
            expiresAt: moment(901),
            by: .account(owner),
            at: moment(1)
        ).session
        return (session, minted.text, minted.claims.id)
    }

    @Test("A host's shared claim makes one host, and guests of all who bring it later, in each form")
    mutating func sharedClaim() throws {
        let end = moment(3600).microseconds / 1_000_000
        let token = LegacyToken(session: self.session.id, role: .host, expiresAt: end, issuedAt: end - 3600)
        let claim = try self.minter.hostClaim(
            to: self.scope,
            isShared: true,
            at: moment(0),
            using: &self.generator
        )
        let texts = [claim.text] + LegacyToken.Form.allCases.map { token.text($0, by: self.keys.current) }
        for text in texts {
            let facts = try self.verified(text).facts
            var session = self.session
            for peer in [host, guest, newcomer] {
                session = try session.join(joining(facts, as: peer), at: moment(1)).session
            }
            #expect(session.roster.map(\.role) == [.host, .editor, .editor])
        }
    }

    @Test("A host's own claim makes a host, and lets nobody in after that")
    mutating func ownClaim() throws {
        let claim = try self.minter.hostClaim(
            to: self.scope,
            isShared: false,
            at: moment(0),
            using: &self.generator
        )
        let facts = try self.verified(claim.text).facts
        let session = try self.session.join(joining(facts, as: host), at: moment(1)).session
        #expect(session.peer(host)?.role == .host)
        #expect(throws: SessionRefusal.ticketSpent) { try session.join(joining(facts, as: guest), at: moment(1)) }
    }

    @Test("An invitation lets in as many as it says")
    func reused() throws {
        let (invited, text, _) = try self.invited(uses: 2)
        let facts = try self.verified(text).facts
        let session = try invited.join(joining(facts, as: guest), at: moment(2)).session
            .join(joining(facts, as: observer), at: moment(2)).session
        #expect(session.peer(observer)?.role == .observer)
        #expect(throws: SessionRefusal.ticketSpent) { try session.join(joining(facts, as: newcomer), at: moment(2)) }
    }

    @Test("An invitation that was revoked lets in nobody, though its signature is good")
    func revoked() throws {
        let (invited, text, id) = try self.invited(uses: 2)
        let session = try invited.revokeInvite(id, by: .account(owner), at: moment(2)).session
        let facts = try self.verified(text, at: 3).facts
        #expect(throws: SessionRefusal.ticketRevoked) { try session.join(joining(facts, as: guest), at: moment(3)) }
    }

    @Test("A peer comes back with its own ticket and its key, and nobody does with the ticket alone")
    func peerTicket() throws {
        let (invited, text, _) = try self.invited(uses: 1)
        let key = TicketBench.key(100).publicKey.thumbprint
        let facts = try self.verified(text).facts
        let session = try invited.join(joining(facts, as: guest, key: key), at: moment(2)).session
        let peer = try #require(session.peer(guest))
        let ticket = PeerTicket(
            id: peer.ticket,
            peer: peer.id,
            account: peer.account,
            role: peer.role,
            capabilities: peer.capabilities,
            key: peer.key
        )
        let minted = try self.minter.peerTicket(ticket, to: self.scope, at: moment(3))
        let own = try self.verified(minted.text, at: 4).facts
        let back = try session.join(joining(own, as: guest, key: key, over: 2), at: moment(4)).session
        #expect(back.peer(guest)?.connection == connection(guest, 2))
        #expect(throws: SessionRefusal.ticketMismatch) {
            try session.join(joining(own, as: guest, over: 2), at: moment(4))
        }
        #expect(throws: SessionRefusal.ticketMismatch) {
            try session.join(joining(own, as: newcomer, key: key, over: 2), at: moment(4))
        }
    }
}
