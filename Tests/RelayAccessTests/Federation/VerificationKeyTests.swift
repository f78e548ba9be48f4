import Crypto
import Foundation
import JWTKit
import RelayWire
import Testing

@testable import RelayAccess

@Suite("Keys of other issuers")
struct VerificationKeyTests {
    private func outcome(_ text: String, _ keys: VerificationKeys?) throws -> VerificationKeys.Outcome {
        try #require(keys).check(try #require(CompactToken(text)))
    }

    @Test("sign with each of the algorithms that are taken")
    func algorithms() async throws {
        let keys = [
            TestKey.p256(), .p384(), .p521(), .edwards(), try .rsa(256), try .rsa(384), try .rsa(512),
        ]
        for key in keys {
            let token = try await TestToken.make(["sub": "1"], by: key)
            let set = try await TestToken.keys(key)
            let outcome = try self.outcome(token, set)
            #expect(outcome == .good, "\(key.algorithm)")
            let others = try await TestToken.keys(.p256("other"), .edwards("other"))
            #expect(try self.outcome(token, others) == .unknownKey)
        }
    }

    @Test("are found without a name, and after others of the same name")
    func names() async throws {
        let (first, second) = (TestKey.p256("k"), TestKey.p256("k"))
        let token = try await TestToken.make([:], by: second)
        let both = try await TestToken.keys(first, second)
        #expect(try self.outcome(token, both) == .good)
        let nameless = TestKey.p256(nil)
        let unnamed = try await TestToken.make([:], by: nameless)
        let set = try await TestToken.keys(first, nameless)
        #expect(try self.outcome(unnamed, set) == .good)
        let replaced = try await TestToken.keys(first)
        #expect(try self.outcome(token, replaced) == .bad)
    }

    @Test("make no token good that was changed, or whose signature is another's, cut, empty or of zeros")
    func forgeries() async throws {
        for key in [TestKey.p256(), .edwards(), try .rsa()] {
            let token = try await TestToken.make(["sub": "ada"], by: key)
            let other = try await TestToken.make(["sub": "bob"], by: key)
            let set = try await TestToken.keys(key)
            let parts = token.split(separator: ".").map(String.init)
            let otherParts = other.split(separator: ".").map(String.init)
            let zeros = TestToken.encode(Data(repeating: 0, count: 64))
            let forged = [
                [parts[0], otherParts[1], parts[2]], [parts[0], parts[1], otherParts[2]], [parts[0], parts[1], zeros],
                [parts[0], parts[1], String(parts[2].prefix(40))],
            ]
            for forgery in forged {
                let outcome = try self.outcome(forgery.joined(separator: "."), set)
                #expect(outcome == .bad, "\(key.algorithm)")
            }
        }
    }

    @Test("are used with their own algorithm, whatever a token's header says")
    func confusion() async throws {
        let rsa = try TestKey.rsa()
        let set = try await TestToken.keys(rsa, .p256("ec"))
        // The public key as a secret: what everybody knows signs for everybody.
        let secrets = [rsa.jwk["n"] ?? "", String(decoding: try TestToken.set([rsa.jwk]), as: UTF8.self)]
        for secret in secrets {
            let forger = TestKey(id: "rsa", algorithm: "HS256", jwk: [:]) { data in
                Data(HMAC<SHA256>.authenticationCode(for: data, using: SymmetricKey(data: Data(secret.utf8))))
            }
            let token = try await TestToken.make(["sub": "admin"], by: forger)
            #expect(try self.outcome(token, set) == .unknownKey)
        }
        for algorithm in ["none", "None", "NONE", "HS256", "HS512", "PS256", "ES256", "rs256", "RS256 ", "dir", ""] {
            let token = try await TestToken.make([:], by: rsa, header: ["alg": algorithm])
            let outcome = try self.outcome(token, set)
            #expect(outcome != .good, "\(algorithm)")
        }
        // A digest that the signature is not of.
        let token = try await TestToken.make([:], by: rsa, header: ["alg": "RS512"])
        #expect(try self.outcome(token, set) == .bad)
    }

