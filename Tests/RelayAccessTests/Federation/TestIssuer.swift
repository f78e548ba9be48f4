import Crypto
import Foundation
import JWTKit
import RelayWire

@testable import RelayAccess

/// A key of an issuer, made in the test, and by other code than the relay's.
struct TestKey: Sendable {
    let id: String?
    let algorithm: String
    /// Its public half (RFC 7517).
    let jwk: [String: String]
    let sign: @Sendable (Data) async throws -> Data

    static func p256(_ id: String? = "p256") -> TestKey {
        let key = P256.Signing.PrivateKey()
        let point = key.publicKey.rawRepresentation
        return TestKey(id: id, algorithm: "ES256", jwk: Self.curve("P-256", point, id)) {
            try key.signature(for: $0).rawRepresentation
        }
    }

    static func p384(_ id: String? = "p384") -> TestKey {
        let key = P384.Signing.PrivateKey()
        let point = key.publicKey.rawRepresentation
        return TestKey(id: id, algorithm: "ES384", jwk: Self.curve("P-384", point, id)) {
            try key.signature(for: $0).rawRepresentation
        }
    }

    static func p521(_ id: String? = "p521") -> TestKey {
        let key = P521.Signing.PrivateKey()
        let point = key.publicKey.rawRepresentation
        return TestKey(id: id, algorithm: "ES512", jwk: Self.curve("P-521", point, id)) {
            try key.signature(for: $0).rawRepresentation
        }
    }

    static func edwards(_ id: String? = "ed") -> TestKey {
        let key = Curve25519.Signing.PrivateKey()
        var jwk = ["kty": "OKP", "crv": "Ed25519", "x": TestToken.encode(key.publicKey.rawRepresentation)]
        jwk["kid"] = id
        return TestKey(id: id, algorithm: "EdDSA", jwk: jwk) { try key.signature(for: $0) }
    }

    /// - Parameter bits: of the digest: 256, 384 or 512.
    static func rsa(_ bits: Int = 256, _ id: String? = "rsa") throws -> TestKey {
        let key = try Insecure.RSA.PrivateKey(pem: Self.pem)
        let numbers = try key.publicKey.getKeyPrimitives()
        var jwk = [
            "kty": "RSA", "n": TestToken.encode(numbers.modulus), "e": TestToken.encode(numbers.publicExponent),
        ]
        jwk["kid"] = id
        let digest: DigestAlgorithm = [256: .sha256, 384: .sha384][bits] ?? .sha512
        return TestKey(id: id, algorithm: "RS\(bits)", jwk: jwk) { data in
            let signer = try await JWTKeyCollection().add(rsa: key, digestAlgorithm: digest).getKey()
            return Data(try signer.sign(data))
        }
    }

    private static func curve(_ name: String, _ point: Data, _ id: String?) -> [String: String] {
        let half = point.count / 2
        var jwk = [
            "kty": "EC", "crv": name, "x": TestToken.encode(point.prefix(half)),
            "y": TestToken.encode(point.suffix(half)),
        ]
        jwk["kid"] = id
        return jwk
    }

