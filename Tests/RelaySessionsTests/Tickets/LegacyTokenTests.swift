import RelayWire
import SeededRandom
import Testing

@testable import RelaySessions

@Suite
struct LegacyTokenTests {
    static let session = TicketBench.name("11111111-2222-4333-8444-555555555555", as: SessionIDKind.self)
    static let token = LegacyToken(session: session, role: .host, expiresAt: 1_700_003_600, issuedAt: 1_700_000_000)
    static let signature = "jE0kAAN6jY44D08L97JKV7yK-ZplkOM-2UtO9RV5IipuLTSnOZ9Qh5kZsMHsa8LOA_VI-Bp-kN6POFf4gwIXDg"

    let bench = TicketBench()
    var verifier: TicketVerifier {
        TicketVerifier(cluster: TicketBench.cluster, keys: self.bench.keys, acceptsLegacy: true)
    }

    private func refusal(_ text: String, for session: SessionID = session, at seconds: Int64 = 0) -> TicketRefusal? {
        TicketBench.refusal(of: text, by: self.verifier, for: session, at: TicketBench.now.adding(seconds: seconds))
    }

    @Test("The golden token of older programs is made, and taken")
    func golden() throws {
        let key = TicketBench.key(0)
        #expect(
            String(hexadecimal: key.publicKey.bytes)
                == "03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8"
        )
        let text = Self.token.text(.dotted, by: key)
        #expect(text.utf8.count == 201)
        #expect(text.hasSuffix("." + Self.signature))
        let ticket = try self.verifier.verify(text, for: Self.session, at: TicketBench.now)
        #expect(ticket.use == .hostClaim)
        #expect(ticket.facts.uses == nil)
        #expect(ticket.facts.expiresAt == Timestamp(microseconds: 1_700_003_601_000_000))
    }

    @Test(
        "Both forms are taken behind the setting only, until their last second has passed",
        arguments: LegacyToken.Form.allCases
    )
    func forms(_ form: LegacyToken.Form) {
        let text = Self.token.text(form, by: TicketBench.key(0))
        #expect(TicketBench.refusal(of: text, by: self.bench.verifier, for: Self.session) == .malformed)
        #expect(self.refusal(text) == nil)
        #expect(self.refusal(text, at: 3600) == nil)
        #expect(self.refusal(text, at: 3601) == .expired)
        #expect(self.refusal(text, for: TicketBench.session) == .wrongSession)
        #expect(self.refusal(Self.token.text(form, by: TicketBench.key(1))) == .badSignature)
    }

    @Test("The previous key's tokens are taken too", arguments: LegacyToken.Form.allCases)
    func previousKey(_ form: LegacyToken.Form) {
        let keys = TicketKeys(current: TicketBench.key(1), previous: [self.bench.keys.current.publicKey])
        let verifier = TicketVerifier(cluster: TicketBench.cluster, keys: keys, acceptsLegacy: true)
        let text = Self.token.text(form, by: TicketBench.key(0))
        #expect(TicketBench.refusal(of: text, by: verifier, for: Self.session) == nil)
    }

    @Test("The hexadecimal form has the members of old, and lower-case digits alone")
    func hexadecimal() {
        let text = Self.token.text(.hexadecimal, by: TicketBench.key(0))
        let payload = Hexadecimal.bytes(text.utf8.dropLast(128)) ?? []
        #expect(
            String(decoding: payload, as: UTF8.self)
                == #"{"session_id":"11111111-2222-4333-8444-555555555555","role":"host","exp":1700003600,"iat":1700000000}"#
        )
        #expect(self.refusal(text.uppercased()) == .malformed)
    }

    @Test("A token has one id however often it is read, and no two tokens share one")
    func ids() throws {
        let guest = LegacyToken(session: Self.session, role: .editor, expiresAt: 1_700_003_600, issuedAt: 1_700_000_000)
        let texts = LegacyToken.Form.allCases.flatMap { form in
            [Self.token, guest].map { $0.text(form, by: TicketBench.key(0)) }
        }
        let ids = try (texts + texts).map {
            try self.verifier.verify($0, for: Self.session, at: TicketBench.now).facts.id
        }
        #expect(Set(ids).count == 4)
        #expect(ids.prefix(4) == ids.suffix(4))
    }

    @Test("No token is good with a character changed, added or taken away", arguments: LegacyToken.Form.allCases)
    func mutations(_ form: LegacyToken.Form) {
        let text = Self.token.text(form, by: TicketBench.key(0))
        let taken = TicketBench.mutations(of: text).filter { self.refusal($0) == nil }
        #expect(taken == [])
    }

    @Test(
        "A payload of another shape is refused, though the relay's key signed it",
        arguments: [
            "", "{}", "null", #"{"s":"a","r":"host","e":1800000000}"#,
            #"{"s":"a","r":"host","e":1800000000,"i":1,"x":1}"#, #"{"s":"a","r":"owner","e":1800000000,"i":1}"#,
            #"{"s":"a/b","r":"host","e":1800000000,"i":1}"#, #"{"s":"","r":"host","e":1800000000,"i":1}"#,
            #"{"s":"a","r":"host","e":-1,"i":1}"#, #"{"s":"a","r":"host","e":1.5,"i":1}"#,
            #"{"s":"a","s":"a","r":"host","e":1800000000,"i":1}"#,
            #"{"session_id":"a","role":"host","exp":1800000000,"iat":1}"#,
        ]
    )
    func shapes(_ payload: String) {
        let payload = Array(payload.utf8)
        let text = "\(Sodium.base64(payload)).\(Sodium.base64(TicketBench.key(0).sign(payload)))"
        #expect(self.refusal(text) == .malformed)
    }

    @Test("A token of more than 1,024 bytes is refused unread, though the relay's key signed it")
    func long() {
        let payload = Array(#"{"s":"\#(String(repeating: "a", count: 700))","r":"host","e":1800000000,"i":1}"#.utf8)
        let text = "\(Sodium.base64(payload)).\(Sodium.base64(TicketBench.key(0).sign(payload)))"
        #expect(text.utf8.count > 1024)
        #expect(self.refusal(text) == .tooLarge)
    }
}
