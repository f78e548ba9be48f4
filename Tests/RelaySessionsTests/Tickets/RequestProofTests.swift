import Crypto
import RelayWire
import Testing

@testable import RelaySessions

@Suite
struct RequestProofTests {
    private static let key = TicketBench.key(100)
    private static let request = RequestProof.Request(method: "GET", path: "/v1/sessions/s", token: "ticket")

    private static var jwk: String { #"{"kty":"OKP","crv":"Ed25519","x":"\#(Self.key.publicKey.text)"}"# }
    private static var head: String { #"{"typ":"dpop+jwt","alg":"EdDSA","jwk":\#(Self.jwk)}"# }
    private static var digest: String { Sodium.base64(Array(SHA256.hash(data: Array("ticket".utf8)))) }

    private static func claims(htu: String = "https://a.example/v1/sessions/s", iat: String = "1700000000") -> String {
        #"{"jti":"1","htm":"GET","htu":"\#(htu)","iat":\#(iat),"ath":"\#(Self.digest)"}"#
    }

    private static func proof(_ head: String? = nil, _ claims: String? = nil) -> String {
        let parts = [head ?? Self.head, claims ?? Self.claims()].map { Sodium.base64(Array($0.utf8)) }
        let signed = parts.joined(separator: ".")
        return "\(signed).\(Sodium.base64(Self.key.sign(Array(signed.utf8))))"
    }

    private static func refusal(_ text: String, at seconds: Int64 = 0) -> RequestProof.Refusal? {
        do {
            _ = try RequestProof(
                text,
                for: Self.request,
                by: Self.key.publicKey.thumbprint,
                at: TicketBench.now.adding(seconds: seconds)
            )
            return nil
        } catch {
            return error
        }
    }

    @Test("It is good for a minute, before and after its moment, and at whichever host")
    func good() {
        #expect(Self.refusal(Self.proof()) == nil)
        #expect(Self.refusal(Self.proof(), at: 59) == nil)
        #expect(Self.refusal(Self.proof(), at: 60) == .notNow)
        #expect(Self.refusal(Self.proof(), at: -60) == nil)
        #expect(Self.refusal(Self.proof(), at: -61) == .notNow)
        for address in ["http://b/v1/sessions/s", "WSS://b:1/v1/sessions/s?x=y#z"] {
            #expect(Self.refusal(Self.proof(nil, Self.claims(htu: address))) == nil, "\(address)")
        }
    }

    @Test(
        "Another address is another request",
        arguments: [
            "/v1/sessions/s", "https://a.example", "https://a.example/", "https://a.example/v1/sessions/s/",
            "https://a.example/v1/sessions/%73", "ftp://a.example/v1/sessions/s", "https:///v1/sessions/s", "",
        ]
    )
    func addresses(_ address: String) {
        #expect(Self.refusal(Self.proof(nil, Self.claims(htu: address))) == .wrongRequest)
    }

    @Test("Headers that ask for anything else, or bring a private key, are none")
    func headers() {
        let secret = #"{"kty":"OKP","crv":"Ed25519","x":"\#(Self.key.publicKey.text)","d":"AAAA"}"#
        let heads = [
            #"{"typ":"dpop+jwt","alg":"EdDSA","jwk":\#(secret)}"#,
            #"{"typ":"dpop+jwt","alg":"none","jwk":\#(Self.jwk)}"#,
            #"{"typ":"dpop+jwt","alg":"HS256","jwk":\#(Self.jwk)}"#,
            #"{"typ":"session-ticket+jwt","alg":"EdDSA","jwk":\#(Self.jwk)}"#,
            #"{"typ":"dpop+jwt","alg":"EdDSA","jwk":\#(Self.jwk),"crit":["x"]}"#,
            #"{"typ":"dpop+jwt","alg":"EdDSA","kid":"x"}"#, "{}", "[]", "",
        ]
        for head in heads { #expect(Self.refusal(Self.proof(head)) == .malformed, "\(head)") }
    }

    @Test(
        "A moment that no number holds is none",
        arguments: ["-1", "9223372036854775807", "99999999999999999999", "1.5", "\"1\"", "null"]
    )
    func moments(_ iat: String) {
        #expect(Self.refusal(Self.proof(nil, Self.claims(iat: iat))) == .malformed)
    }

    @Test("No text that differs by a byte is taken")
    func mutations() {
        for text in TicketBench.mutations(of: Self.proof()) { #expect(Self.refusal(text) != nil) }
        #expect(Self.refusal(String(repeating: "a", count: RequestProof.maximumBytes + 1)) == .malformed)
    }
}

@Suite
struct UsedProofsTests {
    private static let start = TicketBench.now

    private static func use(_ name: UInt8, of key: UInt8 = 100, at seconds: Int64 = 0) -> ProofUse {
        let moment = Self.start.adding(seconds: seconds)
        return ProofUse(
            of: TicketBench.key(key).publicKey.thumbprint,
            named: [name],
            madeAt: moment,
            until: moment.adding(seconds: 60)
        )
    }

    @Test("Each is taken once, and the same name of two keys is two")
    func once() async throws {
        let proofs = UsedProofs(sharing: nil, startedAt: Self.start)
        #expect(try await proofs.take(Self.use(1), at: Self.start))
        #expect(try await !proofs.take(Self.use(1), at: Self.start))
        #expect(try await proofs.take(Self.use(1, of: 101), at: Self.start))
        #expect(try await proofs.take(Self.use(2), at: Self.start))
    }

    @Test("What was made before the relay knows of proofs may have been used")
    func restart() async throws {
        let alone = UsedProofs(sharing: nil, startedAt: Self.start)
        #expect(try await !alone.take(Self.use(1, at: -1), at: Self.start))
        let shared = UsedProofs(sharing: { $0 != "" }, startedAt: Self.start)
        #expect(try await shared.take(Self.use(1, at: -1), at: Self.start))
    }

    @Test("One key fills no more than its part, and has it back when its proofs are over")
    func bounds() async throws {
        let proofs = UsedProofs(sharing: nil, startedAt: Self.start)
        func take(_ number: Int, of key: UInt8, at seconds: Int64 = 0) async throws -> Bool {
            let moment = Self.start.adding(seconds: seconds)
            let use = ProofUse(
                of: TicketBench.key(key).publicKey.thumbprint,
                named: Array("\(number)".utf8),
                madeAt: moment,
                until: moment.adding(seconds: 60)
            )
            return try await proofs.take(use, at: moment)
        }
        for number in 0..<UsedProofs.maximumOfKey { #expect(try await take(number, of: 100)) }
        #expect(try await !take(-1, of: 100))
        #expect(try await take(0, of: 101))
        #expect(try await take(-1, of: 100, at: 61))
    }

    /// Proofs of one key at one moment, as many as are taken.
    private static func fill(_ proofs: UsedProofs, by key: UInt8, upTo most: Int = .max) async throws -> Int {
        let thumbprint = TicketBench.key(key).publicKey.thumbprint
        for number in 0..<most {
            let use = ProofUse(
                of: thumbprint,
                named: Array("\(number)".utf8),
                madeAt: Self.start,
                until: Self.start.adding(seconds: 60)
            )
            guard try await proofs.take(use, at: Self.start) else { return number }
        }
        return most
    }

    @Test("Keys that take all they can get leave something for a key that comes after them")
    func fairness() async throws {
        let proofs = UsedProofs(sharing: nil, startedAt: Self.start)
        for key in 1...64 { _ = try await Self.fill(proofs, by: UInt8(key)) }
        #expect(try await Self.fill(proofs, by: 100, upTo: 200) == 200)
    }

    @Test("Proofs by a clock that is ahead hold no place of those that are over")
    func order() async throws {
        let proofs = UsedProofs(sharing: nil, startedAt: Self.start)
        #expect(try await proofs.take(Self.use(1, of: 101, at: 60), at: Self.start))
        #expect(try await Self.fill(proofs, by: 100) == UsedProofs.maximumOfKey)
        #expect(try await proofs.take(Self.use(2, at: 61), at: Self.start.adding(seconds: 61)))
        #expect(try await !proofs.take(Self.use(1, of: 101, at: 60), at: Self.start.adding(seconds: 119)))
    }
}
