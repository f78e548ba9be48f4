import Foundation
import ProgramFixture
import RelaySessions
import RelayWire
import Testing

/// Session tickets against PyJWT and the `cryptography` package.
@Suite(.serialized, .timeLimit(.minutes(5)))
struct SessionTicketTests {
    static let cluster = "cluster-1"

    /// What the script is told.
    private struct Given: Encodable {
        let cluster: String
        let session: String
        let keys: String
        let peerKey: String
        let challenge: String
        let peer: String
        let invitation: String
        let previous: String
        let expired: String
        let early: String
        let foreign: String
    }

    private struct Answer: Decodable {
        let key: String
        let signature: String
    }

    /// Tickets of all kinds, as of now.
    private struct Tickets {
        var generator = SystemRandomNumberGenerator()
        let now = Timestamp(microseconds: Int64(Date().timeIntervalSince1970 * 1_000_000))
        let before: TicketKeys
        let keys: TicketKeys
        let foreign: TicketKeys
        let scope: TicketMinter.Scope

        init() {
            self.before = TicketKeys(current: SigningKey(TicketSeed(using: &self.generator)))
            self.keys = TicketKeys(
                current: SigningKey(TicketSeed(using: &self.generator)),
                previous: [self.before.current.publicKey]
            )
            self.foreign = TicketKeys(current: SigningKey(TicketSeed(using: &self.generator)))
            let id = SessionID.random(using: &self.generator)
            self.scope = TicketMinter.Scope(id: id, endsAt: self.now.adding(seconds: 100_000))
        }

        mutating func invitation(
            by keys: TicketKeys,
            as role: SessionRole = .editor,
            after seconds: Int64 = 0
        ) throws -> String {
            try TicketMinter(cluster: SessionTicketTests.cluster, keys: keys).invitation(
                to: self.scope,
                as: role,
                uses: 3,
                id: .random(using: &self.generator),
                at: self.now.adding(seconds: seconds)
            ).text
        }

        mutating func peer() throws -> String {
            let ticket = PeerTicket(
                id: .random(using: &self.generator),
                peer: try #require(PeerID("Ada \"the first\" é")),
                role: .editor,
                key: self.keys.current.publicKey.thumbprint
            )
            let minter = TicketMinter(cluster: SessionTicketTests.cluster, keys: self.keys)
            return try minter.peerTicket(ticket, to: self.scope, at: self.now).text
        }
    }

    @Test("PyJWT verifies tickets by the key document and refuses the others, and a key made elsewhere proves itself")
    func pyJWT() async throws {
        try await Scenario.inFolder { scenario in
            var tickets = Tickets()
            let invitation = try tickets.invitation(by: tickets.keys)
            let verifier = TicketVerifier(cluster: Self.cluster, keys: tickets.keys)
            let ticket = try verifier.verify(invitation, for: tickets.scope.id, at: tickets.now)
            let challenge = ProofChallenge(at: tickets.now, using: &tickets.generator)
            let message = KeyProof.message(nonce: challenge.nonce, ticket: ticket, in: Self.cluster)
            let given = Given(
                cluster: Self.cluster,
                session: tickets.scope.id.text,
                keys: tickets.keys.document,
                peerKey: tickets.keys.current.publicKey.thumbprint.text,
                challenge: message.map { String(format: "%02x", $0) }.joined(),
                peer: try tickets.peer(),
                invitation: invitation,
                previous: try tickets.invitation(by: tickets.before, as: .observer),
                expired: try tickets.invitation(by: tickets.keys, after: -1000),
                early: try tickets.invitation(by: tickets.keys, after: 1000),
                foreign: try tickets.invitation(by: tickets.foreign)
            )
            let encoder = JSONEncoder()
            encoder.keyEncodingStrategy = .convertToSnakeCase
            try encoder.encode(given).write(to: scenario.folder.appending(path: "tickets.json"))
            try await scenario.run("session_tickets.py")
            let answer = try Data(contentsOf: scenario.folder.appending(path: "proof.json"))
            let decoded = try JSONDecoder().decode(Answer.self, from: answer)
            let proof = try #require(KeyProof(key: decoded.key, signature: decoded.signature))
            try challenge.check(proof, for: ticket, in: Self.cluster, at: tickets.now)
        }
    }
}
