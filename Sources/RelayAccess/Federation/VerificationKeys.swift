public import FoundationEssentials
import JWTKit

/// The public keys of an issuer (RFC 7517), each for one algorithm.
///
/// A key decides which algorithm it is used with, and a token's header only which of the keys are tried: so no token makes a public key a
/// secret one, and none chooses a weaker algorithm.
public struct VerificationKeys: Sendable {
    /// What becomes of a signature.
    public enum Outcome: Hashable, Sendable {
        case good
        /// No key is for the token's algorithm and of the name that it gives. The issuer may have a new one.
        case unknownKey
        /// None of the keys has made it.
        case bad
    }

    private struct Key: Sendable {
        let id: String?
        let verifier: any JWTAlgorithm
    }

    private struct Description: Decodable {
        let kty: String
        let alg: String?
        let kid: String?
        let use: String?
        let operations: [String]?
        let crv: String?
        let n: String?
        let e: String?
        let x: String?
        let y: String?

        private enum CodingKeys: String, CodingKey {
            case kty, alg, kid, use, crv, n, e, x, y
            case operations = "key_ops"
        }
    }

    /// One that can't be read is left out.
    private struct Readable: Decodable {
        let key: Description?

        init(from decoder: any Decoder) throws { self.key = try? Description(from: decoder) }
    }

    private struct Document: Decodable {
        let keys: [Readable]
    }

    /// Keys of a document that are looked at.
    static let maximumKeys = 64
    /// Keys that are tried for one token that names none.
    private static let maximumTries = 8
    /// 8192 bits in base64url. Checking a signature of a longer one takes long.
    private static let longestModulus = 1_366
    private static let longestExponent = 8

    private let keys: [Key]

    /// - Parameter document: the issuer's, of a bounded length.
    /// - Returns: nil where it is none. Keys for other things than signatures, of other kinds, and weak ones are left out.
    public init?(_ document: Data) async {
        guard let document = try? JSONDecoder().decode(Document.self, from: document) else { return nil }
        var keys: [Key] = []
        for description in document.keys.prefix(Self.maximumKeys).compactMap(\.key) {
            guard description.use ?? "sig" == "sig", description.operations?.contains("verify") ?? true else {
                continue
            }
            for verifier in await Self.verifiers(description) where description.alg ?? verifier.name == verifier.name {
                keys.append(Key(id: description.kid, verifier: verifier))
            }
        }
        self.keys = keys
    }

    /// Looks for the key that has signed a token.
    public func check(_ token: CompactToken) -> Outcome {
        let candidates = self.keys.filter { key in
            key.verifier.name == token.algorithm && (key.id == nil || token.keyID == nil || key.id == token.keyID)
        }
        guard !candidates.isEmpty else { return .unknownKey }
        let isSigned = candidates.prefix(Self.maximumTries).contains { key in
            (try? key.verifier.verify(token.signature, signs: token.signed)) ?? false
        }
        return isSigned ? .good : .bad
    }

    private static func verifiers(_ key: Description) async -> [any JWTAlgorithm] {
        let point = (x: key.x ?? "", y: key.y ?? "")
        return switch (key.kty, key.crv) {
        case ("RSA", _): await Self.rsa(key)
        case ("EC", "P-256"): await Self.curve(try? ES256PublicKey(parameters: point))
        case ("EC", "P-384"): await Self.curve(try? ES384PublicKey(parameters: point))
        case ("EC", "P-521"): await Self.curve(try? ES512PublicKey(parameters: point))
        case ("OKP", "Ed25519"): await Self.edwards(key)
        default: []
        }
    }

    /// An RSA key may be meant for each of the digests.
    private static func rsa(_ key: Description) async -> [any JWTAlgorithm] {
        guard let n = key.n, let e = key.e, n.utf8.count <= Self.longestModulus, e.utf8.count <= Self.longestExponent,
            let key = try? Insecure.RSA.PublicKey(modulus: n, exponent: e)
        else { return [] }
        var verifiers: [any JWTAlgorithm] = []
        for digest in [DigestAlgorithm.sha256, .sha384, .sha512] {
            let one = try? await JWTKeyCollection().add(rsa: key, digestAlgorithm: digest).getKey()
            if let one { verifiers.append(one) }
        }
        return verifiers
    }

    private static func curve(_ key: (some ECDSAKey)?) async -> [any JWTAlgorithm] {
        guard let key else { return [] }
        let one = try? await JWTKeyCollection().add(ecdsa: key).getKey()
        return [one].compactMap(\.self)
    }

    private static func edwards(_ key: Description) async -> [any JWTAlgorithm] {
        guard let x = key.x, let key = try? EdDSA.PublicKey(x: x, curve: .ed25519) else { return [] }
        let one = try? await JWTKeyCollection().add(eddsa: key).getKey()
        return [one].compactMap(\.self)
    }
}
