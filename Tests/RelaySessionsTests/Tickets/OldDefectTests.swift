import RelayWire
import SeededRandom
import Testing

@testable import RelaySessions

/// What was wrong with tokens in the programs of old, defect by defect.
@Suite
struct OldDefectTests {
    let bench = TicketBench()
    var verifier: TicketVerifier {
        TicketVerifier(cluster: TicketBench.cluster, keys: self.bench.keys, acceptsLegacy: true)
    }

    private func refusal(_ text: String, for session: SessionID = LegacyTokenTests.session) -> TicketRefusal? {
        TicketBench.refusal(of: text, by: self.verifier, for: session)
    }

    @Test("A blank token enters no session", arguments: ["", " ", "\t\n", ".", "..", "null"])
    func blankToken(_ text: String) {
        #expect(self.refusal(text) == .malformed)
    }

    @Test("A token of one session enters no other, and its role is kept")
    func anySession() throws {
        let token = LegacyToken(
            session: LegacyTokenTests.session,
            role: .observer,
            expiresAt: 1_700_003_600,
            issuedAt: 1_700_000_000
        )
        for form in LegacyToken.Form.allCases {
            let text = token.text(form, by: TicketBench.key(0))
            #expect(self.refusal(text, for: TicketBench.otherSession) == .wrongSession)
            let ticket = try self.verifier.verify(text, for: token.session, at: TicketBench.now)
            #expect(ticket.facts.role == .observer)
            #expect(ticket.use == .invitation)
        }
    }

    @Test("A ticket for a session that is not the bearer's is good for no more than its own")
    func unknownSession() throws {
        var bench = self.bench
        let text = try bench.invitation().text
        let ticket = try bench.verifier.verifyForItsSession(text, at: TicketBench.now)
        #expect(ticket.facts.session == TicketBench.session)
    }

    @Test("A dotless token with a character of several bytes, or a plus sign, is refused and harms nothing")
    func hexDigits() {
        let text = LegacyTokenTests.token.text(.hexadecimal, by: TicketBench.key(0))
        #expect(self.refusal("é" + text.dropFirst(2)) == .malformed)
        #expect(self.refusal("aé" + text.dropFirst(3)) == .malformed)
        #expect(self.refusal(text.dropLast(2) + "🎈🎈") == .malformed)
        #expect(self.refusal("+" + text.dropFirst()) == .malformed)
        #expect(self.refusal("+b" + text.dropFirst(2)) == .malformed)
        #expect(self.refusal("é") == .malformed)
    }

    @Test("A host's token says that it is a claim to be host, and guests have invitations of their own")
    func hostForAll() throws {
        var bench = self.bench
        let claim = try self.verifier.verify(
            LegacyTokenTests.token.text(.dotted, by: TicketBench.key(0)),
            for: LegacyTokenTests.session,
            at: TicketBench.now
        )
        #expect(claim.use == .hostClaim)
        #expect(claim.facts.peer == nil)
        let invitation = try bench.invitation()
        let guest = try self.verifier.verify(invitation.text, for: TicketBench.session, at: TicketBench.now)
        #expect(guest.facts.role == .editor)
        #expect(guest.facts.capabilities == [.edit, .read])
    }

    @Test("Session ids and ticket ids have 128 random bits")
    func guessableIDs() {
        var generator = SystemRandomNumberGenerator()
        var bits = Set<Int>()
        var zeros = Set<Int>()
        for _ in 0..<64 {
            let ids = [SessionID.random(using: &generator).text, TicketID.random(using: &generator).text]
            for id in ids {
                let bytes = Hexadecimal.bytes(id.utf8) ?? []
                #expect(bytes.count == 16)
                for bit in 0..<bytes.count * 8 {
                    if bytes[bit / 8] & 1 << (bit % 8) == 0 { zeros.insert(bit) } else { bits.insert(bit) }
                }
            }
        }
        #expect(bits.count == 128)
        #expect(zeros.count == 128)
    }
}
