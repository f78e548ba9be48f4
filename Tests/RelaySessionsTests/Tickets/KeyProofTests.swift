import RelayWire
import SeededRandom
import Testing

@testable import RelaySessions

@Suite
struct KeyProofTests {
    let bench = TicketBench()
    let challenge: ProofChallenge
    let bound: VerifiedTicket
    let invitation: VerifiedTicket

    init() throws {
        var bench = TicketBench()
        self.challenge = ProofChallenge(at: TicketBench.now, using: &bench.generator)
        let peer = try bench.minter.peerTicket(TicketBench.peer(), to: TicketBench.scope, at: TicketBench.now)
        self.bound = try bench.verifier.verify(peer.text, for: TicketBench.session, at: TicketBench.now)
        let invitation = try bench.invitation()
        self.invitation = try bench.verifier.verify(invitation.text, for: TicketBench.session, at: TicketBench.now)
    }

    private func proof(_ message: [UInt8], by key: SigningKey = TicketBench.key(100)) throws -> KeyProof {
        try #require(KeyProof(key: key.publicKey.text, signature: Sodium.base64(key.sign(message))))
    }

    private func proof(
        for ticket: VerifiedTicket,
        in cluster: String = TicketBench.cluster,
        by key: SigningKey = TicketBench.key(100)
    ) throws -> KeyProof {
        try self.proof(KeyProof.message(nonce: self.challenge.nonce, ticket: ticket, in: cluster), by: key)
    }

    private func refusal(
        _ proof: KeyProof,
        for ticket: VerifiedTicket,
        at seconds: Int64 = 0
    ) -> KeyProof.Refusal? {
        let now = TicketBench.now.adding(seconds: seconds)
        do {
            try self.challenge.check(proof, for: ticket, in: TicketBench.cluster, at: now)
            return nil
        } catch {
            return error
        }
    }

    @Test("The message is label, cluster, session, ticket and nonce, each behind its length")
    func message() {
        let expected =
            [0, 39] + Array("pulsar-relay session ticket key proof 1".utf8) + [0, 9] + Array("cluster-1".utf8)
            + [0, 32] + Array(TicketBench.session.text.utf8) + [0, 32] + Array("00112233445566778899aabbccddeeff".utf8)
            + [0, 32] + self.challenge.nonce
        #expect(
            KeyProof.message(nonce: self.challenge.nonce, ticket: self.bound, in: TicketBench.cluster) == expected
        )
    }

    @Test("Who has the key is believed, within the time")
    func good() throws {
        let proof = try self.proof(for: self.bound)
        #expect(self.refusal(proof, for: self.bound) == nil)
        #expect(self.refusal(proof, for: self.bound, at: 29) == nil)
        #expect(self.refusal(proof, for: self.bound, at: 30) == .challengeExpired)
        #expect(self.refusal(try self.proof(for: self.invitation), for: self.invitation) == nil)
    }

    @Test("Another key proves nothing of a bound ticket, and any key is one to bind an invitation to")
    func otherKey() throws {
        let stranger = TicketBench.key(101)
        #expect(self.refusal(try self.proof(for: self.bound, by: stranger), for: self.bound) == .wrongKey)
        #expect(self.refusal(try self.proof(for: self.invitation, by: stranger), for: self.invitation) == nil)
    }

    @Test("A ticket that names no key has none to prove")
    func noKey() throws {
        let peer = TicketBench.peer(key: nil)
        let text = try self.bench.minter.peerTicket(peer, to: TicketBench.scope, at: TicketBench.now).text
        let ticket = try self.bench.verifier.verify(text, for: TicketBench.session, at: TicketBench.now)
        #expect(self.refusal(try self.proof(for: ticket), for: ticket) == .wrongKey)
    }

    @Test("A proof for another ticket, cluster or nonce, or of the nonce alone, is refused")
    func confusion() throws {
        #expect(self.refusal(try self.proof(for: self.invitation), for: self.bound) == .badSignature)
        #expect(self.refusal(try self.proof(for: self.bound, in: "cluster-2"), for: self.bound) == .badSignature)
        #expect(self.refusal(try self.proof(self.challenge.nonce), for: self.bound) == .badSignature)
        var generator = SeededGenerator(seed: 99)
        let other = ProofChallenge(at: TicketBench.now, using: &generator)
        let message = KeyProof.message(nonce: other.nonce, ticket: self.bound, in: TicketBench.cluster)
        #expect(self.refusal(try self.proof(message), for: self.bound) == .badSignature)
    }

    @Test("A proof with a bit of its signature changed is refused")
    func changed() throws {
        let good = try self.proof(for: self.bound)
        for bit in 0..<512 {
            var signature = good.signature
            signature[bit / 8] ^= 1 << (bit % 8)
            let proof = try #require(KeyProof(key: good.key.text, signature: Sodium.base64(signature)))
            #expect(self.refusal(proof, for: self.bound) == .badSignature)
        }
    }

    @Test("Keys and signatures of another form or length are no proof")
    func forms() throws {
        let good = try self.proof(for: self.bound)
        let (key, signature) = (good.key.text, Sodium.base64(good.signature))
        #expect(KeyProof(key: key, signature: signature) == good)
        for (key, signature) in [
            ("", signature), (key, ""), (key + "=", signature), (key, signature + "=="), (key + "A", signature),
            (key, String(signature.dropLast())), (String(repeating: "é", count: 43), signature),
            (key, String(repeating: "A", count: 1_000_000)), (signature, key),
        ] {
            #expect(KeyProof(key: key, signature: signature) == nil)
        }
        #expect(ProofChallenge(nonce: [], expiresAt: TicketBench.now) == nil)
        #expect(ProofChallenge(nonce: self.challenge.nonce, expiresAt: self.challenge.expiresAt) == self.challenge)
    }
}
