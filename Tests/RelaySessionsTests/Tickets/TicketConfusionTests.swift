import Crypto
import RelayWire
import SeededRandom
import Testing

@testable import RelaySessions

/// Things that are signed, or look as if, and are no tickets.
@Suite
struct TicketConfusionTests {
    let bench = TicketBench()

    static let payload =
        #"{"iss":"cluster-1","aud":"cluster-1","sid":"0123456789abcdef0123456789abcdef","role":"editor","#
        + #""cap":["edit","read"],"jti":"j","uses":1,"iat":1,"nbf":1,"exp":1800000000}"#
    static let keyName = TicketBench.key(0).publicKey.thumbprint.text

    private func refusal(_ text: String) -> TicketRefusal? {
        TicketBench.refusal(of: text, by: self.bench.verifier)
    }

    @Test("A payload by hand is a ticket, so that the tests below fail for their own reason")
    func byHand() {
        #expect(self.refusal(self.bench.signed(payload: Self.payload)) == nil)
    }

    @Test(
        "A header that is not the relay's own is refused, though its key signed it",
        arguments: [
            #"{"alg":"none","typ":"session-ticket+jwt","kid":"KEY"}"#,
            #"{"alg":"HS256","typ":"session-ticket+jwt","kid":"KEY"}"#,
            #"{"alg":"eddsa","typ":"session-ticket+jwt","kid":"KEY"}"#,
            #"{"alg":"Ed25519","typ":"session-ticket+jwt","kid":"KEY"}"#,
            #"{"alg":"EdDSA","typ":"JWT","kid":"KEY"}"#,
            #"{"alg":"EdDSA","typ":"at+jwt","kid":"KEY"}"#,
            #"{"alg":"EdDSA","typ":"session-ticket+jwt"}"#,
            #"{"alg":"EdDSA","kid":"KEY"}"#,
            #"{"alg":"EdDSA","typ":"session-ticket+jwt","kid":"KEY","crit":["exp"]}"#,
            #"{"alg":"EdDSA","typ":"session-ticket+jwt","kid":"KEY","b64":false,"crit":["b64"]}"#,
            #"{"alg":"EdDSA","typ":"session-ticket+jwt","kid":"KEY","jku":"http://a/"}"#,
            #"{"alg":"EdDSA","typ":"session-ticket+jwt","kid":"KEY","alg":"none"}"#,
            #"{"alg": "EdDSA","typ":"session-ticket+jwt","kid":"KEY"}"#,
            #"{"alg":"EdDSA","typ":"session-ticket+jwt","kid":"../KEY"}"#,
            "{}", "null", "",
        ]
    )
    func headers(_ header: String) {
        let header = header.replacing("KEY", with: Self.keyName)
        #expect(self.refusal(self.bench.signed(header: header, payload: Self.payload)) == .malformed)
    }

    @Test("The public key is no secret to sign with by HMAC")
    func hmac() {
        let header = #"{"alg":"HS256","typ":"session-ticket+jwt","kid":"\#(Self.keyName)"}"#
        let text = "\(Sodium.base64(Array(header.utf8))).\(Sodium.base64(Array(Self.payload.utf8)))"
        let key = SymmetricKey(data: self.bench.keys.current.publicKey.bytes)
        let code = Array(HMAC<SHA256>.authenticationCode(for: Array(text.utf8), using: key))
        #expect(self.refusal("\(text).\(Sodium.base64(code))") == .malformed)
        #expect(self.refusal("\(text).") == .malformed)
    }

    @Test("A stranger who names our key, or whose key is unknown, has signed nothing")
    func strangers() {
        let stranger = TicketKeys(current: TicketBench.key(9))
        let own = TicketText.sign(Array(Self.payload.utf8), by: stranger)
        #expect(self.refusal(own) == .unknownKey)
        let header = String(decoding: self.bench.keys.verifying[0].header, as: UTF8.self)
        let text = "\(header).\(Sodium.base64(Array(Self.payload.utf8)))"
        let signature = stranger.current.sign(Array(text.utf8))
        #expect(self.refusal("\(text).\(Sodium.base64(signature))") == .badSignature)
    }

    @Test("Parts of two tickets make none")
    func spliced() {
        let one = self.bench.signed(payload: Self.payload).split(separator: ".")
        let other = self.bench.signed(payload: Self.payload.replacing("editor", with: "observer")).split(separator: ".")
        #expect(self.refusal("\(one[0]).\(other[1]).\(one[2])") == .badSignature)
        #expect(self.refusal("\(one[0]).\(one[1]).\(other[2])") == .badSignature)
    }