    @Test("are left out where they are for something else, weak, secret or broken")
    func unfit() async throws {
        let key = TestKey.p256("k")
        let token = try await TestToken.make([:], by: key)
        let changes: [[String: Any]] = [
            ["use": "enc"], ["key_ops": ["encrypt"]], ["alg": "ES384"], ["alg": "RS256"], ["crv": "P-384"],
            ["x": "AAAA"],
            ["y": 7], ["kty": "oct", "k": "AAAA"], ["crv": "secp256k1"],
        ]
        for change in changes {
            let whole: [String: Any] = key.jwk.merging([:]) { $1 }
            let set = await VerificationKeys(try TestToken.set([whole.merging(change) { $1 }]))
            let outcome = try self.outcome(token, set)
            #expect(outcome == .unknownKey, "\(change)")
        }
        let good: [[String: Any]] = [["use": "sig"], ["key_ops": ["verify"]], ["alg": "ES256"], ["x5c": ["AAAA"]]]
        for change in good {
            let whole: [String: Any] = key.jwk.merging([:]) { $1 }
            // One that can't be read is no reason to leave out the next.
            let set = await VerificationKeys(try TestToken.set([["kty": 1], whole.merging(change) { $1 }]))
            let outcome = try self.outcome(token, set)
            #expect(outcome == .good, "\(change)")
        }
        let rsa = try TestKey.rsa()
        let signed = try await TestToken.make([:], by: rsa)
        let short = TestToken.encode(Data(repeating: 0xFF, count: 128))
        let long = TestToken.encode(Data(repeating: 0xFF, count: 4_096))
        for modulus in [short, long, "", "!"] {
            let set = await VerificationKeys(try TestToken.set([rsa.jwk.merging(["n": modulus]) { $1 }]))
            let outcome = try self.outcome(signed, set)
            #expect(outcome == .unknownKey)
        }
    }

    @Test("are no keys where the document is none", arguments: ["", "{", "[]", "{}", #"{"keys": 1}"#, "null"])
    func noDocument(text: String) async {
        let keys = await VerificationKeys(Data(text.utf8))
        #expect(keys == nil)
    }

    @Test("are looked at up to a bound")
    func manyKeys() async throws {
        let key = TestKey.p256("last")
        let many = Array(repeating: TestKey.p256("k").jwk, count: VerificationKeys.maximumKeys)
        let set = await VerificationKeys(try TestToken.set(many + [key.jwk]))
        let token = try await TestToken.make([:], by: key)
        #expect(try self.outcome(token, set) == .unknownKey)
    }
}

@Suite("Tokens in their compact form")
struct CompactTokenTests {
    @Test("are none where they are not of three parts of JSON, or hold what must be understood")
    func malformed() async throws {
        let key = TestKey.p256()
        let good = try await TestToken.make(["sub": "1"], by: key)
        #expect(CompactToken(good) != nil)
        let parts = good.split(separator: ".").map(String.init)
        let critical = try await TestToken.make(["sub": "1"], by: key, header: ["crit": ["b64"], "b64": false])
        let bad = [
            "", ".", "..", "eyJ", "a.b.c", good + ".", "." + good, good + "=", good.uppercased(),
            "\(parts[0]).\(parts[1]).",
            "\(parts[0])..\(parts[2])", "\(parts[1]).\(parts[1]).\(parts[2])", critical,
            good + String(repeating: "A", count: CompactToken.maximumBytes), "Bearer " + good, good + "\n",
            "\(parts[0]).\(TestToken.encode(Data("[]".utf8))).\(parts[2])",
        ]
        for text in bad { #expect(CompactToken(text) == nil, "\(text.prefix(60))") }
        let nested = String(repeating: "[", count: 5_000)
        #expect(CompactToken("\(parts[0]).\(TestToken.encode(Data(nested.utf8))).\(parts[2])") == nil)
    }

    @Test("are shown without what they say")
    func description() async throws {
        let token = CompactToken(try await TestToken.make(["sub": "ada"], by: .p256()))
        #expect("\(try #require(token))" == "CompactToken(ES256)")
    }
}
