import Crypto
import RelayWire
import SeededRandom
import Testing

@testable import RelaySessions

@Suite
struct TicketTests {
    var bench = TicketBench()

    @Test("A peer's ticket is the JWS of the contract, byte for byte")
    func wireForm() throws {
        let ticket = try self.bench.minter.peerTicket(TicketBench.peer(), to: TicketBench.scope, at: TicketBench.now)
        let parts = ticket.text.split(separator: ".")
        let decoded = try parts.map { try #require(Sodium.bytes(base64: $0.utf8)) }
        let key = self.bench.keys.current.publicKey
        #expect(
            String(decoding: decoded[0], as: UTF8.self)
                == #"{"alg":"EdDSA","typ":"session-ticket+jwt","kid":"\#(key.thumbprint.text)"}"#
        )
        let peerKey = TicketBench.key(100).publicKey.thumbprint.text
        #expect(
            String(decoding: decoded[1], as: UTF8.self)
                == #"{"iss":"cluster-1","aud":"cluster-1","sid":"0123456789abcdef0123456789abcdef","sub":"account-1","#
                + #""role":"editor","cap":["edit","read"],"jti":"00112233445566778899aabbccddeeff","#
                + #""iat":1700000000,"nbf":1700000000,"exp":1700000900,"peer":"peer-a","cnf":{"jkt":"\#(peerKey)"},"node":"relay-2"}"#
        )
        let theirs = try Curve25519.Signing.PublicKey(rawRepresentation: key.bytes)
        #expect(theirs.isValidSignature(decoded[2], for: Array("\(parts[0]).\(parts[1])".utf8)))
    }

    @Test("What is minted is verified as what it is")
    mutating func uses() throws {
        let minter = self.bench.minter
        let claim = try minter.hostClaim(
            to: TicketBench.scope,
            isShared: true,
            at: TicketBench.now,
            using: &self.bench.generator
        )
        let own = try minter.hostClaim(
            to: TicketBench.scope,
            isShared: false,
            account: TicketBench.peer().account,
            at: TicketBench.now,
            using: &self.bench.generator
        )
        let invitation = try self.bench.invitation()
        let peer = try minter.peerTicket(TicketBench.peer(), to: TicketBench.scope, at: TicketBench.now)
        let verified = try [claim, own, invitation, peer].map {
            try self.bench.verifier.verify($0.text, for: TicketBench.session, at: TicketBench.now)
        }
        #expect(verified.map(\.use) == [.hostClaim, .hostClaim, .invitation, .peer(TicketBench.peer().peer)])
        #expect(verified.map(\.facts.uses) == [nil, 1, 3, nil])
        #expect(verified.map(\.facts.id) == [claim, own, invitation, peer].map(\.claims.id))
        #expect(Set(verified.map(\.facts.id)).count == 4)
        #expect(verified.map(\.facts.role) == [.host, .host, .editor, .editor])
        #expect(verified.map(\.facts.account) == [nil, TicketBench.peer().account, nil, TicketBench.peer().account])
        #expect(verified[3].facts.key == TicketBench.peer().key)
        #expect(verified[3].node == "relay-2")
        #expect(verified[2].facts.expiresAt == Timestamp(microseconds: 1_700_000_900_000_000))
        #expect(!"\(peer)".contains(peer.text))
    }

    @Test("An invitation gives what it was made to give, and no more")
    mutating func fewerCapabilities() throws {
        let text = try self.bench.minter.invitation(
            to: TicketBench.scope,
            as: .editor,
            only: [.read, .invite],
            id: .random(using: &self.bench.generator),
            at: TicketBench.now
        ).text
        let facts = try self.bench.verifier.verify(text, for: TicketBench.session, at: TicketBench.now).facts
        #expect(facts.role == .editor)
        #expect(facts.capabilities == [.read, .invite])
        #expect(facts.uses == 1)
    }

    @Test("A renewal is the same ticket with more time, and the session's end is its end")
    func renewal() throws {
        let later = TicketBench.now.adding(seconds: 600)
        let first = try self.bench.minter.peerTicket(TicketBench.peer(), to: TicketBench.scope, at: TicketBench.now)
        let second = try self.bench.minter.peerTicket(TicketBench.peer(), to: TicketBench.scope, at: later)
        #expect(second.claims.id == first.claims.id)
        #expect(second.claims.expiresAt == first.claims.expiresAt + 600)
        let short = TicketMinter.Scope(id: TicketBench.session, endsAt: TicketBench.now.adding(seconds: 60))
        let last = try self.bench.minter.peerTicket(TicketBench.peer(), to: short, at: TicketBench.now)
        #expect(last.claims.expiresAt == 1_700_000_060)
        #expect(throws: TicketMintingError.sessionEnded) {
            try self.bench.minter.peerTicket(TicketBench.peer(), to: short, at: TicketBench.now.adding(seconds: 60))
        }
    }

    @Test("Nothing is minted that the verifier would not take")
    mutating func minting() throws {
        let scope = TicketBench.scope
        let now = TicketBench.now
        var generator = SeededGenerator(seed: 8)
        let minter = self.bench.minter
        for uses in [0, -1, 10_001] {
            #expect(throws: TicketMintingError.outOfRange) {
                try minter.invitation(to: scope, as: .editor, uses: uses, id: .random(using: &generator), at: now)
            }
        }
        #expect(throws: TicketMintingError.outOfRange) {
            try minter.invitation(to: scope, as: .host, id: .random(using: &generator), at: now)
        }
        #expect(throws: TicketMintingError.outOfRange) {
            try minter.invitation(
                to: scope,
                as: .observer,
                only: [.read, .edit],
                id: .random(using: &generator),
                at: now
            )
        }
        #expect(throws: TicketMintingError.outOfRange) {
            try minter.invitation(to: scope, as: .observer, seconds: 0, id: .random(using: &generator), at: now)
        }
        var peer = TicketBench.peer()
        peer.node = ""
        #expect(throws: TicketMintingError.outOfRange) { try minter.peerTicket(peer, to: scope, at: now) }
        let quotes = String(repeating: "\"", count: 255)
        peer.node = quotes
        peer.id = TicketBench.name(String(quotes.prefix(128)), as: TicketIDKind.self)
        peer.peer = TicketBench.name(quotes, as: PeerIDKind.self)
        let long = TicketMinter(cluster: quotes, keys: self.bench.keys)
        peer.account = TicketBench.name(quotes, as: AccountIDKind.self)
        #expect(throws: TicketMintingError.tooLarge) { try long.peerTicket(peer, to: scope, at: now) }
    }

    @Test("Names that JSON has to escape come back as they were")
    func escapes() throws {
        var peer = TicketBench.peer()
        peer.peer = TicketBench.name(#"Ada "the\first" é 🎈"#, as: PeerIDKind.self)
        let ticket = try self.bench.minter.peerTicket(peer, to: TicketBench.scope, at: TicketBench.now)
        let verified = try self.bench.verifier.verify(ticket.text, for: TicketBench.session, at: TicketBench.now)
        #expect(verified.facts.peer == peer.peer)
    }

    @Test("Each reason for which a ticket is refused")
    mutating func reasons() throws {
        let text = try self.bench.invitation().text
        let verifier = self.bench.verifier
        func refusal(_ verifier: TicketVerifier, at seconds: Int64 = 0) -> TicketRefusal? {
            TicketBench.refusal(of: text, by: verifier, at: TicketBench.now.adding(seconds: seconds))
        }
        #expect(refusal(verifier) == nil)
        #expect(refusal(verifier, at: 899) == nil)
        #expect(refusal(verifier, at: 900) == .expired)
        // A clock that was set back since.
        #expect(refusal(verifier, at: -86_400) == nil)
        #expect(TicketBench.refusal(of: text, by: verifier, for: TicketBench.otherSession) == .wrongSession)
        #expect(refusal(TicketVerifier(cluster: "cluster-2", keys: self.bench.keys)) == .wrongAudience)
        let strangers = TicketKeys(current: TicketBench.key(1))
        #expect(refusal(TicketVerifier(cluster: TicketBench.cluster, keys: strangers)) == .unknownKey)
        let long = text + String(repeating: "A", count: 4097 - text.utf8.count)
        #expect(TicketBench.refusal(of: long, by: verifier) == .tooLarge)
        #expect(TicketRefusal.wrongSession.errorCode == .sessionMismatch)
        #expect(TicketRefusal.expired.errorCode == .invalidToken)
    }

    @Test("A ticket that begins later than it was made is good from then on, give or take the clocks")
    func later() throws {
        let payload = String(
            #"{"iss":"cluster-1","aud":"cluster-1","sid":"\#(TicketBench.session)","role":"editor","cap":["edit","read"],"#
                + #""jti":"j","uses":1,"iat":1700000000,"nbf":1700000100,"exp":1700000900}"#
        )
        let text = self.bench.signed(payload: payload)
        func refusal(at seconds: Int64) -> TicketRefusal? {
            TicketBench.refusal(of: text, by: self.bench.verifier, at: TicketBench.now.adding(seconds: seconds))
        }
        #expect(refusal(at: 0) == .notYetValid)
        #expect(refusal(at: 94) == .notYetValid)
        #expect(refusal(at: 95) == nil)
    }

    @Test("The previous key verifies, and the one before it does not")
    mutating func rotation() throws {
        let text = try self.bench.invitation().text
        let once = TicketKeys(current: TicketBench.key(1), previous: [self.bench.keys.current.publicKey])
        let twice = TicketKeys(current: TicketBench.key(2), previous: [once.current.publicKey])
        #expect(TicketBench.refusal(of: text, by: TicketVerifier(cluster: TicketBench.cluster, keys: once)) == nil)
        #expect(
            TicketBench.refusal(of: text, by: TicketVerifier(cluster: TicketBench.cluster, keys: twice)) == .unknownKey
        )
    }

    @Test("No ticket is good with a character changed, added or taken away")
    mutating func mutations() throws {
        let text = try self.bench.invitation().text
        let verifier = TicketVerifier(cluster: TicketBench.cluster, keys: self.bench.keys, acceptsLegacy: true)
        let taken = TicketBench.mutations(of: text).filter { TicketBench.refusal(of: $0, by: verifier) == nil }
        #expect(taken == [])
        for tail in ["=", ".", ".e30", "\n", "A"] {
            #expect(TicketBench.refusal(of: text + tail, by: verifier) != nil)
        }
    }
}