    @Test(
        "Claims that don't fit together are refused, though the relay's key signed them",
        arguments: [
            (#""uses":1,"#, ""), (#""uses":1"#, #""uses":0"#), (#""uses":1"#, #""uses":1.0"#),
            (#""uses":1"#, #""uses":99999999999999999999"#), (#""uses":1"#, #""uses":"1""#),
            (#""uses":1"#, #""uses":1,"peer":"p""#), (#""uses":1"#, #""peer":"""#),
            (#""uses":1"#, #""uses":1,"cnf":{"jkt":"kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"}"#),
            (#""uses":1"#, #""peer":"p","cnf":{}"#), (#""uses":1"#, #""peer":"p","cnf":{"jwk":{}}"#),
            (#""uses":1"#, #""peer":"p","cnf":null"#), (#""uses":1"#, #""peer":"p","cnf":{"jkt":"short"}"#),
            (#""uses":1"#, #""peer":"p","node":"""#), (#""uses":1"#, #""peer":"p","node":7"#),
            (#""uses":1"#, #""peer":"p\u0000""#), (#""uses":1"#, #""uses":1,"sub":null"#),
            (#""role":"editor""#, #""role":"owner""#), (#""role":"editor""#, #""role":"Editor""#),
            (#""role":"editor""#, #""role":7"#), (#""role":"editor","#, ""),
            (#""role":"editor""#, #""role":"editor","role":"host""#),
            (#"["edit","read"]"#, #""edit""#), (#"["edit","read"]"#, "[1]"), (#""cap":["edit","read"],"#, ""),
            (#""sid":"0"#, #""sid":"../0"#), (#""sid":"0"#, #""sid":"/"#), (#""jti":"j""#, #""jti":"""#),
            (#""exp":1800000000"#, #""exp":1"#), (#""exp":1800000000"#, #""exp":-1"#),
            (#""exp":1800000000"#, #""exp":18e8"#), (#""exp":1800000000"#, #""exp":null"#),
            (#""nbf":1"#, #""nbf":-1"#), (#""iat":1,"#, ""), (#""aud":"cluster-1""#, #""aud":["cluster-1"]"#),
            ("}", "}}"), ("}", "} x"), ("}", ""), ("{", "["),
        ]
    )
    func claims(_ old: String, _ new: String) {
        let payload = Self.payload.replacing(old, with: new)
        #expect(payload != Self.payload)
        #expect(self.refusal(self.bench.signed(payload: payload)) == .malformed, "\(payload)")
    }

    @Test("Issuer and audience have to be this cluster, both")
    func audience() {
        for name in ["iss", "aud"] {
            let payload = Self.payload.replacing("\"\(name)\":\"cluster-1\"", with: "\"\(name)\":\"cluster-2\"")
            #expect(self.refusal(self.bench.signed(payload: payload)) == .wrongAudience)
        }
    }

    @Test("A list of capabilities gives nothing that the role can't have, nor what the relay doesn't know")
    func capabilities() throws {
        let payload = Self.payload.replacing(#"["edit","read"]"#, with: #"["read","close_session","fly"]"#)
        let ticket = try self.bench.verifier.verify(
            self.bench.signed(payload: payload),
            for: TicketBench.session,
            at: TicketBench.now
        )
        #expect(ticket.facts.capabilities == [.read])
    }

    @Test("A claim that the relay doesn't know is left alone")
    func unknownClaim() {
        let payload = Self.payload.replacing(#""uses":1"#, with: #""uses":1,"later":{"a":[1]}"#)
        #expect(self.refusal(self.bench.signed(payload: payload)) == nil)
    }

    @Test("What nobody signed properly is refused, whatever it is", arguments: 0..<200)
    func noise(_ seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let verifier = TicketVerifier(cluster: TicketBench.cluster, keys: self.bench.keys, acceptsLegacy: true)
        for size in [0, 1, 2, 3, 64, 65, 200, 1024, 1025, 4096, 5000] {
            let letters = Array("Aa0_-.=+{}\"é".utf8)
            let text = (0..<size).map { _ in letters.randomElement(using: &generator) ?? 0 }
            #expect(TicketBench.refusal(of: String(decoding: text, as: UTF8.self), by: verifier) != nil)
            let payload = [UInt8].random(min(size, 900), using: &generator)
            #expect(self.refusal(TicketText.sign(payload, by: self.bench.keys)) == .malformed)
        }
    }
}