    /// Of nobody: made for these tests.
    private static let pem = """
        -----BEGIN PRIVATE KEY-----
        MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQCZhyq+EL33Xiia
        Aottmg3Rw+/8KhcWALsBSAS9mALP7+d7biq+/EksWjhURR3UbRNvELFGHCZMuRf8
        YUhDl7wt5fX5JxfZGPczfOcDCFObk/2+4hQLMO8raUC3myEFe/U12nLGq81vuzGg
        5F249zGvU/FjBq56s96AYg2NSSfGUg3UTqtfU56ubj3OXrJIvfSLz0rJ2bpis6N0
        nIVzwvkXHIv8umGgnsexwbyAk+mkhvsF4eWuedEc25e4Z2LseY1m9QxF2c5mLZ36
        RmQcKRKarBp69MD8IL20EIySPU4gdxeFXXTHAZHCuZl+8cHt1gmYhRZFxaTi0MWC
        HMxpIklNAgMBAAECggEAA6kUXM8URN5gLwBL3S4drgMBYej74tC/MudmWDPGMA7I
        XVg+TqrAG29izKeP4YLSez3DpSgtGu2i1YuDy603eUStWeZpDCbV5gOXlDhgDCqP
        PljbIUNmaxf/AgU6u/29ZGcz8nh3RuheAcYlcekzyNa0FP2Rrkt8Prcl/ubuLJ8P
        3y2dT/eSJ+Xoq5l/wD/RxuHjiyJXD5gPGmf/HQtnm3ygdJjyny0IF5/Z/LcYaP9A
        y8LQvwDEj9QsJE9pY8UveSk5d4FXcGmyCg3e/O9ajKdiQB+kaJJXFfw6O8UoEH9n
        y2ko2MkHIz0wzjQC0p+Ehtn3qFPzyUHHx6fLQn4EZQKBgQDHWe2yxLiH8N6ORK8D
        X0c9eBNfBY+U+fd420zXYQoM2+BrMq+qdUL8lq6s0PCXd74A8qyZTlNGpz22pfWE
        T1U+8dN6AdG1sKPYeO5otwJvtq+0CdHndT3bQ3GI79dUD/8Hyaiyx9CD3TqoFwU+
        kV1CEiLII4H20x1Wa8VdKRpkZwKBgQDFJ8Na5nGZtngqDp56U3ZGIo1XKldLMVuN
        ybeOhOvADOLUZ+AjJvk/qpo3HRoihTzlaVI7a9N1C4g4sulfP5uFB8adA4x70H6A
        iSGjAtSxx7CiKIVDZsw46MT85jwP9y4D4FJJpHKxDL58MzMHx+16QxziMQl2tKlz
        xF3pKy20KwKBgGPyqIRKsSInF85IjV6pdHRTMZMgnJ5avUKw4NPTaVCNJPVaEkzq
        Qc2WVrl6gEXQ2UhsYzDx3jq8OurKRlAx3lGSuS6gnt3zVBKCfzWtG+GavHkNu1nK
        pFq8c73uUg1pf7oN1zDbkaWrU29XK1/1TcaEhT/G3bA8pKbhnbBZnUvdAoGAK+HU
        1peyM09s4ZeNaJbJHYU1RnBzK5ZZ1W5Pf9ZQDtgPaM2SEuDq22PinV/J4GMdkcZm
        ejlewI+Hi28vCHdE61A2wd33V9upPHzJUtofc06KHx27w6vOyt/scIniVn9i65Pz
        XNbQfF3kzAotUo8KaYskk6fsflJp4Q2VBYAJ1S8CgYEAvOIz3Ff8CK4VbHppzj7/
        ANNa89akzSekmdmthP39Dv2N9uMBVTGgpiYkbtzdoVETPq0EjegA6bJPImVOSLf/
        ndQpXSE0xd5A8eA/MsdcZC8+hPh/ZvkVgv09KwumoM6VUWYjFbMmMx557BmxLi4O
        D8RpsIBief2H8/7RFpRhh4s=
        -----END PRIVATE KEY-----
        """
}

/// Tokens and key sets as an issuer writes them.
enum TestToken {
    static func encode(_ data: some DataProtocol) -> String {
        Data(data).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    static func set(_ keys: [[String: Any]]) throws -> Data {
        try JSONSerialization.data(withJSONObject: ["keys": keys])
    }

    static func keys(_ keys: TestKey...) async throws -> VerificationKeys? {
        await VerificationKeys(try Self.set(keys.map(\.jwk)))
    }

    /// - Parameter header: goes before what the key says.
    static func make(
        _ claims: [String: Any],
        by key: TestKey,
        header: [String: Any] = [:]
    ) async throws -> String {
        var whole: [String: Any] = ["alg": key.algorithm, "typ": "JWT"]
        whole["kid"] = key.id
        let parts = [whole.merging(header) { $1 }, claims]
        let signed = try parts.map { Self.encode(try JSONSerialization.data(withJSONObject: $0)) }.joined(
            separator: "."
        )
        return "\(signed).\(Self.encode(try await key.sign(Data(signed.utf8))))"
    }
}
