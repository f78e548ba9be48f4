import Crypto
import RelayWire
import SeededRandom
import Testing

@testable import RelaySessions

@Suite
struct SigningKeyTests {
    /// RFC 8032, section 7.1, test 1, which is the key of RFC 8037, appendix A too.
    static func published() throws -> SigningKey {
        SigningKey(try TicketSeed(text: "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"))
    }

    @Test("Signs as RFC 8032 says")
    func published() throws {
        let key = try Self.published()
        #expect(
            String(hexadecimal: key.publicKey.bytes)
                == "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
        )
        #expect(
            String(hexadecimal: key.sign([]))
                == "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
        )
    }

    @Test("Key, thumbprint and signature are those of RFC 8037, appendix A")
    func webKey() throws {
        let key = try Self.published()
        #expect(key.publicKey.text == "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")
        #expect(key.publicKey.thumbprint.text == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k")
        let signed = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc"
        #expect(
            Sodium.base64(key.sign(Array(signed.utf8)))
                == "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
        )
    }

    @Test("Another implementation makes the same keys, and each takes the other's signatures")
    func agreesWithCrypto() throws {
        var generator = SeededGenerator(seed: 1)
        for size in 0..<64 {
            let seed = TicketSeed(using: &generator)
            let ours = SigningKey(seed)
            let theirs = try Curve25519.Signing.PrivateKey(rawRepresentation: seed.bytes)
            #expect(Array(theirs.publicKey.rawRepresentation) == ours.publicKey.bytes)
            let message = [UInt8].random(size, using: &generator)
            #expect(theirs.publicKey.isValidSignature(ours.sign(message), for: message))
            #expect(ours.publicKey.signed(message, with: Array(try theirs.signature(for: message))))
        }
    }

    @Test("No signature is good with a bit changed, in another length, or under a key of small order")
    func forged() throws {
        let key = TicketBench.key(0)
        let message = Array("message".utf8)
        let signature = key.sign(message)
        #expect(key.publicKey.signed(message, with: signature))
        for bit in 0..<signature.count * 8 {
            var changed = signature
            changed[bit / 8] ^= 1 << (bit % 8)
            #expect(!key.publicKey.signed(message, with: changed))
        }
        for length in 0..<signature.count {
            #expect(!key.publicKey.signed(message, with: Array(signature.prefix(length))))
        }
        #expect(!key.publicKey.signed(message, with: signature + [0]))
        let identity = try #require(PublicKey(bytes: [1] + [UInt8](repeating: 0, count: 31)))
        #expect(!identity.signed(message, with: [1] + [UInt8](repeating: 0, count: 63)))
    }

    @Test("The key document names the current key and the one before, and no private one")
    func document() throws {
        let keys = TicketKeys(current: try Self.published(), previous: [TicketBench.key(0).publicKey])
        let previous = TicketBench.key(0).publicKey
        #expect(
            keys.document
                == #"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","#
                + #""kid":"kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k","use":"sig","alg":"EdDSA"},"#
                + #"{"kty":"OKP","crv":"Ed25519","x":"\#(previous.text)","#
                + #""kid":"\#(previous.thumbprint.text)","use":"sig","alg":"EdDSA"}]}"#
        )
        #expect(TicketKeys(current: TicketBench.key(0), previous: [previous]).publicKeys == [previous])
    }

    @Test("Neither seed nor key says itself when described")
    func descriptions() throws {
        let seed = try TicketSeed(bytes: Array(0..<32))
        #expect("\(seed)" == "TicketSeed")
        #expect("\(SigningKey(seed))" == "SigningKey(\(SigningKey(seed).publicKey.text))")
    }
}
